//! How able a model is: what is believed of it, and how outcomes change that.
//!
//! Item response theory (Lord 1952; Rasch 1960; in several dimensions Reckase 2009): a model with ability
//! `θ` is right on a question with probability `σ(b + a·θ)`, where the question's ease `b` and what it asks
//! of each ability, `a`, are read off its text by the scorer. The ability is not known but believed to be
//! normal around a mean. An outcome moves that belief as in sequential Bayesian logistic regression
//! (Spiegelhalter & Lauritzen 1990): the precision grows by `w = p(1 − p)` in the direction of `a`, and the
//! mean goes by `Σ·a·(y − p)`. What is predicted allows for what is not known, by MacKay's (1992)
//! approximation `σ(m / √(1 + π·v/8))`, with `m` and `v` the mean and the variance of `b + a·θ`.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::Route;

/// What is believed of the two models between which a router chooses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abilities {
    pub device: Ability,
    pub edge: Ability,
}

impl Abilities {
    pub fn of(&self, side: Route) -> &Ability {
        match side {
            Route::Device => &self.device,
            Route::Edge => &self.edge,
        }
    }

    pub fn of_mut(&mut self, side: Route) -> &mut Ability {
        match side {
            Route::Device => &mut self.device,
            Route::Edge => &mut self.edge,
        }
    }
}

/// A normal belief about an ability of some dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ability {
    mean: Vec<f64>,
    /// Row by row: (n, n).
    covariance: Vec<f64>,
}

/// A question as abilities see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The logit of a right answer by a model whose abilities are all 0.
    pub ease: f64,
    /// What it asks of each ability.
    pub asks: Vec<f64>,
}

impl Ability {
    /// Independent abilities, with these means and standard deviations.
    pub fn believed(mean: &[f64], deviations: &[f64]) -> Ability {
        assert_eq!(mean.len(), deviations.len(), "a deviation for each mean");
        let n = mean.len();
        let covariance = (0..n * n)
            .map(|at| if at / n == at % n { deviations[at / n].powi(2) } else { 0.0 })
            .collect();
        Ability { mean: mean.to_vec(), covariance }
    }

    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    pub fn n_dimensions(&self) -> usize {
        self.mean.len()
    }

    /// Whether it is what was read of some file: numbers that make a belief.
    pub fn is_sound(&self) -> bool {
        let n = self.mean.len();
        self.covariance.len() == n * n
            && self.mean.iter().chain(&self.covariance).all(|value| value.is_finite())
            && (0..n).all(|i| self.covariance[i * n + i] >= 0.0)
    }

    /// Probability of a right answer.
    pub fn right(&self, item: &Item) -> f64 {
        let (mean, variance) = self.logit(item);
        logistic(mean / (1.0 + PI * variance / 8.0).sqrt())
    }

    /// The mean and the variance of the logit.
    fn logit(&self, item: &Item) -> (f64, f64) {
        let spread = self.along(&item.asks);
        (item.ease + dot(&item.asks, &self.mean), dot(&item.asks, &spread).max(0.0))
    }

    /// `Σ·a`.
    fn along(&self, asks: &[f64]) -> Vec<f64> {
        self.covariance.chunks_exact(self.mean.len().max(1)).map(|row| dot(row, asks)).collect()
    }

    /// Takes in an outcome: that the model was right (1), that it was not (0), or how likely it was in the
    /// light of something that tells less than all.
    ///
    /// With a likelihood ratio `r` between right and wrong, `right` is `r·p / (r·p + 1 − p)`. The logarithm of
    /// the likelihood, as a function of the logit, then has the slope `right − p` and the curvature
    /// `right·(1 − right) − p·(1 − p)`; where that bends upwards, it is taken to be straight.
    pub fn observe(&mut self, item: &Item, right: f64) {
        let p = self.right(item);
        let gain = (p * (1.0 - p) - right * (1.0 - right)).max(0.0);
        let spread = self.along(&item.asks);
        let denominator = 1.0 + gain * dot(&item.asks, &spread);
        let step = (right - p) / denominator;
        for (mean, spread) in self.mean.iter_mut().zip(&spread) {
            *mean += spread * step;
        }
        let n = self.mean.len();
        for (at, value) in self.covariance.iter_mut().enumerate() {
            *value -= gain / denominator * spread[at / n] * spread[at % n];
        }
    }

