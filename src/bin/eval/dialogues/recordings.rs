//! Dialogues: recorded ones, and sessions made of questions with known outcomes.

use std::path::Path;

use nearside::dialogue::{Message, Role};
use nearside::engine::FileSource;
use nearside::routing::Scorer;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::Deserialize;

use crate::outcomes::{Question, chance, read_rows};
use crate::pieces::TOKEN_BYTES;
use crate::prediction::Prediction;
use crate::{Failure, Result, file_failure, parallel};

/// Fewest and most questions of a session.
const SESSION: std::ops::RangeInclusive<usize> = 3..=12;

/// How questions make sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// In a random order, each session of a random length.
    Random { seed: u64 },
    /// In the files' order, each session of so many; what is left over is left out.
    InOrder { n_turns: usize },
}

/// Dialogues that are replayed and told together.
pub struct Set {
    pub name: String,
    /// Whether it is known which side would have been right.
    pub outcomes_known: bool,
    pub dialogues: Vec<Dialogue>,
}

/// The user's turns, with what both sides say to each and what the scorer thinks of it.
pub struct Dialogue {
    pub turns: Vec<(Question, Prediction)>,
}

/// A row of MT-Bench-101 (arXiv 2402.14762).
#[derive(Deserialize)]
struct Row {
    task: String,
    id: serde_json::Value,
    history: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    user: String,
    bot: String,
}

impl Set {
    /// Recorded dialogues. Both sides answer what was recorded; which of them would have been
    /// better is not known. Without a scorer, chance says whether the edge is needed.
    pub fn read(file: &Path, scorer: Option<&Path>) -> Result<Set> {
        let mut dialogues = Vec::new();
        for (place, row) in read_rows::<Row>(file, "a dialogue")? {
            let spoken = |exchange: &Exchange| {
                !exchange.user.trim().is_empty() && !exchange.bot.trim().is_empty()
            };
            if row.history.is_empty() || !row.history.iter().all(spoken) {
                return Err(Failure(format!("{place}: a turn is missing or empty")));
            }
            dialogues.push(row);
        }
        let mut lengths: Vec<usize> = dialogues
            .iter()
            .flat_map(|row| row.history.iter().map(|exchange| exchange.bot.len()))
            .collect();
        lengths.sort_unstable();
        let typical_tokens = (lengths[lengths.len() / 2] / TOKEN_BYTES).max(1) as f64;
        let load = || -> Result<Option<Scorer>> {
            let load = |file| Ok(Scorer::load(&FileSource::open(file)?)?);
            scorer.map(load).transpose()
        };
        let dialogues = parallel::map_with(&dialogues, load, |scorer, row| {
            Dialogue::recorded(row, scorer.as_ref(), typical_tokens)
        })?;
        let name = file.file_stem().ok_or_else(|| {
            file_failure(file, &std::io::Error::from(std::io::ErrorKind::IsADirectory))
        })?;
        Ok(Set { name: name.to_string_lossy().into_owned(), outcomes_known: false, dialogues })
    }

    /// Sessions of questions that have nothing to do with each other but that all have to be read.
    pub fn of_questions(
        name: String,
        questions: Vec<Question>,
        predictions: Vec<Prediction>,
        sessions: Sessions,
    ) -> Result<Set> {
        let turns = questions.into_iter().zip(predictions).collect();
        let dialogues = match sessions {
            Sessions::Random { seed } => random_sessions(turns, seed),
            Sessions::InOrder { n_turns } => turns
                .chunks_exact(n_turns)
                .map(|turns| Dialogue { turns: turns.to_vec() })
                .collect(),
        };
        match dialogues.is_empty() {
            true => Err(Failure(format!("{name}: too few questions for a session"))),
            false => Ok(Set { name, outcomes_known: true, dialogues }),
        }
    }
}

fn random_sessions(mut turns: Vec<(Question, Prediction)>, seed: u64) -> Vec<Dialogue> {
    let mut random = Pcg32::seed_from_u64(seed);
    turns.shuffle(&mut random);
    let mut dialogues = Vec::new();
    while turns.len() >= *SESSION.start() {
        let n_turns = random.random_range(SESSION).min(turns.len());
        dialogues.push(Dialogue { turns: turns.split_off(turns.len() - n_turns) });
    }
    dialogues
}

impl Dialogue {
    fn recorded(row: &Row, scorer: Option<&Scorer>, typical_tokens: f64) -> Result<Dialogue> {
        let mut messages = Vec::new();
        let mut turns = Vec::new();
        for (index, Exchange { user, bot }) in row.history.iter().enumerate() {
            messages.push(Message::new(Role::User, user));
            let question = Question {
                id: format!("{}-{}-{index}", row.task, row.id),
                set: row.task.clone(),
                prompt: user.clone(),
                device_correct: false,
                edge_correct: false,
                answer: bot.clone(),
                answer_known: false,
                edge_chars: bot.len(),
            };
            let mut prediction = Prediction {
                id: question.id.clone(),
                p: chance(&question),
                device_tokens: typical_tokens,
                edge_tokens: typical_tokens,
                looks: Vec::new(),
            };
            if let Some(scorer) = scorer {
                let score = scorer.score(&messages)?;
                prediction.p = score.p;
                (prediction.device_tokens, prediction.edge_tokens) =
                    (score.device_tokens, score.edge_tokens);
            }
            messages.push(Message::new(Role::Assistant, bot));
            turns.push((question, prediction));
        }
        Ok(Dialogue { turns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::questions;

    #[test]
    fn sessions_use_each_question_at_most_once_and_can_be_repeated() {
        let set = |seed| {
            let (questions, predictions) = questions(200);
            Set::of_questions("s".to_owned(), questions, predictions, Sessions::Random { seed })
                .unwrap()
        };
        let ids = |set: &Set| -> Vec<String> {
            let turns = set.dialogues.iter().flat_map(|dialogue| &dialogue.turns);
            turns.map(|(question, _)| question.id.clone()).collect()
        };
        let first = set(1);
        assert!(first.dialogues.iter().all(|dialogue| SESSION.contains(&dialogue.turns.len())));
        let mut unique = ids(&first);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids(&first).len());
        assert!(unique.len() >= 198);
        assert_eq!(ids(&first), ids(&set(1)));
        assert_ne!(ids(&first), ids(&set(2)));
        let (few, none) = questions(2);
        assert!(
            Set::of_questions("s".to_owned(), few, none, Sessions::Random { seed: 1 }).is_err()
        );
    }

    #[test]
    fn sessions_in_order_keep_it() {
        let (questions, predictions) = questions(11);
        let sessions = Sessions::InOrder { n_turns: 4 };
        let set = Set::of_questions("s".to_owned(), questions, predictions, sessions).unwrap();
        let first_of_each = set.dialogues.iter().map(|dialogue| dialogue.turns[0].0.id.as_str());
        assert_eq!(first_of_each.collect::<Vec<_>>(), ["q0", "q4"]);
    }
}
