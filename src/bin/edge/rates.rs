//! How fast this machine computes, measured on the work it does.
//!
//! Each rate is a quotient of two sums that fade as new tokens come in, so a large chunk weighs
//! more than a small one and an idle hour changes nothing.
//!
//! Answers that are written at the same time share each step, which takes longer the more they are, but
//! not as many times longer. How much is measured for one, two, four and so on answers; until then it is
//! assumed that nothing is shared.

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
    /// Steps per second with 1, 2, 4, … answers at once: the last that were seen.
    decode: [Option<FadingRate>; N_SIZES],
    answer_tokens: f64,
}

/// Of steps that are shared: up to 2^7 = 128 answers at once.
const N_SIZES: usize = 8;

impl Rates {
    /// Starts from a first measurement, so that no probe ever sees a guess.
    pub fn measured(prefill_tps: f64, decode_tps: f64) -> Rates {
        Rates {
            prefill: FadingRate::starting_at(prefill_tps),
            decode: std::array::from_fn(|size| {
                (size == 0).then(|| FadingRate::starting_at(decode_tps))
            }),
            answer_tokens: FIRST_ANSWER_TOKENS,
        }
    }

    /// Tokens per second of a prefill that has the thread to itself.
    pub fn prefill_tps(&self) -> f64 {
        self.prefill.per_second()
    }

    /// Tokens per second of an answer that has the thread to itself.
    pub fn decode_tps(&self) -> f64 {
        self.steps_per_second(1)
    }

    /// Steps per second while `n_answers` are written at once; each step is a token of each.
    pub fn steps_per_second(&self, n_answers: usize) -> f64 {
        let size = size_of(n_answers);
        let known = |size: usize| self.decode[size].map(|rate| (1 << size, rate.per_second()));
        let (measured_at, rate) =
            (0..=size).rev().find_map(known).expect("that of one answer is known from the start");
        if measured_at >= n_answers { rate } else { rate * measured_at as f64 / n_answers as f64 }
    }

    /// How many times longer a step takes with `n_answers` at once than with one.
    pub fn crowding(&self, n_answers: usize) -> f64 {
        (self.decode_tps() / self.steps_per_second(n_answers.max(1))).max(1.0)
    }

    /// How long answers have been lately.
    pub fn answer_tokens(&self) -> usize {
        self.answer_tokens.round() as usize
    }

    pub fn note_prefill(&mut self, n_tokens: usize, took: Duration) {
        self.prefill.note(n_tokens as f64, took, PREFILL_WINDOW_TOKENS);
    }

    /// A step, in which each of `n_answers` got a token.
    pub fn note_decode(&mut self, n_answers: usize, took: Duration) {
        let rate = &mut self.decode[size_of(n_answers)];
        match rate {
            Some(rate) => rate.note(1.0, took, DECODE_WINDOW_TOKENS),
            None => *rate = Some(FadingRate { tokens: 1.0, seconds: took.as_secs_f64() }),
        }
    }

    pub fn note_answer(&mut self, n_tokens: usize) {
        self.answer_tokens += (n_tokens as f64 - self.answer_tokens) / ANSWER_WINDOW;
    }
}

/// Which of the sizes stands for so many answers.
fn size_of(n_answers: usize) -> usize {
    (n_answers.max(1).next_power_of_two().trailing_zeros() as usize).min(N_SIZES - 1)
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
    fn what_is_shared_by_a_step_is_measured() {
        let mut rates = Rates::measured(10.0, 10.0);
        assert_eq!((rates.steps_per_second(4), rates.crowding(4)), (2.5, 4.0), "until it is known");
        for _ in 0..100 {
            rates.note_decode(3, Duration::from_millis(200));
        }
        assert!((rates.steps_per_second(4) - 5.0).abs() < 0.01);
        assert!((rates.crowding(8) - 4.0).abs() < 0.01, "of twice as many nothing is known");
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
