//! What a server says went wrong: in a status, in a body that came with HTTP 200, or inside a stream.
//!
//! Each has its own shape for it; the server's own sentence is what a person needs.

use serde_json::Value;

use crate::{Error, Result};

const MAX_SENTENCE_CHARS: usize = 300;

/// Turns an HTTP status into an error with a stable code; 2xx passes.
pub fn check_status(status: u16, retry_after_s: Option<u64>, body: &str) -> Result<()> {
    let message = || match words_of(body) {
        words if words.is_empty() => "no details given.".to_owned(),
        words => words,
    };
    match status {
        200..=299 => Ok(()),
        401 | 403 => Err(Error::EdgeUnauthorized { status, message: words_of(body) }),
        // Whatever it says: what was sent was too much.
        413 => Err(Error::EdgePromptTooLong(message())),
        429 => Err(Error::EdgeRateLimited { retry_after_s, message: words_of(body) }),
        400..=599 if is_too_long(body) => Err(Error::EdgePromptTooLong(message())),
        400..=499 => Err(Error::EdgeRejected { status, message: message() }),
        _ => Err(Error::EdgeFailed { status, message: message() }),
    }
}

/// The error that a JSON object from a server reports, whatever came before it; `None` if it
/// reports none.
pub fn reported(body: &Value) -> Option<Error> {
    let choice_error = body.pointer("/choices/0/error");
    let error = [body.get("error"), choice_error].into_iter().flatten().find(|e| is_said(e));
    let kind = |name: &str| body.get(name).and_then(Value::as_str);
    let is_error = match error {
        Some(_) => true,
        // vLLM, SGLang; FastAPI; FastChat; MiniMax.
        None => {
            kind("object") == Some("error")
                || kind("type") == Some("error")
                || body.get("detail").is_some_and(is_said) && body.get("choices").is_none()
                || number(body.get("error_code")).is_some_and(|code| code != 0)
                || number(body.pointer("/base_resp/status_code")).is_some_and(|code| code != 0)
        }
    };
    is_error.then(|| failure_of(error.unwrap_or(body)))
}

/// The error that a server tells of, as an object or as text.
pub fn failure_of(error: &Value) -> Error {
    let text = error.to_string();
    let message = said_in(error).map_or_else(|| shortened(&text), |said| shortened(&said));
    let codes = ["code", "status", "status_code", "error_code"];
    let status = codes.iter().find_map(|name| number(error.get(*name)));
    match status.and_then(|status| u16::try_from(status).ok()) {
        _ if is_too_long(&text) => Error::EdgePromptTooLong(message),
        Some(status @ (400..=428 | 430..=499)) => Error::EdgeRejected { status, message },
        Some(status @ (429 | 500..=599)) => Error::EdgeFailed { status, message },
        _ => Error::EdgeFailed { status: 200, message },
    }
}

/// What a server says in a JSON body that is no answer.
pub fn said_in(body: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    let places = [
        "/error/message",
        "/0/error/message",
        "/message",
        "/error",
        "/detail",
        "/detail/0/msg",
        "/msg",
        "/base_resp/status_msg",
        "/error/error",
        "/text",
    ];
    let own = text(body);
    own.or_else(|| places.iter().find_map(|place| body.pointer(place).and_then(text)))
}

/// What a page in HTML says: its title, or its first words.
pub fn html_sentence(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|start| {
        let from = start + lower[start..].find('>')? + 1;
        let to = from + lower[from..].find("</title")?;
        html.get(from..to)
    });
    match title.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => shortened(title),
        None => shortened(&without_tags(html)),
    }
}

/// The sentence in an error's body, or the beginning of whatever came; empty where nothing did.
fn words_of(body: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let said = parsed.as_ref().and_then(said_in);
    let is_html = body.trim_start().starts_with('<');
    match said {
        Some(said) => shortened(&said),
        None if is_html => html_sentence(body),
        None => shortened(body),
    }
}

/// Whether the edge refuses a prompt for its length: OpenAI's code, ours, or llama.cpp's, and the
/// sentences of those that have no code for it.
fn is_too_long(body: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "context_length_exceeded",
        "prompt_too_long",
        "exceed_context_size_error",
        // vLLM, older llama.cpp, SGLang, LM Studio.
        "maximum context length",
        "available context size",
        "longer than the model's context length",
        "greater than the context length",
    ];
    SIGNS.iter().any(|sign| body.contains(sign))
}

