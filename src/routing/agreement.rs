//! What it tells of two answers that they are alike, or that they are not.
//!
//! Where both are right they have much in common, and where one is wrong the other seldom is wrong in the same
//! way. How likely each of four cases is (both wrong, only the edge right, only the device, both) is told by a
//! multinomial logistic regression on what the texts share, learned from the answers of two real models to
//! everyday questions; `train/everyday/agreement.py` prints these numbers, and how much they tell.

use std::collections::BTreeSet;

use super::quiz::last_number;

const N_FEATURES: usize = 5;

/// Weights and bias for each case, less the logarithm of how often it came in training, so that what is left
/// is what the texts tell.
const CASES: [([f64; N_FEATURES], f64); 4] = [
    ([0.02, -0.30, -0.15, 0.36, 0.98], 1.68),
    ([-0.27, -0.24, 0.38, 1.19, -0.65], 1.50),
    ([-0.16, -0.23, -0.75, -0.61, -1.21], 1.92),
    ([0.42, 0.77, 0.52, -0.93, 0.88], 0.98),
];

/// How much likelier such texts are in each case than on the whole: both wrong, only the edge right, only the
/// device right, both right.
pub fn ratios(device: &str, edge: &str) -> [f64; 4] {
    let shared = shared(device, edge);
    CASES.map(|(weights, bias)| {
        let logit = bias + weights.iter().zip(shared).map(|(w, x)| w * x).sum::<f64>();
        logit.exp()
    })
}

/// How likely the device's and the edge's answers are right, in the light of both, where `device` and `edge`
/// are the probabilities without.
pub fn posterior(ratios: [f64; 4], device: f64, edge: f64) -> (f64, f64) {
    let (not_device, not_edge) = (1.0 - device, 1.0 - edge);
    let priors = [not_device * not_edge, not_device * edge, device * not_edge, device * edge];
    let joint: Vec<f64> = priors.iter().zip(ratios).map(|(prior, ratio)| prior * ratio).collect();
    let sum: f64 = joint.iter().sum();
    match sum > 0.0 && sum.is_finite() {
        true => ((joint[2] + joint[3]) / sum, (joint[1] + joint[3]) / sum),
        false => (device, edge),
    }
}

/// Dice's coefficient of the words, the share of the shorter text's that are in the other, whether both end
/// with the same number, whether with different ones, and whether all words are the same.
fn shared(a: &str, b: &str) -> [f64; N_FEATURES] {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (all_a, all_b) = (words(a), words(b));
    let (of_a, of_b): (BTreeSet<_>, BTreeSet<_>) = (all_a.iter().collect(), all_b.iter().collect());
    let n_both = of_a.intersection(&of_b).count() as f64;
    let share = |n: usize| n_both / n.max(1) as f64;
    let numbers = last_number(a).zip(last_number(b));
    let flag = |is: bool| f64::from(u8::from(is));
    [
        2.0 * share(of_a.len() + of_b.len()),
        share(of_a.len().min(of_b.len())),
        flag(numbers.is_some_and(|(a, b)| a == b)),
        flag(numbers.is_some_and(|(a, b)| a != b)),
        flag(all_a == all_b),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device_right(device: &str, edge: &str, p_edge: f64) -> f64 {
        posterior(ratios(device, edge), 0.5, p_edge).0
    }

    #[test]
    fn an_able_edge_that_says_the_same_speaks_for_the_device() {
        let (same, other) = ("It is 42.", "That makes 17.");
        assert!(device_right("The answer is 42.", same, 0.9) > 0.6);
        assert!(device_right("The answer is 42.", other, 0.9) < 0.2);
    }

    #[test]
    fn an_edge_that_is_always_wrong_tells_little() {
        let able =
            device_right("Paris.", "Lyon is it.", 0.95) - device_right("Paris.", "Paris.", 0.95);
        let unable =
            device_right("Paris.", "Lyon is it.", 0.02) - device_right("Paris.", "Paris.", 0.02);
        assert!(able < unable && able < -0.2, "{able} {unable}");
    }

    #[test]
    fn certainty_stays_and_empty_texts_do_no_harm() {
        assert_eq!(posterior(ratios("a", "b"), 1.0, 1.0), (1.0, 1.0));
        assert_eq!(posterior([0.0; 4], 0.3, 0.4), (0.3, 0.4));
        let (device, edge) = posterior(ratios("", ""), 0.5, 0.5);
        assert!((0.0..=1.0).contains(&device) && (0.0..=1.0).contains(&edge));
    }
}
