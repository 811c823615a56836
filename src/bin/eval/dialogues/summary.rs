//! What each router's dialogues are worth, and what ours save at equal quality.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::Serialize;

use super::recordings::Set;
use super::replay::{Turn, replay};
use super::ways::{ALL, ALL_DEVICE, ALL_EDGE, OURS, OURS_LOOK, PAPER, STICKY, Way};
use crate::metrics::{Curve, Point, quantile};
use crate::{Result, cli, parallel, replay as single};

/// Thresholds of a curve beside 0 and 1.
const N_STEPS: usize = 15;
/// A long dialogue has at least so many turns.
pub const LONG: usize = 6;
/// What the table's operating points recover of the gap, at the fewest calls; where outcomes are
/// not known, the share of calls that they are nearest to.
const OPERATING_PGR: f64 = 0.8;
const OPERATING_CALLS: f64 = 0.5;
/// Where savings are told.
const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];
const N_RESAMPLES: usize = 300;

#[derive(Debug, Serialize)]
pub struct SetReport {
    pub set: String,
    pub outcomes_known: bool,
    pub n_dialogues: usize,
    pub n_turns: usize,
    /// Dialogues of six turns and more.
    pub n_long: usize,
    pub routers: Vec<RouterReport>,
    /// In long dialogues, or in all where none is long.
    pub savings: Vec<Saving>,
}

#[derive(Debug, Serialize)]
pub struct RouterReport {
    pub name: String,
    pub label: String,
    /// At the operating point: of all dialogues, and of the long ones.
    pub all: Totals,
    pub long: Option<Totals>,
    pub curve: Vec<Totals>,
}

/// Means over turns. Times in seconds, shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Totals {
    pub theta: f64,
    pub quality: Option<f64>,
    pub calls: f64,
    pub mean_s: f64,
    pub p95_s: f64,
    pub ttft_s: f64,
    pub ttft_p95_s: f64,
    /// Per turn.
    pub device_prefilled: f64,
    /// Of the prompts that the device answers right after a turn of the edge's, the share that it has
    /// to compute then, by tokens; `None` where there is no such turn.
    pub read_after_edge: Option<f64>,
    pub edge_prefilled: f64,
    pub sent_bytes: f64,
    pub received_bytes: f64,
    /// Per dialogue.
    pub switches: f64,
}

/// Where two routers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Each where it is soonest while it recovers at least this share of the gap between the sides.
    Soonest,
    /// Each where it recovers this share with the fewest calls.
    FewestCalls,
    /// Both make this share of calls: where outcomes are not known.
    EqualCalls,
}

/// What ours takes less than another router.
#[derive(Debug, Serialize)]
pub struct Saving {
    pub over: String,
    pub ours: String,
    pub at: At,
    pub level: f64,
    pub over_s: f64,
    pub ours_s: f64,
    pub saving: f64,
    /// A 95 % interval, by resampling dialogues.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A router's turns at each θ that was tried.
struct Swept {
    way: &'static Way,
    runs: Vec<(f64, Vec<Turn>)>,
}

pub fn set(set: &Set, world: &cli::World) -> Result<SetReport> {
    let looked = |way: &&'static Way| {
        let mut turns = set.dialogues.iter().flat_map(|dialogue| &dialogue.turns);
        way.name != OURS_LOOK.name || turns.any(|(_, prediction)| !prediction.looks.is_empty())
    };
    let ways: Vec<&'static Way> = ALL.iter().filter(looked).collect();
    let swept = sweep(set, &ways, world)?;
    let n_long = set.dialogues.iter().filter(|dialogue| dialogue.turns.len() >= LONG).count();
    let least = if n_long > 0 { LONG } else { 0 };
    Ok(SetReport {
        set: set.name.clone(),
        outcomes_known: set.outcomes_known,
        n_dialogues: set.dialogues.len(),
        n_turns: set.dialogues.iter().map(|dialogue| dialogue.turns.len()).sum(),
        n_long,
        routers: swept.iter().map(|each| router(set, each, &swept)).collect(),
        savings: savings(set, &swept, least, world.seed),
    })
}