    /// What was learned fades: the belief goes back towards `prior` by a share of the way.
    pub fn fade(&mut self, prior: &Ability, share: f64) {
        let towards = |mine: &mut Vec<f64>, theirs: &[f64]| {
            mine.iter_mut()
                .zip(theirs)
                .for_each(|(mine, theirs)| *mine += share * (theirs - *mine));
        };
        towards(&mut self.mean, &prior.mean);
        towards(&mut self.covariance, &prior.covariance);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    /// Questions of all sorts, and whether a model of these abilities is right on them.
    fn outcomes(abilities: &[f64], n: usize, seed: u64) -> Vec<(Item, f64)> {
        let mut random = Pcg32::seed_from_u64(seed);
        (0..n)
            .map(|_| {
                let mut draw = || 4.0 * random.random::<f64>() - 2.0;
                let item = Item { ease: draw(), asks: abilities.iter().map(|_| draw()).collect() };
                let p = logistic(item.ease + dot(&item.asks, abilities));
                let right = f64::from(u8::from(random.random::<f64>() < p));
                (item, right)
            })
            .collect()
    }

    #[test]
    fn an_ability_is_found_from_its_outcomes() {
        for abilities in [[0.0, 0.0], [1.5, -1.0], [-2.0, 0.5]] {
            let mut belief = Ability::believed(&[0.0, 0.0], &[1.5, 1.5]);
            for (item, right) in outcomes(&abilities, 400, 7) {
                belief.observe(&item, right);
            }
            let deviation = |i: usize| belief.covariance[3 * i].sqrt();
            for (i, ability) in abilities.iter().enumerate() {
                let off = (belief.mean[i] - ability).abs();
                assert!(off < 3.0 * deviation(i) && deviation(i) < 0.25, "{belief:?}");
            }
            assert!(belief.is_sound());
        }
    }

    /// Assumed to be right nearly always, and wrong most of the time: fifty turns mend that.
    #[test]
    fn a_belief_that_was_far_off_is_mended_within_fifty_turns() {
        let item = || Item { ease: 0.0, asks: vec![1.0] };
        let mut belief = Ability::believed(&[2.5], &[1.0]);
        let mut random = Pcg32::seed_from_u64(1);
        for _ in 0..50 {
            let right = f64::from(u8::from(random.random::<f64>() < 0.3));
            belief.observe(&item(), right);
        }
        assert!((belief.right(&item()) - 0.3).abs() < 0.12, "{}", belief.right(&item()));
    }

    #[test]
    fn what_is_not_known_is_allowed_for() {
        let item = Item { ease: 0.0, asks: vec![1.0] };
        let sure = Ability::believed(&[2.0], &[0.0]);
        let unsure = Ability::believed(&[2.0], &[3.0]);
        assert!((sure.right(&item) - logistic(2.0)).abs() < 1e-12);
        assert!(unsure.right(&item) < sure.right(&item) && unsure.right(&item) > 0.5);
    }

    #[test]
    fn what_was_learned_fades_towards_what_was_assumed() {
        let prior = Ability::believed(&[1.0], &[1.0]);
        let mut belief = prior.clone();
        let item = Item { ease: 0.0, asks: vec![1.0] };
        (0..100).for_each(|_| belief.observe(&item, 0.0));
        let learned = belief.clone();
        belief.fade(&prior, 0.5);
        assert!((belief.mean[0] - 0.5 * (learned.mean[0] + 1.0)).abs() < 1e-12);
        belief.fade(&prior, 1.0);
        assert_eq!(belief, prior);
    }

    #[test]
    fn a_belief_that_is_none_is_seen() {
        let parse = |json: &str| serde_json::from_str::<Ability>(json).unwrap();
        assert!(parse(r#"{"mean":[0],"covariance":[1]}"#).is_sound());
        assert!(!parse(r#"{"mean":[0],"covariance":[]}"#).is_sound());
        assert!(!parse(r#"{"mean":[0],"covariance":[-1]}"#).is_sound());
    }
}
