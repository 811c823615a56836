//! What servers really send, row by row, and what is read out of it.
//!
//! A row's result is written as a reader would say it: text in quotes, thinking as `think:`, a refusal
//! as `refuse:`, tools as `call:`, then why it ended, then prompt, cached and written tokens where they
//! were counted. Each body is read whole and cut at every byte.

use super::{Chunk, Finish, ReplyReader, ToolCalls, Usage};
use crate::{Error, Result};

fn read(pieces: &[&[u8]]) -> Result<Vec<Chunk>> {
    let mut reader = ReplyReader::default();
    let mut chunks = Vec::new();
    for piece in pieces {
        reader.push(piece, &mut chunks)?;
    }
    if !chunks.contains(&Chunk::End) {
        reader.end(&mut chunks)?;
    }
    Ok(chunks)
}

/// Neighbours of a kind are joined.
fn told(chunks: Vec<Chunk>) -> String {
    let (mut calls, mut usage, mut finish) = (ToolCalls::default(), Usage::default(), None);
    let mut said: Vec<(&str, String)> = Vec::new();
    for chunk in chunks {
        let (kind, text) = match chunk {
            Chunk::Text(text) => ("", text),
            Chunk::Thinking(text) => ("think:", text),
            Chunk::Refusal(text) => ("refuse:", text),
            Chunk::ToolCall(call) => {
                calls.take(&call);
                continue;
            }
            Chunk::Usage(later) => {
                usage.add(later);
                continue;
            }
            Chunk::Finish(later) => {
                finish = Some(finish.map_or(later, |finish: Finish| finish.and(later)));
                continue;
            }
            Chunk::Logprobs(_) | Chunk::End => continue,
        };
        match said.last_mut() {
            Some((last, whole)) if *last == kind => whole.push_str(&text),
            _ => said.push((kind, text)),
        }
    }
    let mut parts: Vec<String> =
        said.iter().map(|(kind, text)| format!("{kind}{text:?}")).collect();
    parts.extend(calls.to_json().iter().map(|call| {
        let function = &call["function"];
        let text = |name: &str| function[name].as_str().unwrap().to_owned();
        format!("call:{}({})", text("name"), text("arguments"))
    }));
    parts.extend(finish.map(|finish| format!("{finish:?}").to_lowercase()));
    let count = |n: Option<usize>| n.map_or("?".to_owned(), |n| n.to_string());
    if usage != Usage::default() {
        let Usage { prompt_tokens, cached_tokens, completion_tokens, .. } = usage;
        let [prompt, cached, written] =
            [prompt_tokens, cached_tokens, completion_tokens].map(count);
        parts.push(format!("{prompt}/{cached}/{written}"));
    }
    parts.join(" ")
}

#[track_caller]
fn check(server: &str, body: &str, expected: &str) {
    let bytes = body.as_bytes();
    for cut in 0..=bytes.len() {
        let chunks = read(&[&bytes[..cut], &bytes[cut..]]);
        let chunks = chunks.unwrap_or_else(|error| panic!("{server}, cut at {cut}: {error}"));
        assert_eq!(told(chunks), expected, "{server}, cut at {cut}");
    }
}

/// The events of these data lines.
#[track_caller]
fn check_events(server: &str, data: &[&str], expected: &str) {
    let body: String = data.iter().map(|data| format!("data: {data}\n\n")).collect();
    check(server, &body, expected);
}

/// The code, and a part of the sentence.
#[track_caller]
fn check_error(server: &str, body: &str, code: &str, sentence: &str) {
    let bytes = body.as_bytes();
    for cut in 0..=bytes.len() {
        let error = match read(&[&bytes[..cut], &bytes[cut..]]) {
            Err(error) => error,
            Ok(chunks) => panic!("{server}: {}", told(chunks)),
        };
        assert_eq!(error.code(), code, "{server}, cut at {cut}");
        assert!(error.to_string().contains(sentence), "{server}, cut at {cut}: {error}");
    }
}

