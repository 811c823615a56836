//! Token counts as servers report them.
//!
//! Names differ, and so does the place: beside the last choice, in an event of its own, in every
//! event, inside the choice. What a server does not count is not known, and a prompt of zero tokens
//! was not counted.

use serde_json::Value;

/// What the edge has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub prompt_tokens: Option<usize>,
    pub completion_tokens: Option<usize>,
    /// Prompt tokens that the edge's prefix cache spared.
    pub cached_tokens: Option<usize>,
    /// Those of the completion that were thinking.
    pub reasoning_tokens: Option<usize>,
}

impl Usage {
    /// What an event says, wherever it says it; `None` if it counts nothing.
    pub fn of_event(event: &Value) -> Option<Usage> {
        let places = ["/usage", "/choices/0/usage", "/x_groq/usage"];
        let found = places.iter().find_map(|place| event.pointer(place).filter(|u| u.is_object()));
        let mut usage = event.get("timings").map(Usage::of_timings).unwrap_or_default();
        usage.add(found.map(Usage::of_object).unwrap_or_default());
        (usage != Usage::default()).then_some(usage)
    }

    /// Takes in a later count, which is the better one.
    pub fn add(&mut self, later: Usage) {
        self.prompt_tokens = later.prompt_tokens.or(self.prompt_tokens);
        self.completion_tokens = later.completion_tokens.or(self.completion_tokens);
        self.cached_tokens = later.cached_tokens.or(self.cached_tokens);
        self.reasoning_tokens = later.reasoning_tokens.or(self.reasoning_tokens);
    }

    fn of_object(usage: &Value) -> Usage {
        let count = |places: &[&str]| {
            places.iter().find_map(|place| usage.pointer(place).and_then(Value::as_f64))
        };
        let tokens = |places: &[&str]| count(places).filter(|n| *n >= 0.0).map(|n| n as usize);
        let counted = |n: &usize| *n > 0;
        Usage {
            prompt_tokens: tokens(&["/prompt_tokens", "/input_tokens"]).filter(counted),
            completion_tokens: tokens(&["/completion_tokens", "/output_tokens"]).filter(counted),
            // OpenAI and most others; DeepSeek; Moonshot; Anthropic.
            cached_tokens: tokens(&[
                "/prompt_tokens_details/cached_tokens",
                "/prompt_cache_hit_tokens",
                "/cached_tokens",
                "/cache_read_input_tokens",
            ]),
            reasoning_tokens: tokens(&[
                "/completion_tokens_details/reasoning_tokens",
                "/reasoning_tokens",
            ]),
        }
    }

    /// llama.cpp's own, which it sends also where nobody asked for usage.
    fn of_timings(timings: &Value) -> Usage {
        let count = |name: &str| timings.get(name).and_then(Value::as_u64).map(|n| n as usize);
        let (read, cached) = (count("prompt_n"), count("cache_n"));
        Usage {
            prompt_tokens: read.zip(cached).map(|(read, cached)| read + cached),
            completion_tokens: count("predicted_n"),
            cached_tokens: cached,
            reasoning_tokens: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prompt, completion, cached and reasoning tokens; -1 for what is not counted.
    #[track_caller]
    fn check(event: &str, expected: [i64; 4]) {
        let usage = Usage::of_event(&serde_json::from_str(event).unwrap()).unwrap_or_default();
        let found = [
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens,
            usage.reasoning_tokens,
        ];
        assert_eq!(found.map(|n| n.map_or(-1, |n| n as i64)), expected, "{event}");
    }

    #[test]
    fn counts_are_found_wherever_they_stand() {
        // OpenAI, vLLM.
        check(
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,
                "prompt_tokens_details":{"cached_tokens":3},
                "completion_tokens_details":{"reasoning_tokens":1}}}"#,
            [5, 2, 3, 1],
        );
        // vLLM without prefix caching.
        check(
            r#"{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":null}}"#,
            [5, 2, -1, -1],
        );
        // DeepSeek.
        check(
            r#"{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":0,
                "prompt_cache_miss_tokens":9}}"#,
            [9, 2, 0, -1],
        );
        // Moonshot, Groq, Anthropic's names, numbers that are no integers.
        check(
            r#"{"choices":[{"usage":{"prompt_tokens":7,"completion_tokens":1,"cached_tokens":6}}]}"#,
            [7, 1, 6, -1],
        );
        check(r#"{"x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":1}}}"#, [7, 1, -1, -1]);
        check(r#"{"usage":{"input_tokens":7,"output_tokens":1}}"#, [7, 1, -1, -1]);
        check(r#"{"usage":{"prompt_tokens":7.0,"completion_tokens":1.0}}"#, [7, 1, -1, -1]);
        // llama.cpp, of which the usage is better.
        check(r#"{"timings":{"prompt_n":3,"cache_n":4,"predicted_n":2}}"#, [7, 2, 4, -1]);
        check(
            r#"{"timings":{"prompt_n":3,"cache_n":4,"predicted_n":2},
                "usage":{"prompt_tokens":8,"completion_tokens":2}}"#,
            [8, 2, 4, -1],
        );
        // SGLang and others in every event, LocalAI in every event without having counted.
        check(r#"{"usage":null}"#, [-1; 4]);
        check(r#"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#, [-1; 4]);
        check(r#"{"usage":{"prompt_tokens":"many","completion_tokens":-3}}"#, [-1; 4]);
        check("{}", [-1; 4]);
    }
}
