//! The body of a chat completion request.
//!
//! A dialogue grows at its end, and each turn sends all of it. So its messages are kept as JSON from
//! turn to turn ([`Written`]), and only what is new is written.

use serde::{Deserialize, Serialize};

use serde_json::{Map, Value};

use crate::config::EdgeConfig;
use crate::dialogue::{Message, Role, window};
use crate::engine::sampler::SamplingOptions;

/// Tools that the model may call, in OpenAI's words, which are passed on as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolOffer {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
}

/// A body but for its messages.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    stream: bool,
    stream_options: StreamOptions,
    /// Left out, the answer ends where the model ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    /// What is left out the edge's model decides. Beyond `temperature` and `top_p` the names are those
    /// of vLLM, SGLang and llama.cpp.
    #[serde(flatten)]
    sampling: SamplingOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(flatten)]
    tools: &'a ToolOffer,
    #[serde(flatten)]
    passed: &'a Map<String, Value>,
    /// As vLLM, SGLang and the Nearside gateway understand it: the last message
    /// is the beginning of the answer, go on from there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continue_final_message: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    add_generation_prompt: Option<bool>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// What a body says beside its messages.
pub struct Asked<'a> {
    pub edge: &'a EdgeConfig,
    pub sampling: SamplingOptions,
    pub seed: Option<u64>,
    pub max_tokens: Option<usize>,
    pub stop: &'a [String],
    pub tools: &'a ToolOffer,
    /// Passed on as it is.
    pub passed: &'a Map<String, Value>,
}

impl Asked<'_> {
    /// An object without its messages.
    fn json(&self, continues: bool) -> String {
        let Asked { edge, sampling, seed, max_tokens, stop, tools, passed } = self;
        let body = Body {
            model: edge.model.as_deref(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: *max_tokens,
            sampling: *sampling,
            seed: *seed,
            stop,
            tools,
            passed,
            continue_final_message: continues,
            add_generation_prompt: continues.then_some(false),
        };
        serde_json::to_string(&body).expect("plain data always serializes")
    }
}

/// What the last request said of its dialogue, as JSON.
#[derive(Debug, Default)]
pub struct Written {
    messages: Vec<Message>,
    /// One after the other, each with a comma behind it.
    json: String,
    /// Where each of them ends in `json`.
    ends: Vec<usize>,
}

const BEFORE_MESSAGES: &str = "{\"messages\":[";

impl Written {
    /// JSON for `POST {base_url}/chat/completions`, streaming, with usage at the end, of `messages`
    /// from `start` on and the system messages before it.
    ///
    /// If the last message is the assistant's, the edge is asked to continue it.
    pub fn request(&mut self, asked: &Asked, messages: &[Message], start: usize) -> String {
        self.update(messages, start);
        let messages_json = self.json.strip_suffix(',').unwrap_or_default();
        let rest = asked.json(continues(messages));
        [BEFORE_MESSAGES, messages_json, "],", &rest[1..]].concat()
    }

    /// The length of what [`Written::request`] gives.
    pub fn request_bytes(&mut self, asked: &Asked, messages: &[Message], start: usize) -> usize {
        self.update(messages, start);
        let list = self.json.len().saturating_sub(1);
        BEFORE_MESSAGES.len() + list + "],".len() + asked.json(continues(messages)).len() - 1
    }

    /// Writes what of `messages` from `start` on is not written yet.
    pub fn update(&mut self, messages: &[Message], start: usize) {
        let kept = window::kept(messages, start);
        let n_known = self.messages.iter().zip(&kept).take_while(|(a, b)| a == b).count();
        self.ends.truncate(n_known);
        self.json.truncate(self.ends.last().copied().unwrap_or(0));
        for message in &kept[n_known..] {
            self.json += &as_sent(message);
            self.json.push(',');
            self.ends.push(self.json.len());
        }
        self.messages = kept;
    }
}

/// A message as the edge reads it: with all its parts.
fn as_sent(message: &Message) -> String {
    let Some(parts) = &message.parts else {
        return serde_json::to_string(message).expect("plain data always serializes");
    };
    let mut whole = serde_json::to_value(message).expect("plain data always serializes");
    if let Some(fields) = whole.as_object_mut() {
        fields.remove("parts");
        fields.insert("content".to_owned(), parts.clone());
    }
    whole.to_string()
}

