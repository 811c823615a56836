//! How likely the edge is needed, and how long the answers will be.
//!
//! A tiny BERT reads the last message (segment A) with a digest of the
//! dialogue before it (segment B). Its head's rows are named: `needed`, the
//! logit of "the edge is needed"; `device_length` and `edge_length`,
//! `ln(1 + tokens)` of either side's answer. One that has learned to judge
//! answers has `look` too: the same logit when segment B is the end of what the
//! device has written; the logarithms of the doubt in its tokens are added with
//! weights of their own. A row `needed:DEVICE>EDGE` is for that pair of models. A file that names
//! features has weights for these too: what is counted off the same texts, see `features.rs`; and
//! one may have a weight for each piece, whatever its place.

use std::cell::RefCell;

use super::features::{self, features};
use crate::dialogue::{Message, Role};
use crate::engine::ReadAt;
use crate::engine::bert::Bert;
use crate::{Error, Result};

/// No embedded answer is longer; a head's output beyond it is noise.
const MAX_ANSWER_TOKENS: f64 = 2048.0;
/// Left of the doubt in a token that the model is certain of.
const LEAST_DOUBT: f32 = 1e-3;
/// Bytes per word piece, at most: what lies further back than that is not cut into pieces.
const MAX_PIECE_BYTES: usize = 8;

/// And at most so many, white space included, for a text that is read from its beginning.
const MAX_SPACED_PIECE_BYTES: usize = 64;

/// The scorer's word on one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Probability that the edge is needed: the device wrong and the edge right.
    pub p: f64,
    /// Expected answer length in tokens.
    pub device_tokens: f64,
    pub edge_tokens: f64,
}

impl Score {
    /// What is assumed while no scorer is loaded.
    pub const UNKNOWN: Score = Score { p: 0.5, device_tokens: 64.0, edge_tokens: 96.0 };
}

/// The probabilities that the device's model gave the tokens it has written, as natural logarithms;
/// zeros where they are not known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Confidence {
    pub mean_logprob: f32,
    pub least_logprob: f32,
}

/// A loaded scorer.
pub struct Scorer {
    bert: Bert,
    cls: u32,
    sep: u32,
    rows: Rows,
    /// Which of `features::NAMES` the head reads.
    features: Vec<usize>,
    /// The ids that were read last, and their state: a turn asks for it twice.
    last: RefCell<Option<(Vec<u32>, Vec<f32>)>>,
}

/// The head's rows that are read.
#[derive(Debug, Clone, Copy)]
struct Rows {
    needed: usize,
    device_length: usize,
    edge_length: usize,
    look: Option<usize>,
}

impl Rows {
    /// Those of a pair of models where there are such, and those of any pair otherwise.
    fn find(names: &[String], pair: Option<(&str, &str)>) -> Result<Rows> {
        let row = |name: &str| names.iter().position(|other| other == name);
        let best = |name: &str| {
            let own = pair.and_then(|(device, edge)| row(&format!("{name}:{device}>{edge}")));
            own.or_else(|| row(name))
        };
        let must = |name: &str, found: Option<usize>| {
            let detail = || format!("the scorer's head has no row `{name}`");
            found.ok_or_else(|| Error::ModelCorrupt(detail()))
        };
        Ok(Rows {
            needed: must("needed", best("needed"))?,
            device_length: must("device_length", best("device_length"))?,
            edge_length: must("edge_length", best("edge_length"))?,
            look: best("look"),
        })
    }
}

impl Scorer {
    /// Reads a `bert` GGUF with the scorer's head.
    pub fn load(source: &dyn ReadAt) -> Result<Scorer> {
        Scorer::over(Bert::load(source)?)
    }

    /// The scorer over an encoder that was loaded.
    pub fn over(bert: Bert) -> Result<Scorer> {
        let missing = || Error::TokenizerInvalid("the scorer has no [CLS] or [SEP]".to_owned());
        let cls = bert.tokenizer().bos().ok_or_else(missing)?;
        let sep = bert.tokenizer().eos().ok_or_else(missing)?;
        let rows = Rows::find(bert.outputs(), None)?;
        let features = features::find(bert.feature_names())?;
        Ok(Scorer { bert, cls, sep, rows, features, last: RefCell::default() })
    }

    /// Uses the head's rows for this pair of models, where it has them.
    pub fn for_pair(mut self, device: &str, edge: &str) -> Result<Scorer> {
        self.rows = Rows::find(self.bert.outputs(), Some((device, edge)))?;
        Ok(self)
    }

