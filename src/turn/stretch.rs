//! A stretch of the answer that the device writes: its steps, the looks at them, and what they took.

use std::time::Duration;

use super::absence::{Rest, worth_going_back};
use super::answer::Answer;
use super::device::{Begun, Did, Pen, Writing, flaw_of, take};
use super::judge::{Absence, Stage, State};
use super::look::{Looks, ReadingTerms};
use super::models::{DeviceModel, Progress, ScoringModel};
use super::reader::{Asks, DraftRead, Reader, Said};
use super::report::{FinishReason, TurnRequest};
use super::seconds;
use crate::Result;
use crate::config::{Config, Mode};
use crate::engine::{Finish, Step};
use crate::handoff::Plan;
use crate::host::{Event, Host};
use crate::routing::{Decision, Rates, Repetition};

/// Of an edge that does not say what it thinks of a draft.
const NOT_OFFERED: &str = "not_offered";

pub(super) struct Stretch<'a, S> {
    request: &'a TurnRequest,
    config: &'a Config,
    scorer: Option<&'a S>,
    prefill_tps: f64,
    plan: Plan,
    n_prompt: usize,
    /// Tokens of the answer before it, and of the prompt that are still to be read.
    n_before: usize,
    n_unread: usize,
    looks: Option<Looks<'a, S>>,
    repetition: Repetition,
    written: Written,
}

/// What a stretch took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    n_reused: usize,
    n_read: usize,
    n_generated: usize,
    began: Duration,
    prefilled: Duration,
    ended: Duration,
    looking: Duration,
}

impl Written {
    pub fn teach(&self, rates: &mut Rates) {
        let Written { n_reused, n_read, n_generated, began, prefilled, ended, looking } = *self;
        rates.observe_prefill_after(n_reused, n_read, seconds(began, prefilled));
        rates.observe_decode(n_generated, seconds(prefilled, ended.saturating_sub(looking)));
    }
}