fn sweep(set: &Set, ways: &[&'static Way], world: &cli::World) -> Result<Vec<Swept>> {
    let first = parallel::map(ways, |way| replay(set, way, 0.5, world))?;
    let more: Vec<(usize, f64)> = (0..ways.len())
        .filter(|index| ways[*index].swept)
        .flat_map(|index| thetas(&first[index]).into_iter().map(move |theta| (index, theta)))
        .collect();
    let replayed = parallel::map(&more, |(index, theta)| replay(set, ways[*index], *theta, world))?;
    let start = |(way, turns): (&&'static Way, Vec<Turn>)| Swept { way, runs: vec![(0.5, turns)] };
    let mut swept: Vec<Swept> = ways.iter().zip(first).map(start).collect();
    for ((index, theta), turns) in more.into_iter().zip(replayed) {
        swept[index].runs.push((theta, turns));
    }
    swept.iter_mut().for_each(|each| each.runs.sort_by(|(a, _), (b, _)| a.total_cmp(b)));
    Ok(swept)
}

/// 0, 1, and quantiles of the scores at which turns change sides.
fn thetas(turns: &[Turn]) -> Vec<f64> {
    let score = |turn: &Turn| f64::from(turn.turn.score).clamp(0.0, 1.0);
    let mut scores: Vec<f64> = turns.iter().map(score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let mut thetas = vec![0.0, 1.0];
    thetas.extend((1..=N_STEPS).map(|step| scores[step * (scores.len() - 1) / (N_STEPS + 1)]));
    thetas.sort_unstable_by(f64::total_cmp);
    thetas.dedup();
    thetas.retain(|theta| *theta != 0.5);
    thetas
}

fn of_length(turns: &[Turn], least: usize) -> Vec<Turn> {
    turns.iter().filter(|turn| turn.n_turns >= least).copied().collect()
}

fn find<'s>(swept: &'s [Swept], way: &Way) -> &'s Swept {
    let found = swept.iter().find(|each| each.way.name == way.name);
    found.expect("the ends, the baselines and ours take part in every sweep")
}

fn points(swept: &Swept, least: usize) -> Vec<Point> {
    let plain = |turns: &[Turn]| -> Vec<single::Turn> {
        of_length(turns, least).iter().map(|turn| turn.turn).collect()
    };
    swept.runs.iter().map(|(theta, turns)| Point::of(*theta, &plain(turns))).collect()
}

fn router(set: &Set, swept: &Swept, all: &[Swept]) -> RouterReport {
    let [device, edge] = [&ALL_DEVICE, &ALL_EDGE].map(|way| points(find(all, way), 0)[0]);
    let points = points(swept, 0);
    let curve = Curve::new(&points, &device, &edge);
    let enough =
        |point: &Point| curve.as_ref().is_some_and(|curve| curve.pgr(point) >= OPERATING_PGR);
    let fewest = points
        .iter()
        .enumerate()
        .filter(|(_, point)| enough(point))
        .min_by(|a, b| a.1.calls.total_cmp(&b.1.calls));
    let off = |point: &Point| (point.calls - OPERATING_CALLS).abs();
    let nearest = points.iter().enumerate().min_by(|a, b| off(a.1).total_cmp(&off(b.1)));
    let (at, _) = fewest.filter(|_| set.outcomes_known).or(nearest).expect("each way is run");
    let (theta, turns) = &swept.runs[at];
    let long = of_length(turns, LONG);
    let totals = |theta: f64, turns: &[Turn]| Totals::of(theta, turns, set.outcomes_known);
    RouterReport {
        name: swept.way.name.to_owned(),
        label: swept.way.label.to_owned(),
        all: totals(*theta, turns),
        long: (!long.is_empty()).then(|| totals(*theta, &long)),
        curve: swept.runs.iter().map(|(theta, turns)| totals(*theta, turns)).collect(),
    }
}

impl Totals {
    fn of(theta: f64, turns: &[Turn], outcomes_known: bool) -> Totals {
        let n_turns = turns.len().max(1) as f64;
        let mean = |value: &dyn Fn(&Turn) -> f64| turns.iter().map(value).sum::<f64>() / n_turns;
        let p95 = |value: &dyn Fn(&Turn) -> f32| {
            let mut values: Vec<f32> = turns.iter().map(value).collect();
            values.sort_unstable_by(f32::total_cmp);
            quantile(&values, 0.95)
        };
        let n_dialogues = turns.iter().map(|turn| 1.0 / turn.n_turns as f64).sum::<f64>();
        Totals {
            theta,
            quality: outcomes_known.then(|| mean(&|turn| f64::from(turn.turn.correct))),
            calls: mean(&|turn| f64::from(turn.turn.n_calls)),
            mean_s: mean(&|turn| turn.turn.seconds.into()),
            p95_s: p95(&|turn| turn.turn.seconds),
            ttft_s: mean(&|turn| turn.turn.ttft_s.into()),
            ttft_p95_s: p95(&|turn| turn.turn.ttft_s),
            device_prefilled: mean(&|turn| turn.traffic.device_prefilled as f64),
            read_after_edge: read_after_edge(turns),
            edge_prefilled: mean(&|turn| turn.traffic.edge_prefilled as f64),
            sent_bytes: mean(&|turn| turn.traffic.sent_bytes),
            received_bytes: mean(&|turn| turn.traffic.received_bytes),
            switches: mean(&|turn| f64::from(turn.moved)) * n_turns / n_dialogues.max(1.0),
        }
    }
}

pub fn read_after_edge(turns: &[Turn]) -> Option<f64> {
    let each = turns.iter().filter_map(|turn| turn.after_edge);
    let (read, all) = each.fold((0, 0), |(read, all), (n_read, n)| (read + n_read, all + n));
    (all > 0).then(|| read as f64 / all as f64)
}

fn savings(set: &Set, swept: &[Swept], least: usize, seed: u64) -> Vec<Saving> {
    let baselines = [&PAPER, &STICKY].into_iter();
    let ours = swept.iter().filter(|each| each.way.name.starts_with(OURS.name));
    let ats: &[At] = match set.outcomes_known {
        true => &[At::Soonest, At::FewestCalls],
        false => &[At::EqualCalls],
    };
    let mut savings = Vec::new();
    for over in baselines.map(|over| find(swept, over)) {
        for ours in ours.clone() {
            for (at, level) in ats.iter().flat_map(|at| LEVELS.map(|level| (*at, level))) {
                savings.extend(saving(set, swept, (over, ours), (at, level), least, seed));
            }
        }
    }
    savings
}

fn saving(
    set: &Set,
    swept: &[Swept],
    (over, ours): (&Swept, &Swept),
    (at, level): (At, f64),
    least: usize,
    seed: u64,
) -> Option<Saving> {
    let ends = [&ALL_DEVICE, &ALL_EDGE].map(|way| find(swept, way));
    let reached = |weights: Option<&[f32]>| {
        let [device, edge] = ends.map(|end| weighed(end, weights, least)[0]);
        let mean_s = |each: &Swept| {
            let points = weighed(each, weights, least);
            let curve = || Curve::new(&points, &device, &edge);
            match at {
                At::Soonest => Some(curve()?.soonest(level)?.mean_s),
                At::FewestCalls => Some(curve()?.reaches(level)?.mean_s),
                At::EqualCalls => at_calls(&points, &device, &edge, level),
            }
        };
        Some((mean_s(over)?, mean_s(ours)?))
    };
    let (over_s, ours_s) = reached(None)?;
    let mut random = Pcg32::seed_from_u64(seed);
    let mut resampled: Vec<f32> = Vec::new();
    for _ in 0..N_RESAMPLES {
        let mut weights = vec![0.0_f32; set.dialogues.len()];
        for _ in 0..weights.len() {
            weights[random.random_range(0..set.dialogues.len())] += 1.0;
        }
        resampled.extend(reached(Some(&weights)).map(|(over, ours)| (1.0 - ours / over) as f32));
    }
    resampled.sort_unstable_by(f32::total_cmp);
    let bound = |share| (resampled.len() * 2 > N_RESAMPLES).then(|| quantile(&resampled, share));
    Some(Saving {
        over: over.way.name.to_owned(),
        ours: ours.way.name.to_owned(),
        at,
        level,
        over_s,
        ours_s,
        saving: 1.0 - ours_s / over_s,
        low: bound(0.025),
        high: bound(0.975),
    })
}

/// The points of a router in dialogues of at least so many turns, each dialogue counting so many
/// times.
fn weighed(swept: &Swept, weights: Option<&[f32]>, least: usize) -> Vec<Point> {
    let point = |(theta, turns): &(f64, Vec<Turn>)| {
        let mut sums = [0.0_f64; 4];
        for turn in turns.iter().filter(|turn| turn.n_turns >= least) {
            let weight = f64::from(weights.map_or(1.0, |weights| weights[turn.dialogue]));
            let correct = f64::from(turn.turn.correct);
            let values = [1.0, f64::from(turn.turn.n_calls), correct, turn.turn.seconds.into()];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        let [n, calls, quality, mean_s] = sums;
        let n = n.max(f64::MIN_POSITIVE);
        Point {
            theta: *theta,
            calls: calls / n,
            quality: quality / n,
            mean_s: mean_s / n,
            ..Point::default()
        }
    };
    swept.runs.iter().map(point).collect()
}

/// Mean time where a router makes this share of calls, between two points by a mix of both.
fn at_calls(points: &[Point], device: &Point, edge: &Point, calls: f64) -> Option<f64> {
    let mut points: Vec<&Point> = points.iter().chain([device, edge]).collect();
    points.sort_by(|a, b| a.calls.total_cmp(&b.calls));
    let after = points.iter().position(|point| point.calls >= calls)?;
    let (after, Some(before)) = (points[after], after.checked_sub(1)) else {
        return Some(points[after].mean_s);
    };
    let before = points[before];
    let share = (calls - before.calls) / (after.calls - before.calls);
    Some(before.mean_s + share * (after.mean_s - before.mean_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogues::replay::tests::sessions;
    use crate::replay::tests::world;
    use crate::trace::built_in;

    #[test]
    fn a_report_tells_each_router_and_what_ours_saves() {
        let (set, world) = (sessions(80), world(built_in()));
        let report = super::set(&set, &world).unwrap();
        assert_eq!(report.routers.len(), ALL.len());
        for router in &report.routers {
            let totals = router.all;
            assert!(totals.quality.is_some_and(|quality| (0.0..=1.0).contains(&quality)));
            assert!(totals.ttft_s <= totals.mean_s && totals.mean_s <= totals.p95_s * 2.0);
            assert!((0.0..12.0).contains(&totals.switches), "{totals:?}");
            assert!(totals.read_after_edge.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        assert!(!report.savings.is_empty());
        for saving in &report.savings {
            assert!((saving.saving - (1.0 - saving.ours_s / saving.over_s)).abs() < 1e-12);
            if let (Some(low), Some(high)) = (saving.low, saving.high) {
                assert!(low <= high);
            }
        }
    }

    #[test]
    fn at_equal_calls_a_mix_of_two_points_counts() {
        let point = |calls: f64, mean_s: f64| Point { calls, mean_s, ..Point::default() };
        let (device, edge) = (point(0.0, 10.0), point(1.0, 2.0));
        let at = |calls| at_calls(&[point(0.5, 8.0)], &device, &edge, calls).unwrap();
        assert_eq!((at(0.0), at(0.25), at(0.5), at(0.75)), (10.0, 9.0, 8.0, 5.0));
    }
}
