//! The body of a chat completion request.

use serde::{Deserialize, Serialize};

use serde_json::Value;

use crate::config::EdgeConfig;
use crate::dialogue::{Message, Role};
use crate::engine::sampler::Sampling;

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

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    messages: &'a [Message],
    stream: bool,
    stream_options: StreamOptions,
    /// Left out, the answer ends where the model ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    temperature: f32,
    #[serde(skip_serializing_if = "is_one")]
    top_p: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(flatten)]
    tools: &'a ToolOffer,
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

fn is_one(value: &f32) -> bool {
    *value == 1.0
}

/// JSON for `POST {base_url}/chat/completions`, streaming, with usage at the end.
///
/// If the last message is the assistant's, the edge is asked to continue it.
pub fn completion_request(
    edge: &EdgeConfig,
    messages: &[Message],
    sampling: &Sampling,
    max_tokens: Option<usize>,
    stop: &[String],
    tools: &ToolOffer,
) -> String {
    let continues = messages.last().is_some_and(|message| message.role == Role::Assistant);
    let body = Body {
        model: edge.model.as_deref(),
        messages,
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        max_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        seed: (sampling.temperature > 0.0).then_some(sampling.seed),
        stop,
        tools,
        continue_final_message: continues,
        add_generation_prompt: continues.then_some(false),
    };
    serde_json::to_string(&body).expect("plain data always serializes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[Message], expected: &str) {
        check_with(messages, &ToolOffer::default(), expected);
    }

    fn check_with(messages: &[Message], tools: &ToolOffer, expected: &str) {
        let edge = EdgeConfig { model: Some("m".to_owned()), ..EdgeConfig::default() };
        let json = completion_request(&edge, messages, &Sampling::default(), Some(8), &[], tools);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(parsed, expected);
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
}
