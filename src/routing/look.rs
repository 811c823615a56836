//! What a look at the device's answer has found.

use serde::Serialize;

use super::Flaw;

/// One look at the device's answer while it was written. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// Tokens of the answer that were written by then.
    pub n_tokens: usize,
    /// Whether the answer was complete.
    pub ended: bool,
    /// Probability that the edge is needed, in [0, 1].
    pub p: f64,
    /// `p − α·(T_edge − T_device)`, with what each side had still to do.
    pub fused: f64,
    /// By how much `fused` had to pass θ, since a later look may still change its mind.
    pub waiting: f64,
    pub device_rest_s: f64,
    pub edge_s: f64,
    /// What was seen to be wrong, for which `p` is 1 whatever the scorer says.
    pub flaw: Option<Flaw>,
    /// Whether the edge has read the answer, so that `p` is what that says too.
    pub read: bool,
    /// Whether the edge took over.
    pub doubted: bool,
    pub took_s: f64,
}
