//! What came out, as data, as JSON and as tables. Times in seconds, shares from 0 to 1.

use std::time::Instant;

use serde::Serialize;

use crate::Result;
use crate::compare::{Comparison, Goal, Over, Side, compare, ends};
use crate::curve::{Curve, Point};
use crate::estimate::Estimate;
use crate::outcomes::Pair;
use crate::price::{Cell, Excess};
use crate::replay::{Scene, Setting};
use crate::speeds::Speeds;
use crate::sweep::{Swept, sweep};
use crate::table::{Column, or_dash, percent, seconds, table};
use crate::ways::{Part, ways};

/// What the operating points of the table recover, at the fewest calls.
const OPERATING_PGR: f64 = 0.8;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    seed: u64,
    alpha_per_s: f64,
    speeds: Speeds,
    traces: Vec<String>,
    pub sets: [SetReport; 1],
}

/// One pair of models, on all its questions.
#[derive(Debug, Serialize)]
pub struct SetReport {
    pub set: String,
    /// Questions, and whether they are asked in dialogues.
    pub n: usize,
    n_dialogues: Option<usize>,
    /// Questions whose answers the scorer has looked at.
    n_looked: usize,
    pub routers: Vec<RouterReport>,
    /// As good as the edge alone: with the fewest calls, and in the least time.
    pub equal_quality: [Comparison; 2],
    /// None for dialogues.
    pub costs: Vec<Cell>,
}

/// One way to route. What cannot be told is `null`: there may be no gap to recover.
#[derive(Debug, PartialEq, Serialize)]
pub struct RouterReport {
    pub name: &'static str,
    pub label: &'static str,
    cpt50: Option<f64>,
    cpt80: Option<f64>,
    cpt95: Option<f64>,
    apgr: Option<f64>,
    /// The θ of the fewest calls that recover 80 %, or the only one.
    #[serde(flatten)]
    pub operating: Point,
    pub curve: Vec<Point>,
}

impl Report {
    pub fn new(setting: &Setting, set: SetReport) -> Report {
        Report {
            version: 3,
            seed: setting.seed,
            alpha_per_s: setting.alpha_per_s,
            speeds: setting.speeds.clone(),
            traces: setting.traces.iter().map(|trace| trace.name.clone()).collect(),
            sets: [set],
        }
    }

    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("numbers and texts always serialize") + "\n"
    }
}

impl SetReport {
    /// All but the costs.
    pub fn new(pair: &Pair, scene: Scene, names: &[&str]) -> Result<SetReport> {
        let asked = scene.asked;
        let started = Instant::now();
        let swept = sweep(scene, &ways(names, asked.looked()))?;
        let n_turns: usize = swept.iter().flatten().map(|run| run.turns.len()).sum();
        let set = format!("{} → {}", pair.device, pair.edge);
        eprintln!("{set}: {n_turns} turns in {:.1} s", started.elapsed().as_secs_f64());
        Ok(SetReport {
            set,
            n: asked.rows.len(),
            n_dialogues: asked.in_dialogues.then_some(asked.units.len()),
            n_looked: asked.n_looked(),
            routers: routers(&swept),
            equal_quality: [
                compare(scene, &swept, Goal::Calls)?,
                compare(scene, &swept, Goal::Seconds)?,
            ],
            costs: Vec::new(),
        })
    }

    pub fn to_markdown(&self) -> String {
        let SetReport { set, n, n_looked, n_dialogues, .. } = self;
        let dialogues = n_dialogues.map_or(String::new(), |n| format!(" in {n} dialogues"));
        let mut text = format!(
            "\n## {set}\n\n{n} questions{dialogues}; {n_looked} answers looked at\n\n{}\n",
            routers_table(&self.routers)
        );
        for found in &self.equal_quality {
            text += &(comparison_table(found) + "\n");
        }
        if !self.costs.is_empty() {
            text += &(costs_table(&self.costs) + "\n");
        }
        text
    }
}

fn routers(swept: &[Swept]) -> Vec<RouterReport> {
    let [device, edge] = ends(swept).map(|end| end.point());
    let router = |runs: &Swept| {
        let points: Vec<Point> = runs.iter().map(|run| run.point()).collect();
        let way = &runs[0].way;
        let curve = Curve::new(&points, &device, &edge);
        let curve_unless_end = curve.as_ref().filter(|_| way.part != Part::End);
        let cpt = |pgr: f64| curve_unless_end?.cpt(pgr);
        RouterReport {
            name: way.name,
            label: way.label,
            cpt50: cpt(0.5),
            cpt80: cpt(0.8),
            cpt95: cpt(0.95),
            apgr: curve_unless_end.map(Curve::apgr),
            operating: operating(&points, curve.as_ref()),
            curve: points,
        }
    };
    swept.iter().map(router).collect()
}

