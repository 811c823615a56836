//! How fast a side computes, learned from every turn and kept across visits.

use serde::{Deserialize, Serialize};

/// Weight of a new observation against what is known.
const GAIN: f64 = 0.3;
/// A measurement over fewer tokens than this says more about overhead than about speed.
const MIN_TOKENS: usize = 4;
const MIN_RATE: f64 = 0.1;
const MAX_RATE: f64 = 1e6;

/// Tokens per second of one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    pub prefill_tps: f64,
    pub decode_tps: f64,
    /// Turns that went into the figures; 0 means that they are a prior.
    pub n_observed: u64,
}

impl Rates {
    /// A cautious start for a device: replaced by the measurement made when the model loads.
    pub const DEVICE_PRIOR: Rates = Rates { prefill_tps: 100.0, decode_tps: 20.0, n_observed: 0 };
    /// A cautious start for an edge: replaced by its hints or by the first turn.
    pub const EDGE_PRIOR: Rates = Rates { prefill_tps: 500.0, decode_tps: 40.0, n_observed: 0 };

    /// Takes in a prefill of `n_tokens` that took `seconds`.
    pub fn observe_prefill(&mut self, n_tokens: usize, seconds: f64) {
        let first = self.n_observed == 0;
        if let Some(rate) = measured(n_tokens, seconds) {
            self.prefill_tps = blend(self.prefill_tps, rate, first);
        }
    }

    /// Takes in `n_tokens` decoded in `seconds`, and closes the turn's observation.
    pub fn observe_decode(&mut self, n_tokens: usize, seconds: f64) {
        let first = self.n_observed == 0;
        if let Some(rate) = measured(n_tokens, seconds) {
            self.decode_tps = blend(self.decode_tps, rate, first);
            self.n_observed += 1;
        }
    }

    /// Takes a gateway's own figures as they are.
    pub fn hint(&mut self, prefill_tps: Option<f64>, decode_tps: Option<f64>) {
        let usable = |rate: &f64| (MIN_RATE..=MAX_RATE).contains(rate);
        if let Some(rate) = prefill_tps.filter(usable) {
            self.prefill_tps = rate;
        }
        if let Some(rate) = decode_tps.filter(usable) {
            self.decode_tps = rate;
        }
    }

    /// Figures that were stored earlier, if they are usable.
    pub fn from_json(json: &str) -> Option<Rates> {
        let rates: Rates = serde_json::from_str(json).ok()?;
        let usable = |rate: f64| (MIN_RATE..=MAX_RATE).contains(&rate);
        (usable(rates.prefill_tps) && usable(rates.decode_tps)).then_some(rates)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("three numbers always serialize")
    }
}

fn measured(n_tokens: usize, seconds: f64) -> Option<f64> {
    let usable = n_tokens >= MIN_TOKENS && seconds > 0.0;
    usable.then(|| (n_tokens as f64 / seconds).clamp(MIN_RATE, MAX_RATE))
}

/// A geometric moving average: a rate that halves weighs as much as one that doubles.
fn blend(known: f64, new: f64, first: bool) -> f64 {
    if first { new } else { (known.ln() * (1.0 - GAIN) + new.ln() * GAIN).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_observation_replaces_the_prior_and_later_ones_blend() {
        let mut rates = Rates::DEVICE_PRIOR;
        rates.observe_prefill(100, 0.5);
        rates.observe_decode(50, 1.0);
        assert_eq!((rates.prefill_tps, rates.decode_tps), (200.0, 50.0));
        rates.observe_decode(200, 1.0);
        assert!((rates.decode_tps - 50.0 * 4f64.powf(GAIN)).abs() < 1e-9);
    }

    #[test]
    fn short_and_impossible_measurements_are_ignored() {
        let mut rates = Rates::EDGE_PRIOR;
        rates.observe_prefill(3, 1.0);
        rates.observe_decode(100, 0.0);
        assert_eq!(rates, Rates::EDGE_PRIOR);
    }

    #[test]
    fn stored_rates_come_back_and_damaged_ones_do_not() {
        let rates = Rates { prefill_tps: 123.0, decode_tps: 45.0, n_observed: 6 };
        assert_eq!(Rates::from_json(&rates.to_json()), Some(rates));
        assert_eq!(Rates::from_json("{"), None);
        assert_eq!(Rates::from_json(r#"{"prefill_tps":0,"decode_tps":1,"n_observed":1}"#), None);
    }
}
