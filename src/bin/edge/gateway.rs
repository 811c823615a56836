//! The gateway as a whole: what every handler shares, and the routes.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{AppendHeaders, Response};
use axum::routing::{get, post};
use nearside::Result;
use nearside::dialogue::{Beginnings, Date, Message, prompt_tokens};
use nearside::engine::{Model, SamplingOptions};
use tower_http::cors::{AllowHeaders, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::Envelope;
use crate::chat::{self, MAX_CHAT_BYTES};
use crate::failure::ApiError;
use crate::kv::{self, Handoff, KV_PATH};
use crate::line::Line;
use crate::probe;
use crate::site::Site;

/// Seconds until a prefill that is asked for now would start.
const QUEUE_S: HeaderName = HeaderName::from_static("x-nearside-queue-s");
/// Tokens per second that a request which arrives now can expect.
const PREFILL_TPS: HeaderName = HeaderName::from_static("x-nearside-prefill-tps");
const DECODE_TPS: HeaderName = HeaderName::from_static("x-nearside-decode-tps");
/// Whose keys and values are handed over, and how fast their model reads a prompt here.
const KV: HeaderName = HeaderName::from_static("x-nearside-kv");
const KV_PREFILL_TPS: HeaderName = HeaderName::from_static("x-nearside-kv-prefill-tps");
/// Where a transfer's time went on this side of the link.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Browsers keep a preflight's answer for two hours at most.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(7200);

/// What the handlers share.
pub struct Gateway {
    pub model: Arc<Model>,
    pub model_name: String,
    pub n_ctx: usize,
    pub max_tokens: usize,
    /// Of requests that do not say.
    pub sampling: SamplingOptions,
    pub line: Arc<Line>,
    /// Where the device's model is here.
    pub handoff: Option<Handoff>,
    pub noise: Bytes,
    pub started_unix_s: u64,
    pub n_completions: AtomicU64,
    /// On which day the dialogues began that go on here, by this machine's clock.
    pub beginnings: Mutex<Beginnings>,
}

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

impl Gateway {
    /// The tokens of a dialogue that the model is to go on with; in its last answer, if it `continues`
    /// that.
    pub fn prompt(&self, messages: &[Message], continues: bool) -> Result<Vec<u32>> {
        let today = Date::of_unix_seconds(unix_s());
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let began = beginnings.day_of(messages, today);
        drop(beginnings);
        prompt_tokens(self.model.tokenizer(), self.model.template(), messages, !continues, began)
    }

    /// The hints of the moment, for every answer that a router can learn from.
    pub fn hint_headers(&self) -> AppendHeaders<Vec<(HeaderName, String)>> {
        let outlook = self.line.outlook();
        let mut hints = vec![
            (QUEUE_S, format!("{:.6}", outlook.queue_s)),
            (PREFILL_TPS, format!("{:.1}", outlook.prefill_tps)),
            (DECODE_TPS, format!("{:.1}", outlook.decode_tps)),
        ];
        if let (Some(handoff), Some(tps)) = (&self.handoff, outlook.kv_prefill_tps) {
            hints.extend([(KV, handoff.hint()), (KV_PREFILL_TPS, format!("{tps:.1}"))]);
        }
        AppendHeaders(hints)
    }

    /// A seed that differs from request to request and from start to start.
    pub fn fresh_seed(&self) -> u64 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(self.n_completions.load(Ordering::Relaxed));
        hasher.finish()
    }

    /// A new completion's identity.
    pub fn envelope(&self) -> Envelope {
        let serial = self.n_completions.fetch_add(1, Ordering::Relaxed);
        Envelope {
            id: format!("chatcmpl-{:x}-{serial:x}", self.started_unix_s),
            created: unix_s(),
            model: self.model_name.clone(),
        }
    }
}

/// The wall clock as OpenAI's `created` has it.
pub fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
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
