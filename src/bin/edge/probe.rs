//! What the router measures the link with, and what it asks about the edge: cheap, never cached.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;
use serde_json::json;
use tokio_stream::StreamExt;

use crate::failure::ApiError;
use crate::gateway::Gateway;

/// The largest probe in either direction.
pub const MAX_PROBE_BYTES: usize = 4 << 20;

const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Bytes that no proxy or radio can compress; the same ones serve every probe.
pub fn incompressible() -> Bytes {
    let mut bytes = vec![0; MAX_PROBE_BYTES];
    Pcg64Mcg::seed_from_u64(0).fill_bytes(&mut bytes);
    Bytes::from(bytes)
}

/// `GET|HEAD /probe`: nothing but a round trip and the hints.
pub async fn probe(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [NO_STORE], gateway.hint_headers())
}

#[derive(Deserialize)]
pub struct DownQuery {
    bytes: usize,
}

/// `GET /probe/down?bytes=N`: N bytes to time.
pub async fn down(
    State(gateway): State<Arc<Gateway>>,
    query: Result<Query<DownQuery>, QueryRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = format!("`bytes` must be a number up to {MAX_PROBE_BYTES}");
    let n_bytes = query.map_or(None, |Query(query)| Some(query.bytes));
    let n_bytes = n_bytes.filter(|n_bytes| *n_bytes <= MAX_PROBE_BYTES);
    let body = gateway.noise.slice(..n_bytes.ok_or_else(|| ApiError::invalid(limit))?);
    let octets = (header::CONTENT_TYPE, "application/octet-stream");
    Ok(([octets, NO_STORE], gateway.hint_headers(), body))
}

/// `POST /probe/up`: takes what the sender times, and forgets it.
pub async fn up(State(gateway): State<Arc<Gateway>>, body: Body) -> Result<Response, ApiError> {
    let mut received_bytes = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| ApiError::invalid("the body broke off"))?;
        received_bytes += piece.len();
        if received_bytes > MAX_PROBE_BYTES {
            return Err(ApiError::too_large(MAX_PROBE_BYTES));
        }
    }
    Ok((StatusCode::NO_CONTENT, [NO_STORE], gateway.hint_headers()).into_response())
}

/// `GET /health`.
pub async fn health(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let outlook = gateway.line.outlook();
    let health = json!({
        "status": if outlook.shutting_down { "stopping" } else { "ok" },
        "version": env!("CARGO_PKG_VERSION"),
        "model": gateway.model_name,
        "running": outlook.n_running,
        "queued": outlook.n_waiting,
    });
    ([NO_STORE], gateway.hint_headers(), Json(health))
}

/// `GET /v1/models`. The context length goes by vLLM's name; where keys and values are handed over,
/// a field of our own says whose.
pub async fn models(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let mut models = json!({
        "object": "list",
        "data": [{
            "id": gateway.model_name,
            "object": "model",
            "created": gateway.started_unix_s,
            "owned_by": "nearside",
            "max_model_len": gateway.n_ctx,
        }],
    });
    if let Some(handoff) = &gateway.handoff {
        models["x_nearside_kv"] = handoff.description();
    }
    Json(models)
}
