//! Ways to route over a scene, at many thresholds; and cross-fitting: what is picked on one half of the
//! questions is scored on the other.

use rayon::prelude::*;

use crate::Result;
use crate::curve::Point;
use crate::estimate::Tally;
use crate::replay::{Scene, Turn, replay};
use crate::ways::Way;

/// Steps between the thresholds, and the threshold whose scores say where they lie. Dialogues take longer.
const QUESTION_STEPS: (usize, f64) = (32, 1.0);
const DIALOGUE_STEPS: (usize, f64) = (16, 0.5);
/// θ of a way that has none.
const ONLY_THETA: f64 = 0.5;

/// One replay.
pub struct Run {
    pub way: Way,
    pub theta: f64,
    pub turns: Vec<Turn>,
    pub units: Vec<Tally>,
}

impl Run {
    pub fn new(scene: Scene, way: &Way, theta: f64) -> Result<Run> {
        let turns = replay(scene, way, theta)?;
        let units = Tally::by_unit(&turns, scene.asked.units.len());
        Ok(Run { way: way.clone(), theta, turns, units })
    }

    pub fn point(&self) -> Point {
        Point::of(self.theta, &self.turns)
    }
}

/// A way's runs by growing θ.
pub type Swept = Vec<Run>;

/// Each way at thresholds that spread its shares of calls evenly.
pub fn sweep(scene: Scene, ways: &[Way]) -> Result<Vec<Swept>> {
    let (n_steps, first) = if scene.asked.in_dialogues { DIALOGUE_STEPS } else { QUESTION_STEPS };
    let n_steps = scene.setting.n_steps.unwrap_or(n_steps);
    let of_way = |way: &Way| -> Result<Swept> {
        let mut runs = vec![Run::new(scene, way, if way.swept { first } else { ONLY_THETA })?];
        if way.swept {
            let more = thetas(&runs[0], n_steps);
            let others = more.par_iter().map(|theta| Run::new(scene, way, *theta));
            runs.extend(others.collect::<Result<Vec<Run>>>()?);
            runs.sort_by(|a, b| a.theta.total_cmp(&b.theta));
        }
        Ok(runs)
    };
    ways.par_iter().map(of_way).collect()
}

/// 0, 1, and quantiles of the scores at which turns change sides; not the one that is there.
fn thetas(run: &Run, n_steps: usize) -> Vec<f64> {
    let score = |turn: &Turn| f64::from(turn.score.clamp(0.0, 1.0));
    let mut scores: Vec<f64> = run.turns.iter().map(score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let mut thetas = vec![0.0, 1.0];
    thetas.extend((1..n_steps).map(|step| scores[step * (scores.len() - 1) / n_steps]));
    thetas.sort_unstable_by(f64::total_cmp);
    thetas.dedup();
    thetas.retain(|theta| *theta != run.theta);
    thetas
}

/// The turns of the runs that were picked, each unit's by the run that was picked on the other half.
pub struct Picked<'r> {
    /// Picked on the second half and scored on the first, and the other way round.
    pub runs: [&'r Run; 2],
    pub turns: Vec<Turn>,
    pub units: Vec<Tally>,
}

/// Picks the run of the lowest `cost` on either half. A cost is of a half's totals; `true` is the second.
pub fn cross_fit<'r>(
    runs: &[&'r Run],
    halves: &[bool],
    cost: impl Fn(&Tally, bool) -> f64,
) -> Picked<'r> {
    let best_on = |half: bool| {
        let costs = runs.iter().map(|run| cost(&half_of(run, halves, half), half));
        let best = costs.zip(runs).min_by(|(a, _), (b, _)| a.total_cmp(b));
        *best.expect("some runs to pick from").1
    };
    Picked::of([best_on(true), best_on(false)], halves)
}

/// A run's totals on a half.
pub fn half_of(run: &Run, halves: &[bool], half: bool) -> Tally {
    Tally::of(run.units.iter().zip(halves).filter(|(_, own)| **own == half).map(|(unit, _)| unit))
}

impl<'r> Picked<'r> {
    pub fn of(runs: [&'r Run; 2], halves: &[bool]) -> Picked<'r> {
        let [first, second] = runs;
        let each = first.turns.iter().zip(&second.turns);
        let turns: Vec<Turn> = each.map(|(a, b)| if halves[a.unit] { *b } else { *a }).collect();
        let units = Tally::by_unit(&turns, halves.len());
        Picked { runs, turns, units }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::{asked, setting};
    use crate::trace::{Trace, built_in};
    use crate::ways::ways;

    #[test]
    fn the_curve_reaches_from_many_calls_to_few() {
        let (asked, setting) = (asked(300), setting(vec![Trace::broadband()]));
        let scene = Scene { asked: &asked, setting: &setting };
        for runs in sweep(scene, &ways(&["win_rate", "paper", "ours", "ours_look"], true)).unwrap()
        {
            let calls: Vec<f64> = runs.iter().map(|run| run.point().calls).collect();
            let name = runs[0].way.name;
            assert!(calls.windows(2).all(|pair| pair[0] >= pair[1]), "{name}: {calls:?}");
            assert!(calls[0] > 0.9 || name == "ours_look", "{name}: {calls:?}");
        }
    }

    #[test]
    fn what_is_scored_was_picked_on_the_other_half() {
        let (asked, setting) = (asked(200), setting(built_in()));
        let scene = Scene { asked: &asked, setting: &setting };
        let ends =
            ["all_device", "all_edge"].map(|name| Run::new(scene, &Way::named(name), 0.5).unwrap());
        let halves = asked.halves();
        // The first half says the device, the second the edge.
        let picked = cross_fit(&[&ends[0], &ends[1]], &halves, |tally, second| match second {
            true => -tally.calls(),
            false => tally.calls(),
        });
        assert_eq!(picked.runs.map(|run| run.way.name), ["all_edge", "all_device"]);
        for (turn, (device, edge)) in
            picked.turns.iter().zip(ends[0].turns.iter().zip(&ends[1].turns))
        {
            assert_eq!(turn, if halves[turn.unit] { device } else { edge });
        }
    }
}
