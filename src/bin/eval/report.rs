//! What came out, as data, as JSON and as a table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::cli::World;
use crate::cost::Costs;
use crate::metrics::{Measure, Point};
use crate::outcomes::Pair;
use crate::world::Speeds;

/// Everything that a run found. Times in seconds, shares from 0 to 1.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    pub seed: u64,
    pub alpha_per_s: f64,
    pub speeds: Speeds,
    pub traces: Vec<String>,
    pub pairs: Vec<PairReport>,
    /// All sets of all pairs as one, with one θ for all; `null` where there is one set.
    pub mixture: Option<SetReport>,
}

#[derive(Debug, Serialize)]
pub struct PairReport {
    pub device: String,
    pub edge: String,
    /// Names of files, without their folders.
    pub outcomes: Vec<String>,
    pub answers: Vec<String>,
    pub predictions: Option<String>,
    pub scorer: Option<String>,
    pub test_ids: Option<String>,
    pub sets: Vec<SetReport>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct SetReport {
    pub set: String,
    /// Questions.
    pub n: usize,
    pub n_answers_known: usize,
    /// Questions whose answers the scorer has looked at.
    pub n_looked: usize,
    /// Turns of all replays together.
    pub n_replayed: usize,
    pub routers: Vec<RouterReport>,
    /// Mean seconds if each question went to the side that is sooner, known beforehand.
    pub fastest_s: f64,
    pub savings: Vec<Saving>,
    pub costs: Vec<Costs>,
}

/// One router on one set. What cannot be told is `null`: there may be no gap to recover.
#[derive(Debug, PartialEq, Serialize)]
pub struct RouterReport {
    pub name: String,
    pub label: String,
    pub cpt50: Option<f64>,
    pub cpt80: Option<f64>,
    pub cpt95: Option<f64>,
    pub apgr: Option<f64>,
    /// The θ of the fewest calls that recover 80 %, or the only one.
    #[serde(flatten)]
    pub operating: Point,
    /// The operating point by trace.
    pub traces: BTreeMap<String, TracePart>,
    pub curve: Vec<Point>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct TracePart {
    pub n: usize,
    pub calls: f64,
    pub quality: f64,
    pub mean_s: f64,
    pub p95_s: f64,
}

/// What the best of ours takes less than the best baseline where both recover the same share of the
/// gap; the best of either at this share and measure.
#[derive(Debug, PartialEq, Serialize)]
pub struct Saving {
    pub pgr: f64,
    pub measure: Measure,
    pub ours: String,
    pub baseline: String,
    pub ours_at: f64,
    pub baseline_at: f64,
    pub saving: f64,
    /// A 95 % interval.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Report {
    pub fn new(world: &World, pairs: Vec<PairReport>, mixture: Option<SetReport>) -> Report {
        Report {
            version: 1,
            seed: world.seed,
            alpha_per_s: world.alpha_per_s,
            speeds: world.speeds.clone(),
            traces: world.traces.iter().map(|trace| trace.name.clone()).collect(),
            pairs,
            mixture,
        }
    }

    /// Each set with its title; the mixture last.
    pub fn sets(&self) -> Vec<(String, &SetReport)> {
        let of_pair = |pair: &PairReport, set: &SetReport| {
            format!("{}: {} → {}", set.set, pair.device, pair.edge)
        };
        let each = self
            .pairs
            .iter()
            .flat_map(|pair| pair.sets.iter().map(move |set| (of_pair(pair, set), set)));
        each.chain(self.mixture.iter().map(|set| (set.set.clone(), set))).collect()
    }

    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("numbers and texts always serialize") + "\n"
    }

    pub fn to_table(&self) -> String {
        let mut table = String::new();
        for (title, set) in self.sets() {
            // Writing into a text cannot fail.
            let _ = write_set(&mut table, &title, set);
        }
        table
    }
}

impl PairReport {
    pub fn new(pair: &Pair, sets: Vec<SetReport>) -> PairReport {
        PairReport {
            device: pair.device.clone(),
            edge: pair.edge.clone(),
            outcomes: pair.outcomes.iter().map(file_name).collect(),
            answers: pair.answers.iter().map(file_name).collect(),
            predictions: pair.predictions.as_ref().map(file_name),
            scorer: pair.scorer.as_ref().map(file_name),
            test_ids: pair.test_ids.as_ref().map(file_name),
            sets,
        }
    }
}

fn file_name(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn write_set(table: &mut String, title: &str, set: &SetReport) -> std::fmt::Result {
    let SetReport { n, n_looked, fastest_s, .. } = set;
    writeln!(table, "\n{title}")?;
    writeln!(table, "{n} questions, {n_looked} answers looked at")?;
    write!(table, "{:32}", "router")?;
    for head in ["quality", "calls", "unused", "cpt50", "cpt80", "cpt95", "apgr", "mean s", "p95 s"]
    {
        write!(table, "{head:>9}")?;
    }
    writeln!(table)?;
    for router in &set.routers {
        write!(table, "{:32}", router.label)?;
        let Point { calls, thrown_away, quality, mean_s, p95_s, .. } = router.operating;
        write!(table, "{quality:9.3}{calls:9.3}{thrown_away:9.3}")?;
        for value in [router.cpt50, router.cpt80, router.cpt95, router.apgr] {
            write!(table, "{:>9}", value.map_or("–".to_owned(), |value| format!("{value:.3}")))?;
        }
        writeln!(table, "{mean_s:9.2}{p95_s:9.2}")?;
    }
    writeln!(table, "whichever side is sooner, known beforehand: {fastest_s:.2} s")?;
    for saving in &set.savings {
        writeln!(table, "{}", saving.sentence())?;
    }
    for costs in &set.costs {
        writeln!(table, "{}", costs.sentence())?;
    }
    Ok(())
}

impl Saving {
    fn sentence(&self) -> String {
        let of = match self.measure {
            Measure::Calls => "calls",
            Measure::MeanS => "seconds",
        };
        let Saving { pgr, ours, ours_at, baseline_at, baseline, .. } = self;
        format!(
            "at {:.0} % recovered, {of}: {ours_at:.3} ({ours}) against {baseline_at:.3} ({baseline}), saved {}",
            100.0 * pgr,
            self.share(),
        )
    }

    /// The saving with its interval, in words.
    pub fn share(&self) -> String {
        // The zero makes a negative zero positive.
        let percent = |share: f64| format!("{:.1}", (1000.0 * share).round() / 10.0 + 0.0);
        let interval = match (self.low, self.high) {
            (Some(low), Some(high)) => format!(" [{}, {}]", percent(low), percent(high)),
            _ => String::new(),
        };
        format!("{} %{interval}", percent(self.saving))
    }
}
