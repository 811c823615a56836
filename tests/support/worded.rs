//! A device that writes one text, word by word, whatever it is asked.

use std::time::Duration;

use nearside::Result;
use nearside::dialogue::Message;
use nearside::dialogue::{Prompt, Session};
use nearside::engine::{Finish, GenerateRequest, Step};
use nearside::routing::{Confidence, Rates};
use nearside::turn::models::{DeviceModel, Progress};

pub struct Worded {
    pieces: Vec<String>,
}

impl Worded {
    /// Writes the text word by word, and then ends.
    pub fn new(text: &str) -> Worded {
        Worded { pieces: text.split_inclusive(' ').map(str::to_owned).collect() }
    }
}

pub struct Writing {
    max_tokens: usize,
    n_generated: usize,
    prefilled: bool,
}

impl DeviceModel for Worded {
    type Generation = Writing;

    fn name(&self) -> &str {
        "scripted"
    }

    fn vocabulary(&self) -> &str {
        "bytes"
    }

    fn n_ctx(&self) -> usize {
        100_000
    }

    fn fit(&self, _: &mut Session, messages: &[Message], _: usize) -> Result<Prompt> {
        let bytes = messages.iter().flat_map(|message| message.content.bytes());
        Ok(Prompt { tokens: bytes.map(u32::from).collect(), dropped_messages: 0 })
    }

    fn tokens(&self) -> &[u32] {
        &[]
    }

    fn clear(&mut self) {}

    fn measure(&mut self, _now: &dyn Fn() -> Duration) -> Result<Rates> {
        Ok(Rates::DEVICE_PRIOR)
    }

    fn start(&mut self, request: GenerateRequest) -> Result<Writing> {
        Ok(Writing { max_tokens: request.max_tokens, n_generated: 0, prefilled: false })
    }

    fn step(&mut self, writing: &mut Writing) -> Result<Step> {
        if !std::mem::replace(&mut writing.prefilled, true) {
            return Ok(Step::Prefilled { done: 1, total: 1 });
        }
        if writing.n_generated == writing.max_tokens {
            return Ok(Step::Done(Finish::Length));
        }
        let Some(piece) = self.pieces.get(writing.n_generated) else {
            return Ok(Step::Done(Finish::Stop));
        };
        writing.n_generated += 1;
        Ok(Step::Text(piece.clone()))
    }

    fn progress(&self, writing: &Writing) -> Progress {
        Progress {
            reused_tokens: 0,
            n_generated: writing.n_generated,
            confidence: Confidence { mean_logprob: 0.0, least_logprob: 0.0 },
        }
    }
}
