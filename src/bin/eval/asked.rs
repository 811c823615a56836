//! The questions of a pair with what the scorer says of each, alone or made into dialogues.

use std::num::NonZeroUsize;
use std::ops::{Range, RangeInclusive};

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use sha2::{Digest, Sha256};

use crate::outcomes::{self, Pair, Question};
use crate::predictions::{self, Prediction};
use crate::{Failure, Result};

/// Fewest and most questions of a session.
const SESSION: RangeInclusive<usize> = 3..=12;

pub struct Asked {
    pub rows: Vec<(Question, Prediction)>,
    /// What has nothing to do with each other: questions that stand alone, or dialogues; the rows of each.
    pub units: Vec<Range<usize>>,
    pub in_dialogues: bool,
}

impl Asked {
    pub fn load(pair: &Pair) -> Result<Asked> {
        let questions = outcomes::load(pair)?;
        let predictions = predictions::of(pair, &questions)?;
        Ok(Asked::alone(questions.into_iter().zip(predictions).collect()))
    }

    /// Questions that stand alone.
    pub fn alone(rows: Vec<(Question, Prediction)>) -> Asked {
        let units = (0..rows.len()).map(|row| row..row + 1).collect();
        Asked { rows, units, in_dialogues: false }
    }

    /// Sessions of so many questions in the files' order, or in a random one and of random lengths. The
    /// questions of a session have nothing to do with each other, but all have to be read.
    pub fn in_sessions(self, n_turns: Option<NonZeroUsize>, seed: u64) -> Result<Asked> {
        let mut rows = self.rows;
        let mut units = Vec::new();
        if let Some(n_turns) = n_turns.map(usize::from) {
            units.extend((0..rows.len() / n_turns).map(|i| i * n_turns..(i + 1) * n_turns));
        } else {
            let mut random = Pcg32::seed_from_u64(seed);
            rows.shuffle(&mut random);
            let mut end = rows.len();
            while end >= *SESSION.start() {
                let n_turns = random.random_range(SESSION).min(end);
                units.push(end - n_turns..end);
                end -= n_turns;
            }
        }
        match units.is_empty() {
            true => Err(Failure("too few questions for a session".to_owned())),
            false => Ok(Asked { rows, units, in_dialogues: true }),
        }
    }

    /// Questions whose answers the scorer has looked at.
    pub fn n_looked(&self) -> usize {
        self.rows.iter().filter(|(_, prediction)| !prediction.looks.is_empty()).count()
    }

    pub fn looked(&self) -> bool {
        self.n_looked() > 0
    }

    /// Of each unit, which half it is in: decided by the id of its first question alone.
    pub fn halves(&self) -> Vec<bool> {
        let half = |unit: &Range<usize>| Sha256::digest(&self.rows[unit.start].0.id)[3] >= 128;
        self.units.iter().map(half).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::asked;

    fn ids(asked: &Asked) -> Vec<Vec<&str>> {
        let of = |unit: &Range<usize>| {
            asked.rows[unit.clone()].iter().map(|(question, _)| question.id.as_str()).collect()
        };
        asked.units.iter().map(of).collect()
    }

    #[test]
    fn sessions_use_each_question_at_most_once_and_can_be_repeated() {
        let set = |seed| asked(200).in_sessions(None, seed).unwrap();
        let first = set(1);
        assert!(ids(&first).iter().all(|dialogue| SESSION.contains(&dialogue.len())));
        let mut unique = ids(&first).concat();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids(&first).concat().len());
        assert!(unique.len() >= 198);
        assert_eq!(ids(&first), ids(&set(1)));
        assert_ne!(ids(&first), ids(&set(2)));
        assert!(asked(2).in_sessions(None, 1).is_err());
    }

    #[test]
    fn sessions_of_a_given_length_keep_the_order() {
        let set = asked(11).in_sessions(NonZeroUsize::new(4), 1).unwrap();
        let firsts: Vec<&str> = ids(&set).iter().map(|dialogue| dialogue[0]).collect();
        assert_eq!(firsts, ["q0", "q4"]);
    }

    #[test]
    fn halves_are_about_as_large() {
        let n_second = asked(400).halves().iter().filter(|second| **second).count();
        assert!((160..240).contains(&n_second), "{n_second}");
    }
}
