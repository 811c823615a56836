//! Learning on the spot: what a person says of an answer moves the win rate of similar turns.
//!
//! Each verdict is kept with the scorer's state of its turn. The logit of a later turn is moved by
//! the verdicts on turns like it, each by as much as it was a surprise: a kernel regression on what
//! the scorer got wrong, with the cosine of centred states as its kernel. Nothing leaves the device.

use serde::{Deserialize, Serialize};

/// Verdicts that are kept; the oldest go first.
const MAX_ENTRIES: usize = 200;
/// Turns less alike than this have nothing to do with each other.
const LEAST_COSINE: f32 = 0.5;
/// What a complete surprise moves the logit of the very same turn by, and the most that all do.
const STRENGTH: f64 = 2.0;
const MAX_SHIFT: f64 = 4.0;
/// States that the mean is taken over before new ones count for less.
const MEAN_OVER: f32 = 500.0;
const SCALE: f32 = 127.0;

/// Turns of many kinds: what their states have in common, all states have. Without them the first
/// turns of a dialogue would be all that is known, and be centred away.
pub const COMMON_TURNS: [&str; 8] = [
    "Hello!",
    "What is 12 + 30?",
    "What is the capital of Spain?",
    "Write a short poem about rain.",
    "Why is the sky blue?",
    "Sort these words: pear, apple, fig.",
    "Translate good morning into French.",
    "Thanks, that helps.",
];

/// What a person says of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Up,
    Down,
    /// The edge was asked to answer again.
    Again,
}

/// Verdicts, and the states they are about.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Feedback {
    /// Of all states seen, so that what they have in common does not make them alike.
    mean: Vec<f32>,
    n_seen: f32,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// The centred state, its length made 1, in steps of 1/127.
    direction: Vec<i8>,
    /// Whether the edge was needed, less the probability that was given: in [-1, 1].
    surprise: f32,
}

impl Feedback {
    /// What was stored earlier, if it is usable.
    pub fn from_json(json: &str) -> Option<Feedback> {
        let feedback: Feedback = serde_json::from_str(json).ok()?;
        let width = feedback.mean.len();
        let finite = feedback.mean.iter().all(|x| x.is_finite()) && feedback.n_seen >= 0.0;
        let fits = |entry: &Entry| {
            entry.direction.len() == width && (-1.0..=1.0).contains(&entry.surprise)
        };
        (finite && feedback.entries.iter().all(fits)).then_some(feedback)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers always serialize")
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the mean says something yet.
    pub fn is_fresh(&self) -> bool {
        self.n_seen < COMMON_TURNS.len() as f32
    }

    /// Takes in the state of a turn. One of another width is another scorer's: all is forgotten.
    pub fn see(&mut self, state: &[f32]) {
        if self.mean.len() != state.len() {
            *self = Feedback { mean: vec![0.0; state.len()], ..Feedback::default() };
        }
        self.n_seen = (self.n_seen + 1.0).min(MEAN_OVER);
        for (mean, x) in self.mean.iter_mut().zip(state) {
            *mean += (x - *mean) / self.n_seen;
        }
    }

    /// The probability `p` that the edge is needed, moved by the verdicts on turns like this one.
    pub fn adjust(&self, p: f64, state: &[f32]) -> f64 {
        if self.entries.is_empty() || state.len() != self.mean.len() {
            return p;
        }
        let direction = self.direction(state);
        let push = |entry: &Entry| {
            let weight = (cosine(&direction, &entry.direction) - LEAST_COSINE).max(0.0);
            f64::from(weight / (1.0 - LEAST_COSINE) * entry.surprise)
        };
        let shift = STRENGTH * self.entries.iter().map(push).sum::<f64>();
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        let logit = (p / (1.0 - p)).ln() + shift.clamp(-MAX_SHIFT, MAX_SHIFT);
        1.0 / (1.0 + (-logit).exp())
    }

    /// Learns that the edge was `needed`, or not, where its probability was said to be `p`.
    pub fn learn(&mut self, state: &[f32], p: f64, needed: bool) {
        if state.len() != self.mean.len() || state.is_empty() {
            return;
        }
        let surprise = f32::from(u8::from(needed)) - p as f32;
        self.entries.push(Entry { direction: self.direction(state), surprise });
        let n_old = self.entries.len().saturating_sub(MAX_ENTRIES);
        self.entries.drain(..n_old);
    }

    fn direction(&self, state: &[f32]) -> Vec<i8> {
        let centred: Vec<f32> = state.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        let length = centred.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        centred.iter().map(|x| (x / length * SCALE).round() as i8).collect()
    }
}

fn cosine(a: &[i8], b: &[i8]) -> f32 {
    let product: i32 = a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
    product as f32 / (SCALE * SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state of kind `kind`, with what all states have in common and a little of its own.
    fn state(kind: usize, own: usize) -> Vec<f32> {
        let at = |i: usize| 10.0 + f32::from(i == kind) + 0.2 * f32::from(i == 8 + own);
        (0..16).map(at).collect()
    }

    fn taught(needed: bool, times: usize) -> Feedback {
        let mut feedback = Feedback::default();
        (0..8).for_each(|kind| feedback.see(&state(kind, 0)));
        (0..times).for_each(|own| feedback.learn(&state(2, own), 0.4, needed));
        feedback
    }

    #[test]
    fn a_verdict_moves_similar_turns_and_no_others() {
        let feedback = taught(true, 1);
        let p = feedback.adjust(0.4, &state(2, 5));
        assert!(p > 0.55 && p < 0.8, "{p}");
        assert!((feedback.adjust(0.4, &state(5, 5)) - 0.4).abs() < 1e-9);
        let p = taught(false, 1).adjust(0.4, &state(2, 5));
        assert!(p < 0.35 && p > 0.1, "{p}");
    }

    #[test]
    fn many_verdicts_add_up_but_never_to_certainty() {
        let (few, many) = (taught(true, 2), taught(true, 8));
        let p = |feedback: &Feedback| feedback.adjust(0.4, &state(2, 0));
        assert!(p(&few) < p(&many) && p(&many) < 0.98);
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_damaged_does_not() {
        let feedback = taught(true, 3);
        let back = Feedback::from_json(&feedback.to_json()).unwrap();
        assert_eq!(back.adjust(0.4, &state(2, 1)), feedback.adjust(0.4, &state(2, 1)));
        assert!(Feedback::from_json("{").is_none());
        let damaged = feedback.to_json().replace("\"surprise\":0.6", "\"surprise\":6");
        assert!(Feedback::from_json(&damaged).is_none());
    }

    #[test]
    fn another_scorers_states_are_not_compared() {
        let mut feedback = taught(true, 3);
        assert_eq!(feedback.adjust(0.4, &[1.0; 8]), 0.4);
        feedback.see(&[1.0; 8]);
        assert!(feedback.is_empty());
        for _ in 0..300 {
            feedback.learn(&[1.0; 8], 0.5, true);
        }
        assert_eq!(feedback.entries.len(), MAX_ENTRIES);
    }
}
