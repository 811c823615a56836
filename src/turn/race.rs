//! The one loop of a turn: what comes next, from whichever side, is taken in; the judge says what
//! follows from it; and that is carried out.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use super::answer::{Answer, SetAside};
use super::contenders::{Contenders, Happened, Watch};
use super::device::{Writing, begin, step};
use super::edge_call::{EdgeCall, Running};
use super::judge::{Action, Stage, State, Why, judge};
use super::look::ReadingTerms;
use super::models::{DeviceModel, ScoringModel};
use super::probes::watch;
use super::reader::Reader;
use super::report::{StartedBoth, TurnRequest};
use super::stretch::{Stretch, Written};
use super::{Router, priced, with_answer};
use crate::config::Mode;
use crate::engine::{GenerateRequest, prefill_chunk};
use crate::host::{EdgeHints, Host};
use crate::routing::{Decision, LinkEstimate, Reason, Route};
use crate::{Error, Result};

/// A turn under way.
pub(super) struct Race<'t> {
    request: &'t TurnRequest,
    decision: &'t Decision,
    mode: Mode,
    state: State,
    device_error: Option<Error>,
    edge_error: Option<Error>,
    /// What the device had written, where the edge replaces it.
    aside: Option<SetAside>,
    /// Whether it was told what became of an edge that began too.
    told_of_both: bool,
}

/// What the edge does while the device writes: answers too, or reads the prompt.
struct Beside<'c> {
    call: &'c EdgeCall<'c>,
    running: Option<Running<'c>>,
}

/// How the link is with an edge that is back.
pub(super) type Back = Cell<Option<(LinkEstimate, EdgeHints)>>;