/// The point of the fewest calls among those that recover enough; if none does, the best one.
fn operating(points: &[Point], curve: Option<&Curve>) -> Point {
    let enough = |point: &&Point| curve.is_some_and(|curve| curve.pgr(point) >= OPERATING_PGR);
    let fewest = |a: &&Point, b: &&Point| a.calls.total_cmp(&b.calls);
    let best = |a: &&Point, b: &&Point| a.quality.total_cmp(&b.quality).then(fewest(b, a));
    let reaching = points.iter().filter(enough).min_by(fewest);
    *reaching.or(points.iter().max_by(best)).expect("each way is replayed")
}

pub fn routers_table(routers: &[RouterReport]) -> String {
    let columns: &[Column<RouterReport>] = &[
        ("router", |router| router.label.to_owned()),
        ("CPT50", |router| or_dash(router.cpt50, percent)),
        ("CPT80", |router| or_dash(router.cpt80, percent)),
        ("CPT95", |router| or_dash(router.cpt95, percent)),
        ("APGR", |router| or_dash(router.apgr, |apgr| format!("{apgr:.3}"))),
        ("right", |router| percent(router.operating.quality)),
        ("calls", |router| percent(router.operating.calls)),
        ("unused", |router| percent(router.operating.thrown_away)),
        ("mean s", |router| seconds(router.operating.mean_s)),
        ("p95 s", |router| seconds(router.operating.p95_s)),
        ("first text s", |router| seconds(router.operating.ttft_s)),
        ("moved", |router| percent(router.operating.moved)),
    ];
    table(routers, columns)
}

/// One row for each that ours is compared with, and the last one for ours.
pub fn comparison_table(found: &Comparison) -> String {
    let title = match found.goal {
        Goal::Calls => "the fewest calls, as good as the edge",
        Goal::Seconds => "the least time, as good as the edge",
    };
    saved_table(title, &found.over, Some(&found.ours))
}

/// What is saved over each of these, in hundredths of what it takes; of right answers, in points.
pub fn saved_table(title: &str, overs: &[Over], last: Option<&Side>) -> String {
    type Row<'o> = (&'o Side, Option<&'o Over>);
    fn saved((_, over): &Row, figure: fn(&Over) -> &Estimate) -> String {
        over.map_or(String::new(), |over| figure(over).percent())
    }
    let mut rows: Vec<Row> = overs.iter().map(|over| (&over.side, Some(over))).collect();
    rows.extend(last.map(|side| (side, None)));
    let columns: &[Column<Row>] = &[
        (title, |row| row.0.label.clone()),
        ("right", |row| percent(row.0.right)),
        ("calls", |row| percent(row.0.calls)),
        ("mean s", |row| seconds(row.0.mean_s)),
        ("calls saved, %", |row| saved(row, |over| &over.calls_saved)),
        ("time saved, %", |row| saved(row, |over| &over.seconds_saved)),
        ("more right, points", |row| saved(row, |over| &over.more_right)),
    ];
    table(&rows, columns)
}

/// In hundredths of a right answer. What is dearer than the better end beyond noise is marked.
pub fn costs_table(cells: &[Cell]) -> String {
    fn hundredths(cost: f64) -> String {
        format!("{:.1}", 100.0 * cost)
    }
    fn over(excess: &Excess) -> String {
        let mark = if excess.worse { "**dearer** " } else { "" };
        format!("{mark}{}", excess.over_better.percent())
    }
    let columns: &[Column<Cell>] = &[
        ("α, price of a call", |cell| format!("{}, {}", cell.alpha_per_s, cell.price)),
        ("all on the device", |cell| hundredths(cell.all_device)),
        ("all at the edge", |cell| hundredths(cell.all_edge)),
        ("θ = price", |cell| hundredths(cell.as_set.cost)),
        ("over the better end", |cell| over(&cell.as_set)),
        ("picked", |cell| hundredths(cell.picked.cost)),
        ("over the better end", |cell| over(&cell.picked)),
    ];
    table(cells, columns)
}
