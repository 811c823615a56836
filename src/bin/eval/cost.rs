//! What a router costs all in all: wrong answers, seconds at α, and calls at a price, each in units
//! of win rate.
//!
//! In the rule of arXiv 2508.11291 θ is the price of a call, if the probabilities are to be trusted;
//! where they are not, θ has to be found. Both ends are always to be had, so a router must not cost
//! more than the better of them. θ, and whether to look and to begin on both sides, are picked on one
//! half of the questions, and what that costs is told on the other.

use serde::Serialize;

use crate::metrics::Runs;
use crate::outcomes::{Question, chance};
use crate::replay::{Scene, Turn};

/// Prices of a call, in units of win rate.
const PRICES: [f64; 3] = [0.05, 0.2, 0.5];

/// Mean costs per question, of the half that nothing was picked on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Costs {
    pub price: f64,
    /// What was picked: a router of ours, by its label, and its θ.
    pub router: &'static str,
    pub theta: f64,
    pub ours: f64,
    pub all_device: f64,
    pub all_edge: f64,
}

/// Costs at each price. `ours`: our routers' runs, by label; `ends`: the turns on the device alone
/// and at the edge alone.
pub fn costs(scene: &Scene, ours: &[(&'static str, &Runs)], ends: [&[Turn]; 2]) -> Vec<Costs> {
    let picked_on = |question: &Question| chance(question) < 0.5;
    let halves: Vec<bool> = scene.questions.iter().map(picked_on).collect();
    let at_price = |price: f64| {
        let mean = |turns: &[Turn], half: bool| {
            let here = turns.iter().zip(&halves).filter(|(_, picked)| **picked == half);
            let costs: Vec<f64> =
                here.map(|(turn, _)| cost(turn, scene.alpha_per_s, price)).collect();
            costs.iter().sum::<f64>() / costs.len().max(1) as f64
        };
        let each = ours.iter().flat_map(|(router, runs)| {
            runs.iter().map(move |(theta, turns)| (*router, *theta, turns))
        });
        let (router, theta, turns) =
            each.min_by(|(_, _, a), (_, _, b)| mean(a, true).total_cmp(&mean(b, true)))?;
        let [all_device, all_edge] = ends.map(|turns| mean(turns, false));
        Some(Costs { price, router, theta, ours: mean(turns, false), all_device, all_edge })
    };
    PRICES.into_iter().filter_map(at_price).collect()
}

fn cost(turn: &Turn, alpha_per_s: f64, price: f64) -> f64 {
    let wrong = f64::from(u8::from(!turn.correct));
    wrong + alpha_per_s * f64::from(turn.seconds) + price * f64::from(turn.n_calls)
}

impl Costs {
    pub fn sentence(&self) -> String {
        let Costs { price, router, theta, ours, all_device, all_edge } = self;
        format!(
            "at {price} a call: {ours:.3} ({router}, θ = {theta:.2}), all on the device {all_device:.3}, all \
             at the edge {all_edge:.3}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contenders::{ALL_DEVICE, ALL_EDGE, OURS_LOOK};
    use crate::replay::replay;
    use crate::replay::tests::{scene, world};

    #[test]
    fn a_turns_cost_by_hand() {
        let turn = Turn { correct: false, n_calls: 2, seconds: 4.0, ..Turn::default() };
        assert!((cost(&turn, 0.01, 0.2) - 1.44).abs() < 1e-9);
        assert_eq!(cost(&Turn { correct: true, ..Turn::default() }, 0.01, 0.2), 0.0);
    }

    #[test]
    fn no_end_is_cheaper_than_a_threshold_that_was_picked() {
        let world = world(crate::trace::built_in());
        let scene = scene(&world, 400);
        let run = |contender, theta| replay(&scene, contender, theta).unwrap();
        let thetas = (0..=20).map(|step| f64::from(step) / 20.0);
        let ours: Vec<_> = thetas.map(|theta| (theta, run(&OURS_LOOK, theta))).collect();
        let (device, edge) = (run(&ALL_DEVICE, 0.5), run(&ALL_EDGE, 0.5));
        let found = costs(&scene, &[("ours", &ours)], [&device, &edge]);
        assert_eq!(found.len(), PRICES.len());
        for costs in &found {
            let better = costs.all_device.min(costs.all_edge);
            assert!(costs.ours <= better + 0.005, "{}", costs.sentence());
        }
        assert!(found.windows(2).all(|pair| pair[0].theta <= pair[1].theta), "{found:?}");
    }
}