const HI: &str = r#"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const DONE: &str = "[DONE]";

#[test]
fn streams() {
    check_events(
        "OpenAI",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},
                "logprobs":null,"finish_reason":null}],"usage":null}"#
                .lines()
                .collect::<String>()
                .as_str(),
            r#"{"choices":[{"index":0,"delta":{"content":"né 🙂"},"finish_reason":null}],"usage":null}"#,
            STOP,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}"#,
            DONE,
        ],
        r#""né 🙂" stop 5/3/2"#,
    );
    check_events(
        "llama.cpp: no content at first, counts beside the end",
        &[
            r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]}"#,
            HI,
            r#"{"choices":[{"finish_reason":"length","index":0,"delta":{}}]}"#,
            r#"{"choices":[],"timings":{"cache_n":4,"prompt_n":3,"predicted_n":1}}"#,
            DONE,
        ],
        r#""hi" length 7/4/1"#,
    );
    check_events(
        "vLLM with continuous usage: the last count is the right one",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":{"prompt_tokens":5,"completion_tokens":0}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"h"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
            DONE,
        ],
        r#""hi" stop 5/?/2"#,
    );
    check_events(
        "SGLang before 0.4.4: empty reasons until the end, and the end twice",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":null,"content":"hi"},"finish_reason":"","matched_stop":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"length"}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            DONE,
        ],
        r#""hi" length"#,
    );
    check_events("LightLLM, SGLang 0.4.4: no reason at all", &[HI, HI, DONE], r#""hihi""#);
    check_events(
        "Azure: filters before the answer and after, choices without a delta",
        &[
            r#"{"id":"","choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#,
            HI,
            STOP,
            r#"{"id":"","choices":[{"finish_reason":null,"index":0,"content_filter_offsets":{"check_offset":1}}]}"#,
            DONE,
        ],
        r#""hi" stop"#,
    );
    check_events(
        "Azure: the answer is filtered",
        &[HI, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}"#, DONE],
        r#""hi" contentfilter"#,
    );
    check(
        "OpenRouter: comments while it waits; no last blank line",
        &format!(
            ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {HI}\n\ndata: {STOP}\n\ndata: [DONE]"
        ),
        r#""hi" stop"#,
    );
    check(
        "a proxy on Windows: a mark, CRLF, a field of its own, no [DONE]",
        &format!(
            "\u{feff}foo: bar\r\nevent: message\r\nid: 1\r\ndata:{HI}\r\n\r\ndata:{STOP}\r\n\r\n"
        ),
        r#""hi" stop"#,
    );
    check(
        "pretty-printed over several data lines",
        "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"hi\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n",
        r#""hi" stop"#,
    );
    check_events(
        "LiteLLM of old: a reason in each chunk, index 1",
        &[
            r#"{"choices":[{"index":1,"delta":{"content":"h"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"i"},"finish_reason":"stop"}]}"#,
            DONE,
        ],
        r#""hi" stop"#,
    );
    check_events(
        "several choices, one of which is read",
        &[
            r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"x"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"y"},"finish_reason":"length"}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
            DONE,
        ],
        r#""ab" stop"#,
    );
    check_events(
        "llama-cpp-python, KoboldCpp: completions of old",
        &[
            r#"{"object":"text_completion","choices":[{"text":"h","index":0,"finish_reason":null}]}"#,
            r#"{"object":"text_completion","choices":[{"text":"i","index":0,"finish_reason":"stop"}]}"#,
            DONE,
        ],
        r#""hi" stop"#,
    );
    check_events(
        "MiniMax: deltas, then the whole message again",
        &[
            HI,
            r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"base_resp":{"status_code":0,"status_msg":""}}"#,
        ],
        r#""hi" stop"#,
    );
    check_events(
        "Groq and Moonshot: counts in their own places",
        &[
            HI,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":4,"completion_tokens":1}}],"x_groq":{"id":"r"}}"#,
            DONE,
        ],
        r#""hi" stop 4/?/1"#,
    );
    check_events(
        "LocalAI: zeros until the end, and at the end",
        &[
            r#"{"choices":[{"index":0,"delta":{"content":"hi"}}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#,
            DONE,
        ],
        r#""hi" stop"#,
    );
    check_events(
        "content after the reason",
        &[HI, STOP, r#"{"choices":[{"index":0,"delta":{"content":"!"}}]}"#, DONE],
        r#""hi!" stop"#,
    );
    check_events(
        "TGI",
        &[HI, r#"{"choices":[{"delta":{"content":""},"finish_reason":"eos_token"}]}"#],
        r#""hi" stop"#,
    );
    check_events(
        "a character cut in two, and what is no number",
        &[
            r#"{"choices":[{"index":0,"delta":{"content":"hi \ud83d"},"logprobs":{"content":[{"logprob":-Infinity}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"\ude42"},"score":NaN}]}"#,
            STOP,
            DONE,
        ],
        r#""hi 🙂" stop"#,
    );
    check_events(
        "events of other kinds in between",
        &[r#"{"type":"ping"}"#, HI, r#"{"prompt_progress":{"total":9}}"#, STOP, DONE],
        r#""hi" stop"#,
    );
}

#[test]
fn thinking_and_refusals() {
    check_events(
        "DeepSeek, SGLang, llama.cpp",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"so"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"hi","reasoning_content":null}}]}"#,
            STOP,
            DONE,
        ],
        r#"think:"so" "hi" stop"#,
    );
    check_events(
        "vLLM, Ollama, Groq; OpenRouter, which says it twice",
        &[
            r#"{"choices":[{"index":0,"delta":{"reasoning":"so"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"","reasoning":"!","reasoning_details":[{"type":"reasoning.text","text":"!"}]}}]}"#,
            HI,
            STOP,
            DONE,
        ],
        r#"think:"so!" "hi" stop"#,
    );
    check_events(
        "OpenRouter: only in details",
        &[
            r#"{"choices":[{"delta":{"content":"","reasoning":null,"reasoning_details":[{"type":"reasoning.text","text":"so"},{"type":"reasoning.encrypted","data":"x"}]}}]}"#,
            HI,
            STOP,
        ],
        r#"think:"so" "hi" stop"#,
    );
    check_events(
        "Mistral's Magistral: a content of parts",
        &[
            r#"{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"so"}]}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"h"},{"type":"image_url","image_url":{}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}"#,
            DONE,
        ],
        r#"think:"so" "hi" stop"#,
    );
    check_events(
        "OpenAI: a refusal",
        &[r#"{"choices":[{"index":0,"delta":{"refusal":"I can't."}}]}"#, STOP, DONE],
        r#"refuse:"I can't." stop"#,
    );
}

