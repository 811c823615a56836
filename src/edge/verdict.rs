//! What an edge says of a draft that it is shown, in one word: whether it is right.
//!
//! For servers that tell no probabilities of a prompt, which [`super::reading`] would be. The question is
//! a message of the user's after the draft, so that all before it is what the server may hold already. The
//! words are OpenAI's: `logprobs` and `top_logprobs` tell how likely either word was, where a server has them.
//! Where it refuses them, the word itself is all there is.

use serde::Serialize;
use serde_json::Value;

use super::{Usage, json};
use crate::config::EdgeConfig;
use crate::dialogue::{Message, Role};
use crate::{Error, Result};

/// The question. `train/outcomes/record.mjs` asks the same.
pub const QUESTION: &str = include_str!("verdict.txt").trim_ascii_end();

/// As many as every server gives that gives any.
const N_ALTERNATIVES: usize = 5;

/// A few tokens, for servers that begin with a blank or a mark, or know no answer of a single one.
const FEW_TOKENS: usize = 8;

/// A yes or a no.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// How likely a yes was of the two words, in [0, 1]; 1 or 0 where the server tells no probabilities.
    pub yes: f64,
    /// Tokens of the prompt, and of these those that were held already, if the edge counts them.
    pub prompt_tokens: Option<usize>,
    pub cached_tokens: Option<usize>,
}

#[derive(Serialize)]
struct Body<'a> {
    messages: Vec<&'a Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    stream: bool,
    max_tokens: usize,
    #[serde(flatten)]
    asks: Option<Probabilities>,
}

#[derive(Serialize)]
struct Probabilities {
    temperature: f32,
    logprobs: bool,
    top_logprobs: usize,
}

/// JSON for `POST {base_url}/chat/completions` that asks whether the last of `messages` is right. In the
/// barest words no probabilities are asked for.
pub fn verdict_request(edge: &EdgeConfig, messages: &[Message], barest: bool) -> String {
    let question = Message::new(Role::User, QUESTION);
    let body = Body {
        messages: messages.iter().chain([&question]).collect(),
        model: edge.model.as_deref(),
        stream: false,
        max_tokens: if barest { FEW_TOKENS } else { 1 },
        asks: (!barest).then_some(Probabilities {
            temperature: 0.0,
            logprobs: true,
            top_logprobs: N_ALTERNATIVES,
        }),
    };
    serde_json::to_string(&body).expect("plain data always serializes")
}

impl Verdict {
    /// Reads a reply's body; `None` where the server has said nothing.
    ///
    /// # Errors
    /// `edge_protocol` where what it says is neither yes nor no, or the probability of one of them is none.
    pub fn parse(body: &[u8]) -> Result<Option<Verdict>> {
        let reply = json::parse(&String::from_utf8_lossy(body), &mut None)
            .map_err(|error| broken(&error.to_string()))?;
        let text = reply.pointer("/choices/0/message/content").and_then(Value::as_str);
        let Some(said) = first_word(text.unwrap_or_default()) else { return Ok(None) };
        let said = yes_or_no(said).ok_or_else(|| broken("neither yes nor no"))?;
        let likely = match likely_yes(&reply)? {
            Some(likely) => likely,
            None => f64::from(u8::from(said)),
        };
        let Usage { prompt_tokens, cached_tokens, .. } =
            Usage::of_event(&reply).unwrap_or_default();
        Ok(Some(Verdict { yes: likely, prompt_tokens, cached_tokens }))
    }
}

/// How likely a yes is beside a no in the place where the answer begins, over all that can be read as one of
/// them; `None` where the server does not tell.
fn likely_yes(reply: &Value) -> Result<Option<f64>> {
    let places = reply.pointer("/choices/0/logprobs/content").and_then(Value::as_array);
    let begins = |place: &&Value| word_of(place).is_some();
    let Some(place) = places.into_iter().flatten().find(begins) else { return Ok(None) };
    let (mut yes, mut no) = (0.0, 0.0);
    for other in place.get("top_logprobs").and_then(Value::as_array).into_iter().flatten() {
        let Some(is_yes) = word_of(other).and_then(yes_or_no) else { continue };
        let logprob = other.get("logprob").and_then(Value::as_f64);
        let logprob = logprob
            .filter(|logprob| logprob.is_finite() && *logprob <= 1e-3)
            .ok_or_else(|| broken("a word has no probability that is one"))?;
        *if is_yes { &mut yes } else { &mut no } += logprob.exp();
    }
    Ok((yes + no > 0.0).then(|| yes / (yes + no)))
}

