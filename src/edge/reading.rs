//! What an edge thinks of a draft that it is shown: the probability of each of its tokens.
//!
//! The draft is the last message, and the edge is asked for one token after it, which costs it no
//! more than reading. The words are vLLM's (`prompt_logprobs` of a chat completion with
//! `continue_final_message`), which the gateway understands too; other servers ignore or refuse
//! them, and then there is no reading. vLLM tells all of the prompt, the gateway the draft alone, so
//! the draft's places are counted from the end.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::config::EdgeConfig;
use crate::dialogue::Message;
use crate::{Error, Result};

/// A token's place in the draft. Natural logarithms of probabilities, by the edge's model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Of the token that stands there.
    pub logprob: f32,
    /// Of the likeliest one.
    pub best: f32,
    /// Of the token that stands there, 1 where it is the likeliest.
    pub rank: u32,
}

/// A draft as the edge sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// At least one.
    pub places: Vec<Place>,
    /// Whether the edge would end the answer where the draft ends, if it says.
    pub ends: Option<bool>,
    /// Tokens of the prompt, and of these those that were held already, if the edge counts them.
    pub prompt_tokens: Option<usize>,
    pub cached_tokens: Option<usize>,
}

#[derive(Serialize)]
struct Body<'a> {
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    stream: bool,
    max_tokens: usize,
    temperature: f32,
    continue_final_message: bool,
    add_generation_prompt: bool,
    prompt_logprobs: usize,
}

/// JSON for `POST {base_url}/chat/completions` that has the edge read the last of `messages`.
pub fn reading_request(edge: &EdgeConfig, messages: &[Message]) -> String {
    let body = Body {
        messages,
        model: edge.model.as_deref(),
        stream: false,
        max_tokens: 1,
        temperature: 0.0,
        continue_final_message: true,
        add_generation_prompt: false,
        prompt_logprobs: 1,
    };
    serde_json::to_string(&body).expect("plain data always serializes")
}

