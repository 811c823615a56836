//! How the edge is spoken to: any OpenAI-compatible server, over HTTP.
//!
//! Pure: bodies are built and parsed here, the host moves the bytes.

pub mod request;
pub mod sse;

use crate::{Error, Result};

pub use request::{Asked, Written};
pub use sse::{Chunk, EventStream, Usage};

/// Turns an HTTP status into an error with a stable code; 2xx passes.
pub fn check_status(status: u16, retry_after_s: Option<u64>, body: &str) -> Result<()> {
    let message = || error_message(body);
    match status {
        200..=299 => Ok(()),
        401 | 403 => Err(Error::EdgeUnauthorized(status)),
        413 => Err(Error::EdgePromptTooLong(message())),
        400 if is_too_long(body) => Err(Error::EdgePromptTooLong(message())),
        429 => Err(Error::EdgeRateLimited { retry_after_s: retry_after_s.unwrap_or(1) }),
        400..=499 => Err(Error::EdgeRejected { status, message: message() }),
        _ => Err(Error::EdgeFailed { status, message: message() }),
    }
}

/// Whether the edge refuses a prompt for its length: OpenAI's code, or ours.
fn is_too_long(body: &str) -> bool {
    body.contains("context_length_exceeded") || body.contains("prompt_too_long")
}

/// The sentence in an OpenAI-shaped error, or the beginning of whatever came.
fn error_message(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let text = parsed
        .as_ref()
        .and_then(|json| json.pointer("/error/message"))
        .and_then(|message| message.as_str())
        .unwrap_or(body);
    let text: String = text.trim().chars().take(200).collect();
    if text.is_empty() { "no details given.".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        check(413, r#"{"error":{"code":"body_too_large"}}"#, Err("prompt_too_long"));
        check(500, "", Err("edge_failed"));
        check(503, "", Err("edge_failed"));
    }

    #[test]
    fn the_servers_own_words_are_kept() {
        let body = r#"{"error":{"message":"model is loading"}}"#;
        let error = check_status(503, None, body).unwrap_err();
        assert!(error.to_string().contains("model is loading"), "{error}");
    }
}