    /// Scores the last user message of `messages`.
    pub fn score(&self, messages: &[Message]) -> Result<Score> {
        let (ids, type_ids) = self.input(messages)?;
        let outputs = self.outputs(&ids, &type_ids, &self.counted(messages, ""))?;
        let tokens = |row: usize| f64::from(outputs[row]).exp_m1().clamp(1.0, MAX_ANSWER_TOKENS);
        Ok(Score {
            p: probability(outputs[self.rows.needed]),
            device_tokens: tokens(self.rows.device_length),
            edge_tokens: tokens(self.rows.edge_length),
        })
    }

    /// The encoder's state of the last user message: (n_embd).
    pub fn state(&self, messages: &[Message]) -> Result<Vec<f32>> {
        let (ids, type_ids) = self.input(messages)?;
        self.embed(&ids, &type_ids)
    }

    fn embed(&self, ids: &[u32], type_ids: &[u32]) -> Result<Vec<f32>> {
        let mut last = self.last.borrow_mut();
        if let Some((_, state)) = last.as_ref().filter(|(read, _)| read == ids) {
            return Ok(state.clone());
        }
        let state = self.bert.embed(ids, type_ids)?; // (n_embd)
        *last = Some((ids.to_vec(), state.clone()));
        Ok(state)
    }

    /// Whether the scorer has learned to judge answers.
    pub fn can_look(&self) -> bool {
        self.rows.look.is_some()
    }

    /// Probability that the edge is needed, given what the device has written so far.
    ///
    /// # Errors
    /// Where the scorer has not learned it, see [`Scorer::can_look`].
    pub fn look(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: impl Into<Option<Confidence>>,
    ) -> Result<f64> {
        let unlearned =
            || Error::InvalidRequest("this scorer has not learned to judge answers".to_owned());
        let row = self.rows.look.ok_or_else(unlearned)?;
        let (ids, type_ids) = self.look_input(messages, answer)?;
        // An engine that does not say how sure it is neither raises a doubt nor takes one away.
        let shift = confidence.into().map_or(0.0, |Confidence { mean_logprob, least_logprob }| {
            let doubts = [mean_logprob, least_logprob].map(|logprob| (LEAST_DOUBT - logprob).ln());
            self.bert.confidence(row, doubts)
        });
        let outputs = self.outputs(&ids, &type_ids, &self.counted(messages, answer))?;
        Ok(probability(outputs[row] + shift))
    }

    /// The features that the head reads: (n_features), often none.
    fn counted(&self, messages: &[Message], answer: &str) -> Vec<f32> {
        if self.features.is_empty() {
            return Vec::new();
        }
        let counted = features(turn_and_digest(messages).0, answer);
        self.features.iter().map(|&feature| counted[feature]).collect()
    }

    fn outputs(&self, ids: &[u32], type_ids: &[u32], counted: &[f32]) -> Result<Vec<f32>> {
        let cls_state = self.embed(ids, type_ids)?; // (n_embd), which also checks the ids
        let of_pieces = self.bert.pieces(ids, type_ids); // (n_outputs)
        let mut outputs = self.bert.head(&cls_state)?; // (n_outputs)
        for (row, output) in outputs.iter_mut().enumerate() {
            *output += of_pieces[row] + self.bert.features(row, counted);
        }
        match outputs.iter().all(|output| output.is_finite()) {
            true => Ok(outputs),
            false => {
                let detail = "the scorer gave a number that is not one".to_owned();
                Err(Error::ComputeFailed(detail))
            }
        }
    }

    /// `[CLS] turn [SEP]`, and `digest [SEP]` where there is a dialogue before it.
    pub fn input(&self, messages: &[Message]) -> Result<(Vec<u32>, Vec<u32>)> {
        let (turn, digest) = turn_and_digest(messages);
        let digest = self.first_pieces(&digest, self.bert.budgets().digest)?;
        self.segments(turn, &digest)
    }

    /// `[CLS] turn [SEP] answer [SEP]`, of the answer the end.
    pub fn look_input(&self, messages: &[Message], answer: &str) -> Result<(Vec<u32>, Vec<u32>)> {
        let (turn, _) = turn_and_digest(messages);
        let n_pieces = self.bert.budgets().answer;
        let end = end_of(answer, n_pieces * MAX_PIECE_BYTES);
        let pieces = self.bert.tokenizer().encode_plain(end)?;
        self.segments(turn, &pieces[pieces.len().saturating_sub(n_pieces)..])
    }