#[test]
fn tools() {
    check_events(
        "OpenAI, vLLM",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            DONE,
        ],
        r#"call:f({"x":1}) toolcalls"#,
    );
    check_events(
        "Ollama: whole calls, and `stop`",
        &[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}}]}"#,
            STOP,
            DONE,
        ],
        "call:f({}) call:g({}) stop",
    );
    check_events(
        "functions of old",
        &[
            r#"{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{"}}}]}"#,
            r#"{"choices":[{"delta":{"function_call":{"arguments":"}"}},"finish_reason":"function_call"}]}"#,
        ],
        "call:f({}) toolcalls",
    );
}

#[test]
fn bodies_that_are_no_stream() {
    let whole = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
        "content":"hi","reasoning_content":"so","refusal":null,"tool_calls":null},
        "finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":1}}"#;
    let expected = r#"think:"so" "hi" stop 4/?/1"#;
    check("GPT4All, and proxies that buffer", whole, expected);
    check("the same with a mark and a line break", &format!("\u{feff}{whole}\n"), expected);
    check("DeepSeek: empty lines until it is there", &format!("\n\n\r\n{whole}"), expected);
    check("the same on one line", &format!("\n\n{}\n", whole.replace('\n', "")), expected);
    check_events("as the only event", &[&whole.replace('\n', ""), DONE], expected);
    check("JSON line by line", &format!("{HI}\n{HI}\n{STOP}\n"), r#""hihi" stop"#);
    check(
        "a whole completion with tools",
        r#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function",
            "function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
        "call:f({}) toolcalls",
    );
}

