//! Every contender over one set of questions, at many thresholds.

use std::collections::BTreeMap;

use crate::contenders::{ALL, ALL_DEVICE, ALL_EDGE, Contender, Part};
use crate::cost::costs;
use crate::metrics::{Curve, Measure, Point, Runs, saving_interval};
use crate::replay::{Scene, Turn, replay};
use crate::report::{RouterReport, Saving, SetReport, TracePart};
use crate::{Result, parallel};

/// Steps between the thresholds of a curve, 0 and 1 included.
const N_STEPS: usize = 32;
/// What the table's operating points recover, at the fewest calls.
const OPERATING_PGR: f64 = 0.8;
/// Where savings are told.
const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];

/// A contender's turns at each θ that was tried.
struct Swept {
    contender: &'static Contender,
    runs: Vec<(f64, Vec<Turn>)>,
    points: Vec<Point>,
}

/// Replays a set with every contender that its recordings allow.
pub fn set(name: &str, scene: &Scene) -> Result<SetReport> {
    let n_looked = scene.predictions.iter().filter(|p| !p.looks.is_empty()).count();
    let contenders: Vec<&'static Contender> =
        ALL.iter().filter(|contender| n_looked > 0 || !contender.looks).collect();
    let swept = sweep(scene, &contenders)?;
    let n_runs: usize = swept.iter().map(|swept| swept.runs.len()).sum();
    let [device, edge] = [&ALL_DEVICE, &ALL_EDGE].map(|end| find(&swept, end.name));
    let ends = [device, edge].map(|end| &end.runs[0].1[..]);
    let curve = |swept: &Swept| Curve::new(&swept.points, &device.points[0], &edge.points[0]);
    Ok(SetReport {
        set: name.to_owned(),
        n: scene.questions.len(),
        n_answers_known: scene.questions.iter().filter(|question| question.answer_known).count(),
        n_looked,
        n_replayed: n_runs * scene.questions.len(),
        routers: swept.iter().map(|each| router(scene, each, curve(each).as_ref())).collect(),
        fastest_s: fastest_s(ends),
        savings: savings(&swept, ends, &curve, scene.seed),
        costs: costs(scene, &ours(&swept), ends),
    })
}

fn sweep(scene: &Scene, contenders: &[&'static Contender]) -> Result<Vec<Swept>> {
    let first_theta = |contender: &Contender| if contender.swept { 1.0 } else { 0.5 };
    let first =
        parallel::map(contenders, |contender| replay(scene, contender, first_theta(contender)))?;
    let more: Vec<(usize, f64)> = first
        .iter()
        .enumerate()
        .filter(|(index, _)| contenders[*index].swept)
        .flat_map(|(index, turns)| thetas(turns).into_iter().map(move |theta| (index, theta)))
        .collect();
    let replayed =
        parallel::map(&more, |(index, theta)| replay(scene, contenders[*index], *theta))?;
    let start = |(contender, turns): (&&'static Contender, Vec<Turn>)| Swept {
        contender,
        runs: vec![(first_theta(contender), turns)],
        points: Vec::new(),
    };
    let mut swept: Vec<Swept> = contenders.iter().zip(first).map(start).collect();
    for ((index, theta), turns) in more.into_iter().zip(replayed) {
        swept[index].runs.push((theta, turns));
    }
    for each in &mut swept {
        each.runs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        each.points = each.runs.iter().map(|(theta, turns)| Point::of(*theta, turns)).collect();
    }
    Ok(swept)
}

/// Thresholds below 1 that spread the shares of calls evenly: 0, and quantiles of the scores.
fn thetas(turns: &[Turn]) -> Vec<f64> {
    let mut scores: Vec<f64> = turns.iter().map(|turn| turn.score.clamp(0.0, 1.0).into()).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let mut thetas = vec![0.0];
    thetas.extend((1..N_STEPS).map(|step| scores[step * (scores.len() - 1) / N_STEPS]));
    thetas.dedup();
    thetas.retain(|theta| *theta < 1.0);
    thetas
}

fn find<'s>(swept: &'s [Swept], name: &str) -> &'s Swept {
    let found = swept.iter().find(|each| each.contender.name == name);
    found.expect("both ends take part in every sweep")
}

fn router(scene: &Scene, swept: &Swept, curve: Option<&Curve>) -> RouterReport {
    let cpt = |pgr: f64| Some(curve?.reaches(pgr)?.calls);
    let operating = operating_point(&swept.points, curve);
    let (_, turns) = &swept.runs[operating];
    let is_end = swept.contender.part == Part::End;
    let unless_end = |value: Option<f64>| value.filter(|_| !is_end);
    RouterReport {
        name: swept.contender.name.to_owned(),
        label: swept.contender.label.to_owned(),
        cpt50: unless_end(cpt(0.5)),
        cpt80: unless_end(cpt(0.8)),
        cpt95: unless_end(cpt(0.95)),
        apgr: unless_end(curve.map(Curve::apgr)),
        operating: swept.points[operating],
        traces: by_trace(scene, turns),
        curve: swept.points.clone(),
    }
}