fn word_of(token: &Value) -> Option<&str> {
    first_word(token.get("token")?.as_str()?)
}

/// Without what is no letter around it, such as blanks, quotes, stars and the marks of tokenizers.
fn first_word(text: &str) -> Option<&str> {
    let marks = |c: char| !c.is_alphanumeric() || matches!(c, 'Ġ' | 'Ċ');
    text.split(marks).find(|word| !word.is_empty())
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        _ if word.eq_ignore_ascii_case("yes") => Some(true),
        _ if word.eq_ignore_ascii_case("no") => Some(false),
        _ => None,
    }
}

fn broken(detail: &str) -> Error {
    Error::EdgeProtocol(format!("a verdict: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_comes_after_the_draft() {
        let messages = [Message::new(Role::User, "2+2?"), Message::new(Role::Assistant, "4")];
        let edge = EdgeConfig { model: Some("m".to_owned()), ..EdgeConfig::default() };
        let body = |barest| -> Value {
            serde_json::from_str(&verdict_request(&edge, &messages, barest)).unwrap()
        };
        let asked = serde_json::json!([
            {"role": "user", "content": "2+2?"},
            {"role": "assistant", "content": "4"},
            {"role": "user", "content": "Was that answer correct? Answer only \"yes\" or \"no\"."},
        ]);
        let expected = serde_json::json!({
            "messages": asked, "model": "m", "stream": false, "max_tokens": 1, "temperature": 0.0,
            "logprobs": true, "top_logprobs": 5,
        });
        assert_eq!(body(false), expected);
        let barest = serde_json::json!({
            "messages": asked, "model": "m", "stream": false, "max_tokens": 8,
        });
        assert_eq!(body(true), barest);
    }

    /// `expected` in hundredths; `None` where nothing was said.
    #[track_caller]
    fn check(server: &str, body: &str, expected: Option<u32>) {
        let verdict = Verdict::parse(body.as_bytes());
        let verdict = verdict.unwrap_or_else(|error| panic!("{server}: {error}"));
        let hundredths = verdict.map(|verdict| (100.0 * verdict.yes).round() as u32);
        assert_eq!(hundredths, expected, "{server}");
    }

    fn says(text: &str) -> String {
        let text = serde_json::to_string(text).unwrap();
        format!(
            r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":{text}}}}}]}}"#
        )
    }

    #[test]
    fn servers_that_tell_probabilities() {
        let openai = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini",
            "choices":[{"index":0,"message":{"role":"assistant","content":"Yes","refusal":null},
              "logprobs":{"content":[{"token":"Yes","logprob":-0.51,"bytes":[89,101,115],"top_logprobs":[
                {"token":"Yes","logprob":-0.51,"bytes":[89,101,115]},
                {"token":"No","logprob":-0.95,"bytes":[78,111]},
                {"token":" Yes","logprob":-5.2,"bytes":[32,89,101,115]},
                {"token":"It","logprob":-5.4,"bytes":[73,116]},
                {"token":"NO","logprob":-9999.0,"bytes":[78,79]}]}],"refusal":null},
              "finish_reason":"length"}],
            "usage":{"prompt_tokens":40,"completion_tokens":1,"total_tokens":41,
              "prompt_tokens_details":{"cached_tokens":0}}}"#;
        check("OpenAI", openai, Some(61));
        // llama.cpp's server with Qwen2.5-Coder-0.5B: "no" is the likeliest of four spellings that hold all.
        let llama_cpp = r#"{"choices":[{"finish_reason":"length","index":0,
            "message":{"role":"assistant","content":"no"},
            "logprobs":{"content":[{"id":2152,"token":"no","bytes":[110,111],"logprob":-1.233555555343628,
              "top_logprobs":[{"id":2152,"token":"no","bytes":[110,111],"logprob":-1.233555555343628},
              {"id":9454,"token":"Yes","bytes":[89,101,115],"logprob":-1.377165675163269},
              {"id":9693,"token":"yes","bytes":[121,101,115],"logprob":-1.4710357189178467},
              {"id":2753,"token":"No","bytes":[78,111],"logprob":-1.517174482345581},
              {"id":14004,"token":"YES","bytes":[89,69,83],"logprob":-6.695943832397461}]}]}}],
            "usage":{"completion_tokens":1,"prompt_tokens":67,"total_tokens":68,
              "prompt_tokens_details":{"cached_tokens":42}},
            "timings":{"cache_n":42,"prompt_n":25,"predicted_n":1}}"#;
        check("llama.cpp", llama_cpp, Some(49));
        let read = Verdict::parse(llama_cpp.as_bytes()).unwrap().unwrap();
        assert_eq!((read.prompt_tokens, read.cached_tokens), (Some(67), Some(42)));
        let ollama = r#"{"id":"chatcmpl-2","object":"chat.completion","created":1,"model":"gemma3",
            "system_fingerprint":"fp_ollama","choices":[{"index":0,
              "message":{"role":"assistant","content":"\nNo"},
              "logprobs":{"content":[{"token":"\n","logprob":-0.1,"bytes":[10],"top_logprobs":[]},
                {"token":"No","logprob":-0.22,"bytes":[78,111],"top_logprobs":[
                  {"token":"No","logprob":-0.22,"bytes":[78,111]},
                  {"token":"Yes","logprob":-1.61,"bytes":[89,101,115]}]}]},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":40,"completion_tokens":3,"total_tokens":43}}"#;
        check("Ollama, after a line's end", ollama, Some(20));
        let marked = r#"{"choices":[{"message":{"content":" Yes"},"logprobs":{"content":[
            {"token":"▁Yes","logprob":-0.1,"top_logprobs":[{"token":"▁Yes","logprob":-0.1},
              {"token":"Ġno","logprob":-2.4},{"token":"**","logprob":NaN}]}]}}]}"#;
        check("tokenizers' marks", marked, Some(91));
    }

    #[test]
    fn servers_that_say_a_word_alone() {
        let ollama = r#"{"id":"chatcmpl-3","object":"chat.completion","created":1,"model":"llama3.2",
            "system_fingerprint":"fp_ollama","choices":[{"index":0,
              "message":{"role":"assistant","content":"Yes"},"finish_reason":"length"}],
            "usage":{"prompt_tokens":40,"completion_tokens":1,"total_tokens":41}}"#;
        check("Ollama before 0.12.11", ollama, Some(100));
        for (text, expected) in [
            (" Yes", Some(100)),
            ("yes.", Some(100)),
            ("NO.", Some(0)),
            ("**No**", Some(0)),
            ("\"no\", since", Some(0)),
            ("", None),
            (" \n", None),
            ("\"", None),
        ] {
            check(text, &says(text), expected);
        }
        let own_alone = r#"{"choices":[{"message":{"content":"No"},
            "logprobs":{"content":[{"token":"No","logprob":-0.7,"top_logprobs":[]}]}}]}"#;
        check("no alternatives", own_alone, Some(0));
        let null = r#"{"choices":[{"message":{"content":"No"},"logprobs":null}]}"#;
        check("none of all that", null, Some(0));
        let thinks = r#"{"choices":[{"message":{"content":"","reasoning":"Let"}}]}"#;
        check("one that thinks first", thinks, None);
        check("one that answers nothing", r#"{"choices":[]}"#, None);
    }

    #[test]
    fn what_is_no_verdict_is_refused() {
        let likely = |logprob: &str| {
            format!(
                r#"{{"choices":[{{"message":{{"content":"Yes"}},"logprobs":{{"content":[{{"token":"Yes",
                "logprob":{logprob},"top_logprobs":[{{"token":"Yes","logprob":{logprob}}}]}}]}}}}]}}"#
            )
        };
        check("a sound one", &likely("-0.1"), Some(100));
        let maybe = ["Maybe", "Not quite", "Yesterday", "The answer is yes"].map(says);
        let numbers = ["NaN", "null", "\"-1\"", "1.5", "Infinity"].map(likely);
        for body in maybe.iter().chain(&numbers).chain(&["Yes".to_owned()]) {
            let code = Verdict::parse(body.as_bytes()).map_err(|error| error.code());
            assert_eq!(code, Err("edge_protocol"), "{body}");
        }
    }
}
