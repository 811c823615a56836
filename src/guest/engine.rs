//! Another's engine as the device's model.

use std::cell::Cell;
use std::time::Duration;

use super::generation::GuestGeneration;
use super::seam::{GO_ON, Seam};
use super::{Asked, Guest, GuestInfo, Keeps, Said, transcript};
use crate::dialogue::window::{self, Cuts, MESSAGE_BYTES};
use crate::dialogue::{Message, Prompt, Role, Session};
use crate::engine::{GenerateRequest, SamplingOptions, Step};
use crate::handoff::ledger::common_prefix;
use crate::routing::{Confidence, Rates};
use crate::turn::models::{DeviceModel, Progress};
use crate::{Error, Result};

/// What it is asked when its speed is measured, and for how long an answer.
const MEASURED: &str = "Read these words: one two three four five six seven eight nine ten eleven twelve \
                        thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty. Then count on \
                        from twenty-one in words, and do not stop.";
const MEASURED_TOKENS: usize = 16;
/// The shortest context that a chat fits into.
const MIN_CONTEXT: usize = 256;
/// Most bytes that a token of a transcript stands for.
const TOKEN_BYTES: usize = 4;

pub struct GuestEngine<G> {
    guest: G,
    info: GuestInfo,
    /// What it is presumed to hold.
    held: Vec<u32>,
    /// How much of that counts for the dialogue at hand.
    n_found: Cell<usize>,
    /// Whether the answer that was started last has not come to its end.
    writing: bool,
    asked_in_words: Cell<bool>,
}

/// A prompt as the engine is asked it.
struct Told {
    messages: Vec<Message>,
    goes_on: bool,
    /// The answer that is there, where the engine can only be asked to go on with it.
    in_words: Option<Seam>,
}

impl<G: Guest> GuestEngine<G> {
    /// # Errors
    /// Where it has no name, or no room for a chat.
    pub fn new(guest: G, info: GuestInfo) -> Result<GuestEngine<G>> {
        if info.name.is_empty() || info.context_tokens < MIN_CONTEXT {
            let detail =
                format!("a device engine needs a name, and a context of {MIN_CONTEXT} tokens");
            return Err(Error::InvalidConfig(detail));
        }
        info.sampling.validate()?;
        let (held, n_found, asked_in_words) = (Vec::new(), Cell::new(0), Cell::new(false));
        Ok(GuestEngine { guest, info, held, n_found, writing: false, asked_in_words })
    }

    pub fn info(&self) -> &GuestInfo {
        &self.info
    }

    /// Whether it was asked in words to go on with an answer, since this was asked last.
    pub fn was_asked_in_words(&self) -> bool {
        self.asked_in_words.take()
    }

    /// How many tokens it is presumed to hold.
    pub fn held_tokens(&self) -> usize {
        self.held.len()
    }

    /// The fields of a turn's usage that are estimates where this engine has answered.
    pub fn estimates(&self) -> &'static [&'static str] {
        match self.info.capabilities.token_counts {
            true => &["prompt_tokens", "total_tokens", "cached_tokens"],
            false => &[
                "prompt_tokens",
                "completion_tokens",
                "total_tokens",
                "reasoning_tokens",
                "cached_tokens",
            ],
        }
    }

    /// How much of what it holds it does not read again for this prompt.
    fn found_by(&self, prompt: &[u32]) -> usize {
        match self.info.capabilities.keeps_prefix {
            Keeps::Nothing => 0,
            Keeps::Whole if self.writing || !prompt.starts_with(&self.held) => 0,
            Keeps::Whole => self.held.len(),
            Keeps::Prefix => common_prefix(&self.held, prompt),
        }
    }

    fn told(&self, prompt: &[u32], reads_only: bool) -> Told {
        let mut messages = transcript::messages(prompt);
        messages.pop_if(|last| last.role == Role::Assistant && last.content.is_empty());
        let begun = messages.last().filter(|last| last.role == Role::Assistant && !reads_only);
        match begun.map(|begun| Seam::after(&begun.content)) {
            Some(seam) if !self.info.capabilities.continues_answers => {
                messages.push(Message::new(Role::User, GO_ON));
                Told { messages, goes_on: false, in_words: Some(seam) }
            }
            begun => Told { messages, goes_on: begun.is_some(), in_words: None },
        }
    }
}

impl<G: Guest> DeviceModel for GuestEngine<G> {
    type Generation = GuestGeneration<G::Answer>;

    fn name(&self) -> &str {
        &self.info.name
    }

    fn vocabulary(&self) -> &str {
        "text"
    }

    fn n_ctx(&self) -> usize {
        self.info.context_tokens
    }

    fn sampling(&self) -> SamplingOptions {
        self.info.sampling
    }

