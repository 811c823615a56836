//! What a refused or failed request gets: OpenAI's error shape with a stable code.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nearside::Error;
use serde::Serialize;

use crate::job::{Failure, Refusal};

/// An error on the wire. The codes are the core's where it has one.
#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

/// `{"error": {...}}`, as a body and as an event in a stream.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Serialize)]
struct ErrorDetail {
    message: String,
    r#type: &'static str,
    code: &'static str,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into(), header: None }
    }

    pub fn invalid(detail: impl Into<String>) -> ApiError {
        Error::InvalidRequest(detail.into()).into()
    }

    pub fn not_found() -> ApiError {
        let message = "There is nothing here. POST to /v1/chat/completions or GET /v1/models.";
        ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub fn kv_unavailable() -> ApiError {
        let message = "This edge hands over no keys and values. Read the prompt on the device.";
        ApiError::new(StatusCode::NOT_FOUND, "kv_unavailable", message)
    }

    pub fn method_not_allowed() -> ApiError {
        let message = "This path does not take that method.";
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    pub fn unauthorized() -> ApiError {
        let message = "Send `Authorization: Bearer` with this gateway's token.";
        let challenge = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message).with(challenge)
    }

    pub fn too_large(limit_bytes: usize) -> ApiError {
        let message = format!("The request body is larger than {limit_bytes} bytes.");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    fn with(self, header: (HeaderName, HeaderValue)) -> ApiError {
        ApiError { header: Some(header), ..self }
    }

    pub fn body(&self) -> ErrorBody {
        let r#type = match self.status.as_u16() {
            401 => "authentication_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        ErrorBody { error: ErrorDetail { message: self.message.clone(), r#type, code: self.code } }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        let status = match error {
            Error::PromptTooLong { .. } | Error::InvalidRequest(_) | Error::TemplateFailed(_) => {
                StatusCode::BAD_REQUEST
            }
            Error::KvForeignModel(_) => StatusCode::CONFLICT,
            Error::KvTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::new(status, error.code(), error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::Full { retry_after_s } => {
                let message =
                    format!("Too many requests are waiting. Try again in {retry_after_s} s.");
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message)
                    .with((header::RETRY_AFTER, HeaderValue::from(retry_after_s)))
            }
            Refusal::ShuttingDown => Failure::ShuttingDown.into(),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> ApiError {
        match failure {
            Failure::Engine(error) => error.into(),
            Failure::ShuttingDown => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "shutting_down",
                "The edge is shutting down. Answer on the device, or try again later.",
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
