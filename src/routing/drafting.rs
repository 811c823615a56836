//! What the first decision becomes where the device's answer will be looked at.
//!
//! A look catches a share `r` of the answers that need the edge, and these pay for a draft: the
//! time until the look. So beginning on the device costs, in units of win rate, and with θ as the
//! price of a call (the paper's rule weighs it so),
//!
//! ```text
//! r·p·(θ + α·(T_draft + T_edge)) + (1 − r·p)·α·T_device + (1 − r)·p
//! ```
//!
//! and the edge at once costs `θ + α·T_edge`. It costs less iff `fused' > θ` with
//!
//! ```text
//! fused' = p·(1 − r)/(1 − r·p) − α·(T_edge − T_device) + α·T_draft·r·p/(1 − r·p)
//! ```
//!
//! The first term is the probability that the edge is needed and no look finds out; the last one
//! the odds that a look moves the turn over, times what was waited for in vain. `r = 0` gives the
//! paper's rule. The formula is ours.

use serde::Serialize;

use super::{DeviceTerms, Score};
use crate::config::SecondLook;

/// The terms of a first decision that looks will follow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drafting {
    /// Until the first look, in seconds.
    pub draft_s: f64,
    /// The odds that a look moves the turn over, times `draft_s`.
    pub expected_s: f64,
    /// What is compared with θ in place of the fused score. Never more than that: a turn that the
    /// device would answer without a look it also begins with one.
    pub fused: f64,
}

/// Prices the draft. `fused` is the score without looks.
pub fn drafting(
    score: &Score,
    fused: f64,
    device: &DeviceTerms,
    alpha_per_s: f64,
    config: &SecondLook,
) -> Drafting {
    let until_look = (config.first_tokens as f64 / score.device_tokens).min(1.0);
    let draft_s = device.prefill_s + until_look * device.decode_s;
    let (p, caught) = (score.p, config.recall * score.p);
    if caught >= 1.0 {
        // Looks catch all, and all need the edge.
        return Drafting { draft_s, expected_s: draft_s, fused };
    }
    let missed = (p - caught) / (1.0 - caught);
    let expected_s = draft_s * caught / (1.0 - caught);
    let looked_at = fused - p + missed + alpha_per_s * expected_s;
    Drafting { draft_s, expected_s, fused: fused.min(looked_at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Plan;

    fn device() -> DeviceTerms {
        DeviceTerms {
            available: true,
            missing_tokens: 100,
            prefill_s: 2.0,
            decode_s: 8.0,
            total_s: 10.0,
            plan: Plan::nothing(),
        }
    }

    fn at(p: f64, alpha_per_s: f64, recall: f64) -> Drafting {
        let score = Score { p, device_tokens: 128.0, edge_tokens: 100.0 };
        let config = SecondLook { recall, first_tokens: 32, ..SecondLook::default() };
        // The edge takes 4 s.
        let fused = p - alpha_per_s * (4.0 - device().total_s);
        drafting(&score, fused, &device(), alpha_per_s, &config)
    }

    #[test]
    fn the_edge_goes_first_where_the_expected_costs_say_so() {
        let (t_draft, t_edge, t_device) = (4.0, 4.0, 10.0);
        for recall in [0.0, 0.3, 0.5, 0.9] {
            for alpha in [0.0, 0.005, 0.02] {
                for p in [0.05, 0.2, 0.5, 0.8, 0.95] {
                    let theta = 0.4;
                    let moved = recall * p;
                    let begins = moved * (theta + alpha * (t_draft + t_edge))
                        + (1.0 - moved) * alpha * t_device
                        + (1.0 - recall) * p;
                    let at_once = theta + alpha * t_edge;
                    let plain = p - alpha * (t_edge - t_device);
                    let drafting = at(p, alpha, recall);
                    let expected = at_once < begins && plain > theta;
                    assert_eq!(drafting.fused > theta, expected, "{p} {alpha} {recall}");
                    assert_eq!(drafting.draft_s, t_draft);
                }
            }
        }
    }

    #[test]
    fn looks_that_catch_nothing_change_nothing() {
        let drafting = at(0.6, 0.01, 0.0);
        assert!((drafting.fused - (0.6 + 0.06)).abs() < 1e-12);
        assert_eq!(drafting.expected_s, 0.0);
    }

    #[test]
    fn a_dearer_draft_sends_more_to_the_edge() {
        let cheap = at(0.7, 0.001, 0.5);
        let dear = at(0.7, 0.05, 0.5);
        assert!(cheap.fused < 0.7 && dear.fused > cheap.fused);
        assert!(at(1.0, 0.01, 1.0).fused > 1.0, "certainty does not divide by zero");
    }
}
