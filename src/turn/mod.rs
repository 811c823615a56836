//! One chat turn, top to bottom.
//!
//! Render and count the prompt, score it, refresh the link, price both sides,
//! decide, answer, carry on elsewhere if a side fails, and learn from what was
//! measured. The only core file that knows every room.

mod answer;
mod device;
mod edge;
mod report;

use std::time::Duration;

use crate::config::{Config, Mode};
use crate::dialogue::{Message, Role, session};
use crate::edge::completion_request;
use crate::engine::Engine;
use crate::handoff::{Ledger, ledger::common_prefix};
use crate::host::{Event, Host, ProbeRequest};
use crate::routing::cost::{Work, device_terms, edge_terms};
use crate::routing::link::Probe;
use crate::routing::{Decision, Inputs, Link, LinkEstimate, Rates, Route, Score, Scorer, decide};
use crate::{Error, Result};

use answer::Answer;
pub use report::{FinishReason, Switched, TurnReport, TurnRequest, TurnUsage};

const DEVICE_RATES_KEY: &str = "rates.device";
const EDGE_RATES_KEY: &str = "rates.edge";
/// Tokens prefilled and decoded when a model is loaded, to know its speed before the first turn.
const WARM_UP_PREFILL: usize = 32;
const WARM_UP_DECODE: usize = 6;

/// Everything a page's router knows between turns.
pub struct Router {
    config: Config,
    scorer: Option<Scorer>,
    device: Option<Engine>,
    link: Link,
    device_rates: Rates,
    edge_rates: Rates,
    ledger: Ledger,
    last_route: Option<Route>,
    /// The edge asked to be left alone until then.
    edge_rests_until: Duration,
}

/// A prompt in the tokens of whichever vocabulary is at hand.
struct Counted {
    vocabulary: String,
    tokens: Vec<u32>,
    dropped_messages: usize,
    /// Why the device cannot answer this turn, if it cannot.
    device_error: Option<Error>,
}