#[test]
fn what_is_no_answer() {
    check_error(
        "a captive portal",
        "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head></html>",
        "edge_protocol",
        "a page in HTML that says “Sign in to the network”",
    );
    check_error("a bare page", "<html>\n<body>\n\n", "edge_protocol", "HTML");
    check_error("nothing", "", "edge_protocol", "an empty body");
    check_error("line breaks alone", "\n\n", "edge_protocol", "an empty body");
    check_error("only comments", ": ping\n\n", "edge_protocol", "an empty body");
    check_error("a text", "Service unavailable", "edge_protocol", "“Service unavailable”");
    check_error(
        "LM Studio below another path, with HTTP 200",
        r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
        "edge_failed",
        "Unexpected endpoint",
    );
    check_error(
        "Gemini: a list with an error",
        r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]"#,
        "edge_rejected",
        "API key not valid.",
    );
    check_error(
        "Kong: no route",
        "{\"message\":\"no Route matched with those values\"}\n",
        "edge_protocol",
        "no Route matched",
    );
    check_error(
        "a server of another protocol",
        "data: {\"response\":\"hi\",\"p\":\"abc\"}\n\ndata: {\"response\":\" there\"}\n\n",
        "edge_protocol",
        "JSON without an answer, “{\"p\":\"abc\",\"response\":\"hi\"}”",
    );
    check_error("JSON cut off", "{\"choices\":[{\"mess", "edge_protocol", "cut off");
    check_error("an event that is no JSON", "data: {not json\n\n", "edge_protocol", "not a chunk");
    check_error("an event that is no object", "data: [1,2]\n\n", "edge_protocol", "no JSON object");
}

#[test]
fn errors_in_mid_stream() {
    let after = |error: &str| format!("data: {HI}\n\n{error}\n\ndata: [DONE]\n\n");
    for (server, error, code, sentence) in [
        ("OpenAI", r#"data: {"error":{"message":"overloaded"}}"#, "edge_failed", "overloaded"),
        (
            "LM Studio",
            "event: error\ndata: {\"error\":{\"message\":\"Compute error.\"},\"message\":\"Compute error.\"}",
            "edge_failed",
            "Compute error.",
        ),
        (
            "TGI",
            "event: error\ndata: {\"error\":\"Input is bad\",\"error_type\":\"generation\"}",
            "edge_failed",
            "Input is bad",
        ),
        ("a text", "event: error\ndata: upstream is gone", "edge_failed", "upstream is gone"),
        (
            "llama.cpp of 2025",
            r#"error: {"code":400,"message":"the request exceeds the available context size","type":"invalid_request_error"}"#,
            "prompt_too_long",
            "available context size",
        ),
        (
            "vLLM",
            r#"data: {"object":"error","message":"bad grammar","type":"BadRequestError","code":400}"#,
            "edge_rejected",
            "bad grammar",
        ),
        (
            "OpenRouter",
            r#"data: {"error":{"code":"server_error","message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
            "edge_failed",
            "Provider disconnected",
        ),
        (
            "a reason alone",
            r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#,
            "edge_failed",
            "`error`",
        ),
        (
            "vLLM, SGLang: stopped by the server",
            r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"abort"}]}"#,
            "edge_broke_off",
            "",
        ),
    ] {
        check_error(server, &after(error), code, sentence);
        let mut reader = ReplyReader::default();
        let mut chunks = Vec::new();
        let error: Error = reader.push(after(error).as_bytes(), &mut chunks).unwrap_err();
        assert_eq!(told(chunks), r#""hi""#, "{server}: what came before {error} is kept");
    }
}
