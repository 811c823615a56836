//! The two models on this side, as a turn needs them: the real ones, or recorded ones in a replay.

use std::time::Duration;

use super::thought::ends_inside_thought;
use crate::Result;
use crate::dialogue::{Message, Prompt, Session};
use crate::edge::Reading;
use crate::engine::{Engine, GenerateRequest, Generation, SamplingOptions, Step};
use crate::handoff::{Fetching, Plan};
use crate::routing::{
    Abilities, Confidence, Item, LinkEstimate, Rates, Route, Score, Scorer, YesOrNo,
};

/// Tokens prefilled and decoded when a model is loaded, to know its speed before the first turn.
const WARM_UP_PREFILL: usize = 32;
const WARM_UP_DECODE: usize = 6;
/// A prompt's last tokens, in which a tag that opens a thought would be.
const MAX_TAG_TOKENS: usize = 12;

/// The device's language model, with the dialogue that it holds.
///
/// An engine must count, begin, step and be stopped; what stands under "may" it can leave as it is.
/// Steps may await, so that a model that computes elsewhere, on a GPU or in JavaScript, is one too; while
/// one waits, the edge is heard.
#[allow(async_fn_in_trait)] // single-threaded, as the host's futures
pub trait DeviceModel {
    /// An answer in the making. Dropping it stops it; what was computed by then stays held.
    type Generation;

    /// The model's own name.
    fn name(&self) -> &str;

    /// Tells this model's file from any other; what is learned of the model is kept under it.
    fn identity(&self) -> &str {
        self.name()
    }

    /// Names the vocabulary that its tokens are from.
    fn vocabulary(&self) -> &str;

    fn n_ctx(&self) -> usize;

    /// The prompt in at most `n_room` tokens; see [`Session::fit`]. An engine that does not tell its
    /// tokens makes up some: prompts that begin alike must have tokens that begin alike.
    fn fit(&self, session: &mut Session, messages: &[Message], n_room: usize) -> Result<Prompt>;

    /// The tokens whose keys and values it holds.
    fn tokens(&self) -> &[u32];

    /// Forgets the dialogue.
    fn clear(&mut self);

    /// Its speed, measured on a few tokens with the clock `now`.
    async fn measure(&mut self, now: &dyn Fn() -> Duration) -> Result<Rates>;

    /// Begins an answer.
    async fn start(&mut self, request: GenerateRequest) -> Result<Self::Generation>;

    /// One prefill chunk, or one token. After an error the same step can be taken again.
    async fn step(&mut self, generation: &mut Self::Generation) -> Result<Step>;

    fn progress(&self, generation: &Self::Generation) -> Progress;

    // What an engine may offer.

    /// How sure the model is of the tokens it has written.
    fn confidence(&self, _generation: &Self::Generation) -> Option<Confidence> {
        None
    }

    /// Whether an answer to this prompt begins inside a thought, which the template has opened.
    fn opens_thought(&self, _prompt: &[u32]) -> bool {
        false
    }

    /// How its file would have tokens drawn.
    fn sampling(&self) -> SamplingOptions {
        SamplingOptions::default()
    }

    /// What fetching keys and values for `prompt` over this link would cost, where that is not the
    /// engine's own; `None` where the edge cannot send this model's.
    fn fetching(&self, _prompt: &[u32], _link: &LinkEstimate) -> Option<Fetching> {
        None
    }

    /// Computes the plan's first part of `prompt` while the next one is fetched. What does not come
    /// is computed later, as everything is that [`DeviceModel::tokens`] lacks.
    async fn fetch(&mut self, _prompt: &[u32], _plan: &Plan) {}

    /// The engine, where it is this project's: keys and values can be read out of it and adopted by it.
    fn engine(&self) -> Option<&Engine> {
        None
    }

    fn engine_mut(&mut self) -> Option<&mut Engine> {
        None
    }
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Prompt tokens whose keys and values were held already.
    pub reused_tokens: usize,
    /// Tokens written.
    pub n_generated: usize,
}

/// What says whether the edge is needed.
pub trait ScoringModel {
    /// From the dialogue alone.
    fn score(&self, messages: &[Message]) -> Result<Score>;

    /// What turns are compared by, when a person's verdict on one is applied to others: numbers of
    /// one width, or none.
    fn state(&self, _messages: &[Message]) -> Result<Vec<f32>> {
        Ok(Vec::new())
    }

    /// Whether it has learned to judge answers.
    fn can_look(&self) -> bool;

    /// Probability that the edge is needed, now that the device has written `answer`.
    fn look(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
    ) -> Result<f64>;

    // What a scorer may offer.

    /// Judges this device's and this edge's model from now on, by what it has learned of them.
    fn use_pair(&mut self, _device: &str, _edge: &str) {}

    /// Whether it has learned the model of this side by its name.
    fn knows(&self, _side: Route) -> bool {
        false
    }

    /// What it assumes of how able both models are; `None` where that does not count.
    fn priors(&self) -> Option<Abilities> {
        None
    }

