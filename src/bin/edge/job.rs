//! What the handlers want computed, and what they hear of it.

use std::time::{Duration, Instant};

use nearside::Error;
use nearside::engine::{Finish, GenerateRequest};
use nearside::handoff::codec::Encoding;
use tokio::sync::mpsc;

/// Something to be computed.
pub struct Job {
    pub work: Work,
    pub offered: Instant,
}

/// What is wanted, and where its pieces go.
pub enum Work {
    Answer {
        request: GenerateRequest,
        /// Whether the probability of each token is told.
        tells_tokens: bool,
        events: mpsc::UnboundedSender<Event>,
    },
    Transfer {
        request: TransferRequest,
        events: mpsc::UnboundedSender<TransferEvent>,
    },
}

impl Work {
    /// Nobody listens any more.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Work::Answer { events, .. } => events.is_closed(),
            Work::Transfer { events, .. } => events.is_closed(),
        }
    }

    pub fn fail(&self, failure: Failure) {
        match self {
            Work::Answer { events, .. } => drop(events.send(Event::Failed(failure))),
            Work::Transfer { events, .. } => drop(events.send(TransferEvent::Failed(failure))),
        }
    }
}

/// Keys and values of the device's model for the positions from `start` on.
#[derive(Debug)]
pub struct TransferRequest {
    pub tokens: Vec<u32>,
    pub start: usize,
    pub encoding: Encoding,
}

/// What a transfer tells its listener: `Begun`, its sections, and the end of the channel; or
/// `Failed` instead of what is left.
#[derive(Debug)]
pub enum TransferEvent {
    Begun { n_bytes: u64, n_cached: usize, queued: Duration, prefill: Duration },
    Section(Vec<u8>),
    Failed(Failure),
}

/// What a job tells its listener: `Started`, any number of `Text`, then one `Done` or `Failed`.
#[derive(Debug)]
pub enum Event {
    Started,
    Text(Piece),
    Done(Outcome),
    Failed(Failure),
}

/// What one step added to an answer.
#[derive(Debug, Default)]
pub struct Piece {
    pub text: String,
    /// The token that it came from, where the request asks for probabilities.
    pub token: Option<PieceToken>,
}

/// A token that was written, beside the likeliest ones.
#[derive(Debug)]
pub struct PieceToken {
    pub chosen: TokenText,
    pub alternatives: Vec<TokenText>,
}

/// A token's bytes and the natural logarithm of its probability.
#[derive(Debug)]
pub struct TokenText {
    pub bytes: Vec<u8>,
    pub logprob: f32,
}

/// A token of the prompt, and the likeliest ones in its place, each with its id.
#[derive(Debug)]
pub struct ReadToken {
    pub token: (u32, TokenText),
    pub rank: usize,
    pub alternatives: Vec<(u32, TokenText)>,
}

/// How an answer ended, and what it took.
#[derive(Debug)]
pub struct Outcome {
    pub finish: Finish,
    /// Of the draft that was to be read, where there was one.
    pub read: Option<Vec<ReadToken>>,
    pub prompt_tokens: usize,
    /// Of the prompt, what an engine already held.
    pub cached_tokens: usize,
    pub completion_tokens: usize,
    pub queued: Duration,
    /// From admission, including the steps of the requests it took turns with.
    pub prefill: Duration,
    pub decode: Duration,
}

/// Why a job got no answer or not all of it.
#[derive(Debug)]
pub enum Failure {
    Engine(Error),
    ShuttingDown,
}

/// Why a job was not taken.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    Full { retry_after_s: u64 },
    ShuttingDown,
}

impl Refusal {
    /// To come back when those before are expected to be done.
    pub fn full(wait_s: f64) -> Refusal {
        Refusal::Full { retry_after_s: (wait_s.ceil() as u64).clamp(1, 60) }
    }
}
