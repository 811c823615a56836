//! A turn, or the rest of one, answered by the edge.

use std::time::Duration;

use super::answer::Answer;
use super::models::{DeviceModel, ScoringModel};
use super::report::{FinishReason, TurnRequest};
use super::{Router, seconds, with_answer};
use crate::config::EdgeConfig;
use crate::dialogue::{Message, session};
use crate::edge::{Chunk, EventStream, check_status, completion_request};
use crate::host::{EdgeBody, EdgeHints, EdgeRequest, EdgeResponse, Host};
use crate::{Error, Result};

/// Of an error's body, so much is read.
const MAX_ERROR_BYTES: usize = 4096;
/// How long the edge is left alone after it refused a turn.
const REST_AFTER_UNAUTHORIZED: Duration = Duration::from_secs(60);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Fewer missing tokens than this tell nothing about the edge's prefill rate.
const MIN_PREFILL_TOKENS: usize = 64;

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    pub(super) async fn answer_on_edge<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let outcome = self.stream_from_edge(request, answer, host).await;
        if let Err(error) = &outcome {
            self.note_edge_failure(error, host.now());
        }
        outcome
    }

    async fn stream_from_edge<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let mut messages = with_answer(&request.messages, &answer.text);
        let sent_at = host.now();
        let (response, sent_bytes) = self.open_stream(request, &mut messages, answer, host).await?;
        let opened_at = host.now();
        let missing = self.missing_for(&messages, host.now())?;
        let hints = response.hints;
        let mut body = response.body;

        let n_before = answer.n_tokens;
        let mut stream = EventStream::new();
        let mut received = Received::default();
        let mut chunks = Vec::new();
        while !received.ended {
            let timeout = match received.first_text {
                None => self.config.first_byte_timeout(),
                Some(_) => self.config.idle_timeout(),
            };
            let Some(bytes) = body.next(timeout).await? else { break };
            if host.cancelled() {
                return Err(Error::Aborted);
            }
            let parsed = stream.push(&bytes, &mut chunks);
            for chunk in chunks.drain(..) {
                received.take(chunk, answer, host);
            }
            answer.n_tokens = n_before + received.n_tokens();
            parsed?;
        }
        if received.finish.is_none() {
            return Err(Error::EdgeBrokeOff);
        }
        answer.finish = match received.finish.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        answer.n_tokens = n_before + received.n_tokens();
        answer.usage.prompt_tokens = received.prompt_tokens.unwrap_or(missing.n_prompt);
        answer.usage.cached_tokens =
            received.cached_tokens.unwrap_or(missing.n_prompt - missing.n_missing);

        let now = host.now();
        self.link.observe_turn(sent_bytes + stream.n_bytes(), now);
        self.learn_edge_rates(&received, &hints, sent_at, opened_at, missing.n_missing);
        let shown = with_answer(&request.messages, &answer.text);
        let holds = self.count(&shown)?;
        self.ledger.edge_holds(&holds.vocabulary, holds.tokens, now);
        Ok(())
    }

    /// Posts the request. If the edge finds the prompt too long, the older
    /// half of the dialogue is left out and it is asked again.
    async fn open_stream<H: Host>(
        &self,
        request: &TurnRequest,
        messages: &mut Vec<Message>,
        answer: &Answer,
        host: &H,
    ) -> Result<(EdgeResponse<H::EdgeBody>, usize)> {
        let edge = &self.config.edge;
        let base_url = edge
            .base_url
            .as_deref()
            .ok_or_else(|| Error::EdgeUnreachable("no edge.base_url is configured".to_owned()))?;
        let max_tokens = request.max_tokens.unwrap_or(self.config.max_tokens);
        loop {
            let n_left = max_tokens.saturating_sub(answer.n_tokens).max(1);
            let body = completion_request(edge, messages, &request.sampling, n_left, &request.stop);
            let sent_bytes = body.len();
            let mut headers = headers(edge);
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            let call = EdgeRequest {
                url: format!("{}/chat/completions", base_url.trim_end_matches('/')),
                headers,
                body,
                timeout: self.config.first_byte_timeout(),
            };
            let mut response = host.call_edge(&call).await?;
            if host.cancelled() {
                return Err(Error::Aborted);
            }
            if (200..300).contains(&response.status) {
                return Ok((response, sent_bytes));
            }
            let text = read_error(&mut response.body, self.config.idle_timeout()).await;
            match check_status(response.status, response.retry_after_s, &text) {
                Err(Error::EdgePromptTooLong(_)) if drop_older_half(messages) => {}
                Err(error) => return Err(error),
                Ok(()) => unreachable!("2xx returned above"),
            }
        }
    }

    fn missing_for(&self, messages: &[Message], now: Duration) -> Result<Missing> {
        let counted = self.count(messages)?;
        let n_missing = self.ledger.missing_on_edge(&counted.vocabulary, &counted.tokens, now);
        Ok(Missing { n_prompt: counted.tokens.len(), n_missing })
    }

    /// A gateway's word is taken as it is. Of another server the time to the
    /// first token is split: what the link explains, what prefill explains,
    /// and the rest is the queue.
    fn learn_edge_rates(
        &mut self,
        received: &Received,
        hints: &EdgeHints,
        sent_at: Duration,
        opened_at: Duration,
        n_missing: usize,
    ) {
        let (Some(first), Some(last)) = (received.first_text, received.last_text) else { return };
        self.edge_rates.hint(hints.prefill_tps, hints.decode_tps);
        if hints.decode_tps.is_none() {
            let n_between = received.n_tokens().saturating_sub(1);
            self.edge_rates.observe_decode(n_between, seconds(first, last));
        }
        if let Some(queue_s) = hints.queue_s {
            self.link.observe_queue(queue_s);
            return;
        }
        let rtt_s = self.link.estimate(opened_at).rtt_s;
        let compute_s = (seconds(sent_at, first) - rtt_s).max(0.0);
        if n_missing >= MIN_PREFILL_TOKENS {
            self.edge_rates.observe_prefill(n_missing, compute_s);
        } else {
            let prefill_s = n_missing as f64 / self.edge_rates.prefill_tps;
            self.link.observe_queue(compute_s - prefill_s);
        }
    }

    fn note_edge_failure(&mut self, error: &Error, now: Duration) {
        let rest = match error {
            Error::EdgeUnreachable(_) | Error::EdgeTimeout(_) | Error::EdgeBrokeOff => {
                self.link.fail(now);
                self.ledger.edge_forgot();
                return;
            }
            Error::EdgeRateLimited { retry_after_s } => Duration::from_secs(*retry_after_s),
            Error::EdgeUnauthorized(_) => REST_AFTER_UNAUTHORIZED,
            Error::EdgeFailed { .. } | Error::EdgeProtocol(_) => REST_AFTER_FAILURE,
            _ => return,
        };
        self.edge_rests_until = now + rest;
    }
}