    /// Judges with these beliefs from now on.
    fn believe(&mut self, _abilities: &Abilities) {}

    /// What the last user message asks of the model of a side.
    fn item(&self, _messages: &[Message], _side: Route) -> Result<Option<Item>> {
        Ok(None)
    }

    /// Whether it has learned what an edge's reading of an answer tells.
    fn can_read(&self) -> bool {
        false
    }

    /// As [`ScoringModel::look`], of a whole answer that the edge has read.
    fn read(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
        _reading: &Reading,
    ) -> Result<f64> {
        self.look(messages, answer, confidence)
    }

    /// What [`ScoringModel::look`] would say of a whole answer if the edge said that it is right, or that it is
    /// not; `None` where that would tell nothing.
    fn yes_or_no(
        &self,
        _messages: &[Message],
        _answer: &str,
        _confidence: Option<Confidence>,
    ) -> Result<Option<YesOrNo>> {
        Ok(None)
    }
}

impl DeviceModel for Engine {
    type Generation = Generation;

    fn name(&self) -> &str {
        &self.model().info().name
    }

    fn identity(&self) -> &str {
        &self.model().info().digest
    }

    fn vocabulary(&self) -> &str {
        &self.model().info().digest
    }

    fn n_ctx(&self) -> usize {
        self.n_ctx()
    }

    fn sampling(&self) -> SamplingOptions {
        self.model().info().sampling
    }

    fn engine(&self) -> Option<&Engine> {
        Some(self)
    }

    fn engine_mut(&mut self) -> Option<&mut Engine> {
        Some(self)
    }

    fn fit(&self, session: &mut Session, messages: &[Message], n_room: usize) -> Result<Prompt> {
        let model = self.model();
        session.fit(model.tokenizer(), model.template(), messages, n_room)
    }

    fn opens_thought(&self, prompt: &[u32]) -> bool {
        let end = &prompt[prompt.len().saturating_sub(MAX_TAG_TOKENS)..];
        ends_inside_thought(&self.model().tokenizer().decode(end))
    }

    fn tokens(&self) -> &[u32] {
        self.tokens()
    }

    fn clear(&mut self) {
        self.truncate(0);
    }

    async fn measure(&mut self, now: &dyn Fn() -> Duration) -> Result<Rates> {
        let n_vocab = self.model().info().n_vocab as u32;
        let warm_up: Vec<u32> = (0..WARM_UP_PREFILL as u32).map(|i| i % n_vocab).collect();
        let started = now();
        self.prefill(&warm_up)?;
        let prefilled = now();
        for token in 0..WARM_UP_DECODE as u32 {
            self.decode(token % n_vocab)?;
        }
        let decoded = now();
        self.truncate(0);
        let mut rates = Rates::DEVICE_PRIOR;
        rates.observe_prefill(WARM_UP_PREFILL, super::seconds(started, prefilled));
        rates.observe_decode(WARM_UP_DECODE, super::seconds(prefilled, decoded));
        Ok(rates)
    }

    async fn start(&mut self, request: GenerateRequest) -> Result<Generation> {
        Generation::start(self, request)
    }

    async fn step(&mut self, generation: &mut Generation) -> Result<Step> {
        generation.step(self)
    }

    fn progress(&self, generation: &Generation) -> Progress {
        Progress {
            reused_tokens: generation.reused_tokens(),
            n_generated: generation.n_generated(),
        }
    }

    fn confidence(&self, generation: &Generation) -> Option<Confidence> {
        Some(Confidence::of(generation.logprobs()))
    }
}

impl ScoringModel for Scorer {
    fn score(&self, messages: &[Message]) -> Result<Score> {
        self.score(messages)
    }

    fn state(&self, messages: &[Message]) -> Result<Vec<f32>> {
        self.state(messages)
    }

    fn can_look(&self) -> bool {
        self.can_look()
    }

    fn look(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
    ) -> Result<f64> {
        self.look(messages, answer, confidence)
    }

    fn use_pair(&mut self, device: &str, edge: &str) {
        // The rows that every file has were found when it was loaded, and no pair lacks them.
        let _ = Scorer::use_pair(self, Some((device, edge)));
    }

    fn knows(&self, side: Route) -> bool {
        self.knows(side)
    }

    fn priors(&self) -> Option<Abilities> {
        self.priors()
    }

    fn believe(&mut self, abilities: &Abilities) {
        self.believe(abilities);
    }

    fn item(&self, messages: &[Message], side: Route) -> Result<Option<Item>> {
        self.item(messages, side)
    }

    fn can_read(&self) -> bool {
        self.can_read()
    }

    fn read(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
        reading: &Reading,
    ) -> Result<f64> {
        self.read(messages, answer, confidence, reading)
    }

    fn yes_or_no(
        &self,
        messages: &[Message],
        answer: &str,
        confidence: Option<Confidence>,
    ) -> Result<Option<YesOrNo>> {
        self.yes_or_no(messages, answer, confidence)
    }
}