    /// The pieces that a text begins with; what lies behind them is not looked at.
    fn first_pieces(&self, text: &str, n_pieces: usize) -> Result<Vec<u32>> {
        let beginning = beginning_of(text, n_pieces * MAX_SPACED_PIECE_BYTES);
        let mut pieces = self.bert.tokenizer().encode_plain(beginning)?;
        pieces.truncate(n_pieces);
        Ok(pieces)
    }

    fn segments(&self, turn: &str, second: &[u32]) -> Result<(Vec<u32>, Vec<u32>)> {
        let mut ids = vec![self.cls];
        ids.extend(self.first_pieces(turn, self.bert.budgets().turn)?);
        ids.push(self.sep);
        let mut type_ids = vec![0; ids.len()];
        if !second.is_empty() {
            ids.extend(second);
            ids.push(self.sep);
            type_ids.resize(ids.len(), 1);
        }
        Ok((ids, type_ids))
    }
}

fn probability(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// About the last `n_bytes` of a text, from a word's beginning on where there is one.
fn end_of(text: &str, n_bytes: usize) -> &str {
    let Some(mut at) = text.len().checked_sub(n_bytes) else { return text };
    while !text.is_char_boundary(at) {
        at += 1;
    }
    let word = text[at..].find(char::is_whitespace).map_or(at, |space| at + space);
    &text[word..]
}

/// About the first `n_bytes` of a text.
fn beginning_of(text: &str, n_bytes: usize) -> &str {
    let mut at = text.len().min(n_bytes);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

/// The last user message, and `previous user message / previous assistant message`.
fn turn_and_digest(messages: &[Message]) -> (&str, String) {
    let Some(last_user) = messages.iter().rposition(|message| message.role == Role::User) else {
        return ("", String::new());
    };
    let before = &messages[..last_user];
    let last_of = |role: Role| before.iter().rev().find(|message| message.role == role);
    let digest = match (last_of(Role::User), last_of(Role::Assistant)) {
        (None, None) => String::new(),
        (user, assistant) => {
            let text = |message: Option<&Message>| message.map_or("", |m| &m.content).to_owned();
            format!("{} / {}", text(user), text(assistant))
        }
    };
    (&messages[last_user].content, digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[(Role, &str)], expected: (&str, &str)) {
        let messages: Vec<Message> =
            messages.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        let (turn, digest) = turn_and_digest(&messages);
        assert_eq!((turn, digest.as_str()), expected);
    }

    #[test]
    fn the_end_of_a_text_begins_with_a_word() {
        assert_eq!(end_of("one two three", 100), "one two three");
        assert_eq!(end_of("one two three", 7), " three");
        assert_eq!(end_of("onetwothree", 5), "three");
        assert_eq!(end_of("naïveté", 6), "veté");
    }

    #[test]
    fn the_beginning_of_a_text_is_whole_characters() {
        assert_eq!(beginning_of("one two", 100), "one two");
        assert_eq!(beginning_of("one two", 3), "one");
        assert_eq!(beginning_of("né", 2), "n");
    }

    #[test]
    fn a_pairs_own_rows_come_first() {
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let plain = ["needed", "device_length", "edge_length"];
        let rows = Rows::find(&names(&plain), Some(("a", "b"))).unwrap();
        assert_eq!((rows.needed, rows.look), (0, None));
        let all = names(&[&plain[..], &["look", "needed:a>b", "look:a>b"]].concat());
        let rows = Rows::find(&all, Some(("a", "b"))).unwrap();
        assert_eq!((rows.needed, rows.device_length, rows.look), (4, 1, Some(5)));
        let rows = Rows::find(&all, Some(("a", "c"))).unwrap();
        assert_eq!((rows.needed, rows.look), (0, Some(3)));
        assert_eq!(Rows::find(&names(&plain[1..]), None).unwrap_err().code(), "model_corrupt");
    }

    #[test]
    fn the_digest_is_the_previous_exchange() {
        use Role::*;
        check(&[], ("", ""));
        check(&[(System, "s"), (User, "hi")], ("hi", ""));
        check(&[(User, "2+2"), (Assistant, "4"), (User, "doubled?")], ("doubled?", "2+2 / 4"));
        check(
            &[(User, "a"), (Assistant, "b"), (User, "c"), (Assistant, "d"), (User, "e")],
            ("e", "c / d"),
        );
    }
}
