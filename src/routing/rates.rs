//! How fast a side computes, learned from every turn and kept across visits.

use serde::{Deserialize, Serialize};

/// Weight of a new observation against what is known.
const GAIN: f64 = 0.3;
/// A measurement over fewer tokens than this says more about overhead than about speed.
const MIN_TOKENS: usize = 4;
const MIN_RATE: f64 = 0.1;
const MAX_RATE: f64 = 1e6;

/// Earlier tokens whose attention a prefill's two figures are learned about equally fast at.
const MANY_BEFORE: f64 = 400.0;

/// Tokens per second of one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Where attention costs nothing.
    pub prefill_tps: f64,
    /// Seconds that each earlier token adds to a token's prefill: attention.
    #[serde(default)]
    pub attention_s: f64,
    pub decode_tps: f64,
    /// Turns that went into the figures; 0 means that they are a prior.
    pub n_observed: u64,
}

impl Rates {
    /// A cautious start for a device: replaced by the measurement made when the model loads.
    pub const DEVICE_PRIOR: Rates =
        Rates { prefill_tps: 100.0, attention_s: 0.0, decode_tps: 20.0, n_observed: 0 };
    /// A cautious start for an edge: replaced by its hints or by the first turn.
    pub const EDGE_PRIOR: Rates =
        Rates { prefill_tps: 500.0, attention_s: 0.0, decode_tps: 40.0, n_observed: 0 };

    /// Takes in a prefill of `n_tokens` that took `seconds`.
    pub fn observe_prefill(&mut self, n_tokens: usize, seconds: f64) {
        let first = self.n_observed == 0;
        if let Some(rate) = measured(n_tokens, seconds) {
            self.prefill_tps = blend(self.prefill_tps, rate, first);
        }
    }

    /// Takes in a prefill of `n_tokens` after `n_before` others: which part of it was attention shows
    /// once there are long ones and short ones. A step of normalised least mean squares (Haykin,
    /// Adaptive Filter Theory, chapter 7) towards where the moving average of times goes.
    pub fn observe_prefill_after(&mut self, n_before: usize, n_tokens: usize, seconds: f64) {
        if self.n_observed == 0 {
            return self.observe_prefill(n_tokens, seconds);
        }
        let Some(rate) = measured(n_tokens, seconds) else { return };
        let mean_before = n_before as f64 + (n_tokens - 1) as f64 / 2.0;
        let known_s = 1.0 / self.prefill_tps + self.attention_s * mean_before;
        let off_s = 1.0 / blend(1.0 / known_s, rate, false) - known_s;
        let weight = mean_before / MANY_BEFORE;
        let step_s = off_s / (1.0 + weight * weight);
        let token_s = 1.0 / self.prefill_tps + step_s;
        self.prefill_tps = 1.0 / token_s.clamp(1.0 / MAX_RATE, 1.0 / MIN_RATE);
        self.attention_s = (self.attention_s + step_s * weight / MANY_BEFORE).max(0.0);
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
        let attends = (0.0..1.0 / MIN_RATE).contains(&rates.attention_s);
        (usable(rates.prefill_tps) && usable(rates.decode_tps) && attends).then_some(rates)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers always serialize")
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

    /// What a prefill takes on a device with these figures.
    fn prefill_s(n_before: usize, n_tokens: usize, token_s: f64, attention_s: f64) -> f64 {
        let mean_before = n_before as f64 + (n_tokens - 1) as f64 / 2.0;
        n_tokens as f64 * (token_s + attention_s * mean_before)
    }

    #[test]
    fn attention_is_told_from_the_rest_by_long_prompts_and_short_ones() {
        for attention_s in [0.0, 2.3e-6] {
            let mut rates = Rates::DEVICE_PRIOR;
            rates.observe_prefill(32, 32.0 * 0.0035);
            rates.observe_decode(16, 0.16);
            for i in 0..60 {
                let (n_before, n_tokens) = (i * 61 % 700, 20 + i * 97 % 900);
                let seconds = prefill_s(n_before, n_tokens, 0.003, attention_s);
                rates.observe_prefill_after(n_before, n_tokens, seconds);
            }
            for (n_before, n_tokens) in [(0, 30), (0, 1500), (1200, 100)] {
                let learned =
                    prefill_s(n_before, n_tokens, 1.0 / rates.prefill_tps, rates.attention_s);
                let ratio = learned / prefill_s(n_before, n_tokens, 0.003, attention_s);
                assert!(
                    (ratio - 1.0).abs() < 0.12,
                    "{attention_s}: {n_before}+{n_tokens}: {ratio}"
                );
            }
        }
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
        let rates =
            Rates { prefill_tps: 123.0, attention_s: 1e-6, decode_tps: 45.0, n_observed: 6 };
        assert_eq!(Rates::from_json(&rates.to_json()), Some(rates));
        assert_eq!(Rates::from_json("{"), None);
        let before_attention = r#"{"prefill_tps":9,"decode_tps":1,"n_observed":1}"#;
        assert_eq!(Rates::from_json(before_attention).unwrap().attention_s, 0.0);
        let negative = r#"{"prefill_tps":9,"attention_s":-1,"decode_tps":1,"n_observed":1}"#;
        assert_eq!(Rates::from_json(negative), None);
        assert_eq!(Rates::from_json(r#"{"prefill_tps":0,"decode_tps":1,"n_observed":1}"#), None);
    }
}
