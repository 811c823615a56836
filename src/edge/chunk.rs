//! One event of a completion, taken apart; or a whole completion.
//!
//! Fields that a server gets wrong are passed over rather than refused: a chunk has to be a JSON
//! object, and nothing else of it is taken for granted.

use serde_json::Value;

use super::failure::{failure_of, reported, said_in};
use super::finish::Finish;
use super::json::parse;
use super::usage::Usage;
use crate::{Error, Result};

/// Of an object that is no piece of an answer, so much is kept to tell what came.
const MAX_STRANGE_CHARS: usize = 120;

/// One meaningful piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    Text(String),
    /// What the model thinks, which is no part of its answer, where the server tells the two apart.
    Thinking(String),
    /// The model will not answer, and says so.
    Refusal(String),
    /// A piece of a call of a tool, as it came.
    ToolCall(Value),
    /// How likely the tokens were that came, as it came.
    Logprobs(Value),
    Finish(Finish),
    Usage(Usage),
    /// `[DONE]`.
    End,
}

/// Takes events apart, one after the other.
#[derive(Debug, Default)]
pub struct ChunkReader {
    /// The one choice that is read: whichever came first.
    index: Option<i64>,
    /// Whether a delta has said something, so that a whole message would say it again.
    said: bool,
    /// What the first event says that is no piece of an answer.
    strange: Option<String>,
    n_choices: usize,
    /// The first half of a character whose second half has not come yet.
    half: Option<u16>,
}

impl ChunkReader {
    /// Takes in an event by its name and data; appends what it says to `chunks`.
    ///
    /// # Errors
    /// What the server reports, or `edge_protocol` for what is no JSON object.
    pub fn take_event(&mut self, name: &str, data: &str, chunks: &mut Vec<Chunk>) -> Result<()> {
        if data.trim() == "[DONE]" {
            chunks.push(Chunk::End);
            return Ok(());
        }
        let parsed = parse(data, &mut self.half);
        if name == "error" {
            let error = parsed.unwrap_or_else(|_| Value::from(data));
            return Err(reported(&error).unwrap_or_else(|| failure_of(&error)));
        }
        let body = parsed.map_err(|error| {
            Error::EdgeProtocol(format!("an event that is not a chunk ({error})"))
        })?;
        self.take(&body, chunks)
    }

    /// Takes in a chunk, or a whole completion.
    pub fn take(&mut self, body: &Value, chunks: &mut Vec<Chunk>) -> Result<()> {
        // Gemini puts its errors into a list.
        if let Some(bodies) = body.as_array().filter(|bodies| !bodies.is_empty()) {
            return bodies.iter().try_for_each(|body| self.take(body, chunks));
        }
        if !body.is_object() {
            return Err(Error::EdgeProtocol("an event that is no JSON object".to_owned()));
        }
        if let Some(error) = reported(body) {
            return Err(error);
        }
        let choices = body.get("choices").and_then(Value::as_array);
        if choices.is_none() && body.get("usage").is_none() {
            let begin = || body.to_string().chars().take(MAX_STRANGE_CHARS).collect();
            self.strange.get_or_insert_with(|| said_in(body).unwrap_or_else(begin));
        }
        for choice in choices.into_iter().flatten() {
            let index = choice.get("index").and_then(Value::as_i64).unwrap_or_default();
            if *self.index.get_or_insert(index) == index {
                self.n_choices += 1;
                self.take_choice(choice, chunks)?;
            }
        }
        chunks.extend(Usage::of_event(body).map(Chunk::Usage));
        Ok(())
    }

    /// Whether anything that came was a piece of an answer, be it an empty one.
    pub fn understood(&self) -> bool {
        self.n_choices > 0
    }

    /// What the first JSON object says that was no piece of an answer, or its beginning.
    pub fn strange(&self) -> Option<&str> {
        self.strange.as_deref()
    }

    fn take_choice(&mut self, choice: &Value, chunks: &mut Vec<Chunk>) -> Result<()> {
        let n_before = chunks.len();
        let delta = choice.get("delta").filter(|delta| delta.is_object());
        let message = choice.get("message").filter(|message| message.is_object());
        match (delta, message) {
            (Some(delta), _) => take_delta(delta, chunks),
            // MiniMax ends a stream with the whole message once more.
            (None, Some(message)) if !self.said => take_delta(message, chunks),
            _ => {}
        }
        let says_nothing = chunks.len() == n_before;
        let logprobs = choice.get("logprobs").filter(|told| told.is_object());
        if let Some(text) = said(choice.get("text")).filter(|_| says_nothing) {
            chunks.push(Chunk::Text(text));
        }
        self.said |= chunks.len() > n_before;
        chunks.extend(logprobs.cloned().map(Chunk::Logprobs));
        if let Some(reason) = choice.get("finish_reason") {
            chunks.extend(Finish::of(reason)?.map(Chunk::Finish));
        }
        Ok(())
    }
}

/// A delta, or a whole message, which has the same fields.
fn take_delta(delta: &Value, chunks: &mut Vec<Chunk>) {
    let n_before = chunks.len();
    // DeepSeek, SGLang, llama.cpp, xAI; vLLM, OpenRouter, Ollama, Groq; some call it so.
    let fields = ["reasoning_content", "reasoning", "thinking"];
    let thinking = fields.iter().find_map(|field| said(delta.get(*field)));
    chunks.extend(thinking.map(Chunk::Thinking));
    if chunks.len() == n_before {
        let details = delta.get("reasoning_details").and_then(Value::as_array);
        let texts = details.into_iter().flatten().filter_map(|detail| said(detail.get("text")));
        chunks.extend(texts.map(Chunk::Thinking));
    }
    match delta.get("content") {
        Some(Value::Array(parts)) => parts.iter().for_each(|part| take_part(part, chunks)),
        content => chunks.extend(said(content).map(Chunk::Text)),
    }
    chunks.extend(said(delta.get("refusal")).map(Chunk::Refusal));
    let calls = delta.get("tool_calls").and_then(Value::as_array);
    chunks.extend(calls.into_iter().flatten().cloned().map(Chunk::ToolCall));
    let function = delta.get("function_call").filter(|call| call.is_object());
    chunks.extend(function.cloned().map(Chunk::ToolCall));
}

/// A part of a content that is a list, as Mistral and some proxies send it.
fn take_part(part: &Value, chunks: &mut Vec<Chunk>) {
    if let Some(text) = said(Some(part)) {
        return chunks.push(Chunk::Text(text));
    }
    match part.get("type").and_then(Value::as_str) {
        Some("text" | "output_text") => chunks.extend(said(part.get("text")).map(Chunk::Text)),
        Some("refusal") => chunks.extend(said(part.get("refusal")).map(Chunk::Refusal)),
        Some("thinking" | "reasoning") => match part.get("thinking") {
            Some(Value::Array(parts)) => {
                let texts = parts.iter().filter_map(|part| said(part.get("text")));
                chunks.extend(texts.map(Chunk::Thinking));
            }
            thinking => {
                let text = said(thinking).or_else(|| said(part.get("text")));
                chunks.extend(text.map(Chunk::Thinking));
            }
        },
        _ => {}
    }
}

/// A text that says something.
fn said(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
