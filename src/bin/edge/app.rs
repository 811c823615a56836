//! All routes, and who may use them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::cors::{AllowHeaders, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::body::MAX_CHAT_BYTES;
use crate::failure::ApiError;
use crate::gateway::{
    DECODE_TPS, Gateway, KV, KV_PREFILL_TPS, PREFILL_TPS, QUEUE_S, SERVER_TIMING,
};
use crate::handoff::KV_PATH;
use crate::site::Site;
use crate::{chat, kv, probe};

/// Browsers keep a preflight's answer for two hours at most.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(7200);

/// Who may use the gateway, and the page it serves.
pub struct Access {
    pub token: Option<String>,
    pub allowed_origins: Vec<HeaderValue>,
    pub site: Option<Site>,
}

/// All routes. Only /v1 asks for the token: a probe with credentials would need a preflight, and
/// would measure two round trips.
pub fn app(gateway: Arc<Gateway>, access: &Access) -> Router {
    let token = access.token.clone().map(Arc::<str>::from);
    let v1 = Router::new()
        .route("/chat/completions", post(chat::chat))
        .route("/models", get(probe::models))
        .route(KV_PATH, post(kv::kv))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_CHAT_BYTES))
        .layer(middleware::from_fn_with_state(token, require_token));
    let app = Router::new()
        .nest("/v1", v1)
        .route("/health", get(probe::health))
        .route("/probe", get(probe::probe))
        .route("/probe/down", get(probe::down))
        .route("/probe/up", post(probe::up))
        .with_state(gateway);
    let app = match &access.site {
        Some(site) => app.fallback_service(site.router()),
        None => app,
    };
    share_with(app, &access.allowed_origins)
}

/// Opens the gateway to pages of other origins, and to their Resource Timing.
fn share_with(app: Router, origins: &[HeaderValue]) -> Router {
    if origins.is_empty() {
        return app;
    }
    let cors = CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_private_network(true)
        .expose_headers([
            QUEUE_S,
            PREFILL_TPS,
            DECODE_TPS,
            KV,
            KV_PREFILL_TPS,
            SERVER_TIMING,
            header::RETRY_AFTER,
        ])
        .max_age(PREFLIGHT_MAX_AGE);
    let listed: Vec<&str> = origins.iter().filter_map(|origin| origin.to_str().ok()).collect();
    let timing = HeaderValue::from_str(&listed.join(", ")).ok();
    app.layer(SetResponseHeaderLayer::overriding(
        HeaderName::from_static("timing-allow-origin"),
        move |_: &Response| timing.clone(),
    ))
    .layer(cors)
}

async fn require_token(
    State(token): State<Option<Arc<str>>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(token) = token else { return Ok(next.run(request).await) };
    let sent = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    match sent.and_then(|value| value.strip_prefix(b"Bearer ")) {
        Some(sent) if equal_in_constant_time(sent, token.as_bytes()) => Ok(next.run(request).await),
        _ => Err(ApiError::unauthorized()),
    }
}

/// The time taken tells the length of what was sent and nothing about the token.
fn equal_in_constant_time(sent: &[u8], token: &[u8]) -> bool {
    let padded = token.iter().cycle();
    let differing = sent.iter().zip(padded).fold(0, |differing, (a, b)| differing | (a ^ b));
    differing == 0 && sent.len() == token.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_equal_only_as_a_whole() {
        for (sent, expected) in [("abc", true), ("abd", false), ("ab", false), ("abca", false)] {
            assert_eq!(equal_in_constant_time(sent.as_bytes(), b"abc"), expected, "{sent}");
        }
        assert!(!equal_in_constant_time(b"", b"abc"));
        assert!(!equal_in_constant_time(b"x", b""));
    }
}
