//! How far a download is: size, rate and time left, on one line of a terminal, or now and then as a
//! line of a log.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const IN_TERMINAL: Duration = Duration::from_millis(200);
const IN_LOG: Duration = Duration::from_secs(10);

pub struct Progress {
    what: String,
    total: u64,
    /// What was here when it began, which says nothing about the rate.
    before: u64,
    started: Instant,
    told: Option<Instant>,
    terminal: bool,
}

impl Progress {
    pub fn new(what: &str, total: u64, before: u64) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        Progress {
            what: what.to_owned(),
            total,
            before,
            started: Instant::now(),
            told: None,
            terminal,
        }
    }

    /// `done` bytes are here.
    pub fn tell(&mut self, done: u64) {
        let pause = if self.terminal { IN_TERMINAL } else { IN_LOG };
        let last = self.told.unwrap_or(self.started);
        if last.elapsed() < pause {
            return;
        }
        self.told = Some(Instant::now());
        let line = line(&self.what, done, self.total, self.before, self.started.elapsed());
        if self.terminal {
            eprint!("\r\x1b[K  {line}");
            _ = std::io::stderr().flush();
        } else {
            eprintln!("  {line}");
        }
    }

    /// Leaves the line for what follows.
    pub fn end(&mut self) {
        if self.terminal && self.told.is_some() {
            eprint!("\r\x1b[K");
            _ = std::io::stderr().flush();
        }
    }
}

fn line(what: &str, done: u64, total: u64, before: u64, elapsed: Duration) -> String {
    let percent = 100.0 * done as f64 / total.max(1) as f64;
    let rate = done.saturating_sub(before) as f64 / elapsed.as_secs_f64().max(1e-3);
    let left = match rate > 0.0 {
        true => time(total.saturating_sub(done) as f64 / rate),
        false => "waiting".to_owned(),
    };
    format!(
        "{what}: {} of {}, {percent:.0} %, {}/s, {left}",
        size(done),
        size(total),
        size(rate as u64)
    )
}

fn time(seconds: f64) -> String {
    match seconds.round() as u64 {
        seconds @ 0..60 => format!("{seconds} s left"),
        seconds => format!("{} min {} s left", seconds / 60, seconds % 60),
    }
}

/// A number of bytes for a person.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_size_rate_and_time_left() {
        let line = |done, before, seconds| {
            super::line("model", done, 100_000_000, before, Duration::from_secs(seconds))
        };
        assert_eq!(line(50_000_000, 0, 5), "model: 50.0 MB of 100.0 MB, 50 %, 10.0 MB/s, 5 s left");
        // What an earlier try has brought does not make this one look fast.
        assert_eq!(
            line(50_000_000, 40_000_000, 10),
            "model: 50.0 MB of 100.0 MB, 50 %, 1.0 MB/s, 50 s left"
        );
        assert_eq!(line(0, 0, 3), "model: 0 kB of 100.0 MB, 0 %, 0 kB/s, waiting");
        assert_eq!(
            line(1_000_000, 0, 1),
            "model: 1.0 MB of 100.0 MB, 1 %, 1.0 MB/s, 1 min 39 s left"
        );
    }

    #[test]
    fn sizes() {
        assert_eq!([999, 98_362_432, 1_915_305_312].map(size), ["1 kB", "98.4 MB", "1.92 GB"]);
    }
}