fn is_said(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// A code as a number, or as digits.
fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn without_tags(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    // Before the first tag all is text; a later piece begins with the rest of its tag.
    let texts = pieces.map(|(i, piece)| match i {
        0 => piece,
        _ => piece.split_once('>').map_or("", |(_, text)| text),
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// On one line, and not too much of it.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_SENTENCE_CHARS) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: Result<(), &str>) {
        assert_eq!(check_status(status, Some(7), body).map_err(|error| error.code()), expected);
    }

    #[test]
    fn statuses_have_codes() {
        check(200, "", Ok(()));
        check(401, "", Err("edge_unauthorized"));
        check(403, "", Err("edge_unauthorized"));
        check(429, "", Err("edge_rate_limited"));
        check(404, "", Err("edge_rejected"));
        check(400, "", Err("edge_rejected"));
        check(400, r#"{"error":{"code":"context_length_exceeded"}}"#, Err("prompt_too_long"));
        // llama.cpp, and vLLM.
        check(
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size",
                "type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#,
            Err("prompt_too_long"),
        );
        check(
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.",
                "type":"BadRequestError","code":400}"#,
            Err("prompt_too_long"),
        );
        check(500, "", Err("edge_failed"));
        check(503, "", Err("edge_failed"));
    }

    #[track_caller]
    fn check_sentence(body: &str, expected: &str) {
        let error = check_status(503, None, body).unwrap_err();
        let Error::EdgeFailed { message, .. } = error else { panic!("{error:?}") };
        assert_eq!(message, expected, "{body}");
    }

    #[test]
    fn the_servers_own_words_are_kept() {
        check_sentence(r#"{"error":{"message":"model is loading"}}"#, "model is loading");
        // Ollama; FastAPI; FastAPI's validation; vLLM of old; a proxy; nginx.
        check_sentence(r#"{"error":"model 'm' not found"}"#, "model 'm' not found");
        check_sentence(r#"{"detail":"Not Found"}"#, "Not Found");
        check_sentence(r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, "field required");
        check_sentence(r#"{"object":"error","message":"too many"}"#, "too many");
        check_sentence("upstream connect error\n", "upstream connect error");
        check_sentence(
            "<html>\r\n<head><title>502 Bad Gateway</title></head></html>",
            "502 Bad Gateway",
        );
        check_sentence("<h1>Sorry</h1><p>We are <b>closed</b>.</p>", "Sorry We are closed .");
        check_sentence("", "no details given.");
        check_sentence(&"a".repeat(400), &format!("{}…", "a".repeat(MAX_SENTENCE_CHARS)));
    }

    #[test]
    fn who_is_refused_or_slowed_down_is_told_in_the_servers_words() {
        let told = |status: u16, retry_after_s: Option<u64>, body: &str| {
            check_status(status, retry_after_s, body).unwrap_err().to_string()
        };
        let quota = r#"{"error":{"message":"You exceeded your current quota, please check your plan
            and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#;
        let said = told(429, None, &quota.replace('\n', " "));
        assert!(said.contains("check your plan and billing details. Try again later."), "{said}");
        assert!(told(429, Some(7), "").ends_with("(HTTP 429). Wait 7 s and try again."));
        let key =
            r#"{"error":{"message":"Incorrect API key provided: sk-1.","code":"invalid_api_key"}}"#;
        assert!(
            told(401, None, key).contains("(HTTP 401): Incorrect API key provided: sk-1. Check")
        );
        let region = r#"{"error":{"message":"Country, region, or territory not supported"}}"#;
        assert!(told(403, None, region).contains("(HTTP 403): Country, region, or territory"));
    }

    #[track_caller]
    fn check_reported(body: &str, expected: Option<(&str, &str)>) {
        let error = reported(&serde_json::from_str(body).unwrap());
        let Some((code, sentence)) = expected else { return assert_eq!(error, None, "{body}") };
        let error = error.unwrap_or_else(|| panic!("no error: {body}"));
        assert_eq!(error.code(), code, "{body}");
        assert!(error.to_string().contains(sentence), "{body}: {error}");
    }

    #[test]
    fn errors_are_seen_whatever_their_shape() {
        check_reported(
            r#"{"error":{"message":"out of memory"}}"#,
            Some(("edge_failed", "out of memory")),
        );
        // LM Studio, with HTTP 200.
        check_reported(
            r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
            Some(("edge_failed", "Unexpected endpoint")),
        );
        // OpenRouter, in mid-stream, at the top and in the choice.
        check_reported(
            r#"{"error":{"code":"502","message":"Provider disconnected"},
                "choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
            Some(("edge_failed", "(HTTP 502): Provider disconnected")),
        );
        check_reported(
            r#"{"choices":[{"delta":{},"error":{"code":402,"message":"no credits"}}]}"#,
            Some(("edge_rejected", "(HTTP 402): no credits")),
        );
        // vLLM and SGLang; FastChat; MiniMax; FastAPI.
        check_reported(
            r#"{"object":"error","message":"bad","code":500}"#,
            Some(("edge_failed", "bad")),
        );
        check_reported(
            r#"{"text":"**NETWORK ERROR**","error_code":50002}"#,
            Some(("edge_failed", "NETWORK")),
        );
        check_reported(
            r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#,
            Some(("edge_failed", "login fail")),
        );
        check_reported(r#"{"detail":"Not Found"}"#, Some(("edge_failed", "Not Found")));
        // llama.cpp in mid-stream.
        check_reported(
            r#"{"error":{"code":400,"message":"the request exceeds the available context size"}}"#,
            Some(("prompt_too_long", "exceeds the available")),
        );
        check_reported(r#"{"error":null,"choices":[]}"#, None);
        check_reported(r#"{"error":"","choices":[]}"#, None);
        check_reported(r#"{"base_resp":{"status_code":0,"status_msg":""},"choices":[]}"#, None);
        check_reported(r#"{"choices":[{"delta":{"content":"error"}}]}"#, None);
    }
}
