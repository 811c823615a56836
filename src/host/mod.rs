//! The one door to the outside: clock, network, storage, and the caller's ear.
//!
//! The core has no clock and no socket. The browser's half of this trait is
//! `web/host.rs`, the test half is [`sim::SimHost`] on a [`clock::VirtualClock`].

pub mod clock;
pub mod sim;

use std::time::Duration;

use serde::Serialize;

use crate::Result;
use crate::dialogue::Date;
pub use crate::edge::{EdgeHints, ProbeReply, ProbeRequest};
use crate::routing::{Decision, LinkEstimate, Look, Route};

/// What one turn needs of the world around it.
#[allow(async_fn_in_trait)] // single-threaded by design: futures never leave their worker
pub trait Host {
    type EdgeBody: EdgeBody;

    /// Time since an arbitrary, fixed origin; never goes backwards.
    fn now(&self) -> Duration;

    /// The user's calendar: which day it is where they are.
    fn today(&self) -> Date;

    /// Sends one measured request. `Err` means that nothing came back.
    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeReply>;

    /// Posts a chat completion. `Ok` for every HTTP status; the body follows.
    async fn call_edge(&self, request: &EdgeRequest) -> Result<EdgeResponse<Self::EdgeBody>>;

    /// What [`Host::save`] kept under this key, perhaps on an earlier visit.
    fn load(&self, key: &str) -> Option<String>;

    fn save(&self, key: &str, value: &str);

    /// Gives other tasks, an abort among them, a chance to run.
    async fn yield_now(&self);

    async fn sleep(&self, time: Duration);

    /// Whether the caller has aborted this turn.
    fn cancelled(&self) -> bool;

    fn emit(&self, event: Event<'_>);
}

/// The bytes of an edge's answer as they arrive. Dropping it ends the request.
#[allow(async_fn_in_trait)]
pub trait EdgeBody {
    /// The next piece, `None` at the end, `Err` if the connection broke or was
    /// silent for `timeout`.
    async fn next(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>>;
}

/// A chat completion to be posted.
#[derive(Debug, Clone)]
pub struct EdgeRequest {
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: String,
    /// Bound on the wait for the response's head.
    pub timeout: Duration,
}

/// The head of an edge's answer, and its body to come.
pub struct EdgeResponse<B> {
    pub status: u16,
    pub retry_after_s: Option<u64>,
    pub hints: EdgeHints,
    pub body: B,
}

/// What the router tells its caller while it works.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event<'a> {
    /// The decision, before the first token.
    Route { decision: &'a Decision },
    /// Prompt tokens evaluated on the device.
    Prefill { done: usize, total: usize },
    /// A piece of the answer.
    Delta { text: &'a str, route: Route },
    /// A piece of what the model thinks before it answers; it is no part of the answer.
    Thinking { text: &'a str, route: Route },
    /// What this side has said so far as its answer turned out to be `text` that it thought.
    Thought { text: &'a str, route: Route },
    /// A piece of the answer that says that there will be none.
    Refusal { text: &'a str, route: Route },
    /// A piece of a call of a tool, in OpenAI's shape.
    #[serde(rename = "tool_call")]
    ToolCall { call: &'a serde_json::Value, route: Route },
    /// How likely the edge's tokens were, where that was asked, in OpenAI's shape.
    Logprobs { logprobs: &'a serde_json::Value, route: Route },
    /// The device's answer was judged while it was written.
    Look { look: &'a Look },
    /// A question of the quiz was answered, by which the router learns how able a model is.
    Quiz { done: usize, total: usize },
    /// The edge is asked what it thinks of the device's answer, which is complete.
    Reading { expected_s: f64 },
    /// The edge, which began when the device did, is not needed; so many tokens came for nothing.
    Stopped { thrown_away_tokens: usize },
    /// The turn goes on at the other side, from the text already shown; or, where that `replaces`
    /// it, anew: what was shown is only a draft.
    Switch { from: Route, to: Route, reason: &'a str, sentence: &'a str, replaces: bool },
    /// The link estimate changed.
    Link { link: &'a LinkEstimate },
}
