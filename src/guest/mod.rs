//! Engines of others: a language model that takes messages and gives pieces of text, be it the
//! browser's own, one on the GPU, or another runtime in wasm.
//!
//! Such an engine tells little of what the router wants to know. What it does not tell is estimated:
//! its tokens by the length of the text ([`transcript`]), what it still holds by what it was last asked
//! and has answered ([`engine`]). Nothing here knows JavaScript; [`Guest`] is the door, and `web` stands
//! behind it.

mod engine;
mod generation;
mod seam;
mod transcript;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::dialogue::Role;
use crate::engine::{Finish, Sampling, SamplingOptions};

pub use engine::GuestEngine;
pub use generation::GuestGeneration;

/// An engine of another's, as the router needs it.
#[allow(async_fn_in_trait)] // single-threaded, as the host's futures
pub trait Guest {
    /// An answer in the making. Dropping it stops it.
    type Answer;

    fn start(&self, asked: &Asked) -> Result<Self::Answer>;

    /// Not called again after a piece that ends the answer, or an error.
    async fn next(&self, answer: &mut Self::Answer) -> Result<Piece>;
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestInfo {
    pub name: String,
    /// How long a dialogue it reads, with its answer.
    pub context_tokens: usize,
    #[serde(default)]
    pub capabilities: Capabilities,
    /// How tokens are drawn where neither the request nor the page says.
    #[serde(default)]
    pub sampling: SamplingOptions,
}

/// What an engine can do beyond answering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Capabilities {
    /// It goes on with an answer that has begun. Else it is asked to, in words.
    pub continues_answers: bool,
    /// What it does not read again.
    pub keeps_prefix: Keeps,
    /// It says how many tokens a piece is. Else they are counted by the text.
    pub token_counts: bool,
    /// It ends an answer that has the length that was asked for. Else it is stopped there.
    pub limits_length: bool,
    /// It reads messages without answering them, to be ready sooner.
    pub reads_ahead: bool,
}

/// What an engine keeps of a dialogue from turn to turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keeps {
    #[default]
    Nothing,
    /// A dialogue that goes on with all that it holds; of any other it reads everything.
    Whole,
    /// Whatever a dialogue has in common with what it holds.
    Prefix,
}

/// What an engine is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    pub messages: Vec<Said>,
    /// The last message is an answer that is to be gone on with.
    pub goes_on: bool,
    /// The messages are only to be read, by an engine that reads ahead.
    pub reads_only: bool,
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// Of at most 31 bits, which every engine takes.
    pub seed: u32,
    pub stop: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    pub role: Role,
    pub content: String,
}

/// What an engine gives next.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Piece {
    pub text: String,
    /// How many tokens the text is.
    pub tokens: Option<usize>,
    /// Of each of these tokens, the natural logarithm of its probability.
    pub logprobs: Vec<f32>,
    /// Share of the prompt that it has read, in [0, 1].
    pub read: Option<f64>,
    /// Why the answer ends with this piece.
    pub finish: Option<Finish>,
}
