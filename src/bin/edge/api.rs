//! OpenAI's chat completion on the wire: what comes in, checked, and what goes out.

use std::collections::BTreeMap;

use nearside::dialogue::{Message, Role};
use nearside::engine::{Finish, Sampling, SamplingOptions};
use serde::{Deserialize, Serialize};

use crate::failure::ApiError;
use crate::job::{Outcome, Piece, PieceToken, ReadToken, TokenText};

/// OpenAI allows four.
const MAX_STOP_STRINGS: usize = 4;
/// As OpenAI has it.
const MOST_ALTERNATIVES: usize = 20;

/// The body of `POST /v1/chat/completions`. One model is served, so `model` is not read; unknown
/// fields are ignored, and those that would change the answer's meaning are refused.
#[derive(Debug, Deserialize)]
pub struct ChatRequest {
    messages: Vec<WireMessage>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    #[serde(flatten)]
    sampling: SamplingOptions,
    /// Wide enough for every seed that fits into 64 bits, signed or not.
    seed: Option<i128>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stop: Option<OneOrMany>,
    add_generation_prompt: Option<bool>,
    #[serde(default)]
    continue_final_message: bool,
    n: Option<u32>,
    tools: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    logprobs: bool,
    top_logprobs: Option<usize>,
    /// vLLM's: of how many of the likeliest tokens the probabilities are told beside each of the prompt's.
    prompt_logprobs: Option<usize>,
    frequency_penalty: Option<f32>,
    presence_penalty: Option<f32>,
    response_format: Option<ResponseFormat>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Debug, Deserialize)]
struct ResponseFormat {
    r#type: String,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    role: String,
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    r#type: String,
    #[serde(default)]
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl ChatRequest {
    pub fn parse(body: &[u8]) -> Result<ChatRequest, ApiError> {
        let request: ChatRequest =
            serde_json::from_slice(body).map_err(|error| ApiError::invalid(error.to_string()))?;
        request.refuse_unsupported()?;
        Ok(request)
    }

    fn refuse_unsupported(&self) -> Result<(), ApiError> {
        let has_tools = self.tools.as_ref().is_some_and(|tools| !tools.is_empty());
        let is_text = self.response_format.as_ref().is_none_or(|format| format.r#type == "text");
        let is_off = |penalty: Option<f32>| penalty.is_none_or(|penalty| penalty == 0.0);
        for (supported, what) in [
            (self.n.is_none_or(|n| n == 1), "`n` above 1"),
            (!has_tools, "`tools`"),
            (is_off(self.frequency_penalty), "`frequency_penalty`"),
            (is_off(self.presence_penalty), "`presence_penalty`"),
            (is_text, "a `response_format` other than text"),
        ] {
            if !supported {
                return Err(ApiError::invalid(format!("{what} is not supported here")));
            }
        }
        Ok(())
    }

    /// Whether the last message is the beginning of the answer, as vLLM has it.
    pub fn continues_final_message(&self) -> Result<bool, ApiError> {
        let is_last_assistant =
            self.messages.last().is_some_and(|message| message.role == "assistant");
        match (self.continue_final_message, self.add_generation_prompt) {
            (true, Some(true)) => Err(ApiError::invalid(
                "`continue_final_message` and `add_generation_prompt` exclude each other",
            )),
            (true, _) if !is_last_assistant => Err(ApiError::invalid(
                "`continue_final_message` needs an assistant message at the end",
            )),
            (false, Some(false)) => Err(ApiError::invalid(
                "`add_generation_prompt: false` is only for `continue_final_message: true`",
            )),
            (continues, _) => Ok(continues),
        }
    }

    pub fn messages(&self) -> Result<Vec<Message>, ApiError> {
        if self.messages.is_empty() {
            return Err(ApiError::invalid("`messages` is empty"));
        }
        self.messages.iter().map(WireMessage::to_message).collect()
    }

    /// What is not said is the `served` model's, and else the engine's default, which is greedy.
    /// `fresh_seed` is for those who want chance and do not say which.
    pub fn sampling(&self, served: SamplingOptions, fresh_seed: u64) -> Result<Sampling, ApiError> {
        let seed = self.seed.map_or(fresh_seed, |seed| seed as u64);
        let sampling = self.sampling.or(served).with_seed(seed);
        sampling.validate()?;
        Ok(sampling)
    }

    /// The newer name wins where both are given.
    pub fn max_tokens(&self) -> Result<Option<usize>, ApiError> {
        match self.max_completion_tokens.or(self.max_tokens) {
            Some(0) => Err(ApiError::invalid("`max_tokens` must be at least 1")),
            asked => Ok(asked),
        }
    }

    pub fn stop(&self) -> Result<Vec<String>, ApiError> {
        let stop = match &self.stop {
            None => Vec::new(),
            Some(OneOrMany::One(stop)) => vec![stop.clone()],
            Some(OneOrMany::Many(stops)) => stops.clone(),
        };
        if stop.len() > MAX_STOP_STRINGS || stop.iter().any(String::is_empty) {
            return Err(ApiError::invalid("`stop` takes up to four strings, none of them empty"));
        }
        Ok(stop)
    }

    /// Of how many of the likeliest tokens the probabilities are told beside each token's own; `None`
    /// where none are.
    pub fn alternatives(&self) -> Result<Option<usize>, ApiError> {
        match (self.logprobs, self.top_logprobs) {
            (false, Some(n)) if n > 0 => {
                Err(ApiError::invalid("`top_logprobs` needs `logprobs: true`"))
            }
            (false, _) => Ok(None),
            (true, n) if n.unwrap_or(0) <= MOST_ALTERNATIVES => Ok(Some(n.unwrap_or(0))),
            _ => Err(ApiError::invalid(format!("`top_logprobs` is at most {MOST_ALTERNATIVES}"))),
        }
    }

    /// As [`ChatRequest::alternatives`], of the prompt's last message, which is the beginning of an
    /// answer: what the model thinks of a draft that another has written.
    pub fn reads_draft(&self) -> Result<Option<usize>, ApiError> {
        match self.prompt_logprobs {
            None => Ok(None),
            Some(_) if !self.continue_final_message => Err(ApiError::invalid(
                "`prompt_logprobs` is only for `continue_final_message: true`",
            )),
            Some(_) if self.is_streamed() => {
                Err(ApiError::invalid("`prompt_logprobs` and `stream: true` exclude each other"))
            }
            Some(n) if n > MOST_ALTERNATIVES => {
                Err(ApiError::invalid(format!("`prompt_logprobs` is at most {MOST_ALTERNATIVES}")))
            }
            n => Ok(n),
        }
    }

    pub fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }

    pub fn includes_usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|options| options.include_usage)
    }
}

