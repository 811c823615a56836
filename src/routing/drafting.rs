//! What the first decision makes of the looks that will follow it.
//!
//! A turn that begins on the device may still move over, so less speaks for the edge at once: the
//! fused score must pass θ by a margin. But what moves over has waited for a draft. With `q` the
//! probability that a look moves the turn over, `T_draft` the time until it does, and θ as the
//! price of a call, as the paper's rule has it, beginning on the device costs, in units of win
//! rate,
//!
//! ```text
//! q·(θ + α·(T_draft + T_edge)) + (1 − q)·α·T_device + missed
//! ```
//!
//! where `missed` stands for the answers that need the edge and no look finds out. The edge at once
//! costs `θ + α·T_edge`, which is less iff
//!
//! ```text
//! missed/(1 − q) − α·(T_edge − T_device) + α·T_draft·q/(1 − q) > θ
//! ```
//!
//! So the fused score loses the margin `p − missed/(1 − q)`, and gains the odds that the turn moves
//! over times the draft. `q` is taken to be `p`: a look that is right moves as much as needs it.
//! The formula is ours.

use serde::Serialize;

use super::{DeviceTerms, Score};
use crate::config::SecondLook;

/// However sure it is that the turn will move over, no higher odds are reckoned with.
const MAX_ODDS: f64 = 20.0;

/// The terms of a first decision that looks will follow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drafting {
    /// Until the first look, in seconds.
    pub draft_s: f64,
    /// The odds that a look moves the turn over, times `draft_s`.
    pub expected_s: f64,
    /// By how much the fused score must pass θ for the edge at once: the configured margin, less
    /// what the draft is expected to cost. At least 0: what the device would answer without looks,
    /// it also begins with them.
    pub margin: f64,
}

/// Prices the draft.
pub fn drafting(
    score: &Score,
    device: &DeviceTerms,
    alpha_per_s: f64,
    config: &SecondLook,
) -> Drafting {
    let until_look = (config.first_tokens as f64 / score.device_tokens).min(1.0);
    let draft_s = device.prefill_s + until_look * device.decode_s;
    let odds = (score.p / (1.0 - score.p).max(1e-9)).min(MAX_ODDS);
    let expected_s = odds * draft_s;
    Drafting { draft_s, expected_s, margin: (config.margin - alpha_per_s * expected_s).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Plan;

    fn at(p: f64, alpha_per_s: f64, margin: f64) -> Drafting {
        let device = DeviceTerms {
            available: true,
            missing_tokens: 100,
            prefill_s: 2.0,
            decode_s: 8.0,
            total_s: 10.0,
            plan: Plan::nothing(),
        };
        let score = Score { p, device_tokens: 128.0, edge_tokens: 100.0 };
        let config = SecondLook { margin, first_tokens: 32, ..SecondLook::default() };
        drafting(&score, &device, alpha_per_s, &config)
    }

    #[test]
    fn the_edge_goes_first_where_the_expected_costs_say_so() {
        let (t_draft, t_edge, t_device, theta) = (4.0, 4.0, 10.0, 0.4);
        for alpha in [0.0, 0.005, 0.02] {
            for q in [0.05, 0.2, 0.5, 0.8, 0.95] {
                for missed in [0.0, 0.02, 0.5 * q] {
                    let begins = q * (theta + alpha * (t_draft + t_edge))
                        + (1.0 - q) * alpha * t_device
                        + missed;
                    let at_once = theta + alpha * t_edge;
                    let fused = q - alpha * (t_edge - t_device);
                    // What looks are worth without their time is the configured margin.
                    let margin = q - missed / (1.0 - q);
                    let drafting = at(q, alpha, margin);
                    let expected = at_once < begins && fused > theta;
                    let first = fused > theta + drafting.margin;
                    assert_eq!(first, expected, "{alpha} {q} {missed}");
                    assert!((drafting.draft_s - t_draft).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_dear_draft_leaves_no_margin_and_a_free_one_all_of_it() {
        assert_eq!(at(0.6, 0.0, 0.15).margin, 0.15);
        assert!((0.0..0.15).contains(&at(0.6, 0.01, 0.15).margin));
        assert_eq!(at(0.6, 1.0, 0.15).margin, 0.0);
        assert!(at(1.0, 0.01, 0.15).expected_s.is_finite());
    }
}
