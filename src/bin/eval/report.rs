//! What came out, as data, as JSON and as tables. Times in seconds, shares from 0 to 1.

use std::fmt::Write;

use serde::Serialize;

use crate::Result;
use crate::asked::Dialogues;
use crate::cli::World;
use crate::compare::{Comparison, Goal, Over, compare, ends};
use crate::curve::{Curve, Point};
use crate::outcomes::Pair;
use crate::price::{self, Cell};
use crate::replay::Scene;
use crate::speeds::Speeds;
use crate::sweep::{Swept, sweep};
use crate::table::{Table, or_dash, percent};
use crate::ways::{OF_DIALOGUES, OF_QUESTIONS, OURS, OURS_LOOK, Part, Way};

/// What the operating points of the table recover, at the fewest calls.
const OPERATING_PGR: f64 = 0.8;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    seed: u64,
    pub alpha_per_s: f64,
    speeds: Speeds,
    traces: Vec<String>,
    sets: Vec<SetReport>,
}

/// One pair of models, on all its questions.
#[derive(Debug, Serialize)]
pub struct SetReport {
    pub set: String,
    /// Questions, and whether they are asked in dialogues.
    pub n: usize,
    pub n_dialogues: Option<usize>,
    /// Questions whose answers the scorer has looked at.
    pub n_looked: usize,
    pub routers: Vec<RouterReport>,
    /// As good as the edge alone: with the fewest calls, and in the least time.
    pub equal_quality: Vec<Comparison>,
    /// None for dialogues.
    pub costs: Vec<Cell>,
}

/// One way to route. What cannot be told is `null`: there may be no gap to recover.
#[derive(Debug, PartialEq, Serialize)]
pub struct RouterReport {
    pub name: &'static str,
    pub label: &'static str,
    pub cpt50: Option<f64>,
    pub cpt80: Option<f64>,
    pub cpt95: Option<f64>,
    pub apgr: Option<f64>,
    /// The θ of the fewest calls that recover 80 %, or the only one.
    #[serde(flatten)]
    pub operating: Point,
    pub curve: Vec<Point>,
}

impl Report {
    pub fn new(setting: &World, sets: Vec<SetReport>) -> Report {
        Report {
            version: 2,
            seed: setting.seed,
            alpha_per_s: setting.alpha_per_s,
            speeds: setting.speeds.clone(),
            traces: setting.traces.iter().map(|trace| trace.name.clone()).collect(),
            sets,
        }
    }

    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("numbers and texts always serialize") + "\n"
    }

    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for set in &self.sets {
            let SetReport { set: name, n, n_looked, n_dialogues, .. } = set;
            let dialogues = n_dialogues.map_or(String::new(), |n| format!(" in {n} dialogues"));
            let routers = routers_table(&set.routers);
            // Writing into a text cannot fail.
            let _ = writeln!(
                text,
                "\n## {name}\n\n{n} questions{dialogues}; {n_looked} answers looked at\n\n{routers}"
            );
            for found in &set.equal_quality {
                let _ = writeln!(text, "{}", comparison_table(found));
            }
            if !set.costs.is_empty() {
                let _ = writeln!(text, "{}", costs_table(&set.costs));
            }
        }
        text
    }
}

impl SetReport {
    /// All there is to tell of a scene, costs at the scene's α.
    pub fn new(pair: &Pair, scene: Scene) -> Result<SetReport> {
        let ways = match scene.asked.dialogues {
            Dialogues::None => &OF_QUESTIONS[..],
            Dialogues::Of(_) => &OF_DIALOGUES,
        };
        let mut report = SetReport::without_costs(pair, scene, ways)?;
        if report.n_dialogues.is_none() {
            report.costs = price::cells(scene, &[scene.setting.alpha_per_s], as_set(scene))?;
        }
        Ok(report)
    }

    pub fn without_costs(pair: &Pair, scene: Scene, ways: &[Way]) -> Result<SetReport> {
        let n_dialogues = match &scene.asked.dialogues {
            Dialogues::None => None,
            Dialogues::Of(ranges) => Some(ranges.len()),
        };
        let n_looked = scene.asked.n_looked();
        let usable = |way: &&Way| n_looked > 0 || way.looks.is_none();
        let ways: Vec<Way> = ways.iter().filter(usable).copied().collect();
        let started = std::time::Instant::now();
        let swept = sweep(scene, &ways)?;
        let n_turns: usize = swept.iter().flatten().map(|run| run.turns.len()).sum();
        let (device, edge) = (&pair.device, &pair.edge);
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{device} → {edge}: {n_turns} turns in {seconds:.1} s");
        let goals = [Goal::Calls, Goal::Seconds];
        let equal_quality = goals.map(|goal| compare(scene, &swept, 1.0, goal));
        Ok(SetReport {
            set: format!("{device} → {edge}"),
            n: scene.asked.rows.len(),
            n_dialogues,
            n_looked,
            routers: routers(&swept),
            equal_quality: equal_quality.into_iter().collect::<Result<_>>()?,
            costs: Vec::new(),
        })
    }
}

