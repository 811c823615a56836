//! What a turn would cost in seconds on either side.
//!
//! `T_device = fill(missing) + decode(expected)` and
//! `T_edge = RTT + upload + queue + prefill(missing) + decode(expected) + download`,
//! at measured rates. *Missing* tokens are the rendered prompt beyond the
//! longest common token prefix with what that side holds; of the edge, which
//! forgets, their expected number. The device fills what it lacks by the
//! cheapest [`Plan`]. The paper's own latency equations could not be read; this
//! form is ours.

use serde::Serialize;

use super::{LinkEstimate, Rates};
use crate::handoff::{Missing, Plan};

/// Bytes of the event stream per answer token: an OpenAI chunk as JSON.
const STREAM_BYTES_PER_TOKEN: f64 = 220.0;

/// What the edge would have to compute for this turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    pub missing: Missing,
    /// Answer tokens it is expected to write.
    pub expected_tokens: f64,
}

/// The device's share of a decision. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DeviceTerms {
    pub available: bool,
    pub missing_tokens: usize,
    /// Until the keys and values of the missing tokens are there.
    pub prefill_s: f64,
    pub decode_s: f64,
    pub total_s: f64,
    /// How they get there.
    pub plan: Plan,
}

/// The edge's share of a decision. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EdgeTerms {
    pub available: bool,
    /// Expected, as the edge may have forgotten what it has computed.
    pub missing_tokens: usize,
    /// Expected share of what it has computed that it still holds, in [0, 1].
    pub kept: f64,
    pub rtt_s: f64,
    pub upload_s: f64,
    pub queue_s: f64,
    pub prefill_s: f64,
    pub decode_s: f64,
    pub download_s: f64,
    pub total_s: f64,
}

impl EdgeTerms {
    /// The same work over the link as it is by now.
    pub fn over(self, link: &LinkEstimate) -> EdgeTerms {
        let EdgeTerms { rtt_s, queue_s, total_s, .. } = self;
        EdgeTerms {
            available: true,
            rtt_s: link.rtt_s,
            queue_s: link.queue_s,
            total_s: total_s - rtt_s - queue_s + link.rtt_s + link.queue_s,
            ..self
        }
    }
}

/// `T_device` and its parts, where it comes by its missing tokens as `plan` says.
pub fn device_terms(
    plan: Plan,
    expected_tokens: f64,
    rates: &Rates,
    available: bool,
) -> DeviceTerms {
    let decode_s = expected_tokens / rates.decode_tps;
    DeviceTerms {
        available,
        missing_tokens: plan.computed() + plan.fetched,
        prefill_s: plan.total_s,
        decode_s,
        total_s: plan.total_s + decode_s,
        plan,
    }
}

/// `T_edge` and its parts. `request_bytes` is what would be uploaded.
pub fn edge_terms(
    work: Work,
    rates: &Rates,
    link: &LinkEstimate,
    request_bytes: usize,
    available: bool,
) -> EdgeTerms {
    let upload_s = request_bytes as f64 / link.up_bytes_per_s;
    let prefill_s = work.missing.tokens / rates.prefill_tps;
    let decode_s = work.expected_tokens / rates.decode_tps;
    let download_s = work.expected_tokens * STREAM_BYTES_PER_TOKEN / link.down_bytes_per_s;
    EdgeTerms {
        available,
        missing_tokens: work.missing.tokens.round() as usize,
        kept: work.missing.kept,
        rtt_s: link.rtt_s,
        upload_s,
        queue_s: link.queue_s,
        prefill_s,
        decode_s,
        download_s,
        total_s: link.rtt_s + upload_s + link.queue_s + prefill_s + decode_s + download_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::{Prices, plan::cheapest};

    #[test]
    fn terms_add_up_by_hand() {
        let device_rates = Rates { prefill_tps: 100.0, decode_tps: 10.0, ..Rates::DEVICE_PRIOR };
        let prices = Prices { prefill_tps: 100.0, attention_s: 0.0, fetching: None };
        let device = device_terms(cheapest(&prices, 50, 250), 30.0, &device_rates, true);
        assert_eq!(device.missing_tokens, 200);
        assert_eq!((device.prefill_s, device.decode_s, device.total_s), (2.0, 3.0, 5.0));

        let missing = Missing { tokens: 200.0, computed: 100, kept: 0.5 };
        let work = Work { missing, expected_tokens: 30.0 };
        let edge_rates = Rates { prefill_tps: 1000.0, decode_tps: 60.0, ..Rates::EDGE_PRIOR };
        let link = LinkEstimate {
            rtt_s: 0.05,
            queue_s: 0.25,
            up_bytes_per_s: 10_000.0,
            down_bytes_per_s: 66_000.0,
            ..LinkEstimate::default()
        };
        let edge = edge_terms(work, &edge_rates, &link, 1_000, true);
        assert!((edge.upload_s - 0.1).abs() < 1e-12);
        assert!((edge.prefill_s - 0.2).abs() < 1e-12);
        assert!((edge.decode_s - 0.5).abs() < 1e-12);
        assert!((edge.download_s - 0.1).abs() < 1e-12);
        assert!((edge.total_s - 1.2).abs() < 1e-12);
    }
}