#[derive(Deserialize)]
struct Reply {
    prompt_logprobs: Option<Vec<Option<HashMap<String, Told>>>>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Told {
    logprob: f64,
    rank: Option<u32>,
    decoded_token: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<usize>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<usize>,
}

impl Reading {
    /// Reads a reply's body; `None` where the server tells no probabilities of a prompt.
    ///
    /// # Errors
    /// `edge_protocol` where what it tells is no reading: no JSON, or a number that is no logarithm of a
    /// probability.
    pub fn parse(body: &[u8], draft: &str) -> Result<Option<Reading>> {
        let broken = |detail: String| Error::EdgeProtocol(format!("a reading: {detail}"));
        let reply: Reply =
            serde_json::from_slice(body).map_err(|error| broken(error.to_string()))?;
        let Some(told) = reply.prompt_logprobs else { return Ok(None) };
        let mut places = Vec::new();
        let mut rest = draft.len();
        for told in told.iter().rev().map_while(Option::as_ref) {
            if rest == 0 {
                break;
            }
            let (place, n_bytes) = place(told)
                .ok_or_else(|| broken("a place has no probability that is one".to_owned()))?;
            places.push(place);
            rest = rest.saturating_sub(n_bytes.max(1));
        }
        if places.is_empty() {
            return Ok(None);
        }
        places.reverse();
        let ends = reply.choices.first().and_then(|choice| {
            let reason = choice.finish_reason.as_deref()?;
            let said = choice.message.as_ref()?.content.as_deref().unwrap_or("");
            Some(reason == "stop" && said.is_empty())
        });
        let cached = |usage: &Usage| usage.prompt_tokens_details.as_ref()?.cached_tokens;
        Ok(Some(Reading {
            places,
            ends,
            prompt_tokens: reply.usage.as_ref().and_then(|usage| usage.prompt_tokens),
            cached_tokens: reply.usage.as_ref().and_then(cached),
        }))
    }
}

/// The place, and how many bytes of the draft stand there. Beside the likeliest token the one that stands
/// there is told, if it is another; so it is the one of the lowest rank.
fn place(told: &HashMap<String, Told>) -> Option<(Place, usize)> {
    let rank = |token: &Told| token.rank.unwrap_or(1).max(1);
    let own = told.values().max_by_key(|token| rank(token))?;
    let best = told.values().min_by_key(|token| rank(token))?;
    let is_logprob = |token: &Told| token.logprob.is_finite() && token.logprob <= 1e-3;
    if !is_logprob(own) || !is_logprob(best) {
        return None;
    }
    let place = Place { logprob: own.logprob as f32, best: best.logprob as f32, rank: rank(own) };
    Some((place, own.decoded_token.as_ref().map_or(1, String::len)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::Role;

    #[test]
    fn the_request_is_vllms() {
        let messages = [Message::new(Role::User, "2+2?"), Message::new(Role::Assistant, "4")];
        let edge = EdgeConfig { model: Some("m".to_owned()), ..EdgeConfig::default() };
        let body: serde_json::Value =
            serde_json::from_str(&reading_request(&edge, &messages)).unwrap();
        let expected = serde_json::json!({
            "messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}],
            "model": "m", "stream": false, "max_tokens": 1, "temperature": 0.0,
            "continue_final_message": true, "add_generation_prompt": false, "prompt_logprobs": 1,
        });
        assert_eq!(body, expected);
    }

    /// vLLM tells of all the prompt, beginning with nothing for its first token.
    #[test]
    fn the_drafts_places_are_counted_from_the_end() {
        let body = r#"{"choices":[{"message":{"content":"."},"finish_reason":"length"}],
            "usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4}},
            "prompt_logprobs":[null,
              {"1":{"logprob":-1.0,"rank":1,"decoded_token":"2+2?"}},
              {"2":{"logprob":-0.1,"rank":1,"decoded_token":"It"}},
              {"3":{"logprob":-0.2,"rank":1,"decoded_token":" is"}},
              {"4":{"logprob":-3.0,"rank":7,"decoded_token":" 5"},"5":{"logprob":-0.3,"rank":1,"decoded_token":" 4"}}]}"#;
        let reading = Reading::parse(body.as_bytes(), "It is 5").unwrap().unwrap();
        let found: Vec<(f32, f32, u32)> =
            reading.places.iter().map(|place| (place.logprob, place.best, place.rank)).collect();
        assert_eq!(found, [(-0.1, -0.1, 1), (-0.2, -0.2, 1), (-3.0, -0.3, 7)]);
        assert_eq!(reading.ends, Some(false));
        assert_eq!((reading.prompt_tokens, reading.cached_tokens), (Some(9), Some(4)));
    }

    #[test]
    fn an_edge_that_does_not_read_says_nothing() {
        for body in [
            r#"{"choices":[{"message":{"content":"I think it is right."},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"prompt_logprobs":null}"#,
            r#"{"choices":[],"prompt_logprobs":[]}"#,
            r#"{"choices":[],"prompt_logprobs":[null]}"#,
        ] {
            assert_eq!(Reading::parse(body.as_bytes(), "5"), Ok(None), "{body}");
        }
    }

    #[test]
    fn what_is_no_reading_is_refused() {
        for body in [
            "It looks right to me.",
            r#"{"prompt_logprobs":[{"4":{"logprob":NaN,"rank":1}}]}"#,
            r#"{"prompt_logprobs":[{"4":{"logprob":"-1"}}]}"#,
            r#"{"prompt_logprobs":[{"4":{"logprob":1.5,"rank":1}}]}"#,
            r#"{"prompt_logprobs":[{}]}"#,
        ] {
            let code = Reading::parse(body.as_bytes(), "5").map_err(|error| error.code());
            assert_eq!(code, Err("edge_protocol"), "{body}");
        }
    }
}