impl Router {
    /// A router without models: it can route, blindly, and use the edge.
    pub fn new<H: Host>(config: Config, host: &H) -> Result<Router> {
        config.validate()?;
        let stored = |key: &str| host.load(key).as_deref().and_then(Rates::from_json);
        Ok(Router {
            config,
            scorer: None,
            device: None,
            link: Link::new(),
            device_rates: stored(DEVICE_RATES_KEY).unwrap_or(Rates::DEVICE_PRIOR),
            edge_rates: stored(EDGE_RATES_KEY).unwrap_or(Rates::EDGE_PRIOR),
            ledger: Ledger::default(),
            last_route: None,
            edge_rests_until: Duration::ZERO,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Replaces the configuration; measured rates and the dialogue's state stay.
    pub fn set_config(&mut self, config: Config) -> Result<()> {
        config.validate()?;
        if config.edge != self.config.edge {
            self.link = Link::new();
            self.edge_rates = Rates::EDGE_PRIOR;
            self.ledger.edge_forgot();
            self.edge_rests_until = Duration::ZERO;
        }
        self.config = config;
        Ok(())
    }

    pub fn set_scorer(&mut self, scorer: Scorer) {
        self.scorer = Some(scorer);
    }

    pub fn scorer_ready(&self) -> bool {
        self.scorer.is_some()
    }

    /// Takes the device's model into use, after measuring its speed.
    pub fn set_device<H: Host>(&mut self, mut engine: Engine, host: &H) -> Result<()> {
        let n_vocab = engine.model().info().n_vocab as u32;
        let warm_up: Vec<u32> = (0..WARM_UP_PREFILL as u32).map(|i| i % n_vocab).collect();
        let started = host.now();
        engine.prefill(&warm_up)?;
        let prefilled = host.now();
        for token in 0..WARM_UP_DECODE as u32 {
            engine.decode(token % n_vocab)?;
        }
        let decoded = host.now();
        engine.truncate(0);
        if self.device_rates.n_observed == 0 {
            let rates = &mut self.device_rates;
            rates.observe_prefill(WARM_UP_PREFILL, seconds(started, prefilled));
            rates.observe_decode(WARM_UP_DECODE, seconds(prefilled, decoded));
        }
        self.device = Some(engine);
        Ok(())
    }

    /// Gives the device's model back, its memory with it.
    pub fn unset_device(&mut self) {
        self.device = None;
    }

    pub fn device(&self) -> Option<&Engine> {
        self.device.as_ref()
    }

    pub fn device_rates(&self) -> Rates {
        self.device_rates
    }

    pub fn edge_rates(&self) -> Rates {
        self.edge_rates
    }

    pub fn link(&self, now: Duration) -> LinkEstimate {
        self.link.estimate(now)
    }

    pub fn set_browser_online(&mut self, online: bool) {
        self.link.set_browser_online(online);
    }

    /// Forgets the dialogue: nothing of it is reused on the device.
    pub fn clear_dialogue(&mut self) {
        if let Some(engine) = &mut self.device {
            engine.truncate(0);
        }
        self.ledger.edge_forgot();
        self.last_route = None;
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
        let mode = request.mode.unwrap_or(self.config.mode);
        let counted = self.count(&request.messages)?;
        let score = self.score(&request.messages)?;
        self.refresh_link(mode, host).await;
        let decision = self.decide(request, mode, &counted, score, host.now())?;
        host.emit(Event::Route { decision: &decision });

        let mut answer = Answer::new(decision.route, started);
        self.answer(request, mode, &mut answer, host).await?;

        self.link.note_turn(host.now());
        self.last_route = Some(answer.route);
        host.save(DEVICE_RATES_KEY, &self.device_rates.to_json());
        host.save(EDGE_RATES_KEY, &self.edge_rates.to_json());
        Ok(answer.into_report(decision, counted.dropped_messages, host.now()))
    }

    /// The prompt's tokens: in the device model's vocabulary, or while that is
    /// still loading in the scorer's, or else as a rough count.
    fn count(&self, messages: &[Message]) -> Result<Counted> {
        let mut device_error = Error::DeviceNotReady;
        if let Some(engine) = &self.device {
            let model = engine.model();
            let n_room = self.prompt_room(engine);
            match session::fit(model.tokenizer(), model.template(), messages, n_room) {
                Ok(prompt) => {
                    return Ok(Counted {
                        vocabulary: model.info().digest.clone(),
                        tokens: prompt.tokens,
                        dropped_messages: prompt.dropped_messages,
                        device_error: None,
                    });
                }
                Err(error @ Error::PromptTooLong { .. }) => device_error = error,
                Err(error) => return Err(error),
            }
        }
        let (vocabulary, tokens) = match &self.scorer {
            Some(scorer) => ("scorer", scorer.tokens(&transcript(messages))?),
            // About four bytes a token.
            None => ("bytes", transcript(messages).bytes().step_by(4).map(u32::from).collect()),
        };
        let vocabulary = vocabulary.to_owned();
        Ok(Counted { vocabulary, tokens, dropped_messages: 0, device_error: Some(device_error) })
    }

    /// How long a prompt may be so that an answer still fits behind it.
    fn prompt_room(&self, engine: &Engine) -> usize {
        engine.n_ctx() - self.config.max_tokens.min(engine.n_ctx() / 4)
    }

    fn score(&self, messages: &[Message]) -> Result<Score> {
        self.scorer.as_ref().map_or(Ok(Score::UNKNOWN), |scorer| scorer.score(messages))
    }

    fn decide(
        &self,
        request: &TurnRequest,
        mode: Mode,
        counted: &Counted,
        score: Score,
        now: Duration,
    ) -> Result<Decision> {
        let n_prompt = counted.tokens.len();
        let held = self.device.as_ref().map_or(0, |engine| {
            common_prefix(engine.tokens(), &counted.tokens).min(n_prompt.saturating_sub(1))
        });
        let device_work =
            Work { missing_tokens: n_prompt - held, expected_tokens: score.device_tokens };
        let edge_work = Work {
            missing_tokens: self.ledger.missing_on_edge(&counted.vocabulary, &counted.tokens, now),
            expected_tokens: score.edge_tokens,
        };
        let link = self.link.estimate(now);
        let request_bytes = completion_request(
            &self.config.edge,
            &request.messages,
            &request.sampling,
            self.config.max_tokens,
            &request.stop,
        )
        .len();
        let config = Config { mode, ..self.config.clone() };
        decide(&Inputs {
            score,
            device: device_terms(
                device_work,
                &self.device_rates,
                self.device_available(mode) && counted.device_error.is_none(),
            ),
            edge: edge_terms(
                edge_work,
                &self.edge_rates,
                &link,
                request_bytes,
                self.edge_available(mode, &link, now),
            ),
            link,
            last_route: self.last_route,
            config: &config,
            device_error: counted.device_error.clone().unwrap_or(Error::DeviceNotReady),
        })
    }

    fn device_available(&self, mode: Mode) -> bool {
        mode.allows_device() && self.device.is_some()
    }

    fn edge_available(&self, mode: Mode, link: &LinkEstimate, now: Duration) -> bool {
        if self.config.edge.base_url.is_none() || !mode.allows_edge() {
            return false;
        }
        let refused = link.online == Some(false) || now < self.edge_rests_until;
        !refused || mode == Mode::EdgeOnly
    }

    /// Answers on the decided side; if that fails, goes on at the other from
    /// the text already shown.
    async fn answer<H: Host>(
        &mut self,
        request: &TurnRequest,
        mode: Mode,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let first = answer.route;
        let Err(error) = self.answer_on(first, request, answer, host).await else { return Ok(()) };
        if error == Error::Aborted {
            answer.finish = FinishReason::Abort;
            return Ok(());
        }
        let second = first.other();
        let allowed = match second {
            Route::Device => self.device_available(mode),
            Route::Edge => mode.allows_edge() && self.config.edge.base_url.is_some(),
        };
        if !allowed {
            return Err(error);
        }
        answer.switch(second, &error, host);
        match self.answer_on(second, request, answer, host).await {
            Ok(()) => Ok(()),
            Err(Error::Aborted) => {
                answer.finish = FinishReason::Abort;
                Ok(())
            }
            Err(second_error) => Err(both_failed(first, error, second_error)),
        }
    }

    async fn answer_on<H: Host>(
        &mut self,
        route: Route,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        match route {
            Route::Device => self.answer_on_device(request, answer, host).await,
            Route::Edge => self.answer_on_edge(request, answer, host).await,
        }
    }

    /// Before a turn: one round trip, if the last one is too old to decide on.
    async fn refresh_link<H: Host>(&mut self, mode: Mode, host: &H) {
        let needed = match mode {
            Mode::DeviceOnly | Mode::EdgeOnly => false,
            Mode::PreferDevice => self.device.is_none(),
            Mode::Auto | Mode::PreferEdge => true,
        };
        if !needed {
            return;
        }
        if let Some(probe) = self.link.due_before_turn(host.now()) {
            self.probe(probe, host).await;
        }
    }

    /// While no turn runs: makes the probe that is due, if any. Called every
    /// few seconds by the host; costs nothing when nothing is due.
    pub async fn tick<H: Host>(&mut self, host: &H) {
        if self.config.data_saver || !self.config.mode.allows_edge() {
            return;
        }
        if let Some(probe) = self.link.due_while_idle(host.now()) {
            self.probe(probe, host).await;
        }
    }

    /// Measures the round trip now. `None`: there is no edge to measure.
    pub async fn probe_now<H: Host>(&mut self, host: &H) -> Option<LinkEstimate> {
        if !self.config.mode.allows_edge() {
            return None;
        }
        self.config.edge.base_url.as_ref()?;
        self.probe(Probe::Rtt, host).await;
        Some(self.link.estimate(host.now()))
    }

    async fn probe<H: Host>(&mut self, probe: Probe, host: &H) {
        let Some(base_url) = self.config.edge.base_url.clone() else { return };
        loop {
            let request = ProbeRequest {
                url: self.link.url(&base_url, probe),
                headers: edge::headers(&self.config.edge),
                sent_bytes: if let Probe::Up(n_bytes) = probe { n_bytes } else { 0 },
                timeout: self.config.probe_timeout(),
            };
            let reply = host.probe(&request).await;
            if let Ok(reply) = &reply {
                self.edge_rates.hint(reply.hints.prefill_tps, reply.hints.decode_tps);
            }
            if !self.link.observe(probe, &reply, host.now()) {
                break;
            }
        }
        host.emit(Event::Link { link: &self.link.estimate(host.now()) });
    }
}

fn both_failed(first: Route, first_error: Error, second_error: Error) -> Error {
    let (device, edge) = match first {
        Route::Device => (first_error, second_error),
        Route::Edge => (second_error, first_error),
    };
    Error::BothFailed { device: Box::new(device), edge: Box::new(edge) }
}

/// The dialogue as plain text, for counting while no template is at hand.
fn transcript(messages: &[Message]) -> String {
    messages.iter().map(|message| format!("{:?}: {}\n", message.role, message.content)).collect()
}

/// The dialogue with the answer so far as its last, open message.
fn with_answer(messages: &[Message], text: &str) -> Vec<Message> {
    let mut messages = messages.to_vec();
    if !text.is_empty() {
        messages.push(Message::new(Role::Assistant, text));
    }
    messages
}

fn seconds(from: Duration, to: Duration) -> f64 {
    to.saturating_sub(from).as_secs_f64()
}
