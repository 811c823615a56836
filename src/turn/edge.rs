//! A turn, or the rest of one, answered by the edge.

use std::time::Duration;

use super::answer::Answer;
use super::edge_call::{EdgeCall, Running};
use super::models::{DeviceModel, ScoringModel};
use super::report::{FinishReason, TurnRequest};
use super::{Counted, Router, seconds, with_answer};
use crate::dialogue::Message;
use crate::host::Host;
use crate::routing::{Flaw, Route};
use crate::{Error, Result};

/// How long the edge is left alone after it refused a turn.
const REST_AFTER_UNAUTHORIZED: Duration = Duration::from_secs(60);
/// Where it does not say how long.
const REST_WHERE_LIMITED: Duration = Duration::from_secs(1);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Fewer missing tokens than this tell nothing about the edge's prefill rate.
const MIN_PREFILL_TOKENS: usize = 64;

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Asks for an answer, or for the rest of the one that has begun.
    pub(super) async fn answer_on_edge<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let limit = self.edge_limit(request);
        let (config, sending) = (&self.config, &self.sides.edge.sending);
        let call = EdgeCall::new(config, sending, request, answer, host.now())
            .up_to(limit.saturating_sub(answer.n_text_tokens()));
        answer.limit_tokens = limit;
        self.follow(&mut Running::start(&call, host), answer, host).await
    }

    /// Shows what comes of a call, also of one that began before, and learns from it.
    pub(super) async fn follow<H: Host>(
        &mut self,
        running: &mut Running<'_>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let call = running.call;
        let n_before = answer.n_tokens;
        answer.begin(self.sides.edge.opens_thought);
        let outcome = running.shown_in(answer, host).await;
        let counted = self.note_usage(call, n_before, answer);
        let outcome = match (outcome, counted) {
            (Ok(()), Ok(prompt)) => self.settle(call, &prompt, answer, host),
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        };
        if let Err(error) = &outcome {
            self.note_edge_failure(error, host.now());
        }
        outcome
    }

    /// The edge has said all.
    fn settle<H: Host>(
        &mut self,
        call: &EdgeCall,
        prompt: &Counted,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let now = host.now();
        answer.finish = call.received().finish.map_or(FinishReason::Stop, FinishReason::from);
        answer.flaw = call.received().repeats().then_some(Flaw::Repetition);
        self.settle_thought(answer, host);
        // Some servers say that they stop where they ask for tools.
        if !answer.tool_calls.is_empty() && answer.finish == FinishReason::Stop {
            answer.finish = FinishReason::ToolCalls;
        }
        let missing = self.missing_on_edge(prompt, call.opened_at());
        self.learn_from(call, missing, now);
        if let Some(share) = call.received().cached_share() {
            let Counted { vocabulary, tokens, .. } = prompt;
            self.knowledge.ledger.edge_reused(vocabulary, tokens, share, call.opened_at());
        }
        // The next prompt leaves out what was thought, and with it goes what was computed after.
        let held = match answer.n_thinking_tokens {
            0 => with_answer(&call.request.messages, &answer.text),
            _ => call.messages().clone(),
        };
        self.edge_holds(&held, now)?;
        match answer.finish {
            FinishReason::Stop | FinishReason::ToolCalls if answer.is_empty() => {
                Err(Error::EdgeEmpty)
            }
            _ => Ok(()),
        }
    }

    /// Learns whether this edge's answers begin inside a thought, which nothing but their closing
    /// tag tells.
    fn settle_thought<H: Host>(&mut self, answer: &mut Answer, host: &H) {
        if answer.rethought {
            self.sides.edge.opens_thought = true;
        } else if self.sides.edge.opens_thought
            && answer.finish == FinishReason::Stop
            && answer.never_closed_thought()
        {
            self.sides.edge.opens_thought = false;
            answer.was_no_thought(host);
        }
    }

    /// Counts the turn's tokens, as the edge has, or else as well as can be told from here.
    /// `n_before` were written by the device. Gives the prompt as it was counted here.
    fn note_usage(&self, call: &EdgeCall, n_before: usize, answer: &mut Answer) -> Result<Counted> {
        let prompt = self.count(&call.messages())?;
        let n_prompt = prompt.tokens.len();
        let missing = self.missing_on_edge(&prompt, call.opened_at());
        let received = call.received();
        let counted = received.usage;
        let usage = &mut answer.usage;
        usage.prompt_tokens = counted.prompt_tokens.unwrap_or(n_prompt);
        let cached = counted.cached_tokens.unwrap_or(n_prompt - missing.min(n_prompt));
        usage.cached_tokens = cached.min(usage.prompt_tokens);
        usage.fetched_tokens = 0;
        let n_thinking_before = answer.n_thinking_tokens.min(n_before);
        answer.n_tokens = n_before + received.n_tokens();
        if let Some(n_thinking) = counted.reasoning_tokens.filter(|n| *n > 0) {
            answer.n_thinking_tokens = n_thinking_before + n_thinking;
        }
        let estimates = [
            ("prompt_tokens", counted.prompt_tokens.is_none()),
            ("completion_tokens", counted.completion_tokens.is_none()),
            ("total_tokens", counted.prompt_tokens.and(counted.completion_tokens).is_none()),
            (
                "reasoning_tokens",
                answer.n_thinking_tokens > 0 && counted.reasoning_tokens.is_none(),
            ),
            ("cached_tokens", counted.cached_tokens.is_none()),
        ];
        let estimated = estimates.into_iter().filter(|(_, estimated)| *estimated);
        answer.usage.x_estimated = estimated.map(|(name, _)| name).collect();
        Ok(prompt)
    }

    /// The edge began as the device did, and was stopped or failed: what it computed by then it
    /// still holds.
    pub(super) fn settle_abandoned(&mut self, call: &EdgeCall, now: Duration) -> Result<()> {
        if let Some(error) = call.failure() {
            self.note_edge_failure(&error, now);
            return Ok(());
        }
        let received = call.received();
        self.knowledge.link.observe_turn(received.n_bytes, now);
        if received.first_text.is_some() {
            self.edge_holds(&call.messages(), now)?;
        }
        Ok(())
    }

    /// What an edge that has said all tells of the link and of itself.
    pub(super) fn learn_from(&mut self, call: &EdgeCall, n_missing: usize, now: Duration) {
        self.knowledge.link.observe_turn(call.received().n_bytes, now);
        self.learn_edge_rates(call, n_missing);
        if let Some(transfers) = call.received().transfers() {
            self.knowledge.link.observe_answer(&transfers, now);
        }
    }

    /// The edge has computed these messages.
    pub(super) fn edge_holds(&mut self, messages: &[Message], now: Duration) -> Result<()> {
        let Counted { vocabulary, tokens, .. } = self.count(messages)?;
        self.knowledge.ledger.edge_holds(&vocabulary, tokens, now);
        Ok(())
    }

    pub(super) fn missing_on_edge(&self, prompt: &Counted, now: Duration) -> usize {
        let Counted { vocabulary, tokens, .. } = prompt;
        self.knowledge.ledger.missing(Route::Edge, vocabulary, tokens, now).tokens.round() as usize
    }

    /// A gateway's word is taken as it is. Of another server the time to the
    /// first token is split: what the link explains, what prefill explains,
    /// and the rest is the queue. Of an answer that came all at once it has to
    /// explain the whole answer. While the device computed too, nobody was
    /// there to take the time.
    fn learn_edge_rates(&mut self, call: &EdgeCall, n_missing: usize) {
        let received = call.received();
        let hints = received.hints;
        let (Some(first), Some(last)) = (received.first_text, received.last_text) else { return };
        self.note_hints(&hints);
        if let Some(queue_s) = hints.queue_s {
            self.knowledge.link.observe_queue(queue_s);
        }
        if call.beside_device {
            return;
        }
        let link = self.knowledge.link.estimate(call.opened_at());
        let upload_s = self.knowledge.link.upload_s(received.request_bytes(), call.opened_at());
        let waited_s = received.first_word_s().unwrap_or_default() - link.rtt_s - upload_s;
        let prefill_s = n_missing as f64 / self.knowledge.edge_rates.prefill_tps;
        let n_tokens = received.n_tokens();
        if !received.came_as_written() {
            if hints.decode_tps.is_none() {
                let decode_s = waited_s - prefill_s - link.queue_s;
                self.knowledge.edge_rates.observe_decode(n_tokens, decode_s);
            }
            return;
        }
        if hints.decode_tps.is_none() {
            self.knowledge
                .edge_rates
                .observe_decode(n_tokens.saturating_sub(1), seconds(first, last));
        }
        if hints.queue_s.is_some() {
            return;
        }
        let compute_s = waited_s.max(0.0);
        if n_missing >= MIN_PREFILL_TOKENS {
            self.knowledge.edge_rates.observe_prefill(n_missing, compute_s);
        } else {
            self.knowledge.link.observe_queue(compute_s - prefill_s);
        }
    }

    pub(super) fn note_edge_failure(&mut self, error: &Error, now: Duration) {
        let rest = match error {
            Error::EdgeUnreachable(_) | Error::EdgeTimeout(_) | Error::EdgeBrokeOff => {
                self.knowledge.link.fail(now);
                return;
            }
            Error::EdgeRateLimited { retry_after_s, .. } => {
                retry_after_s.map_or(REST_WHERE_LIMITED, Duration::from_secs)
            }
            Error::EdgeUnauthorized { .. } => REST_AFTER_UNAUTHORIZED,
            Error::EdgeFailed { .. } | Error::EdgeProtocol(_) => REST_AFTER_FAILURE,
            _ => return,
        };
        self.sides.edge.rests_until = now + rest;
    }
}
