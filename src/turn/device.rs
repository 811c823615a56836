//! A turn, or the rest of one, answered on the device.

use std::cell::OnceCell;
use std::time::Duration;

use super::answer::Answer;
use super::edge_call::Beside;
use super::failback::{Rest, worth_going_back};
use super::look::Looks;
use super::models::{DeviceModel, Progress, ScoringModel};
use super::report::{FinishReason, TurnRequest};
use super::{Router, seconds, with_answer};
use crate::config::Mode;
use crate::engine::{Finish, GenerateRequest, Step, prefill_chunk};
use crate::host::{Event, Host};
use crate::routing::Decision;
use crate::routing::flaw::{self, Flaw, Repetition};
use crate::{Error, Result};

/// What can be seen to be wrong with what the device has written so far, `asked` for so many tokens
/// at most.
fn flaw_of(answer: &Answer, finish: Option<Finish>, asked: Option<usize>) -> Option<Flaw> {
    let whole = answer.whole();
    let has_room = asked.is_none_or(|asked| answer.n_tokens < asked);
    match finish {
        _ if answer.flaw == Some(Flaw::Repetition) => answer.flaw,
        Some(Finish::Length) if has_room => Some(Flaw::Truncation),
        Some(_) if whole.trim().is_empty() => Some(Flaw::Empty),
        _ => flaw::is_refusal(&whole).then_some(Flaw::Refusal),
    }
}

