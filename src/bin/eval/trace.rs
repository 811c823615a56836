//! How a link behaves over time: read from a file, or one of those built in.
//!
//! A trace is played in a loop. The built-in ones are random walks around typical values, from fixed seeds.

use std::path::Path;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::Deserialize;

use crate::Result;
use crate::files::read_json;

/// Steps of a built-in trace, one second each.
const N_STEPS: usize = 600;
/// Share of a walk's distance from its typical value that is left after one step.
const MEMORY: f64 = 0.95;

/// A link's course.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    pub name: String,
    step_s: f64,
    rows: Vec<Row>,
}

/// The link and the edge's queue during one step; in files
/// `[rtt_s, up_Bps, down_Bps, queue_s, online]`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Row {
    pub rtt_s: f64,
    pub up_bytes_per_s: f64,
    pub down_bytes_per_s: f64,
    pub queue_s: f64,
    pub online: bool,
}

impl Trace {
    pub fn read(file: &Path) -> Result<Trace> {
        read_json(file, "a link trace", Trace::check)
    }

    fn check(&self) -> Result<(), &'static str> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !positive(self.step_s) {
            return Err("step_s must be positive");
        }
        let usable = |row: &Row| {
            positive(row.up_bytes_per_s)
                && positive(row.down_bytes_per_s)
                && [row.rtt_s, row.queue_s].iter().all(|value| value.is_finite() && *value >= 0.0)
        };
        if !self.rows.iter().all(usable) {
            return Err("a row needs times of at least 0 and rates above 0");
        }
        match self.rows.iter().any(|row| row.online) {
            true => Ok(()),
            false => Err("no row is online"),
        }
    }

    fn new(name: &str, rows: Vec<Row>) -> Trace {
        Trace { name: name.to_owned(), step_s: 1.0, rows }
    }

    /// A home's link as it mostly is: a round trip of 50 ms, 10 Mbit/s up and 50 down.
    pub fn broadband() -> Trace {
        Trace::new("broadband", vec![row([0.05, 1.25e6, 6.25e6, 0.0], true)])
    }

    /// As given, for tests.
    #[cfg(test)]
    pub fn of(rows: &[Row]) -> Trace {
        Trace::new("test", rows.to_vec())
    }

    /// Of one round.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.rows.len() as f64 * self.step_s)
    }

    pub fn at(&self, now: Duration) -> &Row {
        &self.rows[self.step(now) as usize % self.rows.len()]
    }

    /// How long until the link is up, or down; `None` if it takes longer than `within`.
    pub fn until(&self, online: bool, now: Duration, within: Duration) -> Option<Duration> {
        let mut at = now;
        while at <= now + within {
            if self.at(at).online == online {
                return Some(at - now);
            }
            at = Duration::from_secs_f64((self.step(at) + 1) as f64 * self.step_s)
                .max(at + Duration::from_nanos(1));
        }
        None
    }

    fn step(&self, now: Duration) -> u64 {
        (now.as_secs_f64() / self.step_s) as u64
    }
}

/// A row of its values, as they are in files.
pub const fn row(values: [f64; 4], online: bool) -> Row {
    let [rtt_s, up_bytes_per_s, down_bytes_per_s, queue_s] = values;
    Row { rtt_s, up_bytes_per_s, down_bytes_per_s, queue_s, online }
}

/// What the built-in traces vary around, and the standard deviation of each value's logarithm: good Wi-Fi; LTE;
/// a link that many share, and the edge; a full buffer before a slow uplink, which delays whatever comes
/// behind; a train's LTE.
const KINDS: [(&str, [f64; 4], f64); 5] = [
    ("wifi", [0.02, 3e6, 8e6, 0.05], 0.2),
    ("lte", LTE, 0.35),
    ("congested", [0.25, 6e4, 2e5, 1.5], 0.6),
    ("bufferbloat", [0.05, 4e4, 4e5, 0.1], 0.2),
    ("tunnels", LTE, 0.35),
];
const LTE: [f64; 4] = [0.06, 8e5, 3e6, 0.1];
/// Parts of a unit that the values are rounded to.
const ROUNDED: [f64; 4] = [1e4, 1.0, 1.0, 1e4];

