//! The edge is away, so the device answers in its place; and goes back to it once it is there
//! again, if that is still worth it.
//!
//! Meanwhile the link is probed every second. When the edge is back, the turn is priced as it would
//! have been with the edge there, but for what the device has done by then: it lacks only the rest.
//! Where looks can tell, they decide from then on. Where they cannot, the decision's rule does,
//! `p − α·(T_edge − T_device) > θ`, and asks for `hysteresis` more once the reader has seen text.

use crate::config::{Config, Mode};
use crate::routing::Decision;

/// What the device has still to do.
pub(super) struct Rest {
    /// Tokens of the prompt.
    pub n_unread: usize,
    pub prefill_tps: f64,
    /// Tokens of the answer that are written.
    pub n_written: usize,
    /// Whether the reader has seen any of it.
    pub shown: bool,
}

/// Whether a turn that the device has begun should go to the edge, which is back; `decision` is the
/// one that it would have been with the edge there.
pub(super) fn worth_going_back(decision: &Decision, rest: &Rest, config: &Config) -> bool {
    let n_left = decision.rest_tokens(rest.n_written as f64);
    let rest_s = rest.n_unread as f64 / rest.prefill_tps + n_left * decision.token_s();
    let delay_s = decision.edge.total_s - rest_s;
    let margin = match (rest.shown, &decision.drafting) {
        (true, _) => config.hysteresis,
        // The draft will be looked at.
        (false, Some(drafting)) => drafting.margin,
        (false, None) => 0.0,
    };
    match decision.mode {
        Mode::PreferEdge => !rest.shown || delay_s < 0.0,
        _ => decision.p - decision.alpha_per_s * delay_s > decision.theta + margin,
    }
}