/// The point of the fewest calls among those that recover enough; if none does, the best one.
fn operating_point(points: &[Point], curve: Option<&Curve>) -> usize {
    let enough = |point: &Point| curve.is_some_and(|curve| curve.pgr(point) >= OPERATING_PGR);
    let indices = 0..points.len();
    let fewest = |a: &usize, b: &usize| points[*a].calls.total_cmp(&points[*b].calls);
    let best =
        |a: &usize, b: &usize| points[*a].quality.total_cmp(&points[*b].quality).then(fewest(b, a));
    let reaching = indices.clone().filter(|index| enough(&points[*index])).min_by(fewest);
    reaching.or(indices.max_by(best)).unwrap_or(0)
}

fn by_trace(scene: &Scene, turns: &[Turn]) -> BTreeMap<String, TracePart> {
    let part = |(index, name): (usize, &String)| {
        let here: Vec<Turn> =
            turns.iter().filter(|turn| usize::from(turn.trace) == index).copied().collect();
        let point = Point::of(0.0, &here);
        let part = TracePart {
            n: here.len(),
            calls: point.calls,
            quality: point.quality,
            mean_s: point.mean_s,
            p95_s: point.p95_s,
        };
        (name.clone(), part)
    };
    scene.traces.iter().map(|trace| &trace.name).enumerate().map(part).collect()
}

fn ours(swept: &[Swept]) -> Vec<(&'static str, &Runs)> {
    let ours = swept.iter().filter(|each| each.contender.part == Part::Ours);
    ours.map(|each| (each.contender.label, &each.runs[..])).collect()
}

/// Mean seconds if each question went to the side that is sooner, known beforehand.
fn fastest_s([device, edge]: [&[Turn]; 2]) -> f64 {
    let sooner = device.iter().zip(edge).map(|(a, b)| f64::from(a.seconds.min(b.seconds)));
    sooner.sum::<f64>() / device.len() as f64
}

/// What the best of ours saves against the best baseline, at equal quality.
fn savings(
    swept: &[Swept],
    ends: [&[Turn]; 2],
    curve: &dyn Fn(&Swept) -> Option<Curve>,
    seed: u64,
) -> Vec<Saving> {
    let curves: Vec<(&Swept, Curve)> =
        swept.iter().filter_map(|each| Some((each, curve(each)?))).collect();
    let best = |part: Part, pgr: f64, measure: Measure| {
        // Every baseline may also ask the edge always, which is one of its own where time counts.
        let all_edge = part == Part::Baseline && measure == Measure::MeanS;
        let of_part = curves.iter().filter(|(each, _)| {
            each.contender.part == part || all_edge && *each.contender == ALL_EDGE
        });
        let reached = of_part.filter_map(|(each, curve)| Some((*each, measure.least(curve, pgr)?)));
        reached.min_by(|(_, a), (_, b)| a.total_cmp(b))
    };
    let saving = |(pgr, measure): (f64, Measure)| {
        let (ours, ours_at) = best(Part::Ours, pgr, measure)?;
        let (baseline, baseline_at) = best(Part::Baseline, pgr, measure)?;
        let interval = saving_interval(&ours.runs, &baseline.runs, ends, (pgr, measure), seed);
        Some(Saving {
            pgr,
            measure,
            ours: ours.contender.label.to_owned(),
            baseline: baseline.contender.label.to_owned(),
            ours_at,
            baseline_at,
            saving: 1.0 - ours_at / baseline_at,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        })
    };
    let each_measure =
        LEVELS.iter().flat_map(|pgr| [(*pgr, Measure::Calls), (*pgr, Measure::MeanS)]);
    each_measure.filter_map(saving).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::{scene, world};
    use crate::trace::built_in;

    fn router<'r>(report: &'r SetReport, name: &str) -> &'r RouterReport {
        report.routers.iter().find(|router| router.name == name).expect(name)
    }

    #[test]
    fn a_look_that_knows_beats_the_prompt_and_the_oracle_beats_all() {
        let world = world(built_in());
        let report = set("made-up", &scene(&world, 300)).unwrap();
        let cpt80 = |name: &str| router(&report, name).cpt80.unwrap();
        assert!(cpt80("ours_look") < 0.8 * cpt80("ours_prompt"));
        assert!(cpt80("oracle") <= cpt80("ours_look"));
        assert!((cpt80("random") - 0.8).abs() < 0.15, "{}", cpt80("random"));
        let saving = &report.savings[2];
        assert!(saving.saving > 0.1 && saving.low < Some(saving.saving), "{saving:?}");
    }

    #[test]
    fn on_single_questions_ours_from_the_prompt_is_the_papers_rule_with_the_queue() {
        let world = world(built_in());
        let report = set("made-up", &scene(&world, 60)).unwrap();
        assert_eq!(router(&report, "ours_prompt").curve, router(&report, "paper_queue").curve);
    }

    #[test]
    fn the_curve_reaches_from_few_calls_to_many() {
        let world = world(vec![crate::trace::Trace::steady()]);
        let report = set("made-up", &scene(&world, 300)).unwrap();
        for name in ["random", "win_rate", "paper", "ours_prompt", "ours_look"] {
            let curve = &router(&report, name).curve;
            let calls: Vec<f64> = curve.iter().map(|point| point.calls).collect();
            assert!(calls.windows(2).all(|pair| pair[0] >= pair[1]), "{name}: {calls:?}");
            assert!(calls[0] > 0.9 || name == "ours_look", "{name}: {calls:?}");
        }
    }
}
