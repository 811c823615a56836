//! What the probabilities of an answer's tokens say of it: those that the device's model gave its own
//! tokens, and those of an edge that has read them.
//!
//! A scorer's file names the signals that it reads and has weights for them, which were learned for each
//! device model by itself: with small models it differs even whether a signal speaks for an answer or against
//! it. `train/everyday/signals.py` makes the same numbers.

use super::scorer::Confidence;
use crate::edge::Reading;
use crate::{Error, Result};

/// Left of the doubt in a token that the model is certain of.
const LEAST_DOUBT: f32 = 1e-3;

/// All of them, in the order of [`values`]. A doubt is `ln(0.001 − ln p)`.
pub const NAMES: [&str; 13] = [
    // Of the device: over all tokens, of the least likely one, the first, the first five, and of the one
    // that a quarter are less likely than; and how many tokens there are, as ln(1 + n).
    "mean_doubt",
    "least_doubt",
    "first_doubt",
    "first_five_doubt",
    "quarter_doubt",
    "tokens",
    // Of the edge that has read: the same, the logarithms by which the likeliest token is likelier (at worst,
    // on average, at the first token), the share of tokens that are not the likeliest, and whether it would
    // end the answer here.
    "read_mean_doubt",
    "read_least_doubt",
    "read_worst_gap",
    "read_mean_gap",
    "read_first_gap",
    "read_others",
    "read_ends",
];

/// Which of [`NAMES`] a scorer's file asks for, in its order.
///
/// # Errors
/// `model_corrupt` where it asks for one that is not known here.
pub fn find(names: &[String]) -> Result<Vec<usize>> {
    let place = |name: &String| {
        let unknown = || Error::ModelCorrupt(format!("the scorer reads a signal `{name}`"));
        NAMES.iter().position(|known| known == name).ok_or_else(unknown)
    };
    names.iter().map(place).collect()
}

/// What is known of each of [`NAMES`].
pub fn values(confidence: Option<Confidence>, reading: Option<&Reading>) -> [Option<f32>; 13] {
    let mut values = [None; NAMES.len()];
    if let Some(own) = confidence.filter(|own| own.n_tokens > 0) {
        let Confidence { mean_logprob, least_logprob, .. } = own;
        let doubts = [
            mean_logprob,
            least_logprob,
            own.first_logprob,
            own.first_five_logprob,
            own.quarter_logprob,
        ];
        doubts.into_iter().zip(&mut values).for_each(|(x, value)| *value = Some(doubt(x)));
        values[5] = Some((own.n_tokens as f32).ln_1p());
    }
    if let Some(reading) = reading {
        let of_reading = of_reading(reading);
        of_reading.into_iter().zip(&mut values[6..]).for_each(|(x, value)| *value = x);
    }
    values
}

fn of_reading(reading: &Reading) -> [Option<f32>; 7] {
    let n = reading.places.len() as f32;
    let logprobs = || reading.places.iter().map(|place| place.logprob);
    let gaps = || reading.places.iter().map(|place| (place.best - place.logprob).max(0.0));
    let n_others = reading.places.iter().filter(|place| place.rank > 1).count();
    [
        Some(doubt(logprobs().sum::<f32>() / n)),
        Some(doubt(logprobs().fold(0.0, f32::min))),
        Some(gaps().fold(0.0, f32::max)),
        Some(gaps().sum::<f32>() / n),
        gaps().next(),
        Some(n_others as f32 / n),
        reading.ends.map(|ends| f32::from(u8::from(ends))),
    ]
}

fn doubt(logprob: f32) -> f32 {
    (LEAST_DOUBT - logprob.min(0.0)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::Place;

    #[test]
    fn what_is_not_known_is_told() {
        assert_eq!(values(None, None), [None; 13]);
        assert_eq!(values(Some(Confidence::default()), None), [None; 13], "of no tokens");
        let own = values(Some(Confidence::of(&[-0.5])), None);
        assert!(own[..6].iter().all(Option::is_some) && own[6..].iter().all(Option::is_none));
    }

    #[test]
    fn signals_are_what_they_say() {
        let logprobs = [-0.1, -2.0, -0.3, -0.2, -0.4, 0.0, 0.0, 0.0];
        let place = |logprob, best, rank| Place { logprob, best, rank };
        let reading = Reading {
            places: vec![place(-1.0, -0.5, 2), place(-0.2, -0.2, 1), place(-4.0, -0.1, 9)],
            ends: Some(true),
            prompt_tokens: None,
            cached_tokens: None,
        };
        let found = values(Some(Confidence::of(&logprobs)), Some(&reading)).map(Option::unwrap);
        let expected = [
            doubt(-3.0 / 8.0),
            doubt(-2.0),
            doubt(-0.1),
            doubt(-0.6),
            doubt(-0.3),
            9f32.ln(),
            doubt(-5.2 / 3.0),
            doubt(-4.0),
            3.9,
            4.4 / 3.0,
            0.5,
            2.0 / 3.0,
            1.0,
        ];
        for ((name, found), expected) in NAMES.iter().zip(found).zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{name}: {found} is not {expected}");
        }
    }

    #[test]
    fn a_file_may_ask_for_known_signals_alone() {
        let find =
            |names: &[&str]| find(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(find(&["read_ends", "mean_doubt"]).unwrap(), [12, 0]);
        assert_eq!(find(&["mood"]).unwrap_err().code(), "model_corrupt");
    }
}