impl<'a, S: ScoringModel> Stretch<'a, S> {
    pub fn new(
        writing: &Writing,
        request: &'a TurnRequest,
        config: &'a Config,
        scorer: Option<&'a S>,
        prefill_tps: f64,
        answer: &Answer,
    ) -> Stretch<'a, S> {
        let mut repetition = Repetition::default();
        repetition.push(&answer.whole());
        Stretch {
            request,
            config,
            scorer,
            prefill_tps,
            plan: writing.plan,
            n_prompt: writing.request.prompt.len(),
            n_before: answer.n_tokens,
            n_unread: writing.request.prompt.len(),
            looks: None,
            repetition,
            written: Written::default(),
        }
    }

    /// What is written from now on may be doubted, as `decision` has it; `reading` is what it takes to have
    /// the edge read it, where it may be asked.
    pub fn look_at(
        &mut self,
        decision: &'a Decision,
        reading: Option<ReadingTerms>,
        state: &mut State,
        answer: &mut Answer,
    ) {
        let looks = Looks::new(self.scorer, self.request, decision, &self.config.second_look);
        self.looks = looks.map(|looks| looks.with_reading(reading));
        self.looks.iter().for_each(|looks| looks.hold(answer));
        state.looks = self.looks.is_some();
    }

    pub fn written(&self) -> Written {
        self.written
    }

    /// Takes in what the device has done, while an edge that was asked at `edge_began` writes too, if
    /// one does.
    pub fn take<D: DeviceModel, H: Host>(
        &mut self,
        did: Did,
        pen: &Pen<'_, D>,
        edge_began: Option<Duration>,
        state: &mut State,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let step = match did {
            Did::Begun(begun) => {
                self.begin(begun, answer);
                return Ok(());
            }
            Did::Stepped(Step::Prefilled { done, total }) => {
                host.emit(Event::Prefill { done, total });
                self.written.prefilled = host.now();
                self.n_unread = total - done;
                return Ok(());
            }
            Did::Stepped(step) => step,
        };
        let finish = take(step, answer, &mut self.repetition, host);
        let Progress { n_generated, .. } = pen.device.progress(&pen.generation);
        answer.count(self.n_before + n_generated);
        answer.complete = finish.is_some();
        let asked = self.request.max_tokens.or(self.config.max_tokens);
        answer.flaw = flaw_of(answer, finish, asked);
        self.looks.take_if(|_| !state.looks);
        if let Some(looks) = self.looks.as_mut().filter(|looks| looks.due(answer)) {
            let confidence = pen.device.confidence(&pen.generation);
            state.found = looks.take(answer, confidence, edge_began, host)?;
            self.written.looking = looks.spent;
        }
        if let Some(finish) = finish {
            state.device = Stage::Complete;
            answer.finish = match finish {
                Finish::Stop => FinishReason::Stop,
                Finish::Length => FinishReason::Length,
            };
        }
        self.written.n_generated = n_generated;
        self.written.ended = host.now();
        Ok(())
    }

    /// What the edge is asked of what is written.
    pub fn asks(&self) -> Asks {
        self.looks.as_ref().map_or(Asks::Nothing, Looks::asks)
    }

    /// The edge is asked to read what is written.
    pub fn ask_reader<H: Host>(&self, reader: &Reader, answer: &mut Answer, host: &H) {
        let Some(looks) = &self.looks else { return };
        let expected_s = looks.reading_s(answer.n_text_tokens() as f64);
        host.emit(Event::Reading { expected_s });
        answer.reading = Some(DraftRead {
            kind: reader.asks.kind(),
            p_before: looks.last_p(),
            p: None,
            yes: None,
            expected_s,
            took_s: 0.0,
            sent_bytes: reader.sent_bytes,
            prompt_tokens: None,
            cached_tokens: None,
            error: None,
        });
    }

    /// The edge has read what is written, since `asked_at`, or could not.
    pub fn take_reading<H: Host>(
        &mut self,
        read: Result<Option<Said>>,
        asked_at: Duration,
        state: &mut State,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        state.reads_draft = false;
        let Some(looks) = &mut self.looks else { return Ok(()) };
        let mut told = answer.reading.take();
        if let Some(told) = &mut told {
            told.took_s = seconds(asked_at, host.now());
        }
        state.found = match &read {
            Ok(Some(said)) => looks.take_reading(said, answer, host)?,
            Ok(None) | Err(_) => looks.unread(answer, host),
        };
        if let Some(told) = &mut told {
            match read {
                Ok(Some(said)) => {
                    told.p = answer.looks.last().map(|look| look.p);
                    told.yes = said.yes();
                    (told.prompt_tokens, told.cached_tokens) = said.counted();
                }
                Ok(None) => told.error = Some(NOT_OFFERED.to_owned()),
                Err(error) => told.error = Some(error.code().to_owned()),
            }
        }
        answer.reading = told;
        self.written.looking = looks.spent;
        Ok(())
    }

    fn begin(&mut self, begun: Begun, answer: &mut Answer) {
        let Begun { n_reused, fetch_error, opens_thought, at } = begun;
        answer.begin(opens_thought);
        let plan = &self.plan;
        let n_held = self.n_prompt - plan.computed() - plan.fetched;
        answer.usage.prompt_tokens = self.n_prompt;
        answer.usage.fetched_tokens = match fetch_error {
            None => n_reused.saturating_sub(n_held + plan.first).min(plan.fetched),
            Some(_) => 0,
        };
        answer.usage.cached_tokens = n_held;
        answer.usage.count_on_device(answer.n_tokens);
        answer.fetch_error = fetch_error.or(answer.fetch_error.take());
        self.n_unread = self.n_prompt - n_reused;
        let n_read = self.n_unread;
        self.written =
            Written { n_reused, n_read, began: at, prefilled: at, ended: at, ..self.written };
    }

    /// The edge is back; `decision` is what it would have been with the edge there.
    pub fn edge_is_back(&mut self, decision: &'a Decision, state: &mut State, answer: &mut Answer) {
        let rest = Rest {
            n_unread: self.n_unread,
            prefill_tps: self.prefill_tps,
            n_written: answer.n_text_tokens(),
            shown: answer.n_tokens > self.n_before && answer.shown(),
        };
        let can_look = decision.mode == Mode::Auto && !answer.inherited;
        let looks = Looks::new(self.scorer, self.request, decision, &self.config.second_look);
        let looks = looks.filter(|_| can_look);
        let looked_at = rest.shown && looks.as_ref().is_some_and(Looks::judges);
        state.absence = Absence::Looked;
        if !looked_at && worth_going_back(decision, &rest, self.config) {
            state.absence = Absence::Worth;
            return;
        }
        looks.iter().for_each(|looks| looks.hold(answer));
        state.looks = looks.is_some();
        self.looks = looks;
    }
}
