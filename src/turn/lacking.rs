//! What a turn asks for that the model on the device does not give, so that only the edge can answer.

use serde_json::{Map, Value};

use super::report::TurnRequest;
use crate::Error;
use crate::dialogue::Message;

/// What a request says to the edge beside its messages, in OpenAI's words, and is passed on as it is.
pub type Passed = Map<String, Value>;

impl TurnRequest {
    /// Whether only the edge can answer.
    pub fn needs_edge(&self) -> bool {
        self.lacking().is_some()
    }

    /// What the device's model does not give of what is asked, as an error; `None`: it can answer.
    pub fn lacking(&self) -> Option<Error> {
        if !self.tools.tools.is_empty() || self.messages.iter().any(Message::is_about_tools) {
            return Some(Error::ToolsNeedEdge);
        }
        if self.messages.iter().any(|message| message.parts.is_some()) {
            return Some(Error::NeedsEdge("pictures or other files"));
        }
        self.passed.iter().find_map(|(name, value)| demand(name, value)).map(Error::NeedsEdge)
    }
}

/// What a field demands of the answer; `None` where an answer without it is as good.
fn demand(name: &str, value: &Value) -> Option<&'static str> {
    let is_set = match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(true) | Value::String(_) => true,
    };
    let what = match name {
        "response_format" if value.get("type") != Some(&Value::from("text")) => "a format",
        "guided_json" | "guided_regex" | "guided_choice" | "guided_grammar"
        | "structured_outputs" => "a format",
        "logprobs" | "top_logprobs" => "the probabilities of tokens",
        "presence_penalty" | "frequency_penalty" => "a penalty for what was said before",
        "logit_bias" => "a bias of tokens",
        "modalities" if value != &serde_json::json!(["text"]) => "sound or pictures",
        "audio" => "sound or pictures",
        "web_search_options" => "a search of the web",
        _ => return None,
    };
    is_set.then_some(what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::Role;

    #[track_caller]
    fn check(passed: &str, lacking: Option<&'static str>) {
        let passed = serde_json::from_str(passed).unwrap();
        let messages = vec![Message::new(Role::User, "hi")];
        let request = TurnRequest { passed, ..TurnRequest::new(messages) };
        assert_eq!(request.lacking(), lacking.map(Error::NeedsEdge));
    }

    #[test]
    fn what_changes_the_answer_needs_the_edge() {
        check("{}", None);
        check(r#"{"user":"a","metadata":{"b":"c"},"store":true,"service_tier":"flex"}"#, None);
        check(r#"{"response_format":{"type":"text"},"modalities":["text"]}"#, None);
        check(
            r#"{"presence_penalty":0,"frequency_penalty":0.0,"logit_bias":{},"logprobs":false}"#,
            None,
        );
        check(r#"{"response_format":{"type":"json_object"}}"#, Some("a format"));
        check(r#"{"logprobs":true}"#, Some("the probabilities of tokens"));
        check(r#"{"presence_penalty":-0.5}"#, Some("a penalty for what was said before"));
        check(r#"{"logit_bias":{"5":-100}}"#, Some("a bias of tokens"));
        check(r#"{"modalities":["text","audio"]}"#, Some("sound or pictures"));
    }

    #[test]
    fn pictures_need_the_edge() {
        let parts = serde_json::json!([{"type": "image_url", "image_url": {"url": "data:,"}}]);
        let message = Message { parts: Some(parts), ..Message::new(Role::User, "What is this?") };
        let lacking = TurnRequest::new(vec![message]).lacking();
        assert_eq!(lacking, Some(Error::NeedsEdge("pictures or other files")));
    }
}