impl WireMessage {
    fn to_message(&self) -> Result<Message, ApiError> {
        let role = match self.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => return Err(ApiError::invalid(format!("the role `{other}` is not supported"))),
        };
        let content = match &self.content {
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => {
                parts.iter().map(Part::text).collect::<Result<String, _>>()?
            }
            None if role == Role::Assistant => String::new(),
            None => return Err(ApiError::invalid("a message has no content")),
        };
        Ok(Message::new(role, content))
    }
}

impl Part {
    fn text(&self) -> Result<&str, ApiError> {
        if self.r#type == "text" {
            return Ok(&self.text);
        }
        Err(ApiError::invalid(format!("content of type `{}` is not supported", self.r#type)))
    }
}

/// What every piece of one completion carries.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope {
    pub id: String,
    pub created: u64,
    pub model: String,
}

/// A whole answer.
#[derive(Debug, Serialize)]
pub struct Completion<'a> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    object: &'static str,
    choices: [Choice<'a>; 1],
    usage: Usage,
    timings: Timings,
    /// vLLM's, of the last message alone: a place for each token, with what may stand in it by token id.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_logprobs: Option<Vec<BTreeMap<u32, PromptLogprob>>>,
}

/// A token in a place of the prompt.
#[derive(Debug, Serialize)]
struct PromptLogprob {
    logprob: f32,
    /// 1 is the likeliest.
    rank: usize,
    decoded_token: String,
}

fn place(read: &ReadToken) -> BTreeMap<u32, PromptLogprob> {
    let named = |(token, text): &(u32, TokenText), rank| {
        let decoded_token = String::from_utf8_lossy(&text.bytes).into_owned();
        (*token, PromptLogprob { logprob: text.logprob, rank, decoded_token })
    };
    let others = read.alternatives.iter().zip(1..).map(|(other, rank)| named(other, rank));
    others.chain([named(&read.token, read.rank)]).collect()
}

/// A piece of an answer. The piece with the usage has no choice.
#[derive(Debug, Serialize)]
pub struct Chunk<'a> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    object: &'static str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timings: Option<Timings>,
}

#[derive(Debug, Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Delta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<Logprobs>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Logprobs {
    content: Vec<Logprob>,
}