struct Missing {
    n_prompt: usize,
    n_missing: usize,
}

/// What has come out of the stream so far.
#[derive(Default)]
struct Received {
    n_texts: usize,
    first_text: Option<Duration>,
    last_text: Option<Duration>,
    finish: Option<String>,
    prompt_tokens: Option<usize>,
    cached_tokens: Option<usize>,
    completion_tokens: Option<usize>,
    ended: bool,
}

impl Received {
    fn take<H: Host>(&mut self, chunk: Chunk, answer: &mut Answer, host: &H) {
        match chunk {
            Chunk::Text(text) => {
                let now = host.now();
                self.first_text.get_or_insert(now);
                self.last_text = Some(now);
                self.n_texts += 1;
                answer.push(&text, host);
            }
            Chunk::Finish(reason) => self.finish = Some(reason),
            Chunk::Usage(usage) => {
                self.prompt_tokens = Some(usage.prompt_tokens);
                self.completion_tokens = Some(usage.completion_tokens);
                self.cached_tokens = usage.cached_tokens();
            }
            Chunk::End => self.ended = true,
        }
    }

    /// As the edge counts them, or one for each piece of text.
    fn n_tokens(&self) -> usize {
        self.completion_tokens.unwrap_or(self.n_texts)
    }
}

/// Request headers that every request to the edge carries.
pub(super) fn headers(edge: &EdgeConfig) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        edge.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(token) = &edge.token {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    headers
}

fn drop_older_half(messages: &mut Vec<Message>) -> bool {
    let n_goal = messages.len().div_ceil(2);
    let mut dropped = false;
    while messages.len() > n_goal || !dropped {
        if !session::drop_oldest_exchange(messages) {
            break;
        }
        dropped = true;
    }
    dropped
}

async fn read_error<B: EdgeBody>(body: &mut B, timeout: Duration) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = body.next(timeout).await {
        bytes.extend(piece);
        if bytes.len() >= MAX_ERROR_BYTES {
            break;
        }
    }
    bytes.truncate(MAX_ERROR_BYTES);
    String::from_utf8_lossy(&bytes).into_owned()
}
