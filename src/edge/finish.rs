//! Why an answer ended, in the words of many servers.

use serde_json::Value;

use crate::{Error, Result};

/// Why the edge's answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
}

impl Finish {
    /// Of a choice's `finish_reason`; `None` where the answer goes on.
    ///
    /// # Errors
    /// Where the reason is that the server failed.
    pub fn of(reason: &Value) -> Result<Option<Finish>> {
        // SGLang's own is an object.
        let word = reason.as_str().or_else(|| reason.get("type").and_then(Value::as_str));
        let Some(word) = word.map(str::to_ascii_lowercase) else { return Ok(None) };
        Ok(Some(match word.as_str() {
            "" | "null" | "none" => return Ok(None),
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "max_length"
            | "model_length"
            | "max_new_tokens"
            | "model_context_window_exceeded" => Finish::Length,
            "content_filter"
            | "content_filtered"
            | "safety"
            | "sensitive"
            | "refusal"
            | "recitation"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "guardrail_intervened" => Finish::ContentFilter,
            "tool_calls" | "tool_call" | "tool_use" | "function_call" => Finish::ToolCalls,
            "error"
            | "network_error"
            | "insufficient_system_resource"
            | "engine_overloaded"
            | "error_toxic"
            | "malformed_function_call" => {
                let message = format!("its answer ended with `{word}`");
                return Err(Error::EdgeFailed { status: 200, message });
            }
            "abort" | "aborted" | "cancelled" | "canceled" => return Err(Error::EdgeBrokeOff),
            // `stop`, `eos`, `eos_token`, `stop_sequence`, `end_turn`, `complete`, and whatever else
            // a server calls an end that is none of the above.
            _ => Finish::Stop,
        }))
    }

    /// Of two reasons for one answer, the one that says more.
    pub fn and(self, later: Finish) -> Finish {
        if later == Finish::Stop { self } else { later }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reason: &str, expected: Result<Option<Finish>, &str>) {
        let found = Finish::of(&serde_json::from_str(reason).unwrap());
        assert_eq!(found.map_err(|error| error.code()), expected, "{reason}");
    }

    #[test]
    fn every_servers_word_is_one_of_openais() {
        let (stop, length) = (Ok(Some(Finish::Stop)), Ok(Some(Finish::Length)));
        check(r#""stop""#, stop);
        // TGI; Together; Anthropic; Cohere; Gemini.
        for word in ["eos_token", "stop_sequence", "eos", "end_turn", "COMPLETE", "STOP"] {
            check(&format!("{word:?}"), stop);
        }
        // OpenAI; Anthropic; Gemini; Mistral; Z.ai.
        for word in ["length", "max_tokens", "MAX_TOKENS", "model_length"] {
            check(&format!("{word:?}"), length);
        }
        // OpenAI and Azure; Gemini; Z.ai; Anthropic; Bedrock.
        for word in ["content_filter", "SAFETY", "sensitive", "refusal", "guardrail_intervened"] {
            check(&format!("{word:?}"), Ok(Some(Finish::ContentFilter)));
        }
        for word in ["tool_calls", "function_call", "tool_use"] {
            check(&format!("{word:?}"), Ok(Some(Finish::ToolCalls)));
        }
        // SGLang; Ollama before 0.1.38, SGLang before 0.4.4.
        check(r#"{"type":"length","length":8}"#, length);
        check(r#"{"type":"stop","matched":151645}"#, stop);
        check(r#""""#, Ok(None));
        check("null", Ok(None));
        // OpenRouter; DeepSeek; Z.ai; vLLM and SGLang.
        for word in ["error", "insufficient_system_resource", "network_error"] {
            check(&format!("{word:?}"), Err("edge_failed"));
        }
        check(r#""abort""#, Err("edge_broke_off"));
        check(r#""some_day_invented""#, stop);
    }
}
