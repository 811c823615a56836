//! What it is worth that an edge says of the device's answer that it is right, or that it is not.
//!
//! Whoever says yes or no is right half of the time by chance. Beyond that, judging an answer is taken to be a
//! question like any other, only harder: the word is true with probability `½ + ½·σ(l − d)`, where `l` is the
//! logit that this edge would answer the question itself right, and `d` how much harder it is to judge. (Item
//! response theory's way with two choices: Birnbaum 1968, with a guess of one half.) A word that is true with
//! probability `t` turns the odds that the device is right by `t / (1 − t)`, for a yes, or by its inverse.
//!
//! Where a server tells that a yes was likely with probability `y`, that is worth `y` of a yes and `1 − y` of a
//! no (Jeffrey 1965).

/// How much harder, as a logit: the least that 612 verdicts of a small edge allow (`train/everyday/verdicts.py`), whose
/// words told nothing.
const HARDER: f64 = 3.0;

/// Probability that the edge is needed once it has said a word about the device's answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YesOrNo {
    pub yes: f64,
    pub no: f64,
}

impl YesOrNo {
    /// `needed` is the probability that the edge is needed, where the device is right with this one.
    pub fn of(edge_right: f64, device_right: f64, needed: impl Fn(f64) -> f64) -> YesOrNo {
        let true_word = truth(edge_right);
        let after = |turned: f64| {
            device_right * turned / (device_right * turned + (1.0 - device_right) * (1.0 - turned))
        };
        YesOrNo { yes: needed(after(true_word)), no: needed(after(1.0 - true_word)) }
    }

    /// The probability now that a yes was likely with `yes`.
    pub fn heard(&self, yes: f64) -> f64 {
        yes * self.yes + (1.0 - yes) * self.no
    }

    /// How far a word is expected to move the probability, which is `p` before it: a standard deviation. As
    /// often as there will be a yes, the words' mean is `p`.
    pub fn drift(&self, p: f64) -> f64 {
        ((self.no - p) * (p - self.yes)).max(0.0).sqrt()
    }
}

/// Probability that the word of an edge is true that would itself answer right with `right`.
fn truth(right: f64) -> f64 {
    let odds = right / (1.0 - right).max(f64::EPSILON) * (-HARDER).exp();
    0.5 + 0.5 * odds / (1.0 + odds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(device: f64) -> f64 {
        0.9 * (1.0 - device)
    }

    #[test]
    fn a_yes_is_for_the_device_and_a_no_against_it() {
        for edge_right in [0.3, 0.7, 0.99] {
            let words = YesOrNo::of(edge_right, 0.4, needed);
            assert!(words.yes < needed(0.4) && words.no > needed(0.4), "{words:?}");
            assert!(words.heard(1.0) == words.yes && words.heard(0.0) == words.no);
        }
    }

    #[test]
    fn an_edge_is_believed_as_much_as_it_is_able() {
        let drift = |edge_right: f64| YesOrNo::of(edge_right, 0.4, needed).drift(needed(0.4));
        assert!(drift(0.0) < 1e-9, "a coin");
        assert!(drift(0.5) < 0.03, "as often right as wrong");
        assert!(drift(0.9) < drift(0.99) && drift(0.99) > 0.2);
        assert!(drift(1.0).is_finite());
    }

    /// Over all that may be said, the probability stays what it was, and goes as far as it is said to.
    #[test]
    fn what_is_expected_of_a_word_is_what_comes() {
        let (edge_right, device): (f64, f64) = (0.97, 0.4);
        let words = YesOrNo::of(edge_right, device, needed);
        let t = truth(edge_right);
        let yes = device * t + (1.0 - device) * (1.0 - t);
        assert!((words.heard(yes) - needed(device)).abs() < 1e-12);
        let square = |p: f64| (p - needed(device)).powi(2);
        let deviation = (yes * square(words.yes) + (1.0 - yes) * square(words.no)).sqrt();
        assert!((words.drift(needed(device)) - deviation).abs() < 1e-12);
    }
}