    fn fit(&self, _: &mut Session, messages: &[Message], n_room: usize) -> Result<Prompt> {
        let prompt = fitted(messages, n_room)?;
        if self.info.capabilities.keeps_prefix == Keeps::Whole {
            self.n_found.set(self.found_by(&prompt.tokens));
        }
        Ok(prompt)
    }

    fn tokens(&self) -> &[u32] {
        match self.info.capabilities.keeps_prefix {
            Keeps::Whole => &self.held[..self.n_found.get().min(self.held.len())],
            Keeps::Nothing | Keeps::Prefix => &self.held,
        }
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    async fn measure(&mut self, now: &dyn Fn() -> Duration) -> Result<Rates> {
        let prompt = transcript::tokens(&[Message::new(Role::User, MEASURED)]);
        let n_prompt = prompt.len();
        let request =
            GenerateRequest { prompt, max_tokens: MEASURED_TOKENS, ..GenerateRequest::default() };
        let started = now();
        let mut generation = self.start(request).await?;
        let mut read = started;
        loop {
            match self.step(&mut generation).await {
                Ok(Step::Prefilled { .. }) => read = now(),
                Ok(Step::Text(_)) => {}
                // A model may have nothing to say to this.
                Ok(Step::Done(_)) | Err(Error::EngineEmpty) => break,
                Err(error) => return Err(error),
            }
        }
        let n_generated = self.progress(&generation).n_generated;
        self.held.clear();
        let mut rates = Rates::DEVICE_PRIOR;
        rates.observe_prefill(n_prompt, read.saturating_sub(started).as_secs_f64());
        rates.observe_decode(n_generated, now().saturating_sub(read).as_secs_f64());
        Ok(rates)
    }

    async fn start(&mut self, request: GenerateRequest) -> Result<Self::Generation> {
        let reads_only = request.max_tokens == 0;
        if reads_only && !self.info.capabilities.reads_ahead {
            return Err(Error::EngineFailed("it does not read ahead".to_owned()));
        }
        let Told { messages, goes_on, in_words } = self.told(&request.prompt, reads_only);
        let sent = transcript::tokens(&messages);
        let n_reused = self.found_by(&sent).min(request.prompt.len());
        let said =
            |message: &Message| Said { role: message.role, content: message.content.to_string() };
        let answer = self.guest.start(&Asked {
            messages: messages.iter().map(said).collect(),
            goes_on,
            reads_only,
            max_tokens: request.max_tokens,
            seed: (request.sampling.seed % (1 << 31)) as u32,
            sampling: request.sampling.clone(),
            stop: request.stop.clone(),
        })?;
        self.asked_in_words.set(self.asked_in_words.get() || in_words.is_some());
        self.held.truncate(n_reused);
        self.writing = true;
        Ok(GuestGeneration::new(answer, &request, sent, n_reused, in_words.unwrap_or_default()))
    }

    async fn step(&mut self, generation: &mut Self::Generation) -> Result<Step> {
        loop {
            if let Some(step) = generation.next_step() {
                return Ok(step);
            }
            let taken = match self.guest.next(&mut generation.answer).await {
                Ok(piece) => generation.take(piece, self.info.capabilities),
                Err(error) => Err(error),
            };
            if taken.is_err() {
                // Nobody knows what it holds now.
                self.held.clear();
            } else if generation.is_read() && self.info.capabilities.keeps_prefix != Keeps::Nothing
            {
                self.held.clone_from(generation.sent());
            }
            taken?;
            self.writing = !generation.ended_by_itself();
        }
    }

    fn progress(&self, generation: &Self::Generation) -> Progress {
        generation.progress()
    }

    fn confidence(&self, generation: &Self::Generation) -> Option<Confidence> {
        Some(generation.logprobs()).filter(|logprobs| !logprobs.is_empty()).map(Confidence::of)
    }
}

/// The dialogue in at most `n_room` tokens, from the earliest of its beginnings that fits.
fn fitted(messages: &[Message], n_room: usize) -> Result<Prompt> {
    let cuts = Cuts::new(messages);
    let mut n_tokens = 0;
    for start in cuts.starts(TOKEN_BYTES * window::step(n_room)) {
        // Where all text is of one byte a letter, and no token begins a message.
        n_tokens =
            cuts.bytes_from(start).saturating_sub(MESSAGE_BYTES * messages.len()) / TOKEN_BYTES;
        if n_tokens > n_room {
            continue;
        }
        let kept = window::kept(messages, start);
        let tokens = transcript::tokens(&kept);
        n_tokens = tokens.len();
        if n_tokens <= n_room {
            return Ok(Prompt { tokens, dropped_messages: messages.len() - kept.len() });
        }
    }
    Err(Error::PromptTooLong { n_tokens, n_ctx: n_room })
}
