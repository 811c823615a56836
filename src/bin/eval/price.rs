//! Is the router ever worse than not having it? What a turn costs all in all, over what a second and a call
//! are worth: wrong answers, seconds at α, and calls at a price, in units of a right answer.
//!
//! As the README has it, θ is the price of a call. A router that is set so may still pay more than whoever
//! sends everything to the better of both places, as the scorer's probabilities are not exact. The better
//! place is the one that is better on these questions, which nobody knows beforehand.

use nearside::routing::Route;
use rayon::prelude::*;
use serde::Serialize;

use crate::Result;
use crate::compare::ends;
use crate::estimate::{Estimate, Tally, estimate};
use crate::replay::{Scene, Setting};
use crate::sweep::{Run, cross_fit, sweep};
use crate::ways::{Way, ways};

/// Prices of a call, in right answers.
const PRICES: [f64; 6] = [0.0, 0.05, 0.1, 0.2, 0.35, 0.5];
/// What a second is worth, in right answers: nothing, 500 seconds for one, 200, 50, 20.
pub const ALPHAS: [f64; 5] = [0.0, 0.002, 0.005, 0.02, 0.05];

/// In right answers: what a score of 0.03 s costs where a second is dearest, and a little more.
const NEGLIGIBLE: f64 = 0.002;

const WAYS: [&str; 5] = ["all_device", "all_edge", "ours", "ours_look", "ours_calm"];

/// Mean costs of a turn.
#[derive(Debug, Serialize)]
pub struct Cell {
    pub alpha_per_s: f64,
    pub price: f64,
    pub all_device: f64,
    pub all_edge: f64,
    /// The side that is better for all.
    pub better: Route,
    /// θ is the price, and nothing was picked.
    pub as_set: Excess,
    /// Way and θ were picked for these costs, on the other half of the questions.
    pub picked: Excess,
}

/// A cost, and how much it is above the better end's.
#[derive(Debug, Serialize)]
pub struct Excess {
    pub cost: f64,
    pub over_better: Estimate,
    /// Dearer beyond noise, and by more than the scorer's own time.
    pub worse: bool,
}

/// `way` is what a page has that picks nothing.
pub fn cells(scene: Scene, alphas: &[f64], way: &Way) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for &alpha_per_s in alphas {
        let setting = Setting { alpha_per_s, ..scene.setting.clone() };
        cells.extend(of_alpha(Scene { setting: &setting, ..scene }, way)?);
    }
    Ok(cells)
}

fn of_alpha(scene: Scene, way: &Way) -> Result<Vec<Cell>> {
    let (halves, seed) = (scene.asked.halves(), scene.setting.seed);
    let alpha_per_s = scene.setting.alpha_per_s;
    let swept = sweep(scene, &ways(&WAYS, scene.asked.looked()))?;
    let as_set = PRICES.par_iter().map(|price| Run::new(scene, way, *price));
    let as_set: Vec<Run> = as_set.collect::<Result<_>>()?;
    let all: Vec<&Run> = swept.iter().flatten().collect();
    let cell = |(price, as_set): (f64, &Run)| {
        let cost = |units: &[Tally]| Tally::of(units).cost(alpha_per_s, price);
        let [device, edge] = ends(&swept);
        let (all_device, all_edge) = (cost(&device.units), cost(&edge.units));
        let (better, end) =
            if all_device <= all_edge { (Route::Device, device) } else { (Route::Edge, edge) };
        let excess = |units: &[Tally]| {
            let over_better = estimate([units, &end.units], seed, |[ours, end]| {
                ours.cost(alpha_per_s, price) - end.cost(alpha_per_s, price)
            });
            let worse = over_better.above_zero() && over_better.value > NEGLIGIBLE;
            Excess { cost: cost(units), over_better, worse }
        };
        let picked = cross_fit(&all, &halves, |total, _| total.cost(alpha_per_s, price));
        Cell {
            alpha_per_s,
            price,
            all_device,
            all_edge,
            better,
            as_set: excess(&as_set.units),
            picked: excess(&picked.units),
        }
    };
    Ok(PRICES.into_iter().zip(&as_set).map(cell).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::{asked, setting};

    #[test]
    fn a_router_that_was_picked_is_not_dearer_than_the_better_end() {
        let (asked, setting) = (asked(400), setting(crate::trace::built_in()));
        let scene = Scene { asked: &asked, setting: &setting };
        let cells = cells(scene, &[0.0, 0.02], &Way::named("ours")).unwrap();
        assert_eq!(cells.len(), 2 * PRICES.len());
        for cell in &cells {
            assert!(!cell.picked.worse && cell.picked.over_better.value < 0.01, "{cell:?}");
        }
        // Looks that know are worth their time where calls are dear.
        let dear = cells.iter().find(|cell| cell.price == 0.2).unwrap();
        assert!(
            dear.picked.cost < dear.as_set.cost && dear.as_set.cost < dear.all_edge,
            "{dear:?}"
        );
    }
}
