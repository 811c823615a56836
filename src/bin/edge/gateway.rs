//! What the handlers share, and what the gateway says of itself in every answer.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::HeaderName;
use axum::response::AppendHeaders;
use nearside::dialogue::{Beginnings, Date, Message, prompt_tokens};
use nearside::engine::{Model, SamplingOptions};
use nearside::{Error, Result};

use crate::api::Envelope;
use crate::handoff::Handoff;
use crate::line::Line;

/// Seconds until a prefill that is asked for now would start.
pub const QUEUE_S: HeaderName = HeaderName::from_static("x-nearside-queue-s");
/// Tokens per second that a request which arrives now can expect.
pub const PREFILL_TPS: HeaderName = HeaderName::from_static("x-nearside-prefill-tps");
pub const DECODE_TPS: HeaderName = HeaderName::from_static("x-nearside-decode-tps");
/// Whose keys and values are handed over, and how fast their model reads a prompt here.
pub const KV: HeaderName = HeaderName::from_static("x-nearside-kv");
pub const KV_PREFILL_TPS: HeaderName = HeaderName::from_static("x-nearside-kv-prefill-tps");
/// Where a transfer's time went on this side of the link.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// What the handlers share.
pub struct Gateway {
    pub model: Arc<Model>,
    pub model_name: String,
    pub n_ctx: usize,
    pub max_tokens: usize,
    /// Of requests that do not say.
    pub sampling: SamplingOptions,
    pub line: Arc<Line>,
    /// Where the device's model is here.
    pub handoff: Option<Handoff>,
    pub noise: Bytes,
    pub started_unix_s: u64,
    pub n_completions: AtomicU64,
    /// On which day the dialogues began that go on here, by this machine's clock.
    pub beginnings: Mutex<Beginnings>,
}

impl Gateway {
    /// The tokens of a dialogue that the model is to go on with; in its last answer, if it `continues`
    /// that.
    pub fn prompt(&self, messages: &[Message], continues: bool) -> Result<Vec<u32>> {
        let today = Date::of_unix_seconds(unix_s());
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let began = beginnings.day_of(messages, today);
        drop(beginnings);
        prompt_tokens(self.model.tokenizer(), self.model.template(), messages, !continues, began)
    }

    /// Where in the `prompt`, which goes on with the last message, that message begins.
    ///
    /// # Errors
    /// Where it says nothing.
    pub fn draft_begins(&self, messages: &[Message], prompt: &[u32]) -> Result<usize> {
        let before = self.prompt(&messages[..messages.len() - 1], false)?;
        let common = before.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        match common < prompt.len() {
            true => Ok(common.max(1)),
            false => Err(Error::InvalidRequest("the draft to be read is empty".to_owned())),
        }
    }

    /// The hints of the moment, for every answer that a router can learn from.
    pub fn hint_headers(&self) -> AppendHeaders<Vec<(HeaderName, String)>> {
        let outlook = self.line.outlook();
        let mut hints = vec![
            (QUEUE_S, format!("{:.6}", outlook.queue_s)),
            (PREFILL_TPS, format!("{:.1}", outlook.prefill_tps)),
            (DECODE_TPS, format!("{:.1}", outlook.decode_tps)),
        ];
        if let (Some(handoff), Some(tps)) = (&self.handoff, outlook.kv_prefill_tps) {
            hints.extend([(KV, handoff.hint()), (KV_PREFILL_TPS, format!("{tps:.1}"))]);
        }
        AppendHeaders(hints)
    }

    /// A seed that differs from request to request and from start to start.
    pub fn fresh_seed(&self) -> u64 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(self.n_completions.load(Ordering::Relaxed));
        hasher.finish()
    }

    /// A new completion's identity.
    pub fn envelope(&self) -> Envelope {
        let serial = self.n_completions.fetch_add(1, Ordering::Relaxed);
        Envelope {
            id: format!("chatcmpl-{:x}-{serial:x}", self.started_unix_s),
            created: unix_s(),
            model: self.model_name.clone(),
        }
    }
}

/// The wall clock as OpenAI's `created` has it.
pub fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