fn continues(messages: &[Message]) -> bool {
    messages.last().is_some_and(|message| message.role == Role::Assistant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> EdgeConfig {
        EdgeConfig { model: Some("m".to_owned()), ..EdgeConfig::default() }
    }

    /// The body, by a writer that knows `before` already.
    fn body(before: &[Message], messages: &[Message], start: usize) -> serde_json::Value {
        body_with(before, messages, start, &ToolOffer::default())
    }

    fn body_with(
        before: &[Message],
        messages: &[Message],
        start: usize,
        tools: &ToolOffer,
    ) -> serde_json::Value {
        let edge = edge();
        let sampling = SamplingOptions { temperature: Some(0.0), ..SamplingOptions::default() };
        let max_tokens = Some(8);
        let passed = &Map::new();
        let asked =
            Asked { edge: &edge, sampling, seed: None, max_tokens, stop: &[], tools, passed };
        let mut written = Written::default();
        written.request(&asked, before, 0);
        let json = written.request(&asked, messages, start);
        assert_eq!(written.request_bytes(&asked, messages, start), json.len());
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[track_caller]
    fn check(messages: &[Message], expected: &str) {
        check_with(messages, &ToolOffer::default(), expected);
    }

    #[track_caller]
    fn check_with(messages: &[Message], tools: &ToolOffer, expected: &str) {
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(body_with(&[], messages, 0, tools), expected);
    }

    #[test]
    fn bodies() {
        let user = Message::new(Role::User, "hi");
        check(
            std::slice::from_ref(&user),
            r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,
                "stream_options":{"include_usage":true},"max_tokens":8,"temperature":0.0}"#,
        );
        check(
            &[user, Message::new(Role::Assistant, "Hel")],
            r#"{"model":"m","messages":[{"role":"user","content":"hi"},
                {"role":"assistant","content":"Hel"}],"stream":true,
                "stream_options":{"include_usage":true},"max_tokens":8,"temperature":0.0,
                "continue_final_message":true,"add_generation_prompt":false}"#,
        );
    }

    #[test]
    fn parts_and_whatever_else_is_asked_are_passed_on() {
        let parts = serde_json::json!([
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
        ]);
        let message =
            Message { parts: Some(parts.clone()), ..Message::new(Role::User, "What is this?") };
        let passed =
            serde_json::json!({"response_format": {"type": "json_object"}, "logprobs": true});
        let (edge, tools) = (edge(), ToolOffer::default());
        let asked = Asked {
            edge: &edge,
            sampling: SamplingOptions::default(),
            seed: None,
            max_tokens: None,
            stop: &[],
            tools: &tools,
            passed: passed.as_object().unwrap(),
        };
        let body = Written::default().request(&asked, &[message], 0);
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["messages"], serde_json::json!([{"role": "user", "content": parts}]));
        assert_eq!(
            (&body["response_format"]["type"], &body["logprobs"]),
            (&"json_object".into(), &true.into())
        );
    }

    #[test]
    fn tools_and_their_results_are_passed_on() {
        let user = Message::new(Role::User, "weather?");
        let call = r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"#;
        let messages = format!(
            r#"[{{"role":"user","content":"weather?"}},
                {{"role":"assistant","content":"","tool_calls":[{call}]}},
                {{"role":"tool","content":"rain","tool_call_id":"a"}}]"#
        );
        let parsed: Vec<Message> = serde_json::from_str(&messages).unwrap();
        let offer = r#"{"tools":[{"type":"function","function":{"name":"f"}}],
            "tool_choice":"auto","parallel_tool_calls":false}"#;
        let tools: ToolOffer = serde_json::from_str(offer).unwrap();
        let rest = r#""stream":true,"stream_options":{"include_usage":true},"max_tokens":8,
            "temperature":0.0}"#;
        let offered = &offer[..offer.len() - 1];
        check_with(
            &parsed,
            &tools,
            &format!(r#"{offered},"model":"m","messages":{messages},{rest}"#),
        );
        let asked = r#"{"model":"m","messages":[{"role":"user","content":"weather?"}],"#;
        check_with(&[user], &ToolOffer::default(), &format!("{asked}{rest}"));
    }

    #[test]
    fn what_was_written_before_changes_nothing() {
        let text = |role, text: &str| Message::new(role, text);
        let (s, u, a) =
            (text(Role::System, "s\"\n"), text(Role::User, "é"), text(Role::Assistant, "a"));
        let dialogue = [s.clone(), u.clone(), a.clone(), s, a.clone(), u.clone()];
        for before in [&dialogue[..0], &dialogue[..2], &dialogue[1..], &[a, u]] {
            for n in 0..=dialogue.len() {
                for start in 0..=n {
                    let found = body(before, &dialogue[..n], start);
                    let kept = crate::dialogue::window::kept(&dialogue[..n], start);
                    assert_eq!(found["messages"], serde_json::to_value(&kept).unwrap());
                }
            }
        }
    }
}