/// What a page has that picks nothing: looks where the scorer has learned them.
pub fn as_set(scene: Scene) -> &'static Way {
    if scene.asked.n_looked() > 0 { &OURS_LOOK } else { &OURS }
}

fn routers(swept: &[Swept]) -> Vec<RouterReport> {
    let [device, edge] = ends(swept).map(|end| end.point());
    let router = |runs: &Swept| {
        let points: Vec<Point> = runs.iter().map(|run| run.point()).collect();
        let curve = Curve::new(&points, &device, &edge);
        let way = &runs[0].way;
        let unless_end = |value: Option<f64>| value.filter(|_| way.part != Part::End);
        let cpt = |pgr: f64| unless_end(curve.as_ref()?.reaches(pgr).map(|spot| spot.calls));
        RouterReport {
            name: way.name,
            label: way.label,
            cpt50: cpt(0.5),
            cpt80: cpt(0.8),
            cpt95: cpt(0.95),
            apgr: unless_end(curve.as_ref().map(Curve::apgr)),
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

pub fn routers_table(routers: &[RouterReport]) -> Table {
    let mut table = Table::new([
        "router",
        "CPT50",
        "CPT80",
        "CPT95",
        "APGR",
        "right",
        "calls",
        "unused",
        "mean s",
        "p95 s",
        "first text s",
        "moved",
    ]);
    for router in routers {
        let Point { calls, thrown_away, quality, mean_s, p95_s, ttft_s, moved, .. } =
            router.operating;
        let [cpt50, cpt80, cpt95] =
            [router.cpt50, router.cpt80, router.cpt95].map(|cpt| or_dash(cpt, percent));
        let apgr = or_dash(router.apgr, |apgr| format!("{apgr:.3}"));
        let [right, calls, unused, moved] = [quality, calls, thrown_away, moved].map(percent);
        let [mean_s, p95_s, ttft_s] = [mean_s, p95_s, ttft_s].map(|s| format!("{s:.2}"));
        let label = router.label.to_owned();
        table.row([
            label, cpt50, cpt80, cpt95, apgr, right, calls, unused, mean_s, p95_s, ttft_s, moved,
        ]);
    }
    table
}

/// One row for ours, and one for each that it is compared with.
pub fn comparison_table(found: &Comparison) -> Table {
    let goal = match found.goal {
        Goal::Calls => "the fewest calls, as good as the edge",
        Goal::Seconds => "the least time, as good as the edge",
    };
    let mut table = over_table(goal, found.over.iter());
    let side = &found.ours;
    let nothing = || "".to_owned();
    let mean_s = format!("{:.2}", side.mean_s);
    let [right, calls] = [side.right, side.calls].map(percent);
    table.row([side.label.clone(), right, calls, mean_s, nothing(), nothing(), nothing()]);
    table
}

/// What is saved over each of these, in hundredths of what it takes; of right answers, in points.
pub fn over_table<'o>(title: &str, overs: impl Iterator<Item = &'o Over>) -> Table {
    let head =
        ["right", "calls", "mean s", "calls saved, %", "time saved, %", "more right, points"];
    let [right, calls, mean_s, calls_saved, seconds_saved, more_right] = head;
    let mut table =
        Table::new([title, right, calls, mean_s, calls_saved, seconds_saved, more_right]);
    for Over { side, calls_saved, seconds_saved, more_right } in overs {
        let [right, calls] = [side.right, side.calls].map(percent);
        let mean_s = format!("{:.2}", side.mean_s);
        let [calls_saved, seconds_saved, more_right] =
            [calls_saved, seconds_saved, more_right].map(|estimate| estimate.percent());
        let label = side.label.clone();
        table.row([label, right, calls, mean_s, calls_saved, seconds_saved, more_right]);
    }
    table
}

/// In hundredths of a right answer. What is dearer than the better end beyond noise is marked.
pub fn costs_table(cells: &[Cell]) -> Table {
    let mut table = Table::new([
        "α, price of a call",
        "all on the device",
        "all at the edge",
        "θ = price",
        "over the better end",
        "picked",
        "over the better end",
    ]);
    for cell in cells {
        let cost = |cost: f64| format!("{:.1}", 100.0 * cost);
        let over = |excess: &price::Excess| {
            let mark = if excess.worse() { "**dearer** " } else { "" };
            format!("{mark}{}", excess.over_better.percent())
        };
        table.row([
            format!("{}, {}", cell.alpha_per_s, cell.price),
            cost(cell.all_device),
            cost(cell.all_edge),
            cost(cell.as_set.cost),
            over(&cell.as_set),
            cost(cell.picked.cost),
            over(&cell.picked),
        ]);
    }
    table
}
