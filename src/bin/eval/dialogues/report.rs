//! What came out of the dialogues, as JSON and as a table.

use std::fmt::Write;

use serde::Serialize;

use super::summary::{At, LONG, Saving, SetReport, Totals};
use super::ways::OURS;
use crate::cli::World;
use crate::world::Speeds;

/// Everything that a run found. Times in seconds, shares from 0 to 1.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    seed: u64,
    alpha_per_s: f64,
    speeds: Speeds,
    kv_bytes_per_token: f64,
    traces: Vec<String>,
    sets: Vec<SetReport>,
}

impl Report {
    pub fn new(world: &World, sets: Vec<SetReport>) -> Report {
        Report {
            version: 1,
            seed: world.seed,
            alpha_per_s: world.alpha_per_s,
            speeds: world.speeds.clone(),
            kv_bytes_per_token: world.speeds.kv_bytes_per_token(),
            traces: world.traces.iter().map(|trace| trace.name.clone()).collect(),
            sets,
        }
    }

    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("numbers and texts always serialize") + "\n"
    }

    pub fn to_table(&self) -> String {
        let mut table = String::new();
        for set in &self.sets {
            // Writing into a text cannot fail.
            let _ = write_set(&mut table, set);
        }
        table
    }
}

fn write_set(table: &mut String, set: &SetReport) -> std::fmt::Result {
    let SetReport { set: name, n_dialogues, n_turns, n_long, .. } = set;
    writeln!(table, "\n{name}: {n_dialogues} dialogues, {n_turns} turns")?;
    write_head(table)?;
    for router in &set.routers {
        write_row(table, &router.label, &router.all)?;
    }
    if *n_long > 0 {
        writeln!(table, "of {LONG} turns and more: {n_long} dialogues")?;
    }
    for router in &set.routers {
        if let Some(long) = &router.long {
            write_row(table, &router.label, long)?;
        }
    }
    for saving in set.savings.iter().filter(|saving| saving.ours == OURS.name) {
        writeln!(table, "{}", sentence(saving))?;
    }
    Ok(())
}

fn write_head(table: &mut String) -> std::fmt::Result {
    write!(table, "{:34}", "router")?;
    for head in ["quality", "calls", "mean s", "p95 s", "ttft s", "p95"] {
        write!(table, "{head:>8}")?;
    }
    for head in ["read here", "after edge", "at edge", "sent kB", "recv kB", "switches"] {
        write!(table, "{head:>11}")?;
    }
    writeln!(table)
}

fn write_row(table: &mut String, label: &str, totals: &Totals) -> std::fmt::Result {
    write!(table, "{label:34}")?;
    write!(table, "{:>8}", totals.quality.map_or("–".to_owned(), |share| format!("{share:.3}")))?;
    let Totals { calls, mean_s, p95_s, ttft_s, ttft_p95_s, .. } = totals;
    write!(table, "{calls:8.3}{mean_s:8.2}{p95_s:8.2}{ttft_s:8.2}{ttft_p95_s:8.2}")?;
    let Totals { device_prefilled, read_after_edge, edge_prefilled, switches, .. } = totals;
    let after_edge =
        read_after_edge.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let [sent, received] = [totals.sent_bytes, totals.received_bytes].map(|bytes| bytes / 1e3);
    write!(table, "{device_prefilled:11.1}{after_edge:>11}{edge_prefilled:11.1}")?;
    writeln!(table, "{sent:11.1}{received:11.1}{switches:11.2}")
}

fn sentence(saving: &Saving) -> String {
    let Saving { over, ours, level, over_s, ours_s, .. } = saving;
    let at = match saving.at {
        At::Soonest => "recovered or more, where each is soonest",
        At::FewestCalls => "recovered with the fewest calls",
        At::EqualCalls => "of turns called",
    };
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let interval = match (saving.low, saving.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", percent(low), percent(high)),
        _ => String::new(),
    };
    format!(
        "at {:.0} % {at}, {ours} over {over}: {ours_s:.2} s against {over_s:.2} s, saved {} %{interval}",
        100.0 * level,
        percent(saving.saving),
    )
}
