//! How likely the edge is needed, and how long the answers will be.
//!
//! A tiny BERT reads the last message (segment A) with a digest of the
//! dialogue before it (segment B). Its head's rows are named: `needed`, the
//! logit of "the edge is needed"; `device_length` and `edge_length`,
//! `ln(1 + tokens)` of either side's answer. One that has learned to judge
//! answers has `look` too: the same logit when segment B is the end of what the
//! device has written; the logarithms of the doubt in its tokens are added with
//! weights of their own. A row `needed:DEVICE>EDGE` is for that pair of models.
//!
//! A file may also have learned single models: `right:MODEL` is the logit that the model gets a
//! question right, `answer:MODEL` the same once it is seen what it has written, `read:MODEL` once an edge
//! has read that too, and `length:MODEL` is how long its answers get. Then the edge is needed with
//! probability `P(edge right)·(1 − P(device right))`, less a little as they err together (`needed`).
//!
//! Such a file sorts questions first: rows `kind:NAME` say, by their softmax, of what kind a question is, and
//! each kind adds a weight of its own to the other rows. So what a model can and cannot do is learned kind by
//! kind, and a question of no known kind gets a bit of each that it is like.
//!
//! Of a model that it has not learned by name it knows less: the row `ease` says how likely a question is
//! answered right by a model of average ability, and what is believed of this one's ability (`ability.rs`) is
//! added: one in general, and one for each area, of which a question asks as much as it is likely of a kind
//! in that area. What is believed of a model that was learned moves its own row in the same way.
//!
//! A file that names features has weights for these too: what is counted off the same texts, see
//! `features.rs`; and one may have a weight for each piece, whatever its place.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::ability::{Abilities, Ability, Item};
use super::features::{self, features};
use super::{Route, YesOrNo, signals};
use crate::dialogue::{Message, Role};
use crate::edge::Reading;
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
    pub first_logprob: f32,
    /// The mean of the first five.
    pub first_five_logprob: f32,
    /// A quarter of the tokens are less likely than that.
    pub quarter_logprob: f32,
    /// How many tokens these are of.
    pub n_tokens: usize,
}

impl Confidence {
    /// Of the tokens' own logarithms, in order.
    pub fn of(logprobs: &[f32]) -> Confidence {
        let mean = |some: &[f32]| some.iter().sum::<f32>() / some.len().max(1) as f32;
        let mut sorted = logprobs.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        Confidence {
            mean_logprob: mean(logprobs),
            least_logprob: sorted.first().copied().unwrap_or(0.0),
            first_logprob: logprobs.first().copied().unwrap_or(0.0),
            first_five_logprob: mean(&logprobs[..logprobs.len().min(5)]),
            quarter_logprob: sorted.get(sorted.len() / 4).copied().unwrap_or(0.0),
            n_tokens: logprobs.len(),
        }
    }
}

/// A loaded scorer.
pub struct Scorer {
    bert: Bert,
    cls: u32,
    sep: u32,
    rows: Rows,
    /// The rows that say of what kind a question is.
    kinds: Vec<usize>,
    /// What is assumed of abilities, where the file knows any.
    assumed: Option<Assumed>,
    /// What is believed of the two models; `None` where a row has learned the pair, or nothing is known.
    abilities: Option<Abilities>,
    /// Which of `features::NAMES` the head reads, and which of `signals::NAMES`.
    features: Vec<usize>,
    signals: Vec<usize>,
    /// The prompt that was read last, and what was made of it: a turn asks for it several times.
    last: RefCell<Option<(Vec<u32>, Prompt)>>,
}

/// What a prompt is, as the encoder and the head see it.
#[derive(Debug, Clone)]
struct Prompt {
    /// (n_embd)
    state: Vec<f32>,
    /// (n_outputs)
    outputs: Vec<f32>,
    /// How likely it is of each kind: (n_kinds).
    kinds: Vec<f32>,
}

