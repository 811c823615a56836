//! A turn, or the rest of one, answered on the device.

use super::answer::Answer;
use super::report::{FinishReason, TurnRequest};
use super::{Router, seconds, with_answer};
use crate::dialogue::session;
use crate::engine::generate::{Finish, GenerateRequest, Generation, Step};
use crate::host::{Event, Host};
use crate::{Error, Result};

impl Router {
    pub(super) async fn answer_on_device<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let n_room = match &self.device {
            Some(engine) => self.prompt_room(engine),
            None => return Err(Error::DeviceNotReady),
        };
        let engine = self.device.as_mut().ok_or(Error::DeviceNotReady)?;
        let messages = with_answer(&request.messages, &answer.text);
        let model = engine.model().clone();
        let prompt = session::fit(model.tokenizer(), model.template(), &messages, n_room)?;
        let max_tokens = request.max_tokens.unwrap_or(self.config.max_tokens);
        let n_prompt = prompt.tokens.len();
        let started = host.now();
        let mut generation = Generation::start(
            engine,
            GenerateRequest {
                prompt: prompt.tokens,
                sampling: request.sampling.clone(),
                max_tokens: max_tokens.saturating_sub(answer.n_tokens).max(1),
                stop: request.stop.clone(),
            },
        )?;
        let n_reused = generation.reused_tokens();
        answer.usage.prompt_tokens = n_prompt;
        answer.usage.cached_tokens = n_reused;

        let n_before = answer.n_tokens;
        let mut prefilled = started;
        let finish = loop {
            host.yield_now().await;
            if host.cancelled() {
                return Err(Error::Aborted);
            }
            match generation.step(engine)? {
                Step::Prefilled { done, total } => {
                    host.emit(Event::Prefill { done, total });
                    prefilled = host.now();
                }
                Step::Text(text) => answer.push(&text, host),
                Step::Done(finish) => break finish,
            }
            answer.n_tokens = n_before + generation.n_generated();
        };
        answer.finish = match finish {
            Finish::Stop => FinishReason::Stop,
            Finish::Length => FinishReason::Length,
        };
        let ended = host.now();
        self.device_rates.observe_prefill(n_prompt - n_reused, seconds(started, prefilled));
        self.device_rates.observe_decode(generation.n_generated(), seconds(prefilled, ended));
        Ok(())
    }
}
