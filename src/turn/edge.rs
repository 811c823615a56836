//! A turn, or the rest of one, answered by the edge.

use std::time::Duration;

use super::answer::Answer;
use super::edge_call::{EdgeCall, Running};
use super::models::{DeviceModel, ScoringModel};
use super::report::{FinishReason, TurnRequest};
use super::{Counted, Router, seconds, with_answer};
use crate::dialogue::Message;
use crate::host::Host;
use crate::routing::Route;
use crate::{Error, Result};

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
        let call = EdgeCall::new(&self.config, &self.sending, request, answer, host.now());
        self.follow(Running::start(&call, host), answer, host).await
    }

    /// Shows what comes of a call, also of one that began before, and learns from it.
    pub(super) async fn follow<H: Host>(
        &mut self,
        running: Running<'_>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let call = running.call;
        let outcome = match running.shown_in(answer, host).await {
            Ok(()) => self.settle(call, answer, host.now()),
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome {
            self.note_edge_failure(error, host.now());
        }
        outcome
    }

    /// The edge has said all.
    fn settle(&mut self, call: &EdgeCall, answer: &mut Answer, now: Duration) -> Result<()> {
        let prompt = self.count(&call.messages())?;
        let missing = self.missing_on_edge(&prompt, call.opened_at());
        let received = call.received();
        answer.finish = match received.finish.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        let n_prompt = prompt.tokens.len();
        answer.usage.prompt_tokens = received.prompt_tokens.unwrap_or(n_prompt);
        let cached = received.cached_tokens.unwrap_or(n_prompt - missing);
        answer.usage.cached_tokens = cached.min(answer.usage.prompt_tokens);
        self.learn_from(call, missing, now);
        if let Some(share) = received.cached_share() {
            let Counted { vocabulary, tokens, .. } = &prompt;
            self.ledger.edge_reused(vocabulary, tokens, share, call.opened_at());
        }
        let shown = with_answer(&call.request.messages, &answer.text);
        self.edge_holds(&shown, now)
    }

    /// The edge began as the device did, and was stopped or failed: what it computed by then it
    /// still holds.
    pub(super) fn settle_abandoned(&mut self, call: &EdgeCall, now: Duration) -> Result<()> {
        if let Some(error) = call.failure() {
            self.note_edge_failure(&error, now);
            return Ok(());
        }
        let received = call.received();
        self.link.observe_turn(received.n_bytes, now);
        if received.first_text.is_some() {
            self.edge_holds(&call.messages(), now)?;
        }
        Ok(())
    }

    /// What an edge that has said all tells of the link and of itself.
    pub(super) fn learn_from(&mut self, call: &EdgeCall, n_missing: usize, now: Duration) {
        self.link.observe_turn(call.received().n_bytes, now);
        self.learn_edge_rates(call, n_missing);
    }

    /// The edge has computed these messages.
    pub(super) fn edge_holds(&mut self, messages: &[Message], now: Duration) -> Result<()> {
        let Counted { vocabulary, tokens, .. } = self.count(messages)?;
        self.ledger.edge_holds(&vocabulary, tokens, now);
        Ok(())
    }

    pub(super) fn missing_on_edge(&self, prompt: &Counted, now: Duration) -> usize {
        let Counted { vocabulary, tokens, .. } = prompt;
        self.ledger.missing(Route::Edge, vocabulary, tokens, now).tokens.round() as usize
    }

    /// A gateway's word is taken as it is. Of another server the time to the
    /// first token is split: what the link explains, what prefill explains,
    /// and the rest is the queue. While the device computed too, nobody was
    /// there to take the time.
    fn learn_edge_rates(&mut self, call: &EdgeCall, n_missing: usize) {
        let received = call.received();
        let hints = received.hints;
        let (Some(first), Some(last)) = (received.first_text, received.last_text) else { return };
        self.note_hints(&hints);
        if let Some(queue_s) = hints.queue_s {
            self.link.observe_queue(queue_s);
        }
        if call.beside_device {
            return;
        }
        if hints.decode_tps.is_none() {
            let n_between = received.n_tokens().saturating_sub(1);
            self.edge_rates.observe_decode(n_between, seconds(first, last));
        }
        if hints.queue_s.is_some() {
            return;
        }
        let rtt_s = self.link.estimate(call.opened_at()).rtt_s;
        let compute_s = (seconds(call.sent_at, first) - rtt_s).max(0.0);
        if n_missing >= MIN_PREFILL_TOKENS {
            self.edge_rates.observe_prefill(n_missing, compute_s);
        } else {
            let prefill_s = n_missing as f64 / self.edge_rates.prefill_tps;
            self.link.observe_queue(compute_s - prefill_s);
        }
    }

    pub(super) fn note_edge_failure(&mut self, error: &Error, now: Duration) {
        let rest = match error {
            Error::EdgeUnreachable(_) | Error::EdgeTimeout(_) | Error::EdgeBrokeOff => {
                self.link.fail(now);
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
