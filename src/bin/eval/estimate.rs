//! Figures with their 95 % intervals, by resampling what has nothing to do with each other: questions that
//! stand alone, or dialogues. All that is compared is resampled alike, so that differences are paired.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::Serialize;

use crate::replay::Turn;

/// Resamples behind an interval.
const N_RESAMPLES: usize = 1000;

/// What turns add up to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    n: f64,
    calls: f64,
    right: f64,
    seconds: f64,
}

impl Tally {
    /// The turns' sums, unit by unit.
    pub fn by_unit(turns: &[Turn], n_units: usize) -> Vec<Tally> {
        let mut units = vec![Tally::default(); n_units];
        for turn in turns {
            let calls = f64::from(turn.n_calls);
            let (right, seconds) = (f64::from(turn.correct), f64::from(turn.seconds));
            units[turn.unit].add(&Tally { n: 1.0, calls, right, seconds });
        }
        units
    }

    pub fn of<'t>(units: impl IntoIterator<Item = &'t Tally>) -> Tally {
        let mut total = Tally::default();
        units.into_iter().for_each(|unit| total.add(unit));
        total
    }

    fn add(&mut self, other: &Tally) {
        self.n += other.n;
        self.calls += other.calls;
        self.right += other.right;
        self.seconds += other.seconds;
    }

    /// Requests to the edge per turn.
    pub fn calls(&self) -> f64 {
        self.calls / self.n
    }

    /// The share of turns that were answered right.
    pub fn right(&self) -> f64 {
        self.right / self.n
    }

    pub fn mean_s(&self) -> f64 {
        self.seconds / self.n
    }

    /// What a turn costs all in all, in units of a right answer: being wrong, seconds at α, calls at a price.
    pub fn cost(&self, alpha_per_s: f64, price: f64) -> f64 {
        1.0 - self.right() + alpha_per_s * self.mean_s() + price * self.calls()
    }
}

/// A figure and its interval, which is missing where most resamples have no such figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A figure of several ways' totals, each given unit by unit.
pub fn estimate<const N: usize>(
    ways: [&[Tally]; N],
    seed: u64,
    figure: impl Fn([Tally; N]) -> f64,
) -> Estimate {
    let n_units = ways[0].len();
    let mut random = Pcg32::seed_from_u64(seed);
    let mut resampled: Vec<f64> = Vec::with_capacity(N_RESAMPLES);
    for _ in 0..N_RESAMPLES {
        let mut totals = [Tally::default(); N];
        for _ in 0..n_units {
            let unit = random.random_range(0..n_units);
            totals.iter_mut().zip(ways).for_each(|(total, way)| total.add(&way[unit]));
        }
        resampled.extend(Some(figure(totals)).filter(|value| value.is_finite()));
    }
    resampled.sort_unstable_by(f64::total_cmp);
    let enough = resampled.len() * 2 > N_RESAMPLES;
    let at =
        |share: f64| enough.then(|| resampled[(share * (resampled.len() - 1) as f64) as usize]);
    let value = figure(ways.map(Tally::of));
    Estimate { value, low: at(0.025), high: at(0.975) }
}

impl Estimate {
    /// Whether the whole interval lies above 0.
    pub fn above_zero(&self) -> bool {
        self.low.is_some_and(|low| low > 0.0)
    }

    /// In hundredths, as `4.1 [-0.2, 8.5]`.
    pub fn percent(&self) -> String {
        // The zero makes a negative zero positive.
        let percent = |share: f64| format!("{:.1}", (1000.0 * share).round() / 10.0 + 0.0);
        match (self.value.is_finite(), self.low, self.high) {
            (true, Some(low), Some(high)) => {
                format!("{} [{}, {}]", percent(self.value), percent(low), percent(high))
            }
            (true, ..) => percent(self.value),
            _ => "–".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(called: impl Fn(usize) -> bool) -> Vec<Tally> {
        let turn = |unit| Turn {
            unit,
            n_calls: called(unit).into(),
            correct: unit % 2 == 0,
            seconds: 1.0,
            ..Turn::default()
        };
        Tally::by_unit(&(0..400).map(turn).collect::<Vec<_>>(), 400)
    }

    #[test]
    fn a_cost_by_hand() {
        let tally = Tally { n: 2.0, calls: 1.0, right: 1.5, seconds: 8.0 };
        assert!((tally.cost(0.01, 0.2) - 0.39).abs() < 1e-12);
    }

    #[test]
    fn an_interval_holds_the_figure_and_differences_are_paired() {
        let (half, quarter) = (units(|unit| unit % 2 == 0), units(|unit| unit % 4 == 0));
        let calls = estimate([&half], 1, |[half]| half.calls());
        // Five standard errors of 0.025 at the most.
        let (low, high) = (calls.low.unwrap(), calls.high.unwrap());
        assert!(calls.value == 0.5 && 0.4 < low && low < 0.47 && 0.53 < high && high < 0.6);
        let saved = |[a, b]: [Tally; 2]| 1.0 - a.calls() / b.calls();
        let nothing = estimate([&half, &half], 1, saved);
        assert_eq!((nothing.value, nothing.low, nothing.high), (0.0, Some(0.0), Some(0.0)));
        let saved = estimate([&quarter, &half], 1, saved);
        assert!(saved.value == 0.5 && saved.above_zero() && saved.percent().starts_with("50.0 ["));
        let undefined = estimate([&units(|_| false)], 1, |[none]| 1.0 / none.calls());
        assert_eq!((undefined.low, undefined.percent()), (None, "–".to_owned()));
    }
}