/// A token, and the likeliest ones in its place.
#[derive(Debug, Serialize)]
struct Logprob {
    #[serde(flatten)]
    chosen: Alternative,
    top_logprobs: Vec<Alternative>,
}

#[derive(Debug, Serialize)]
struct Alternative {
    /// With a mark in place of bytes that are only a part of a character.
    token: String,
    logprob: f32,
    bytes: Vec<u8>,
}

impl Alternative {
    fn of(token: &TokenText) -> Alternative {
        Alternative {
            token: String::from_utf8_lossy(&token.bytes).into_owned(),
            logprob: token.logprob,
            bytes: token.bytes.clone(),
        }
    }
}

impl Logprobs {
    /// `None` where no token's probability is known, since none were asked for.
    fn of<'t>(tokens: impl Iterator<Item = &'t PieceToken>) -> Option<Logprobs> {
        let content: Vec<Logprob> = tokens
            .map(|token| Logprob {
                chosen: Alternative::of(&token.chosen),
                top_logprobs: token.alternatives.iter().map(Alternative::of).collect(),
            })
            .collect();
        (!content.is_empty()).then_some(Logprobs { content })
    }
}

#[derive(Debug, Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
    prompt_tokens_details: PromptTokensDetails,
}

#[derive(Debug, Serialize)]
struct PromptTokensDetails {
    cached_tokens: usize,
}

/// Where an answer's time went on this side of the link; beyond OpenAI's shape, for the router.
#[derive(Debug, Serialize)]
struct Timings {
    queue_s: f64,
    prefill_s: f64,
    decode_s: f64,
}

impl Envelope {
    pub fn completion<'a>(
        &'a self,
        text: &'a str,
        tokens: &[PieceToken],
        outcome: &Outcome,
    ) -> Completion<'a> {
        let message = Delta { role: Some("assistant"), content: Some(text) };
        let finish_reason = Some(finish_reason(&outcome.finish));
        Completion {
            envelope: self,
            object: "chat.completion",
            choices: [Choice {
                index: 0,
                message: Some(message),
                delta: None,
                logprobs: Logprobs::of(tokens.iter()),
                finish_reason,
            }],
            usage: Usage::of(outcome),
            timings: Timings::of(outcome),
            prompt_logprobs: outcome.read.as_ref().map(|read| read.iter().map(place).collect()),
        }
    }

    /// Opens a stream: prefill has begun.
    pub fn opening_chunk(&self) -> Chunk<'_> {
        self.chunk(Delta { role: Some("assistant"), content: Some("") }, None, None)
    }

    pub fn text_chunk<'a>(&'a self, piece: &'a Piece) -> Chunk<'a> {
        let delta = Delta { role: None, content: Some(&piece.text) };
        self.chunk(delta, Logprobs::of(piece.token.iter()), None)
    }

    pub fn closing_chunk(&self, outcome: &Outcome) -> Chunk<'_> {
        self.chunk(Delta::default(), None, Some(finish_reason(&outcome.finish)))
    }

    pub fn usage_chunk(&self, outcome: &Outcome) -> Chunk<'_> {
        let (usage, timings) = (Some(Usage::of(outcome)), Some(Timings::of(outcome)));
        Chunk { envelope: self, object: CHUNK, choices: Vec::new(), usage, timings }
    }

    fn chunk<'a>(
        &'a self,
        delta: Delta<'a>,
        logprobs: Option<Logprobs>,
        finish_reason: Option<&'static str>,
    ) -> Chunk<'a> {
        let delta = Some(delta);
        let choices = vec![Choice { index: 0, message: None, delta, logprobs, finish_reason }];
        Chunk { envelope: self, object: CHUNK, choices, usage: None, timings: None }
    }
}

const CHUNK: &str = "chat.completion.chunk";

fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
    }
}

impl Usage {
    fn of(outcome: &Outcome) -> Usage {
        Usage {
            prompt_tokens: outcome.prompt_tokens,
            completion_tokens: outcome.completion_tokens,
            total_tokens: outcome.prompt_tokens + outcome.completion_tokens,
            prompt_tokens_details: PromptTokensDetails { cached_tokens: outcome.cached_tokens },
        }
    }
}

impl Timings {
    fn of(outcome: &Outcome) -> Timings {
        Timings {
            queue_s: outcome.queued.as_secs_f64(),
            prefill_s: outcome.prefill.as_secs_f64(),
            decode_s: outcome.decode.as_secs_f64(),
        }
    }
}
