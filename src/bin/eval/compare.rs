//! What is saved at equal quality, against whom, and by what.
//!
//! On one half of the questions each side picks, among all its ways and thresholds, the one with the fewest
//! calls (or the least time) that still has as many right answers as the edge alone; the other half scores it.
//! Either side may also send everything to one place.

use serde::Serialize;

use crate::Result;
use crate::estimate::{Estimate, Tally, estimate};
use crate::replay::{Scene, Turn};
use crate::sweep::{Picked, Run, Swept, cross_fit, half_of};
use crate::ways::{FAILBACK, OF_DIALOGUES_ALONE, Part};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    Calls,
    Seconds,
}

/// What one goal came to, at as many right answers as the edge alone has.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub goal: Goal,
    pub ours: Side,
    pub over: Vec<Over>,
    /// From the best baseline to ours, one cause after the other.
    pub split: Vec<Over>,
    pub wrong: Wrong,
}

/// What was picked on either half, and what that came to on the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    pub label: String,
    pub right: f64,
    pub calls: f64,
    pub mean_s: f64,
}

/// A side, and what another takes less than it; paired, as shares of what it takes.
#[derive(Debug, Serialize)]
pub struct Over {
    pub side: Side,
    pub calls_saved: Estimate,
    pub seconds_saved: Estimate,
    /// The other's share of right answers less this one's.
    pub more_right: Estimate,
}

/// How ours errs against asking the edge always, as shares of turns.
#[derive(Debug, Serialize)]
pub struct Wrong {
    /// The device kept a wrong answer where the edge's is right; and the other way round.
    pub lost: f64,
    pub won: f64,
    /// Turns that took longer, and by how many seconds on average.
    pub slower: f64,
    pub slower_s: f64,
}

impl Side {
    fn new(label: String, total: Tally) -> Side {
        Side { label, right: total.right(), calls: total.calls(), mean_s: total.mean_s() }
    }

    fn picked(picked: &Picked) -> Side {
        let name = |run: &Run| match (run.way.label, run.way.swept) {
            (label, true) => format!("{label} (θ {:.2})", run.theta),
            (label, false) => label.to_owned(),
        };
        let [a, b] = picked.runs.map(name);
        let label = if a == b { a } else { format!("{a}; {b}") };
        Side::new(label, Tally::of(&picked.units))
    }
}

/// What `ours` takes less than `side`, which takes `units`.
fn over(side: Side, ours: &[Tally], units: &[Tally], seed: u64) -> Over {
    let figure = |figure: fn([Tally; 2]) -> f64| estimate([ours, units], seed, figure);
    Over {
        side,
        calls_saved: figure(|[a, b]| 1.0 - a.calls() / b.calls()),
        seconds_saved: figure(|[a, b]| 1.0 - a.mean_s() / b.mean_s()),
        more_right: figure(|[a, b]| a.right() - b.right()),
    }
}

/// Chance, at as many right answers: the straight line between all on the device and all at the edge.
fn over_chance(ours: &[Tally], ends: [&Run; 2], seed: u64) -> Over {
    let at = |[ours, device, edge]: [Tally; 3], of: fn(&Tally) -> f64| {
        let share = (ours.right() - device.right()) / (edge.right() - device.right());
        of(&device) + share * (of(&edge) - of(&device))
    };
    let units = [ours, &ends[0].units[..], &ends[1].units[..]];
    let saved =
        |of: fn(&Tally) -> f64| estimate(units, seed, |all| 1.0 - of(&all[0]) / at(all, of));
    let totals = units.map(Tally::of);
    let side = Side {
        label: "chance".to_owned(),
        right: totals[0].right(),
        calls: at(totals, Tally::calls),
        mean_s: at(totals, Tally::mean_s),
    };
    Over {
        side,
        calls_saved: saved(Tally::calls),
        seconds_saved: saved(Tally::mean_s),
        more_right: Estimate { value: 0.0, low: None, high: None },
    }
}

pub fn compare(scene: Scene, swept: &[Swept], goal: Goal) -> Result<Comparison> {
    let (halves, seed) = (scene.asked.halves(), scene.setting.seed);
    let runs = || swept.iter().flatten();
    let of = |part: Part| -> Vec<&Run> {
        runs().filter(|run| [part, Part::End].contains(&run.way.part)).collect()
    };
    let ends = ends(swept);
    let enough = [false, true].map(|half| half_of(ends[1], &halves, half).right());
    let cost = |total: &Tally, half: bool| match (total.right() >= enough[usize::from(half)], goal)
    {
        (false, _) => f64::INFINITY,
        (true, Goal::Calls) => total.calls(),
        (true, Goal::Seconds) => total.mean_s(),
    };
    let ours = cross_fit(&of(Part::Ours), &halves, cost);
    let baseline = cross_fit(&of(Part::Baseline), &halves, cost);
    let against = |picked: &Picked| over(Side::picked(picked), &ours.units, &picked.units, seed);
    let edge = Picked::of([ends[1], ends[1]], &halves);
    Ok(Comparison {
        goal,
        ours: Side::picked(&ours),
        over: vec![over_chance(&ours.units, ends, seed), against(&edge), against(&baseline)],
        split: split(scene, &ours, &baseline, &halves)?,
        wrong: wrong(&ours, &edge),
    })
}

