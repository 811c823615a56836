//! The questions of a pair with what the scorer says of each, alone or made into dialogues.

use std::ops::Range;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use sha2::{Digest, Sha256};

use crate::outcomes::{self, Pair, Question};
use crate::predictions::{self, Prediction};
use crate::{Failure, Result};

/// Fewest and most questions of a session.
const SESSION: std::ops::RangeInclusive<usize> = 3..=12;

pub struct Asked {
    pub rows: Vec<(Question, Prediction)>,
    pub dialogues: Dialogues,
}

/// Which rows make up a dialogue. The questions have nothing to do with each other, but all have to be read.
pub enum Dialogues {
    None,
    Of(Vec<Range<usize>>),
}

impl Asked {
    pub fn load(pair: &Pair) -> Result<Asked> {
        let questions = outcomes::load(pair)?;
        let predictions = predictions::of(pair, &questions)?;
        let rows = questions.into_iter().zip(predictions).collect();
        Ok(Asked { rows, dialogues: Dialogues::None })
    }

    /// In a random order, each session of a random length.
    pub fn in_sessions(mut self, seed: u64) -> Asked {
        let mut random = Pcg32::seed_from_u64(seed);
        self.rows.shuffle(&mut random);
        let (mut ranges, mut end) = (Vec::new(), self.rows.len());
        while end >= *SESSION.start() {
            let n_turns = random.random_range(SESSION).min(end);
            ranges.push(end - n_turns..end);
            end -= n_turns;
        }
        Asked { dialogues: Dialogues::Of(ranges), ..self }
    }

    /// In the files' order, each session of so many; what is left over is left out.
    pub fn in_order(self, n_turns: usize) -> Asked {
        let ranges = (0..self.rows.len() / n_turns).map(|i| i * n_turns..(i + 1) * n_turns);
        Asked { dialogues: Dialogues::Of(ranges.collect()), ..self }
    }

    /// Fails where there is nothing to replay.
    pub fn checked(self) -> Result<Asked> {
        match &self.dialogues {
            Dialogues::Of(ranges) if ranges.is_empty() => {
                Err(Failure("too few questions for a session".to_owned()))
            }
            _ => Ok(self),
        }
    }

    /// Questions, or dialogues.
    pub fn n_units(&self) -> usize {
        match &self.dialogues {
            Dialogues::None => self.rows.len(),
            Dialogues::Of(ranges) => ranges.len(),
        }
    }

    pub fn n_looked(&self) -> usize {
        self.rows.iter().filter(|(_, prediction)| !prediction.looks.is_empty()).count()
    }

    /// Of each unit, which half it is in: decided by the id of its (first) question alone.
    pub fn halves(&self) -> Vec<bool> {
        let half = |(question, _): &(Question, Prediction)| Sha256::digest(&question.id)[3] >= 128;
        match &self.dialogues {
            Dialogues::None => self.rows.iter().map(half).collect(),
            Dialogues::Of(ranges) => {
                ranges.iter().map(|range| half(&self.rows[range.start])).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::asked;

    fn ids(asked: &Asked) -> Vec<Vec<&str>> {
        let Dialogues::Of(ranges) = &asked.dialogues else { panic!("there are dialogues") };
        let of = |range: &Range<usize>| {
            asked.rows[range.clone()].iter().map(|(question, _)| question.id.as_str()).collect()
        };
        ranges.iter().map(of).collect()
    }

    #[test]
    fn sessions_use_each_question_at_most_once_and_can_be_repeated() {
        let set = |seed| asked(200).in_sessions(seed);
        let first = set(1);
        assert!(ids(&first).iter().all(|dialogue| SESSION.contains(&dialogue.len())));
        let mut unique = ids(&first).concat();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids(&first).concat().len());
        assert!(unique.len() >= 198);
        assert_eq!(ids(&first), ids(&set(1)));
        assert_ne!(ids(&first), ids(&set(2)));
        assert!(asked(2).in_sessions(1).checked().is_err());
    }

    #[test]
    fn sessions_in_order_keep_it() {
        let set = asked(11).in_order(4);
        let firsts: Vec<&str> = ids(&set).iter().map(|dialogue| dialogue[0]).collect();
        assert_eq!(firsts, ["q0", "q4"]);
    }

    #[test]
    fn halves_are_about_as_large() {
        let n_second = asked(400).halves().iter().filter(|second| **second).count();
        assert!((160..240).contains(&n_second), "{n_second}");
    }
}
