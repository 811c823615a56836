//! What the scorer says of each question: recorded once, replayed many times.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nearside::config::{Config, SecondLook};
use nearside::dialogue::{Message, Role};
use nearside::engine::FileSource;
use nearside::routing::{Confidence, Score, Scorer};
use nearside::turn::models::ScoringModel;
use nearside::turn::{Router, TurnRequest};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::files::{read_rows, write};
use crate::outcomes::{Pair, Question};
use crate::recorded::RecordedDevice;
use crate::speeds::Speeds;
use crate::trace::Trace;
use crate::world::World;
use crate::{Failure, Result, ways};

/// Progress is told after so many questions.
const PROGRESS_STEP: usize = 500;

/// The scorer's word on one question, as its file has it.
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

    fn valid(&self) -> bool {
        let in_unit = |p: f64| (0.0..=1.0).contains(&p);
        let length = |tokens: f64| tokens.is_finite() && tokens > 0.0;
        in_unit(self.p)
            && length(self.device_tokens)
            && length(self.edge_tokens)
            && self.looks.iter().all(|(_, p)| in_unit(*p))
    }
}

/// One for each question, in the questions' order: from the scorer if one is given, and else from the
/// file.
pub fn of(pair: &Pair, questions: &[Question]) -> Result<Vec<Prediction>> {
    match (&pair.scorer, &pair.predictions) {
        (Some(scorer), file) => {
            let rows = ask(scorer, pair, questions)?;
            if let Some(file) = file {
                let line =
                    |row| serde_json::to_string(row).expect("numbers and texts always serialize");
                write(file, &(rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"))?;
            }
            Ok(rows)
        }
        (None, Some(file)) => read(file, questions),
        (None, None) => Err(Failure("either --scorer or --predictions must be given".to_owned())),
    }
}

fn read(file: &Path, questions: &[Question]) -> Result<Vec<Prediction>> {
    let mut by_id = HashMap::new();
    for (place, row) in read_rows::<Prediction>(file, "a prediction")? {
        if !row.valid() {
            return Err(Failure(format!("{place}: a number is out of its range")));
        }
        by_id.insert(row.id.clone(), row);
    }
    let find = |question: &Question| {
        let missing =
            || Failure(format!("{}: no prediction for `{}`", file.display(), question.id));
        by_id.remove(&question.id).ok_or_else(missing)
    };
    questions.iter().map(find).collect()
}

/// Asks the scorer about every question, and about every answer at the points where a turn looks.
fn ask(file: &Path, pair: &Pair, questions: &[Question]) -> Result<Vec<Prediction>> {
    let n_done = AtomicUsize::new(0);
    // Each thread has a scorer of its own.
    let part = |questions: &[Question]| {
        let scorer = Scorer::load(&FileSource::open(file)?)?.for_pair(&pair.device, &pair.edge)?;
        let each = questions.iter().map(|question| {
            let n_done = n_done.fetch_add(1, Ordering::Relaxed) + 1;
            if n_done.is_multiple_of(PROGRESS_STEP) {
                eprintln!("scoring {n_done} of the questions");
            }
            listen(&scorer, question)
        });
        each.collect::<Result<Vec<Prediction>>>()
    };
    let n_each = questions.len().div_ceil(rayon::current_num_threads());
    let parts: Vec<_> = questions.par_chunks(n_each).map(part).collect::<Result<_>>()?;
    Ok(parts.concat())
}

/// One turn on the device with the real scorer, which is overheard. θ = 1 lets nothing escalate.
fn listen(scorer: &Scorer, question: &Question) -> Result<Prediction> {
    let (trace, speeds) = (Trace::broadband(), Speeds::default());
    let (world, silent) = (World::new(&trace, &speeds, Duration::ZERO), Prediction::default());
    world.ask(question, &silent);
    let heard = RefCell::new(Prediction { id: question.id.clone(), ..Prediction::default() });
    let second_look = SecondLook::default();
    let config = Config { theta: 1.0, alpha_per_s: 0.0, second_look, ..ways::page() };
    let mut router = Router::new(config, &&world)?;
    world.clock.run(router.set_device(RecordedDevice::new(&world, false), &&world))?;
    router.set_scorer(Overheard { scorer, answer_known: question.answer_known, heard: &heard });
    let request = TurnRequest::new(vec![Message::new(Role::User, &question.prompt)]);
    world.clock.run(router.turn(&request, &&world))?;
    drop(router);
    Ok(heard.into_inner())
}

/// The real scorer, and what it said.
struct Overheard<'s> {
    scorer: &'s Scorer,
    answer_known: bool,
    heard: &'s RefCell<Prediction>,
}

impl ScoringModel for Overheard<'_> {
    fn score(&self, messages: &[Message]) -> nearside::Result<Score> {
        let score = self.scorer.score(messages)?;
        let mut heard = self.heard.borrow_mut();
        (heard.p, heard.device_tokens, heard.edge_tokens) =
            (score.p, score.device_tokens, score.edge_tokens);
        Ok(score)
    }

    fn can_look(&self) -> bool {
        self.answer_known && self.scorer.can_look()
    }

    fn look(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
    ) -> nearside::Result<f64> {
        let p = self.scorer.look(messages, answer, confidence)?;
        self.heard.borrow_mut().looks.push((answer.len(), p));
        Ok(p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_look_counts() {
        let looks = vec![(100, 0.2), (200, 0.6)];
        let prediction = Prediction { looks, ..Prediction::default() };
        let at = [0, 149, 151, 900].map(|n_bytes| prediction.look(n_bytes));
        assert_eq!(at, [Some(0.2), Some(0.2), Some(0.6), Some(0.6)]);
        assert_eq!(Prediction::default().look(7), None);
    }
}
