//! The scorer's word on one question, as its file has it.

use serde::{Deserialize, Serialize};

/// The scorer's word on one question.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prediction {
    pub id: String,
    /// Probability that the edge is needed, from the prompt.
    pub p: f64,
    pub device_tokens: f64,
    pub edge_tokens: f64,
    /// Bytes of the answer that were looked at, and the probability then; in growing order.
    #[serde(default)]
    pub looks: Vec<(usize, f64)>,
}

impl Prediction {
    /// The recorded look nearest to an answer of `n_bytes`.
    pub fn look(&self, n_bytes: usize) -> Option<f64> {
        let nearest = self.looks.iter().min_by_key(|(at, _)| at.abs_diff(n_bytes));
        nearest.map(|(_, p)| *p)
    }

    pub fn valid(&self) -> bool {
        let in_unit = |p: f64| (0.0..=1.0).contains(&p);
        let length = |tokens: f64| tokens.is_finite() && tokens > 0.0;
        in_unit(self.p)
            && length(self.device_tokens)
            && length(self.edge_tokens)
            && self.looks.iter().all(|(_, p)| in_unit(*p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_look_counts() {
        let looks = vec![(100, 0.2), (200, 0.6)];
        let prediction = Prediction { looks, ..Prediction::default() };
        let at = |n_bytes| prediction.look(n_bytes);
        assert_eq!(
            (at(0), at(149), at(151), at(900)),
            (Some(0.2), Some(0.2), Some(0.6), Some(0.6))
        );
        assert_eq!(Prediction::default().look(7), None);
    }
}