/// How the device's part of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Complete,
    /// A look at what was written found that the edge had better answer.
    Doubted,
    /// The edge, which began too, has said all before the first look.
    Overtaken,
    /// The edge, which was away, is back, and is worth going back to.
    EdgeBack,
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// With a decision, what is written may be doubted.
    pub(super) async fn answer_on_device<H: Host>(
        &mut self,
        request: &TurnRequest,
        decision: Option<&Decision>,
        beside: Beside<'_>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<Ended> {
        let n_room = match &self.sides.device {
            Some(device) => self.prompt_room(device),
            None => return Err(Error::DeviceNotReady),
        };
        self.note_device(host.now());
        let messages = with_answer(&request.messages, &answer.text);
        let device = self.sides.device.as_ref().ok_or(Error::DeviceNotReady)?;
        let prompt = device.fit(&mut self.dialogue.session.borrow_mut(), &messages, n_room)?;
        let mode = request.mode.unwrap_or(self.config.mode);
        let plan = self.plan(mode, device.vocabulary(), &prompt.tokens, host.now());
        self.take_up(&prompt.tokens, host).await;
        if plan.fetched > 0 {
            answer.fetch_error = self.fetch(&prompt.tokens, &plan, host).await?;
        }
        let device = self.sides.device.as_mut().ok_or(Error::DeviceNotReady)?;
        let scorer = self.sides.scorer.as_ref();
        // As decided with the edge in it, where that was away and has come back.
        let revised = OnceCell::new();
        let mut looks = Looks::new(scorer, request, decision, beside, &self.config.second_look);
        looks.iter().for_each(|looks| looks.hold(answer));
        let asked = request.max_tokens.or(self.config.max_tokens);
        let limit = self.config.answer_limit(asked, self.knowledge.device_rates.decode_tps);
        answer.limit_tokens = limit;
        let sampling = request.sampling.or(self.config.sampling).or(self.config.device_sampling);
        let by_clock = || host.now().as_nanos() as u64;
        let sampling =
            sampling.or(device.sampling()).with_seed(request.seed.unwrap_or_else(by_clock));
        let mut repetition = Repetition::default();
        repetition.push(&answer.whole());
        let n_prompt = prompt.tokens.len();
        answer.begin(device.opens_thought(&prompt.tokens));
        let started = host.now();
        let mut generation = device.start(GenerateRequest {
            prompt: prompt.tokens,
            sampling,
            max_tokens: limit.saturating_sub(answer.n_text_tokens()).max(1),
            stop: request.stop.clone(),
            prefill_chunk: prefill_chunk(self.knowledge.device_rates.prefill_tps),
        })?;
        let n_reused = device.progress(&generation).reused_tokens;
        answer.usage.prompt_tokens = n_prompt;
        let n_held = n_prompt - plan.computed() - plan.fetched;
        let n_fetched = match answer.fetch_error {
            None => n_reused.saturating_sub(n_held + plan.first).min(plan.fetched),
            Some(_) => 0,
        };
        answer.usage.fetched_tokens = n_fetched;
        answer.usage.cached_tokens = n_held;
        answer.usage.count_on_device(answer.n_tokens);

        let n_before = answer.n_tokens;
        let mut n_unread = n_prompt - n_reused;
        let mut prefilled = started;
        let ended = loop {
            host.yield_now().await;
            if host.cancelled() {
                return Err(Error::Aborted);
            }
            if looks.as_ref().is_some_and(Looks::overtaken) {
                break Ended::Overtaken;
            }
            if revised.get().is_none()
                && let Some(decision) = beside.back()
            {
                let decision = revised.get_or_init(|| decision);
                let rest = Rest {
                    n_unread,
                    prefill_tps: self.knowledge.device_rates.prefill_tps,
                    n_written: answer.n_text_tokens(),
                    shown: answer.n_tokens > n_before && answer.shown(),
                };
                let second_look = &self.config.second_look;
                looks = Looks::new(scorer, request, Some(decision), Beside::Nothing, second_look)
                    .filter(|_| decision.mode == Mode::Auto && !answer.inherited);
                let looked_at = rest.shown && looks.as_ref().is_some_and(Looks::judges);
                if !looked_at && worth_going_back(decision, &rest, &self.config) {
                    break Ended::EdgeBack;
                }
                looks.iter().for_each(|looks| looks.hold(answer));
            }
            // Nobody could take over any more.
            if looks.take_if(|looks| looks.edge_failed()).is_some() {
                answer.release(host);
            }
            let step = device.step(&mut generation)?;
            let Progress { n_generated, confidence, .. } = device.progress(&generation);
            let finish = match step {
                Step::Prefilled { done, total } => {
                    host.emit(Event::Prefill { done, total });
                    prefilled = host.now();
                    n_unread = total - done;
                    continue;
                }
                Step::Text(text) => {
                    answer.write(&text, host);
                    // It would go on so until the context ends.
                    repetition.push(&text).map(|kept| {
                        answer.end(host);
                        answer.end_repetition(kept);
                        Finish::Stop
                    })
                }
                Step::Done(finish) => {
                    answer.end(host);
                    Some(finish)
                }
            };
            answer.count(n_before + n_generated);
            answer.complete = finish.is_some();
            answer.flaw = flaw_of(answer, finish, asked);
            if let Some(looks) = looks.as_mut().filter(|looks| looks.due(answer)) {
                if looks.take(answer, confidence, host)? {
                    break Ended::Doubted;
                }
                looks.keep(host);
                answer.release(host);
            }
            if let Some(finish) = finish {
                answer.finish = match finish {
                    Finish::Stop => FinishReason::Stop,
                    Finish::Length => FinishReason::Length,
                };
                answer.release(host);
                break Ended::Complete;
            }
        };
        if matches!(ended, Ended::Overtaken | Ended::EdgeBack) {
            // Perhaps in the middle of the prompt: nothing was measured.
            return Ok(ended);
        }
        let n_generated = device.progress(&generation).n_generated;
        let looking = looks.map_or(Duration::ZERO, |looks| looks.spent);
        let decode_s = seconds(prefilled, host.now().saturating_sub(looking));
        let prefill_s = seconds(started, prefilled);
        self.knowledge.device_rates.observe_prefill_after(n_reused, n_prompt - n_reused, prefill_s);
        self.knowledge.device_rates.observe_decode(n_generated, decode_s);
        Ok(ended)
    }
}
