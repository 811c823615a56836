//! One chat turn, top to bottom.
//!
//! Render and count the prompt, score it, refresh the link, price both sides,
//! decide, answer, carry on elsewhere if a side fails, and learn from what was
//! measured. The only core file that knows every room.

mod absence;
mod answer;
mod at_hand;
mod calibrated;
mod competence;
mod contenders;
mod course;
mod device;
mod edge;
mod edge_call;
mod fetch;
mod idle;
mod judge;
mod knowledge;
mod lacking;
mod look;
pub mod models;
mod parked;
mod probes;
mod race;
mod ratings;
mod reader;
mod received;
mod report;
mod sides;
mod stretch;
mod thought;
mod warm;

use std::borrow::Cow;
use std::time::Duration;

use crate::config::{Config, Mode};
use crate::dialogue::{Date, Message, Role, session};
use crate::edge::Asked;
use crate::engine::Engine;
use crate::handoff::{Dialogues, Plan, Prices, plan::cheapest};
use crate::host::{Event, Host};
use crate::routing::competence::Source;
use crate::routing::cost::{Work, device_terms, edge_terms};
use crate::routing::feedback::COMMON_TURNS;
use crate::routing::{
    Calibration, Decision, Inputs, LinkEstimate, Rates, Route, Score, Scorer, Verdict, decide,
};
use crate::{Error, Result};

use answer::Answer;
use at_hand::DialogueAtHand;
pub use competence::{CompetenceReport, ModelCompetence};
use knowledge::Knowledge;
use models::{DeviceModel, ScoringModel};
use ratings::{Rateable, Ratings};
pub use reader::{DraftRead, ReadingKind};
pub use report::{FinishReason, StartedBoth, Switched, TurnReport, TurnRequest, TurnUsage};
use sides::{EdgeStanding, Sides};

/// Room that is kept free for an answer of no given length, where the dialogue fills the context.
const USUAL_ANSWER_TOKENS: usize = 1024;
/// Everything a page's router knows between turns. A replay brings recorded models instead of the
/// engine and the scorer.
pub struct Router<D = Engine, S = Scorer> {
    config: Config,
    /// The calibration in force, and the configuration without it.
    calibrated: Option<(Calibration, Config)>,
    sides: Sides<D, S>,
    knowledge: Knowledge,
    dialogue: DialogueAtHand,
    ratings: Ratings,
}