/// The runs of all on the device and all at the edge.
pub fn ends(swept: &[Swept]) -> [&Run; 2] {
    let mut ends = swept.iter().flatten().filter(|run| run.way.part == Part::End);
    [(); 2].map(|()| ends.next().expect("both ends take part in every sweep"))
}

/// The causes, one after the other: the decision alone, then each feature beside it. Each step replays what
/// was picked with one feature more.
fn split(scene: Scene, ours: &Picked, baseline: &Picked, halves: &[bool]) -> Result<Vec<Over>> {
    let mut features = vec![FAILBACK];
    features.extend(OF_DIALOGUES_ALONE.iter().filter(|_| scene.asked.in_dialogues));
    let mut before = baseline.units.clone();
    let mut steps = Vec::new();
    for n_on in 0..=features.len() {
        let without = &features[n_on..];
        let [a, b] = ours.runs.map(|run| Run::new(scene, &run.way.without(without), run.theta));
        let (a, b) = (a?, b?);
        let step = Picked::of([&a, &b], halves);
        let label = n_on.checked_sub(1).map_or("routing", |last| features[last].0);
        let side = Side::new(label.to_owned(), Tally::of(&step.units));
        steps.push(over(side, &step.units, &before, scene.setting.seed));
        before = step.units;
    }
    Ok(steps)
}

fn wrong(ours: &Picked, edge: &Picked) -> Wrong {
    let n_turns = ours.turns.len() as f64;
    let count = |is: &dyn Fn(&Turn) -> bool| {
        ours.turns.iter().filter(|turn| is(turn)).count() as f64 / n_turns
    };
    let later = |(ours, edge): (&Turn, &Turn)| {
        let later_s = f64::from(ours.seconds - edge.seconds);
        // What the scorer takes is no delay that anybody notices.
        (later_s > 0.1).then_some(later_s)
    };
    let delays: Vec<f64> = ours.turns.iter().zip(&edge.turns).filter_map(later).collect();
    Wrong {
        lost: count(&|turn| turn.lost),
        won: count(&|turn| turn.won),
        slower: delays.len() as f64 / n_turns,
        slower_s: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::{asked, setting};
    use crate::sweep::sweep;
    use crate::trace::{Trace, built_in};
    use crate::ways::{OF_DIALOGUES, OF_QUESTIONS, ways};

    #[test]
    fn looks_that_know_save_calls_at_equal_quality() {
        let (asked, setting) = (asked(300), setting(vec![Trace::broadband()]));
        let scene = Scene { asked: &asked, setting: &setting };
        let swept = sweep(scene, &ways(&OF_QUESTIONS, true)).unwrap();
        let found = compare(scene, &swept, Goal::Calls).unwrap();
        let [chance, edge, best] = &found.over[..] else { panic!("{found:?}") };
        assert!(best.calls_saved.above_zero() && edge.calls_saved.value > 0.3, "{found:?}");
        assert!((found.ours.right - chance.side.right).abs() < 1e-12);
        assert!((edge.side.calls, found.wrong.slower_s > 0.0) == (1.0, true), "{found:?}");
        // Without outages there is nothing to go back to.
        let [routing, failback] = &found.split[..] else { panic!("{found:?}") };
        assert_eq!((failback.calls_saved.value, failback.seconds_saved.value), (0.0, 0.0));
        assert_eq!(routing.side.calls, found.ours.calls);
    }

    #[test]
    fn the_last_step_of_a_split_is_the_whole() {
        let (asked, setting) = (asked(120).in_sessions(None, 1).unwrap(), setting(built_in()));
        let scene = Scene { asked: &asked, setting: &setting };
        let swept = sweep(scene, &ways(&OF_DIALOGUES, true)).unwrap();
        let found = compare(scene, &swept, Goal::Seconds).unwrap();
        assert_eq!(found.split.len(), 1 + 1 + OF_DIALOGUES_ALONE.len());
        let last = &found.split[3].side;
        assert_eq!((last.right, last.mean_s), (found.ours.right, found.ours.mean_s));
    }
}
