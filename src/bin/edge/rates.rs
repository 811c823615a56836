//! How fast this machine computes, measured on the work it does.
//!
//! Each rate is a quotient of two sums that fade as new tokens come in, so a large chunk weighs
//! more than a small one and an idle hour changes nothing.

use std::time::Duration;

/// After this many newer tokens a measurement weighs 1/e of what it did.
const PREFILL_WINDOW_TOKENS: f64 = 1024.0;
const DECODE_WINDOW_TOKENS: f64 = 128.0;
/// The same for answer lengths, in answers.
const ANSWER_WINDOW: f64 = 16.0;
/// Before the first answer.
const FIRST_ANSWER_TOKENS: f64 = 64.0;

/// What is expected of the next tokens and of the next answer.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    prefill: FadingRate,
    decode: FadingRate,
    answer_tokens: f64,
}

impl Rates {
    /// Starts from a first measurement, so that no probe ever sees a guess.
    pub fn measured(prefill_tps: f64, decode_tps: f64) -> Rates {
        Rates {
            prefill: FadingRate::starting_at(prefill_tps),
            decode: FadingRate::starting_at(decode_tps),
            answer_tokens: FIRST_ANSWER_TOKENS,
        }
    }

    /// Tokens per second of a prefill that has the thread to itself.
    pub fn prefill_tps(&self) -> f64 {
        self.prefill.per_second()
    }

    /// Tokens per second of an answer that has the thread to itself.
    pub fn decode_tps(&self) -> f64 {
        self.decode.per_second()
    }

    /// How long answers have been lately.
    pub fn answer_tokens(&self) -> usize {
        self.answer_tokens.round() as usize
    }

    pub fn note_prefill(&mut self, n_tokens: usize, took: Duration) {
        self.prefill.note(n_tokens as f64, took, PREFILL_WINDOW_TOKENS);
    }

    pub fn note_decode(&mut self, n_tokens: usize, took: Duration) {
        self.decode.note(n_tokens as f64, took, DECODE_WINDOW_TOKENS);
    }

    pub fn note_answer(&mut self, n_tokens: usize) {
        self.answer_tokens += (n_tokens as f64 - self.answer_tokens) / ANSWER_WINDOW;
    }
}

#[derive(Debug, Clone, Copy)]
struct FadingRate {
    tokens: f64,
    seconds: f64,
}

impl FadingRate {
    fn starting_at(per_second: f64) -> FadingRate {
        FadingRate { tokens: 1.0, seconds: 1.0 / per_second.max(1e-3) }
    }

    fn per_second(&self) -> f64 {
        self.tokens / self.seconds.max(1e-9)
    }

    fn note(&mut self, n_tokens: f64, took: Duration, window_tokens: f64) {
        let kept = (-n_tokens / window_tokens).exp();
        self.tokens = self.tokens * kept + n_tokens;
        self.seconds = self.seconds * kept + took.as_secs_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_measurements_and_weigh_them_by_tokens() {
        let mut rates = Rates::measured(10.0, 10.0);
        for _ in 0..100 {
            rates.note_prefill(64, Duration::from_millis(32));
        }
        assert!((rates.prefill_tps() - 2000.0).abs() < 20.0, "{}", rates.prefill_tps());
        rates.note_prefill(1, Duration::from_millis(10));
        assert!(rates.prefill_tps() > 1900.0, "one slow token moves little");
        assert_eq!(rates.decode_tps(), 10.0);
    }

    #[test]
    fn the_expected_answer_moves_towards_what_is_seen() {
        let mut rates = Rates::measured(1.0, 1.0);
        for _ in 0..200 {
            rates.note_answer(10);
        }
        assert_eq!(rates.answer_tokens(), 10);
    }
}