/// A prompt in the tokens of whichever vocabulary is at hand.
struct Counted {
    vocabulary: String,
    tokens: Vec<u32>,
    dropped_messages: usize,
    /// Why the device cannot answer this turn, if it cannot.
    device_error: Option<Error>,
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// A router without models: it can route, blindly, and use the edge.
    pub fn new<H: Host>(config: Config, host: &H) -> Result<Router<D, S>> {
        config.validate()?;
        Ok(Router {
            sides: Sides::new(&config.edge),
            config,
            calibrated: None,
            knowledge: Knowledge::load(host),
            dialogue: DialogueAtHand::default(),
            ratings: Ratings::default(),
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Replaces the configuration; measured rates and the dialogue's state stay.
    pub fn set_config(&mut self, config: Config) -> Result<()> {
        config.validate()?;
        if config.edge != self.config.edge {
            self.knowledge.change_edge();
            self.sides.edge = EdgeStanding::new(&config.edge);
        }
        let same_edge = config.edge == self.config.edge;
        self.calibrated.take_if(|(calibration, _)| !calibration.holds_in(&config));
        let same_models = self.config.models == config.models;
        self.config = config;
        if !(same_models && same_edge) {
            self.introduce_again();
        }
        Ok(())
    }

    /// The models that the scorer judges are others.
    fn introduce_again(&mut self) {
        if let Some(mut scorer) = self.sides.scorer.take() {
            self.introduce(&mut scorer);
            self.sides.scorer = Some(scorer);
        }
    }

    pub fn set_scorer(&mut self, mut scorer: S) {
        self.introduce(&mut scorer);
        if self.knowledge.feedback.is_fresh() {
            let user = |text: &str| [Message::new(Role::User, text)];
            let states = COMMON_TURNS.iter().filter_map(|text| scorer.state(&user(text)).ok());
            states.for_each(|state| self.knowledge.feedback.see(&state));
        }
        self.sides.quiz_items.take();
        self.sides.scorer = Some(scorer);
    }

    pub fn scorer_ready(&self) -> bool {
        self.sides.scorer.is_some()
    }

    /// Takes the device's model into use, after measuring its speed.
    pub async fn set_device<H: Host>(&mut self, mut device: D, host: &H) -> Result<()> {
        let measured = device.measure(&|| host.now()).await?;
        if self.knowledge.device_rates.n_observed == 0 {
            self.knowledge.device_rates = measured;
        }
        if self.calibration().is_some_and(|calibration| calibration.device != device.name()) {
            self.config = self.uncalibrated();
        }
        self.sides.local.device = Some(device);
        self.sides.local.quiz_failed = false;
        self.sides.local.open_dialogues(&self.config.handoff);
        self.introduce_again();
        Ok(())
    }

    /// Gives the device's model back, its memory with it.
    pub fn unset_device(&mut self) {
        self.sides.local.device = None;
        self.sides.local.dialogues = None;
    }

    pub fn device(&self) -> Option<&D> {
        self.sides.local.device.as_ref()
    }

    /// To give the device's model keys and values that were kept elsewhere.
    pub fn device_mut(&mut self) -> Option<&mut D> {
        self.sides.local.device.as_mut()
    }

    pub fn device_rates(&self) -> Rates {
        self.knowledge.device_rates
    }

    pub fn edge_rates(&self) -> Rates {
        self.knowledge.edge_rates
    }

    pub fn link(&self, now: Duration) -> LinkEstimate {
        self.knowledge.link.estimate(now)
    }

    /// A later turn goes on with these messages: what can be written of its request is written now.
    pub fn expect_dialogue(&self, messages: &[Message]) {
        // Also where the edge may not be asked: the decision prices its request all the same.
        self.sides.edge.sending.expect(messages);
    }

    /// The day on which the dialogue at hand began, to be kept with what the device holds of it.
    pub fn began(&self) -> Option<Date> {
        self.dialogue.session.borrow().began()
    }

    /// The device holds a dialogue of an earlier visit, which began on this day.
    pub fn carry(&mut self, began: Date) {
        self.dialogue.session.borrow_mut().carry(began);
    }

    pub fn set_browser_online(&mut self, online: bool) {
        self.knowledge.link.set_browser_online(online);
    }

    /// Forgets the dialogue: nothing of it is reused.
    pub fn clear_dialogue(&mut self) {
        if let Some(device) = &mut self.sides.local.device {
            device.clear();
        }
        self.sides.local.open_dialogues(&self.config.handoff);
        self.knowledge.ledger.forget(Route::Edge);
        self.dialogue.forget();
    }

    /// Answers one turn. A turn that the caller aborts ends normally, with
    /// what was written so far and [`FinishReason::Abort`].
    ///
    /// # Errors
    /// When no side could answer; the router stays usable and the same
    /// request can be made again.
    pub async fn turn<H: Host>(&mut self, request: &TurnRequest, host: &H) -> Result<TurnReport> {
        let started = host.now();
        request.validate()?;
        self.dialogue.missed = None;
        self.dialogue.unseen = None;
        self.dialogue.unchecked = None;
        self.dialogue.session.borrow_mut().enter(&request.messages, host.today());
        let mode = request.mode.unwrap_or(self.config.mode);
        let mut counted = self.count(&request.messages)?;
        if let Some(lacking) = request.lacking() {
            counted.device_error = Some(lacking);
        }
        let (score, state) = self.score(&request.messages)?;
        self.refresh_link(mode, host).await;
        self.note_device(host.now());
        let decision = self.decide(request, mode, &counted, score, host.now())?;
        let decided = host.now();
        host.emit(Event::Route { decision: &decision });

        let mut answer = Answer::new(decision.route, started);
        answer.begun = session::begun(&request.messages).to_owned();
        match self.answer(request, mode, &decision, &mut answer, host).await {
            Ok(()) => {}
            Err(Error::Aborted) => answer.abort(host),
            Err(error) => return Err(error),
        }

        let ended = host.now();
        self.sides.local.make_room();
        self.knowledge.link.note_turn(host.now());
        self.note_course(&request.messages, &decision, answer.route);
        answer.n_moves = self.dialogue.course.n_moves;
        if !request.needs_edge() {
            self.note_missed(&request.messages, &answer.text, answer.route);
        }
        self.note_unseen(&request.messages, &answer.text, answer.route);
        if !request.needs_edge() {
            let n_tokens = answer.n_text_tokens();
            self.note_unchecked(&request.messages, &answer.text, n_tokens, answer.route);
        }
        self.dialogue.last_route = Some(answer.route);
        self.knowledge.save(host);
        let item = self.item(&request.messages, answer.route)?;
        let rateable = Rateable { turn: 0, route: answer.route, state, p: score.p, item };
        let turn = self.ratings.remember(rateable);
        Ok(answer.into_report(turn, decision, decided, ended, counted.dropped_messages))
    }

    /// Learns what a person says of the answer to turn `turn`, a report's number: thumbs, or that
    /// the edge was asked to answer again. Praise of the edge says nothing about the device, and both say
    /// something about how able the model is that has answered.
    ///
    /// # Errors
    /// When the turn is not one of the last ones.
    pub fn rate<H: Host>(&mut self, turn: u64, verdict: Verdict, host: &H) -> Result<()> {
        let rated = self.ratings.turn(turn)?;
        let (route, item) = (rated.route, rated.item.clone());
        let needed = match (route, verdict) {
            (Route::Device, Verdict::Up) | (Route::Edge, Verdict::Down) => Some(false),
            (Route::Device, Verdict::Down | Verdict::Again) => Some(true),
            (Route::Edge, Verdict::Up | Verdict::Again) => None,
        };
        if let Some(needed) = needed {
            self.knowledge.learn_verdict(&rated.state, rated.p, needed);
        }
        // Whoever asks for another answer of the edge's does not say that the first was wrong.
        let tells = verdict != Verdict::Again || route == Route::Device;
        if let Some(item) = item.filter(|_| tells) {
            let right = f64::from(u8::from(verdict == Verdict::Up));
            self.learn_outcome(route, &item, right, Source::Verdict);
        }
        self.knowledge.save(host);
        Ok(())
    }

    /// Forgets all that was learned from verdicts, and of how able the models are.
    pub fn forget_feedback<H: Host>(&mut self, host: &H) {
        self.knowledge.forget_verdicts();
        self.forget_competence();
        self.knowledge.save(host);
    }

    /// The prompt's tokens: in the device model's vocabulary, or while that is
    /// still loading as a rough count.
    fn count(&self, messages: &[Message]) -> Result<Counted> {
        let messages = &*without_tools(messages);
        let mut device_error = Error::DeviceNotReady;
        if let Some(device) = &self.sides.local.device {
            match device.fit(
                &mut self.dialogue.session.borrow_mut(),
                messages,
                self.prompt_room(device),
            ) {
                Ok(prompt) => {
                    return Ok(Counted {
                        vocabulary: device.vocabulary().to_owned(),
                        tokens: prompt.tokens,
                        dropped_messages: prompt.dropped_messages,
                        device_error: None,
                    });
                }
                Err(error @ Error::PromptTooLong { .. }) => device_error = error,
                Err(error) => return Err(error),
            }
        }
        let (vocabulary, tokens) = ("bytes".to_owned(), rough_tokens(messages));
        Ok(Counted { vocabulary, tokens, dropped_messages: 0, device_error: Some(device_error) })
    }

    /// How long a prompt may be so that an answer still fits behind it.
    fn prompt_room(&self, device: &D) -> usize {
        let room = self.config.max_tokens.unwrap_or(USUAL_ANSWER_TOKENS);
        device.n_ctx() - room.min(device.n_ctx() / 4)
    }

    /// The scorer's word, moved by verdicts on similar turns; and what this one is like.
    fn score(&mut self, messages: &[Message]) -> Result<(Score, Vec<f32>)> {
        let Some(scorer) = &self.sides.scorer else { return Ok((Score::UNKNOWN, Vec::new())) };
        let (score, state) = (scorer.score(messages)?, scorer.state(messages)?);
        self.knowledge.feedback.see(&state);
        Ok((Score { p: self.knowledge.feedback.adjust(score.p, &state), ..score }, state))
    }

    fn decide(
        &self,
        request: &TurnRequest,
        mode: Mode,
        counted: &Counted,
        score: Score,
        now: Duration,
    ) -> Result<Decision> {
        let Counted { vocabulary, tokens, .. } = counted;
        let (plan, missing) = match self.config.context_aware {
            true => (
                self.plan(mode, vocabulary, tokens, now),
                self.knowledge.ledger.missing(Route::Edge, vocabulary, tokens, now),
            ),
            false => self.as_if_never_away(mode, counted, now),
        };
        let edge_work = Work { missing, expected_tokens: score.edge_tokens };
        let link = priced(&self.config, self.knowledge.link.estimate(now));
        let asked = Asked {
            edge: &self.config.edge,
            sampling: request.sampling.or(self.config.sampling),
            seed: request.seed,
            max_tokens: self.config.max_tokens,
            stop: &request.stop,
            tools: &request.tools,
            passed: &request.passed,
        };
        let request_bytes = self.sides.edge.sending.request_bytes(&asked, &request.messages);
        let config = Config { mode, ..self.config.clone() };
        decide(&Inputs {
            score,
            device: device_terms(
                plan,
                score.device_tokens,
                &self.knowledge.device_rates,
                self.device_available(mode) && counted.device_error.is_none(),
            ),
            edge: edge_terms(
                edge_work,
                &self.knowledge.edge_rates,
                &link,
                request_bytes,
                self.edge_available(mode, &link, now),
            ),
            link,
            last_route: self.dialogue.last_route,
            prospect: self.prospect(mode, &request.messages, counted, &score, now),
            second_look: config.second_look.enabled
                && self.sides.scorer.as_ref().is_some_and(|scorer| scorer.can_look()),
            config: &config,
            device_error: counted.device_error.clone().unwrap_or(Error::DeviceNotReady),
        })
    }

    /// What the device's engine holds, as of now.
    fn note_device(&mut self, now: Duration) {
        match &self.sides.local.device {
            Some(device) => {
                let parked = self.sides.local.dialogues.iter().flat_map(Dialogues::held);
                let held = parked.chain([device.tokens()]);
                self.knowledge.ledger.device_holds(device.vocabulary(), held, now);
            }
            None => self.knowledge.ledger.forget(Route::Device),
        }
    }

    /// How the device comes by what it lacks of a prompt. Its last token is always computed.
    fn plan(&self, mode: Mode, vocabulary: &str, prompt: &[u32], now: Duration) -> Plan {
        let computed =
            self.knowledge.ledger.missing(Route::Device, vocabulary, prompt, now).computed;
        let held = computed.min(prompt.len().saturating_sub(1));
        cheapest(&self.prices(mode, prompt, now), held, prompt.len())
    }

    fn prices(&self, mode: Mode, prompt: &[u32], now: Duration) -> Prices {
        let link = self.knowledge.link.estimate(now);
        let allowed = self.edge_available(mode, &link, now) && !self.config.data_saver;
        let device = self.sides.local.device.as_ref().filter(|_| allowed);
        Prices {
            prefill_tps: self.knowledge.device_rates.prefill_tps,
            attention_s: self.knowledge.device_rates.attention_s,
            fetching: device.and_then(|device| self.fetching(device, prompt, &link, now)),
        }
    }

    fn device_available(&self, mode: Mode) -> bool {
        mode.allows_device() && self.sides.local.device.is_some()
    }

    fn edge_available(&self, mode: Mode, link: &LinkEstimate, now: Duration) -> bool {
        if self.config.edge.base_url.is_none() || !mode.allows_edge() {
            return false;
        }
        let refused = link.online == Some(false) || now < self.sides.edge.rests_until;
        !refused || mode == Mode::EdgeOnly
    }

    /// Whether the edge would be asked for this turn, or was, and cannot be reached.
    fn misses_edge(&self, mode: Mode, now: Duration) -> bool {
        let wants_edge = matches!(mode, Mode::Auto | Mode::PreferEdge);
        let away = self.knowledge.link.estimate(now).online == Some(false)
            && now >= self.sides.edge.rests_until;
        self.config.failback && wants_edge && self.config.edge.base_url.is_some() && away
    }

    /// While no turn runs: makes the probes that are due, if any, lets the
    /// device catch up, and learns how able the models are. Called every few seconds by the host; costs nothing
    /// when nothing is due, and ends when the host is cancelled.
    pub async fn tick<H: Host>(&mut self, host: &H) {
        self.probe_if_due(host).await;
        self.catch_up(host).await;
        self.check_answer(host).await;
        self.take_quiz(host).await;
        // A bandwidth takes several.
        while self.probe_if_due(host).await {}
    }
}

/// The link as it counts: the paper's rule leaves the wait for a busy edge out.
fn priced(config: &Config, link: LinkEstimate) -> LinkEstimate {
    let queue_s = if config.queue_aware { link.queue_s } else { 0.0 };
    LinkEstimate { queue_s, ..link }
}

/// About four bytes a token, for counting while no vocabulary is at hand. Messages that are the same
/// have the same ones.
fn rough_tokens(messages: &[Message]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        tokens.push(message.role as u32);
        tokens.extend(message.content.bytes().step_by(4).map(u32::from));
    }
    tokens
}

/// The dialogue as a device reads it that has no tools: calls and results are what somebody said.
fn without_tools(messages: &[Message]) -> Cow<'_, [Message]> {
    if !messages.iter().any(Message::is_about_tools) {
        return Cow::Borrowed(messages);
    }
    let plain = messages.iter().map(|message| {
        let calls: String = message.tool_calls.iter().map(|call| format!("\n{call}")).collect();
        let role = if message.role == Role::Tool { Role::User } else { message.role };
        Message::new(role, format!("{}{calls}", message.content))
    });
    Cow::Owned(plain.collect())
}

/// The dialogue with the answer so far as its last, open message; one that is there already grows.
fn with_answer(messages: &[Message], text: &str) -> Vec<Message> {
    let mut messages = messages.to_vec();
    match messages.last_mut() {
        _ if text.is_empty() => {}
        Some(open) if open.role == Role::Assistant => {
            open.content = format!("{}{text}", open.content).into();
        }
        _ => messages.push(Message::new(Role::Assistant, text)),
    }
    messages
}

fn seconds(from: Duration, to: Duration) -> f64 {
    to.saturating_sub(from).as_secs_f64()
}
