//! `POST /v1/chat/completions`: from a request to a job, and from its events to an answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use nearside::Error;
use nearside::engine::GenerateRequest;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::api::{ChatRequest, Envelope};
use crate::body::{body_error, require_json};
use crate::failure::ApiError;
use crate::gateway::Gateway;
use crate::job::{Event, Job, Outcome, Work};

/// A silent stream says that it lives, so that nothing on the way takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

pub async fn chat(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    require_json(&headers)?;
    let body = body.map_err(body_error)?;
    gateway.line.check_open()?;
    let request = ChatRequest::parse(&body)?;
    let (is_streamed, includes_usage) = (request.is_streamed(), request.includes_usage());
    let tells_tokens = request.alternatives()?.is_some();
    let generate = to_generate_request(Arc::clone(&gateway), request).await?;
    let hints = gateway.hint_headers();
    let (events, received) = mpsc::unbounded_channel();
    let work = Work::Answer { request: generate, tells_tokens, events };
    gateway.line.offer(Job { work, offered: Instant::now() })?;
    let envelope = gateway.envelope();
    let answer = if is_streamed {
        streamed(envelope, includes_usage, received)
    } else {
        whole(envelope, received).await?
    };
    Ok((hints, answer).into_response())
}

/// Renders and tokenizes away from the threads that serve connections: a megabyte takes a while.
async fn to_generate_request(
    gateway: Arc<Gateway>,
    request: ChatRequest,
) -> Result<GenerateRequest, ApiError> {
    let work = move || {
        let sampling = request.sampling(gateway.sampling, gateway.fresh_seed())?;
        let (stop, asked) = (request.stop()?, request.max_tokens()?);
        let messages = request.messages()?;
        let continues = request.continues_final_message()?;
        let n_ctx = gateway.n_ctx;
        let prompt = gateway.prompt(&messages, continues)?;
        if prompt.len() > n_ctx {
            return Err(Error::PromptTooLong { n_tokens: prompt.len(), n_ctx }.into());
        }
        // The last token of an answer need not be read again, so it takes no place.
        let limit = gateway.max_tokens.min(n_ctx - prompt.len() + 1);
        let max_tokens = asked.unwrap_or(limit).min(limit);
        let reads_draft = request.reads_draft()?;
        let n_alternatives = reads_draft.or(request.alternatives()?).unwrap_or(0);
        let read_from = match reads_draft {
            Some(_) => Some(gateway.draft_begins(&messages, &prompt)?),
            None => None,
        };
        Ok(GenerateRequest {
            read_from,
            prompt,
            sampling,
            max_tokens,
            stop,
            n_alternatives,
            ..Default::default()
        })
    };
    let failed = |error: tokio::task::JoinError| Error::ComputeFailed(error.to_string());
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

async fn whole(
    envelope: Envelope,
    mut received: mpsc::UnboundedReceiver<Event>,
) -> Result<Response, ApiError> {
    let (mut text, mut tokens) = (String::new(), Vec::new());
    while let Some(event) = received.recv().await {
        match event {
            Event::Started => {}
            Event::Text(piece) => {
                text.push_str(&piece.text);
                tokens.extend(piece.token);
            }
            Event::Done(outcome) => {
                let completion = envelope.completion(&text, &tokens, &outcome);
                return Ok(
                    ([(header::CACHE_CONTROL, "no-store")], Json(completion)).into_response()
                );
            }
            Event::Failed(failure) => return Err(failure.into()),
        }
    }
    Err(Error::ComputeFailed("the compute thread is gone".into()).into())
}

/// An event stream. It begins before the first token does; what fails from here on is told as an
/// `error` event, and `[DONE]` ends it either way.
fn streamed(
    envelope: Envelope,
    includes_usage: bool,
    received: mpsc::UnboundedReceiver<Event>,
) -> Response {
    let frames = UnboundedReceiverStream::new(received)
        .timeout_repeating(tokio::time::interval_at(
            tokio::time::Instant::now() + KEEP_ALIVE,
            KEEP_ALIVE,
        ))
        .map(move |event| {
            let frames = match event {
                Ok(event) => event_frames(&envelope, includes_usage, event),
                Err(_) => ": waiting\n\n".to_owned(),
            };
            Ok::<_, Infallible>(Bytes::from(frames))
        });
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(frames)).into_response()
}

fn event_frames(envelope: &Envelope, includes_usage: bool, event: Event) -> String {
    match event {
        Event::Started => frame(&envelope.opening_chunk()),
        Event::Text(piece) => frame(&envelope.text_chunk(&piece)),
        Event::Done(outcome) => closing_frames(envelope, includes_usage, &outcome),
        Event::Failed(failure) => frame(&ApiError::from(failure).body()) + DONE,
    }
}

fn closing_frames(envelope: &Envelope, includes_usage: bool, outcome: &Outcome) -> String {
    let mut frames = frame(&envelope.closing_chunk(outcome));
    if includes_usage {
        frames += &frame(&envelope.usage_chunk(outcome));
    }
    frames + DONE
}

const DONE: &str = "data: [DONE]\n\n";

/// JSON escapes line breaks, so one `data:` line always suffices.
fn frame(data: &impl Serialize) -> String {
    match serde_json::to_string(data) {
        Ok(json) => format!("data: {json}\n\n"),
        Err(error) => format!(": not sent, {error}\n\n"),
    }
}
