//! What a turn is asked and what it reports.

use serde::{Deserialize, Serialize};

use super::lacking::Passed;
use super::reader::DraftRead;
use crate::config::Mode;
use crate::dialogue::{Message, session};
use crate::edge::{Finish, ToolOffer};
use crate::engine::sampler::SamplingOptions;
use crate::routing::{Decision, Flaw, Look, Reason, Route};
use crate::{Error, Result};

/// One chat turn, as a caller asks for it.
#[derive(Debug, Clone, Deserialize)]
pub struct TurnRequest {
    /// The whole dialogue; the last message is the user's, a tool's, or the assistant's, which is
    /// gone on with.
    pub messages: Vec<Message>,
    /// Tools that the edge may ask for. Only the edge can: a turn that offers some goes there.
    #[serde(flatten)]
    pub tools: ToolOffer,
    /// What else is said to the edge. A turn that asks for something that the device's model does not give
    /// goes there.
    #[serde(default)]
    pub passed: Passed,
    #[serde(flatten)]
    pub sampling: SamplingOptions,
    /// For answers that are drawn by chance; `None`: another one each time.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Longest answer in tokens; `None`: as configured.
    #[serde(default)]
    pub max_tokens: Option<usize>,
    /// Texts that end the answer and are not shown.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Overrides the configured mode for this turn.
    #[serde(default)]
    pub mode: Option<Mode>,
}

impl TurnRequest {
    pub fn new(messages: Vec<Message>) -> TurnRequest {
        TurnRequest {
            messages,
            tools: ToolOffer::default(),
            passed: Passed::new(),
            sampling: SamplingOptions::default(),
            seed: None,
            max_tokens: None,
            stop: Vec::new(),
            mode: None,
        }
    }

    pub fn validate(&self) -> Result<()> {
        session::validate(&self.messages)?;
        self.sampling.validate()?;
        if self.max_tokens == Some(0) {
            return Err(Error::InvalidRequest("max_tokens must be at least 1".to_owned()));
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(Error::InvalidRequest("a stop string is empty".to_owned()));
        }
        Ok(())
    }
}

/// Why the answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model said all, or a stop string came.
    Stop,
    /// `max_tokens`, or the context, was reached.
    Length,
    /// The edge's filter left out the answer, or the rest of it.
    ContentFilter,
    /// The edge asks for tools, and goes on once it is told what they found.
    ToolCalls,
    /// The caller stopped it.
    Abort,
}

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> FinishReason {
        match finish {
            Finish::Stop => FinishReason::Stop,
            Finish::Length => FinishReason::Length,
            Finish::ContentFilter => FinishReason::ContentFilter,
            Finish::ToolCalls => FinishReason::ToolCalls,
        }
    }
}

/// Token counts in OpenAI's names. What the edge did not count is estimated: `x_estimated` names
/// those fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TurnUsage {
    pub prompt_tokens: usize,
    /// Thinking included.
    pub completion_tokens: usize,
    pub total_tokens: usize,
    /// Those of the completion that were thinking.
    pub reasoning_tokens: usize,
    /// Prompt tokens whose keys and values were still held.
    pub cached_tokens: usize,
    /// Prompt tokens whose keys and values the device fetched.
    pub fetched_tokens: usize,
    /// Which of these nobody has counted: the prompt is then counted in the device's vocabulary,
    /// the completion by its pieces, and what was cached as the ledger has it.
    pub x_estimated: Vec<&'static str>,
}

impl TurnUsage {
    /// The device counts, but for `n_before` tokens of the answer that the edge may not have counted.
    pub(super) fn count_on_device(&mut self, n_before: usize) {
        let of_answer = ["completion_tokens", "total_tokens", "reasoning_tokens"];
        let counted_elsewhere = |name: &&str| n_before > 0 && of_answer.contains(name);
        let had_answer = self.x_estimated.contains(&"completion_tokens");
        self.x_estimated.retain(|name| had_answer && counted_elsewhere(name));
    }
}

/// A turn that went on at the other side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Switched {
    pub from: Route,
    pub to: Route,
    /// The error code that caused it, `second_look`, `edge_first`, or `edge_back`.
    pub reason: String,
    pub sentence: String,
    /// What the device had written, where the edge answered anew.
    pub draft: Option<String>,
}

/// What became of the edge where both sides began at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StartedBoth {
    /// Answer tokens that the edge wrote for nothing, as far as they had come.
    pub thrown_away_tokens: usize,
    /// The code of the error that it failed with while the device went on.
    pub edge_error: Option<String>,
}

/// A finished turn: what was decided, and what it really took. Times in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct TurnReport {
    /// The turn's number, to rate it by.
    pub turn: u64,
    /// The side that ended the answer.
    pub route: Route,
    pub reason: Reason,
    pub sentence: String,
    pub p: f64,
    /// Predicted.
    pub t_device_s: f64,
    pub t_edge_s: f64,
    pub missing_device: usize,
    pub missing_edge: usize,
    /// Measured, from the request to the decision: counting, scoring, and a probe where one was due.
    /// The predicted times begin here.
    pub decided_s: f64,
    /// Measured, from the request to the first text, thinking included; `None` if there was none.
    pub ttft_s: Option<f64>,
    /// Measured, from the first thinking that was shown to the answer's first text; `None` if there
    /// was no thinking, or no answer after it.
    pub thought_s: Option<f64>,
    pub total_s: f64,
    /// The answer, without the thinking that led to it.
    pub text: String,
    /// What the model thought. It is no part of the answer, nor of the dialogue.
    pub thinking: String,
    /// Whether the text says that the model will not answer.
    pub refused: bool,
    /// The tools that the edge asks for, in OpenAI's shape.
    pub tool_calls: Vec<serde_json::Value>,
    pub finish_reason: FinishReason,
    /// What is wrong with the text, as far as can be seen without knowing what is right.
    pub flaw: Option<Flaw>,
    /// How long the answer could get on the side that ended it, in tokens; the context may end sooner.
    pub max_tokens: usize,
    pub usage: TurnUsage,
    pub switched: Option<Switched>,
    /// In their order; empty where nothing was looked at.
    pub looks: Vec<Look>,
    /// `None` where the edge was not asked what it thinks of the device's answer.
    pub reading: Option<DraftRead>,
    /// `None` where one side began.
    pub started_both: Option<StartedBoth>,
    /// Whether the edge was shown the prompt, since the device's answer looked shaky.
    pub edge_warmed: bool,
    /// The code of the error for which the device had to compute what it wanted to fetch.
    pub fetch_error: Option<String>,
    pub dropped_messages: usize,
    /// How often the dialogue has changed sides so far.
    pub n_moves: usize,
    pub decision: Decision,
}