/// A buffer fills over so many seconds, adds so much to the round trip, and drains at once.
const FILL_S: f64 = 20.0;
const FULL_BUFFER_S: f64 = 2.0;
/// Shortest and longest, in seconds.
const OPEN_S: (usize, usize) = (30, 120);
const TUNNEL_S: (usize, usize) = (5, 40);

/// One of each kind.
pub fn built_in() -> Vec<Trace> {
    let mut traces: Vec<Trace> = (1..).zip(KINDS).map(walk).collect();
    for (second, row) in traces[3].rows.iter_mut().enumerate() {
        let filled = (second as f64 % FILL_S) / FILL_S;
        row.rtt_s = ((row.rtt_s + filled * FULL_BUFFER_S) * ROUNDED[0]).round() / ROUNDED[0];
    }
    dig_tunnels(&mut traces[4].rows);
    traces
}

/// The one of them that has outages.
pub fn tunnels() -> Trace {
    built_in().pop().expect("the last one has tunnels")
}

fn walk((seed, (name, typical, spread)): (u64, (&str, [f64; 4], f64))) -> Trace {
    let mut random = Pcg32::seed_from_u64(seed);
    let mut offsets = [0.0; 4];
    let rows = (0..N_STEPS).map(|_| {
        for offset in &mut offsets {
            let step = spread * (1.0 - MEMORY * MEMORY).sqrt();
            *offset = MEMORY * *offset + step * normal(&mut random);
        }
        let value = |i: usize| (typical[i] * offsets[i].exp() * ROUNDED[i]).round() / ROUNDED[i];
        row(std::array::from_fn(value), true)
    });
    Trace::new(name, rows.collect())
}

fn dig_tunnels(rows: &mut [Row]) {
    let mut random = Pcg32::seed_from_u64(6);
    let mut at = 0;
    while at < rows.len() {
        let open = random.random_range(OPEN_S.0..=OPEN_S.1);
        let dark = random.random_range(TUNNEL_S.0..=TUNNEL_S.1);
        for row in rows.iter_mut().skip(at + open).take(dark) {
            row.online = false;
        }
        at += open + dark;
    }
}

/// Nearly normal, with mean 0 and variance 1: a sum of twelve even ones (Irwin and Hall).
fn normal(random: &mut Pcg32) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_trace_is_played_in_a_loop() {
        let (up, down) = (row([0.1, 1.0, 1.0, 0.0], true), row([0.2, 1.0, 1.0, 0.0], false));
        let trace = Trace::of(&[up, down, up]);
        assert_eq!(trace.at(seconds(0.5)).rtt_s, 0.1);
        assert_eq!(trace.at(seconds(4.2)).rtt_s, 0.2);
        let within = seconds(3.0);
        assert_eq!(trace.until(true, seconds(0.5), within), Some(Duration::ZERO));
        assert_eq!(trace.until(false, seconds(0.5), within), Some(seconds(0.5)));
        assert_eq!(trace.until(true, seconds(1.25), within), Some(seconds(0.75)));
        assert_eq!(trace.until(false, seconds(2.0), seconds(1.0)), None);
    }

    #[test]
    fn the_built_in_traces_are_sound() {
        for trace in built_in() {
            trace.check().expect(&trace.name);
        }
        let [.., tunnels] = &built_in()[..] else { panic!("there are some") };
        let n_dark = tunnels.rows.iter().filter(|row| !row.online).count();
        assert!((60..300).contains(&n_dark), "{n_dark} s of {N_STEPS}");
    }

    #[test]
    fn traces_that_cannot_be_played_are_refused() {
        let check = |rows: &[Row], expected: &str| {
            assert_eq!(Trace::of(rows).check(), Err(expected));
        };
        check(&[], "no row is online");
        check(&[row([0.1, 1.0, 1.0, 0.0], false)], "no row is online");
        check(
            &[row([0.1, 0.0, 1.0, 0.0], true)],
            "a row needs times of at least 0 and rates above 0",
        );
        check(
            &[row([-0.1, 1.0, 1.0, 0.0], true)],
            "a row needs times of at least 0 and rates above 0",
        );
    }
}