/// What a file assumes of the abilities of models.
#[derive(Debug, Clone, PartialEq)]
struct Assumed {
    /// Of each kind of questions, its area.
    areas: Vec<usize>,
    n_areas: usize,
    /// Mean of the general ability of a device's and of an edge's model that was not learned.
    device: f64,
    edge: f64,
    /// Standard deviations: of the general ability and of that in an area, of a model that was not learned, and
    /// of either where it was.
    general: f64,
    in_area: f64,
    learned: f64,
    /// How far what is wrong with one model's answer goes with what is wrong with the other's, beyond what the
    /// question tells: a correlation.
    together: f64,
}

impl Assumed {
    /// `None` where the file knows no abilities.
    fn read(bert: &Bert) -> Result<Option<Assumed>> {
        let (names, numbers) = (bert.area_names(), bert.assumed_abilities());
        if names.is_empty() {
            return Ok(None);
        }
        let &[device, edge, general, in_area, learned, together] = numbers else {
            let detail = format!("{} numbers about abilities instead of 6", numbers.len());
            return Err(Error::ModelCorrupt(detail));
        };
        let sound = numbers.iter().all(|x| x.is_finite())
            && [general, in_area, learned].iter().all(|deviation| *deviation >= 0.0)
            && (-1.0..=1.0).contains(&together)
            && names.len() == bert.n_kinds();
        if !sound {
            return Err(Error::ModelCorrupt(
                "what is assumed of abilities is no belief".to_owned(),
            ));
        }
        let different: BTreeSet<&String> = names.iter().collect();
        let place = |name| different.iter().position(|other| *other == name).unwrap_or(0);
        Ok(Some(Assumed {
            areas: names.iter().map(place).collect(),
            n_areas: different.len(),
            device: device.into(),
            edge: edge.into(),
            general: general.into(),
            in_area: in_area.into(),
            learned: learned.into(),
            together: together.into(),
        }))
    }

    fn of(&self, side: Route, learned: bool) -> Ability {
        let (mean, general, in_area) = match (side, learned) {
            (_, true) => (0.0, self.learned, self.learned),
            (Route::Device, false) => (self.device, self.general, self.in_area),
            (Route::Edge, false) => (self.edge, self.general, self.in_area),
        };
        let after = |first: f64, rest: f64| {
            std::iter::once(first)
                .chain(std::iter::repeat_n(rest, self.n_areas))
                .collect::<Vec<_>>()
        };
        Ability::believed(&after(mean, 0.0), &after(general, in_area))
    }

    /// What a question of each kind with a probability of `kinds` asks of each ability.
    fn asks(&self, kinds: &[f32]) -> Vec<f64> {
        let mut asks = vec![0.0; 1 + self.n_areas];
        asks[0] = 1.0;
        for (area, share) in self.areas.iter().zip(kinds) {
            asks[1 + area] += f64::from(*share);
        }
        asks
    }
}

/// The head's rows that are read.
#[derive(Debug, Clone, Copy)]
struct Rows {
    needed: usize,
    device_length: usize,
    edge_length: usize,
    look: Option<usize>,
    /// Those that say of each model by itself whether it is right, where no row has learned the pair.
    models: Option<Models>,
}

#[derive(Debug, Clone, Copy)]
struct Models {
    device: Right,
    device_answer: Option<usize>,
    device_read: Option<usize>,
    edge: Right,
}

/// The row that says whether a model is right, from the prompt.
#[derive(Debug, Clone, Copy)]
struct Right {
    row: usize,
    /// Whether it has learned this model, and is not that of any.
    learned: bool,
}

impl Models {
    fn right(&self, side: Route) -> Right {
        match side {
            Route::Device => self.device,
            Route::Edge => self.edge,
        }
    }
}

