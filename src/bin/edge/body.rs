//! What a request's body must be before anybody reads it.

use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};

use crate::failure::ApiError;

/// The largest request body.
pub const MAX_CHAT_BYTES: usize = 1 << 20;

/// A page of another origin may send plain text without asking; JSON it may not. So this keeps
/// pages outside the allow-list from putting work on the gateway.
pub fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = value.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if mime.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "Send the request as `Content-Type: application/json`.";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", message))
}

pub fn body_error(rejection: BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(MAX_CHAT_BYTES),
        _ => ApiError::invalid("the body could not be read"),
    }
}
