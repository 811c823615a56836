//! What the device does while the reader reads: it catches up on what the edge has answered, so
//! that the next turn is dear on neither side.

use super::models::{DeviceModel, ScoringModel};
use super::{Router, with_answer};
use crate::config::Mode;
use crate::dialogue::Message;
use crate::engine::{GenerateRequest, Step, prefill_chunk};
use crate::handoff::ledger::common_prefix;
use crate::host::Host;
use crate::routing::Route;

/// Expected number of later turns on which a side is the better one, from which on it is worth that
/// it catches up.
pub(super) const MIN_EXPECTED_TURNS: f64 = 0.3;

/// A turn that the edge has answered.
pub(super) struct Missed {
    messages: Vec<Message>,
    /// What may still be read of it while idle.
    n_tokens_left: usize,
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// The turn was answered with `text` on `answered`.
    pub(super) fn note_missed(&mut self, messages: &[Message], text: &str, answered: Route) {
        let n_tokens_left = self.config.catch_up_tokens;
        self.dialogue.missed = (answered == Route::Edge && n_tokens_left > 0 && !text.is_empty())
            .then(|| Missed { messages: with_answer(messages, text), n_tokens_left });
    }

    /// Reads what the device has missed, chunk by chunk, until all is read, the budget is spent, or
    /// a turn begins.
    pub(super) async fn catch_up<H: Host>(&mut self, host: &H) {
        let Some(missed) = self.dialogue.missed.take() else { return };
        let allowed =
            matches!(self.config.mode, Mode::Auto | Mode::PreferDevice) && !self.config.low_battery;
        if !allowed || self.turns_left_for(Route::Device) < MIN_EXPECTED_TURNS {
            return;
        }
        let Some(device) = &self.sides.local.device else { return };
        let n_room = self.prompt_room(device);
        let fitted = device.fit(&mut self.dialogue.session.borrow_mut(), &missed.messages, n_room);
        let Ok(prompt) = fitted else { return };
        // What the engine holds may be another dialogue's: it is parked, not lost.
        self.sides.local.take_up(&prompt.tokens, host).await;
        self.dialogue.missed = self.read_on(prompt.tokens, missed, host).await;
        self.sides.local.make_room();
    }

    /// Returns what is left for later.
    async fn read_on<H: Host>(
        &mut self,
        mut prompt: Vec<u32>,
        mut missed: Missed,
        host: &H,
    ) -> Option<Missed> {
        if host.cancelled() {
            return Some(missed);
        }
        let device = self.sides.local.device.as_mut()?;
        let n_held = common_prefix(device.tokens(), &prompt);
        if n_held == prompt.len() {
            return None;
        }
        prompt.truncate(n_held + missed.n_tokens_left);
        let prefill_chunk = prefill_chunk(self.knowledge.device_rates.prefill_tps);
        let request = GenerateRequest { prompt, prefill_chunk, ..GenerateRequest::default() };
        // A device that cannot read now says so when it is asked to answer.
        let mut reading = device.start(request).await.ok()?;
        loop {
            host.yield_now().await;
            if host.cancelled() {
                let n_read = device.tokens().len().saturating_sub(n_held);
                missed.n_tokens_left = missed.n_tokens_left.saturating_sub(n_read);
                return Some(missed).filter(|missed| missed.n_tokens_left > 0);
            }
            match device.step(&mut reading).await {
                Ok(Step::Prefilled { done, total }) if done < total => {}
                _ => return None,
            }
        }
    }

    /// Of the turns that are expected, those on which `side` would be better if it had not been
    /// away. Before anything is known it is taken to be.
    pub(super) fn turns_left_for(&self, side: Route) -> f64 {
        let advantages = self.knowledge.habits.advantages(side);
        let n_better = advantages.iter().filter(|advantage| **advantage > 0.0).count();
        let share = (n_better as f64 + 1.0) / (advantages.len() as f64 + 1.0);
        share * self.knowledge.habits.turns_left(self.dialogue.course.n_turns)
    }
}