impl Race<'_> {
    /// Why there is no answer.
    fn error(self) -> Error {
        match (self.device_error, self.edge_error) {
            (Some(device), Some(edge)) => {
                Error::BothFailed { device: Box::new(device), edge: Box::new(edge) }
            }
            (device, edge) => device.or(edge).unwrap_or(Error::DeviceNotReady),
        }
    }

    fn device_failed(&mut self, error: Error) {
        self.state.cancelled |= error == Error::Aborted;
        self.state.device = Stage::Failed;
        self.device_error = Some(error);
    }

    fn edge_ended(&mut self, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.state.edge = Stage::Complete,
            // A turn that was stopped while the second side answered did not fail.
            Err(Error::Aborted) => self.state.cancelled = true,
            Err(error) => {
                self.state.edge = Stage::Failed;
                self.edge_error = Some(error);
            }
        }
    }

    /// The edge has ended while the device writes. One that only read has nothing to say, and one that
    /// only thought has no answer.
    fn beside_ended(&mut self, beside: Option<&EdgeCall>, outcome: Result<()>) {
        let says_something = outcome.is_err() || beside.is_some_and(EdgeCall::answered);
        if self.state.begins_both && says_something {
            self.edge_ended(outcome);
        }
    }

    /// When the edge was asked that writes beside the device, if one does.
    fn edge_began(&self, beside: Option<&EdgeCall>) -> Option<Duration> {
        beside.filter(|_| self.state.edge == Stage::Writing).map(|call| call.sent_at)
    }

    /// Nobody needs the edge, which began too.
    fn stop_edge<H: Host>(&mut self, beside: &EdgeCall, host: &H) {
        beside.abandon(host);
        self.state.stop_edge();
    }

    /// Carries out what does not end the device's writing; `false`: something does. `starts` has the edge
    /// read the prompt, or the draft.
    fn goes_on<H: Host>(
        &mut self,
        beside: Option<&EdgeCall>,
        mut starts: impl FnMut(Action, &mut Answer),
        answer: &mut Answer,
        host: &H,
    ) -> bool {
        loop {
            match judge(&self.state) {
                Action::GoOn => return true,
                Action::Show => self.show(answer, host),
                Action::StopEdge => beside.iter().for_each(|call| self.stop_edge(call, host)),
                Action::Read => {
                    self.state.may_read = false;
                    starts(Action::Read, answer);
                }
                Action::ReadDraft => {
                    self.state.reads_draft = true;
                    starts(Action::ReadDraft, answer);
                }
                _ => return false,
            }
        }
    }

    fn show<H: Host>(&mut self, answer: &mut Answer, host: &H) {
        answer.release(host);
        self.state.show();
    }

    /// The other side's text is the answer from now on.
    fn hand_over<H: Host>(&mut self, why: Why, replaces: bool, answer: &mut Answer, host: &H) {
        let to = self.state.writer.other();
        let error = match self.state.writer {
            Route::Device => &self.device_error,
            Route::Edge => &self.edge_error,
        };
        self.aside = match (why, error) {
            (Why::Failed, Some(error)) if replaces => {
                answer.give_way(error.code(), error.to_string(), host);
                None
            }
            (Why::Failed, error) => {
                let error = error.clone().unwrap_or(Error::DeviceNotReady);
                answer.switch(to, &error, host);
                None
            }
            (Why::Doubted, _) => answer.doubt(replaces, host),
            (Why::EdgeFirst, _) => Some(answer.overtake(host)),
            (Why::EdgeBack, _) => answer.return_to_edge(replaces, host),
        };
        self.state.hand_over(why, answer.inherited);
    }

    /// The edge has failed, and the device, which was left for it, goes on.
    fn go_back<H: Host>(&mut self, answer: &mut Answer, host: &H) {
        let error = self.edge_error.clone().unwrap_or(Error::EdgeEmpty);
        let complete = answer.go_back(self.aside.take(), &error, host);
        self.state.go_back(complete);
    }
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Answers on the decided side, and on whichever is better, or left, from then on.
    ///
    /// # Errors
    /// When no side could answer, and [`Error::Aborted`].
    pub(super) async fn answer<H: Host>(
        &mut self,
        request: &TurnRequest,
        mode: Mode,
        decision: &Decision,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let mut race = self.line_up(request, mode, decision, host)?;
        let to_read =
            race.state.may_read.then(|| TurnRequest { max_tokens: Some(1), ..request.clone() });
        let beside_request = to_read.as_ref().or(race.state.begins_both.then_some(request));
        let call = beside_request.map(|asked| self.beside(&race, asked, answer, host));
        let mut beside =
            call.as_ref().map(|call| Beside { call, running: Some(Running::start(call, host)) });
        loop {
            let action = judge(&race.state);
            if race.state.begins_both && ends_writing(action) {
                self.tell_of_both(&mut race, beside.as_ref(), answer, host)?;
            }
            match action {
                Action::Start(Route::Device) => {
                    self.run_device(&mut race, beside.as_mut(), answer, host).await?;
                }
                // The request leaves with the first poll, before the device's first step.
                Action::Start(Route::Edge) if race.state.writer == Route::Device => {
                    race.state.edge = Stage::Writing;
                }
                Action::Start(Route::Edge) => {
                    race.state.edge = Stage::Writing;
                    let outcome = self.answer_on_edge(request, answer, host).await;
                    race.edge_ended(outcome);
                }
                // It began too, and its text is the answer now.
                Action::GoOn | Action::Read | Action::ReadDraft => {
                    let running = beside.as_mut().and_then(|beside| beside.running.take());
                    let Some(mut running) = running else { return Err(race.error()) };
                    let outcome = self.follow(&mut running, answer, host).await;
                    race.edge_ended(outcome);
                }
                Action::HandOver { why, replaces } => race.hand_over(why, replaces, answer, host),
                Action::GoBack => race.go_back(answer, host),
                Action::StopEdge => {
                    beside.iter().for_each(|beside| race.stop_edge(beside.call, host));
                }
                Action::Show => race.show(answer, host),
                Action::End => {
                    answer.release(host);
                    return Ok(());
                }
                Action::Fail => return Err(race.error()),
                Action::Abort => return Err(Error::Aborted),
            }
        }
    }

    /// Where the turn stands before anybody has begun.
    fn line_up<'t, H: Host>(
        &self,
        request: &'t TurnRequest,
        mode: Mode,
        decision: &'t Decision,
        host: &H,
    ) -> Result<Race<'t>> {
        let stage = |may: bool| if may { Stage::Idle } else { Stage::Barred };
        let writer = decision.route;
        let may_device = self.device_available(mode) && !request.needs_edge();
        let may_edge = mode.allows_edge() && self.config.edge.base_url.is_some();
        let begins_both = decision.reason == Reason::BothBegin;
        let alone = writer == Route::Device && !begins_both;
        let awaits = self.misses_edge(decision.mode, host.now());
        let may_read = alone && !awaits && self.may_show(mode, &request.messages, host)?.is_some();
        let state = State {
            device: stage(may_device || writer == Route::Device),
            edge: stage(may_edge || writer == Route::Edge),
            begins_both,
            may_read,
            ..State::new(writer, self.config.second_look.takeover)
        };
        let (device_error, edge_error, aside, told_of_both) = (None, None, None, false);
        Ok(Race { request, decision, mode, state, device_error, edge_error, aside, told_of_both })
    }

    /// What the edge is asked for while the device writes: an answer of its own, or one token.
    fn beside<'c, H: Host>(
        &self,
        race: &Race,
        asked: &'c TurnRequest,
        answer: &Answer,
        host: &H,
    ) -> EdgeCall<'c> {
        let (config, sending) = (&self.config, &self.sides.edge.sending);
        let call = EdgeCall::beside_device(config, sending, asked, answer, host.now());
        match race.state.begins_both {
            true => call.up_to(self.edge_limit(race.request)),
            false => call,
        }
    }

    /// How long the edge's answer may get, in tokens.
    pub(super) fn edge_limit(&self, request: &TurnRequest) -> usize {
        self.config.answer_limit(request.max_tokens, self.knowledge.edge_rates.decode_tps)
    }

    /// Says once what became of the edge where both sides began.
    fn tell_of_both<H: Host>(
        &mut self,
        race: &mut Race,
        beside: Option<&Beside>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let Some(Beside { call, .. }) = beside else { return Ok(()) };
        if std::mem::replace(&mut race.told_of_both, true) {
            return Ok(());
        }
        if call.under_way() {
            answer.started_both = Some(StartedBoth::default());
            answer.limit_tokens = self.edge_limit(race.request);
            return Ok(());
        }
        answer.started_both = Some(StartedBoth {
            thrown_away_tokens: call.received().n_tokens(),
            edge_error: call.failure().map(|error| error.code().to_owned()),
        });
        self.settle_abandoned(call, host.now())
    }

    /// The device writes, until the judge wants something else; and what that taught.
    async fn run_device<H: Host>(
        &mut self,
        race: &mut Race<'_>,
        mut beside: Option<&mut Beside<'_>>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        race.state.device = Stage::Writing;
        let (may_read, back) = (race.state.may_read, Back::default());
        let written = match self.device_writing(race, answer, host) {
            Ok(writing) => {
                let beside = beside.as_deref_mut();
                self.write(race, writing, beside, &back, answer, host).await
            }
            Err(error) => Err(error),
        };
        self.note_reading(race.request, answer, host)?;
        if let Some((_, hints)) = back.get() {
            self.note_hints(&hints);
        }
        match written {
            Ok(written) => self.learn_of_device(race, &written),
            Err(error) => race.device_failed(error),
        }
        if let Some(beside) = beside.filter(|_| may_read) {
            // What it has not read by now it reads with the turn, or not at all.
            beside.running = None;
            if !std::mem::replace(&mut race.state.may_read, false) {
                answer.edge_warmed = true;
                self.settle_abandoned(beside.call, host.now())?;
            }
        }
        Ok(())
    }

    /// The prompt, and how much of an answer is wanted.
    fn device_writing<H: Host>(
        &mut self,
        race: &Race,
        answer: &mut Answer,
        host: &H,
    ) -> Result<Writing> {
        let request = race.request;
        self.note_device(host.now());
        let device = self.sides.local.device.as_ref().ok_or(Error::DeviceNotReady)?;
        let messages = with_answer(&request.messages, &answer.text);
        let n_room = self.prompt_room(device);
        let prompt = device.fit(&mut self.dialogue.session.borrow_mut(), &messages, n_room)?;
        let plan = self.plan(race.mode, device.vocabulary(), &prompt.tokens, host.now());
        let rates = &self.knowledge.device_rates;
        let asked = request.max_tokens.or(self.config.max_tokens);
        let limit = self.config.answer_limit(asked, rates.decode_tps);
        answer.limit_tokens = limit;
        let sampling = request.sampling.or(self.config.sampling).or(self.config.device_sampling);
        let by_clock = || host.now().as_nanos() as u64;
        let request = GenerateRequest {
            prompt: prompt.tokens,
            sampling: sampling
                .or(device.sampling())
                .with_seed(request.seed.unwrap_or_else(by_clock)),
            max_tokens: limit.saturating_sub(answer.n_text_tokens()).max(1),
            stop: request.stop.clone(),
            prefill_chunk: prefill_chunk(rates.prefill_tps),
            ..GenerateRequest::default()
        };
        Ok(Writing { plan, request })
    }

    /// Takes in whatever comes next, until the judge wants something that ends the device's writing.
    async fn write<H: Host>(
        &mut self,
        race: &mut Race<'_>,
        writing: Writing,
        beside: Option<&mut Beside<'_>>,
        back: &Back,
        answer: &mut Answer,
        host: &H,
    ) -> Result<Written> {
        let awaits = !race.state.left && self.misses_edge(race.decision.mode, host.now());
        let away = !matches!(race.edge_error, Some(Error::EdgeTimeout(_)));
        let decided = !awaits && !race.state.left && race.edge_error.is_none();
        let (config, knowledge) = (&self.config, &mut self.knowledge);
        let revised = OnceCell::new();
        let call = beside.as_ref().map(|beside| beside.call);
        let beside_idle = !race.state.begins_both && race.decision.mode == Mode::Auto;
        let mut running = beside.and_then(|beside| beside.running.as_mut());
        let prefill_tps = knowledge.device_rates.prefill_tps;
        let reading = (beside_idle && !config.data_saver)
            .then(|| ReadingTerms::new(self.sides.edge.asks.get(), &knowledge.edge_rates));
        let scorer = self.sides.scorer.as_ref();
        let mut stretch = Stretch::new(&writing, race.request, config, scorer, prefill_tps, answer);
        if decided {
            stretch.look_at(race.decision, reading, &mut race.state, answer);
        }
        let watching: Option<Watch<'_>> = match awaits {
            true => Some(Box::pin(watch(away, &mut knowledge.link, config, back, host))),
            false => None,
        };
        let mut contenders = Contenders {
            device: Some(Box::pin(begin(&mut self.sides.local, writing, config, host))),
            edge: running.take_if(|_| race.state.begins_both),
            watch: watching,
            reader: None,
        };
        let standing = &self.sides.edge;
        let mut just_stepped = false;
        loop {
            let mut pen = None;
            match contenders.next(just_stepped).await {
                Happened::Device(did) => {
                    let (held, did) = did?;
                    let edge_began = race.edge_began(call);
                    stretch.take(did, &held, edge_began, &mut race.state, answer, host)?;
                    pen = Some(held);
                }
                Happened::EdgeEnded(outcome) => race.beside_ended(call, outcome),
                Happened::Read(read) => {
                    let Some(reader) = contenders.reader.take() else { continue };
                    race.state.cancelled |= matches!(read, Err(Error::Aborted)) || host.cancelled();
                    standing.asks.set(reader.asks.after(&read));
                    stretch.take_reading(read, reader.asked_at, &mut race.state, answer, host)?;
                }
                Happened::WatchEnded => {
                    if let Some((link, _)) = back.get() {
                        let decision = || race.decision.over(priced(config, link));
                        let decision = revised.get_or_init(decision);
                        stretch.edge_is_back(decision, &mut race.state, answer);
                    }
                }
            }
            just_stepped = pen.is_some();
            let messages = &race.request.messages;
            let starts = |action, answer: &mut Answer| match action {
                Action::ReadDraft => {
                    let (sending, asks) = (&standing.sending, stretch.asks());
                    let reader =
                        Reader::ask(config, sending, asks, messages, &answer.whole(), host);
                    stretch.ask_reader(&reader, answer, host);
                    contenders.reader = Some(reader);
                }
                _ => contenders.edge = running.take(),
            };
            if !race.goes_on(call, starts, answer, host) {
                return Ok(stretch.written());
            }
            if let Some(pen) = pen.filter(|_| race.state.device == Stage::Writing) {
                contenders.device = Some(Box::pin(step(pen, host)));
            }
        }
    }

    /// The edge has read the prompt and what was written, if it was asked to.
    fn note_reading<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &Answer,
        host: &H,
    ) -> Result<()> {
        let Some(reading) = &answer.reading else { return Ok(()) };
        self.knowledge.link.observe_turn(reading.sent_bytes, host.now());
        if reading.p.is_none() {
            return Ok(());
        }
        self.edge_holds(&request.messages, host.now())
    }

    /// How fast the device has read and written, where it was not stopped in the middle.
    fn learn_of_device(&mut self, race: &Race, written: &Written) {
        let whole = match judge(&race.state) {
            Action::End => true,
            Action::HandOver { why, .. } => why == Why::Doubted,
            _ => false,
        };
        if whole {
            written.teach(&mut self.knowledge.device_rates);
        }
    }
}

/// Whether the device writes no more.
fn ends_writing(action: Action) -> bool {
    matches!(action, Action::HandOver { .. } | Action::End | Action::Fail | Action::Abort)
}