impl Rows {
    /// Those of a pair of models where there are such, and those of any pair otherwise.
    fn find(names: &[String], pair: Option<(&str, &str)>) -> Result<Rows> {
        let row = |name: &str| names.iter().position(|other| other == name);
        let best = |name: &str| {
            let own = pair.and_then(|(device, edge)| row(&format!("{name}:{device}>{edge}")));
            own.or_else(|| row(name))
        };
        let (device, edge) = pair.unzip();
        let of_model = |name: &str, model: Option<&str>| row(&format!("{name}:{}", model?));
        let right = |model: Option<&str>| {
            let learned = of_model("right", model).map(|row| Right { row, learned: true });
            learned.or_else(|| Some(Right { row: row("ease")?, learned: false }))
        };
        let models = || {
            let device = pair.and(right(device))?;
            Some(Models {
                device,
                device_answer: of_model("answer", Some(pair?.0)),
                device_read: of_model("read", Some(pair?.0)),
                edge: right(edge)?,
            })
        };
        let must = |name: &str, found: Option<usize>| {
            let detail = || format!("the scorer's head has no row `{name}`");
            found.ok_or_else(|| Error::ModelCorrupt(detail()))
        };
        Ok(Rows {
            needed: must("needed", best("needed"))?,
            device_length: must(
                "device_length",
                of_model("length", device).or(row("device_length")),
            )?,
            edge_length: must("edge_length", of_model("length", edge).or(row("edge_length")))?,
            look: best("look"),
            models: if best("needed") == row("needed") { models() } else { None },
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
        let signals = signals::find(bert.signal_names())?;
        let names = bert.outputs().iter().enumerate();
        let kinds: Vec<usize> =
            names.filter(|(_, name)| name.starts_with("kind:")).map(|(row, _)| row).collect();
        if bert.n_kinds() != kinds.len() {
            let detail = format!("weights of {} kinds for {}", bert.n_kinds(), kinds.len());
            return Err(Error::ModelCorrupt(detail));
        }
        let assumed = Assumed::read(&bert)?;
        let (abilities, last) = (None, RefCell::default());
        Ok(Scorer { bert, cls, sep, rows, kinds, assumed, abilities, features, signals, last })
    }

    /// Uses the head's rows for this pair of models, or for each of them, where it has them. Models go by the
    /// names of `models/catalogue.json`.
    pub fn for_pair(mut self, device: &str, edge: &str) -> Result<Scorer> {
        self.use_pair(Some((device, edge)))?;
        Ok(self)
    }

    /// The same of a scorer in use; without a pair, the rows for any.
    pub fn use_pair(&mut self, pair: Option<(&str, &str)>) -> Result<()> {
        self.rows = Rows::find(self.bert.outputs(), pair)?;
        self.abilities = self.priors();
        Ok(())
    }

    /// Whether it has learned both models of the pair it was made for, each by itself.
    pub fn knows_pair(&self) -> bool {
        self.knows(Route::Device) && self.knows(Route::Edge)
    }

    /// Whether it has learned the model of this side by itself.
    pub fn knows(&self, side: Route) -> bool {
        self.rows.models.is_some_and(|models| models.right(side).learned)
    }

    /// What is assumed of both models before anything was seen of them; `None` where abilities do not count.
    pub fn priors(&self) -> Option<Abilities> {
        let (models, assumed) = (self.rows.models?, self.assumed.as_ref()?);
        let of = |side: Route| assumed.of(side, models.right(side).learned);
        Some(Abilities { device: of(Route::Device), edge: of(Route::Edge) })
    }

    /// Judges with these beliefs from now on. Of another number of abilities they are another file's, and
    /// nothing changes.
    pub fn believe(&mut self, abilities: &Abilities) {
        let fits = |ability: &Ability| {
            let n_areas = self.assumed.as_ref().map_or(0, |assumed| assumed.n_areas);
            ability.is_sound() && ability.n_dimensions() == 1 + n_areas
        };
        if self.abilities.is_some() && fits(&abilities.device) && fits(&abilities.edge) {
            self.abilities = Some(abilities.clone());
        }
    }

    /// What the last user message asks of the model of this side; `None` where abilities do not count.
    pub fn item(&self, messages: &[Message], side: Route) -> Result<Option<Item>> {
        let (Some(models), Some(_)) = (self.rows.models, &self.abilities) else { return Ok(None) };
        let prompt = self.prompt(messages)?;
        let ease = prompt.outputs[models.right(side).row];
        Ok(Some(self.item_of(&prompt, ease)))
    }

    fn item_of(&self, prompt: &Prompt, ease: f32) -> Item {
        let asks = self.assumed.as_ref().map(|assumed| assumed.asks(&prompt.kinds));
        Item { ease: ease.into(), asks: asks.unwrap_or_default() }
    }

    /// Probability that the model of this side is right, `ease` being the logit without its ability.
    fn right(&self, side: Route, prompt: &Prompt, ease: f32) -> f64 {
        match &self.abilities {
            Some(abilities) => abilities.of(side).right(&self.item_of(prompt, ease)),
            None => probability(ease),
        }
    }

    /// Scores the last user message of `messages`.
    pub fn score(&self, messages: &[Message]) -> Result<Score> {
        let prompt = self.prompt(messages)?;
        let outputs = &prompt.outputs;
        let tokens = |row: usize| f64::from(outputs[row]).exp_m1().clamp(1.0, MAX_ANSWER_TOKENS);
        let p = match self.rows.models {
            Some(models) => self.needed(models, &prompt, outputs[models.device.row]),
            None => probability(outputs[self.rows.needed]),
        };
        Ok(Score {
            p,
            device_tokens: tokens(self.rows.device_length),
            edge_tokens: tokens(self.rows.edge_length),
        })
    }

    /// The encoder's state of the last user message: (n_embd).
    pub fn state(&self, messages: &[Message]) -> Result<Vec<f32>> {
        Ok(self.prompt(messages)?.state)
    }

    /// What is made of the last user message.
    fn prompt(&self, messages: &[Message]) -> Result<Prompt> {
        let (ids, type_ids) = self.input(messages)?;
        let mut last = self.last.borrow_mut();
        if let Some((_, prompt)) = last.as_ref().filter(|(read, _)| *read == ids) {
            return Ok(prompt.clone());
        }
        let state = self.bert.embed(&ids, &type_ids)?; // which also checks the ids
        let mut outputs = self.outputs(&state, (&ids, &type_ids), &self.counted(messages, ""))?;
        let kinds = softmax(self.kinds.iter().map(|&row| outputs[row]));
        for (row, output) in outputs.iter_mut().enumerate() {
            *output += self.bert.kinds(row, &kinds);
        }
        let prompt = Prompt { state, outputs, kinds };
        *last = Some((ids, prompt.clone()));
        Ok(prompt)
    }

    /// Whether the scorer has learned to judge answers.
    pub fn can_look(&self) -> bool {
        match self.rows.models {
            Some(models) => models.device_answer.is_some(),
            None => self.rows.look.is_some(),
        }
    }

    /// Whether it has learned what an edge's reading of an answer tells.
    pub fn can_read(&self) -> bool {
        self.rows.models.is_some_and(|models| models.device_read.is_some())
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
        let confidence = confidence.into();
        let Some(models) = self.rows.models else {
            let row = self.rows.look.ok_or_else(unlearned)?;
            // An engine that does not say how sure it is neither raises a doubt nor takes one away.
            let shift = confidence.map_or(0.0, |own: Confidence| {
                let doubts = [own.mean_logprob, own.least_logprob];
                self.bert.confidence(row, doubts.map(|logprob| (LEAST_DOUBT - logprob).ln()))
            });
            return Ok(probability(self.answer(messages, answer, row, confidence, None)? + shift));
        };
        let row = models.device_answer.ok_or_else(unlearned)?;
        let ease = self.answer(messages, answer, row, confidence, None)?;
        Ok(self.needed(models, &self.prompt(messages)?, ease))
    }

    /// The same of a whole answer that an edge has read.
    ///
    /// # Errors
    /// Where the scorer has not learned it, see [`Scorer::can_read`].
    pub fn read(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
        reading: &Reading,
    ) -> Result<f64> {
        let models = self.rows.models.ok_or_else(unlearned)?;
        let row = models.device_read.ok_or_else(unlearned)?;
        let ease = self.answer(messages, answer, row, confidence, Some(reading))?;
        Ok(self.needed(models, &self.prompt(messages)?, ease))
    }

    /// What [`Scorer::look`] would say of a whole answer once the edge has said that it is right, or that it is
    /// not; `None` where that is not known.
    pub fn yes_or_no(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
    ) -> Result<Option<YesOrNo>> {
        let found = self.rows.models.filter(|models| !models.edge.learned);
        let Some((models, row)) = found.and_then(|models| Some((models, models.device_answer?)))
        else {
            return Ok(None);
        };
        let ease = self.answer(messages, answer, row, confidence, None)?;
        let prompt = self.prompt(messages)?;
        let edge = self.right(Route::Edge, &prompt, prompt.outputs[models.edge.row]);
        let device = self.right(Route::Device, &prompt, ease);
        let together = self.together();
        Ok(Some(YesOrNo::of(edge, device, |device| needed(edge, device, together))))
    }

    /// Probability that the edge is needed, where `ease` is the logit that the device is right, but for its
    /// ability.
    fn needed(&self, models: Models, prompt: &Prompt, ease: f32) -> f64 {
        let edge = self.right(Route::Edge, prompt, prompt.outputs[models.edge.row]);
        let device = self.right(Route::Device, prompt, ease);
        needed(edge, device, self.together())
    }

    fn together(&self) -> f64 {
        self.assumed.as_ref().map_or(0.0, |assumed| assumed.together)
    }

    /// What `row` says of an answer.
    fn answer(
        &self,
        messages: &[Message],
        answer: &str,
        row: usize,
        confidence: Option<Confidence>,
        reading: Option<&Reading>,
    ) -> Result<f32> {
        let (ids, type_ids) = self.look_input(messages, answer)?;
        let state = self.bert.embed(&ids, &type_ids)?;
        let counted = self.counted(messages, answer);
        let outputs = self.outputs(&state, (&ids, &type_ids), &counted)?;
        let known = signals::values(confidence, reading);
        let known: Vec<Option<f32>> = self.signals.iter().map(|&signal| known[signal]).collect();
        let of_kinds = match self.kinds.is_empty() {
            true => 0.0,
            false => self.bert.kinds(row, &self.prompt(messages)?.kinds),
        };
        finite(outputs[row] + self.bert.signals(row, &known) + of_kinds)
    }

    /// The features that the head reads: (n_features), often none.
    fn counted(&self, messages: &[Message], answer: &str) -> Vec<f32> {
        if self.features.is_empty() {
            return Vec::new();
        }
        let counted = features(turn_and_digest(messages).0, answer);
        self.features.iter().map(|&feature| counted[feature]).collect()
    }

    /// (n_outputs), of what was read: the encoder's state, the pieces, and what was counted.
    fn outputs(
        &self,
        state: &[f32],
        (ids, type_ids): (&[u32], &[u32]),
        counted: &[f32],
    ) -> Result<Vec<f32>> {
        let of_pieces = self.bert.pieces(ids, type_ids); // (n_outputs)
        let mut outputs = self.bert.head(state)?; // (n_outputs)
        for (row, output) in outputs.iter_mut().enumerate() {
            *output = finite(*output + of_pieces[row] + self.bert.features(row, counted))?;
        }
        Ok(outputs)
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

/// Probability that the edge is right and the device is not. A question that is hard in a way that its text does
/// not show is hard for both, so that both are wrong more often than two independent models would be: with the
/// correlation `together`, the probability of two events is `a·b + r·√(a(1−a)·b(1−b))`.
fn needed(edge: f64, device: f64, together: f64) -> f64 {
    let spread = (edge * (1.0 - edge) * device * (1.0 - device)).sqrt();
    (edge * (1.0 - device) - together * spread).clamp(0.0, 1.0)
}

fn probability(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

fn finite(output: f32) -> Result<f32> {
    match output.is_finite() {
        true => Ok(output),
        false => Err(Error::ComputeFailed("the scorer gave a number that is not one".to_owned())),
    }
}

fn unlearned() -> Error {
    Error::InvalidRequest("this scorer has not learned to judge answers".to_owned())
}

fn softmax(logits: impl Iterator<Item = f32> + Clone) -> Vec<f32> {
    let most = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.map(|logit| (logit - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
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
    fn models_that_err_together_need_each_other_less() {
        assert_eq!(needed(0.8, 0.5, 0.0), 0.4);
        assert!((needed(0.8, 0.5, 0.2) - 0.36).abs() < 1e-9);
        assert_eq!(
            (needed(1.0, 0.0, 0.2), needed(0.0, 0.3, 0.2), needed(0.1, 0.99, 1.0)),
            (1.0, 0.0, 0.0)
        );
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
