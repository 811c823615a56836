//! How the router learns how able its two models are: it asks them a short quiz while nothing else happens,
//! compares what the device has answered with what the edge would have, and hears what people say.

use serde::Serialize;

use super::Router;
use super::answer::Answer;
use super::device;
use super::edge_call::{EdgeCall, Running};
use super::models::{DeviceModel, ScoringModel};
use super::report::TurnRequest;
use super::sides::Judged;
use crate::config::Mode;
use crate::dialogue::{Message, Role, Session};
use crate::edge::Chunk;
use crate::engine::{GenerateRequest, Step, prefill_chunk};
use crate::host::{Event, Host};
use crate::routing::ability::{Abilities, Item};
use crate::routing::competence::Source;
use crate::routing::{Route, agreement, quiz};
use crate::{Error, Result};

/// An edge's own answer may be so many times as long as the device's that it is compared with, and so many
/// tokens longer.
const CHECK_GROWTH: usize = 2;
const CHECK_TOKENS: usize = 64;
/// What a request is taken to cost beyond its text: the template's own tokens.
const REQUEST_TOKENS: usize = 32;

/// A turn that the device has answered and the edge may check.
pub(super) struct Unchecked {
    messages: Vec<Message>,
    answer: String,
    n_tokens: usize,
}

/// What is known of how able a model is, for a page to show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCompetence {
    /// Whether the scorer has learned this model by its name.
    pub learned: bool,
    /// Share of the quiz's questions that it is expected to get right, in [0, 1]; `None` before the scorer has
    /// read them.
    pub expected: Option<f64>,
    /// How many questions of the quiz were asked and how many it got right.
    pub quiz_asked: usize,
    pub quiz_right: usize,
    pub quiz_total: usize,
    /// Answers that the edge has checked, and verdicts by people.
    pub n_checks: usize,
    pub n_verdicts: usize,
}

/// Both models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompetenceReport {
    pub device: ModelCompetence,
    pub edge: ModelCompetence,
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Tells a scorer whom it judges, and what is believed of them.
    pub(super) fn introduce(&mut self, scorer: &mut S) {
        let (device, edge) = self.config.models.names();
        scorer.use_pair(device.as_deref().unwrap_or(""), edge.as_deref().unwrap_or(""));
        let Some(priors) = scorer.priors() else { return };
        for side in [Route::Device, Route::Edge] {
            self.recall_quiz(scorer, &priors, side);
        }
        self.convince(scorer, &priors);
    }

    /// What is believed counts from now on.
    fn convince(&self, scorer: &mut S, priors: &Abilities) {
        let of = |side| self.knowledge.competence.ability(&self.model(side), priors.of(side));
        scorer.believe(&Abilities { device: of(Route::Device), edge: of(Route::Edge) });
    }

    /// Results of a quiz without what they have taught: a catalogue has brought them, or another scorer was in
    /// use.
    fn recall_quiz(&mut self, scorer: &S, priors: &Abilities, side: Route) {
        let model = self.model(side);
        let known = self.knowledge.competence.of_mut(&model);
        let fits = |n: usize| n == priors.of(side).n_dimensions();
        if known.ability.as_ref().is_some_and(|ability| fits(ability.n_dimensions())) {
            return;
        }
        let brought = self.config.models.quiz(side).and_then(quiz::results).unwrap_or_default();
        let kept = std::mem::take(&mut known.quiz);
        let results = if kept.len() >= brought.len() { kept } else { brought };
        known.ability = None;
        for (question, right) in quiz::questions().iter().zip(results) {
            let Ok(Some(item)) = scorer.item(&asked(&question.prompt), side) else { return };
            let right = f64::from(u8::from(right));
            self.knowledge.competence.observe(&model, priors.of(side), &item, right, Source::Quiz);
        }
    }

    /// The name under which it is remembered how able the model of this side is.
    fn model(&self, side: Route) -> String {
        let (device, edge) = self.config.models.names();
        match side {
            Route::Device => match &self.sides.local.device {
                Some(model) => format!("device {}", model.identity()),
                None => format!("device {}", device.unwrap_or_default()),
            },
            Route::Edge => {
                let url = self.config.edge.base_url.as_deref().unwrap_or("");
                format!("edge {url} {}", edge.unwrap_or_default())
            }
        }
    }

    /// The model of this side was right on `item`, or with what probability.
    pub(super) fn learn_outcome(&mut self, side: Route, item: &Item, right: f64, source: Source) {
        let model = self.model(side);
        let Some(mut scorer) = self.sides.scorer.take() else { return };
        if let Some(priors) = scorer.priors() {
            self.knowledge.competence.observe(&model, priors.of(side), item, right, source);
            self.knowledge.note_competence();
            self.convince(&mut scorer, &priors);
        }
        self.sides.scorer = Some(scorer);
    }

    /// Forgets what was learned of the models; the quiz will be asked again.
    pub(super) fn forget_competence(&mut self) {
        self.knowledge.competence.forget();
        self.knowledge.note_competence();
        self.introduce_again();
    }

    /// What is known of how able both models are; `None` where the scorer knows no abilities.
    pub fn competence(&self) -> Option<CompetenceReport> {
        let scorer = self.sides.scorer.as_ref()?;
        let priors = scorer.priors()?;
        let of = |side: Route| {
            let model = self.model(side);
            let ability = self.knowledge.competence.ability(&model, priors.of(side));
            let known = self.knowledge.competence.of(&model).cloned().unwrap_or_default();
            let mean = |items: Vec<Item>| {
                let right = items.iter().map(|item| ability.right(item));
                right.sum::<f64>() / items.len().max(1) as f64
            };
            ModelCompetence {
                learned: scorer.knows(side),
                expected: self.quiz_items(side).map(mean),
                quiz_asked: known.quiz.len(),
                quiz_right: known.quiz.iter().filter(|right| **right).count(),
                quiz_total: quiz::questions().len(),
                n_checks: known.n_checks,
                n_verdicts: known.n_verdicts,
            }
        };
        Some(CompetenceReport { device: of(Route::Device), edge: of(Route::Edge) })
    }

    /// Has the scorer read the quiz's questions, which costs a pass each, so that it can be told what is expected.
    async fn read_quiz<H: Host>(&self, host: &H) -> Result<()> {
        let Some(scorer) = &self.sides.scorer else { return Ok(()) };
        let known = |side| self.quiz_items(side).is_some();
        if scorer.priors().is_none() || (known(Route::Device) && known(Route::Edge)) {
            return Ok(());
        }
        let (mut of_device, mut of_edge) = (Vec::new(), Vec::new());
        for question in quiz::questions() {
            host.yield_now().await;
            if host.cancelled() {
                return Ok(());
            }
            // One pass for both: a scorer remembers the prompt that it has read last.
            let messages = asked(&question.prompt);
            of_device.extend(scorer.item(&messages, Route::Device)?);
            of_edge.extend(scorer.item(&messages, Route::Edge)?);
        }
        let items = [(Route::Device, of_device), (Route::Edge, of_edge)];
        let judged = items.map(|(side, items)| (self.judged(side), items));
        self.sides.quiz_items.replace(judged.into());
        Ok(())
    }

    fn quiz_items(&self, side: Route) -> Option<Vec<Item>> {
        let (kept, judged) = (self.sides.quiz_items.borrow(), self.judged(side));
        kept.iter().find(|(other, _)| *other == judged).map(|(_, items)| items.clone())
    }

    fn judged(&self, side: Route) -> Judged {
        let learned = self.sides.scorer.as_ref().is_some_and(|scorer| scorer.knows(side));
        (side, self.config.models.names(), learned)
    }

    /// Asks a model of the quiz that is due, if any, until a turn begins.
    pub(super) async fn take_quiz<H: Host>(&mut self, host: &H) {
        if self.quiz_is_due(Route::Device) {
            // A device that cannot compute says so when a person asks it something.
            let outcome = self.quiz_device(host).await;
            self.sides.local.quiz_failed |= outcome.is_err_and(|error| error != Error::Aborted);
            if let Some(device) = &mut self.sides.local.device {
                device.clear();
            }
            self.knowledge.save(host);
        }
        let now = host.now();
        let link = self.knowledge.link.estimate(now);
        while self.config.competence.quiz_edge
            && !self.config.data_saver
            && !host.cancelled()
            && self.quiz_is_due(Route::Edge)
            && self.edge_available(self.config.mode, &link, host.now())
        {
            if !self.quiz_edge(host).await {
                break;
            }
        }
        let _ = self.read_quiz(host).await;
    }

    fn quiz_is_due(&self, side: Route) -> bool {
        let (config, scorer) = (&self.config, self.sides.scorer.as_ref());
        let may = config.competence.quiz && !config.low_battery;
        let unknown = scorer.is_some_and(|scorer| scorer.priors().is_some() && !scorer.knows(side));
        let able = match side {
            Route::Device => {
                let local = &self.sides.local;
                config.mode != Mode::EdgeOnly && local.device.is_some() && !local.quiz_failed
            }
            Route::Edge => true,
        };
        may && unknown && able && self.n_asked(side) < quiz::questions().len()
    }

    fn n_asked(&self, side: Route) -> usize {
        self.knowledge.competence.of(&self.model(side)).map_or(0, |known| known.quiz.len())
    }

    /// The device's own dialogue is parked, as by a turn of another one.
    async fn quiz_device<H: Host>(&mut self, host: &H) -> Result<()> {
        let mut session = Session::default();
        let mut parked = false;
        while self.quiz_is_due(Route::Device) && !host.cancelled() {
            let n_asked = self.n_asked(Route::Device);
            let question = &quiz::questions()[n_asked];
            let messages = asked(&question.prompt);
            let Some(device) = &self.sides.local.device else { return Ok(()) };
            session.enter(&messages, host.today());
            let answer = match device.fit(&mut session, &messages, self.prompt_room(device)) {
                // Its context is too short for the question, so it has no answer.
                Err(Error::PromptTooLong { .. }) => Some(String::new()),
                Err(error) => return Err(error),
                Ok(prompt) => {
                    if !std::mem::replace(&mut parked, true) {
                        self.sides.local.take_up(&prompt.tokens, host).await;
                    }
                    self.device_says(prompt.tokens, host).await?
                }
            };
            let Some(answer) = answer else { return Ok(()) };
            let right = f64::from(u8::from(question.is_right(&answer)));
            self.learn_of(Route::Device, &messages, right, Source::Quiz)?;
            host.emit(Event::Quiz { done: n_asked + 1, total: quiz::questions().len() });
        }
        Ok(())
    }

    /// `None` where a turn began.
    async fn device_says<H: Host>(&mut self, prompt: Vec<u32>, host: &H) -> Result<Option<String>> {
        let chunk = prefill_chunk(self.knowledge.device_rates.prefill_tps);
        let Some(device) = &mut self.sides.local.device else { return Ok(None) };
        let request = GenerateRequest {
            prompt,
            prefill_chunk: chunk,
            max_tokens: quiz::MAX_ANSWER_TOKENS,
            ..GenerateRequest::default()
        };
        let generation = device.start(request).await?;
        let mut pen = device::Pen { device, generation };
        let mut said = String::new();
        loop {
            host.yield_now().await;
            if host.cancelled() {
                return Ok(None);
            }
            match pen.device.step(&mut pen.generation).await? {
                Step::Prefilled { .. } => {}
                Step::Text(text) => said += &text,
                Step::Done(_) => return Ok(Some(said)),
            }
        }
    }

    /// One question; `false` where the edge could not answer it.
    async fn quiz_edge<H: Host>(&mut self, host: &H) -> bool {
        let question = &quiz::questions()[self.n_asked(Route::Edge)];
        let messages = asked(&question.prompt);
        let said = self.edge_says(messages.to_vec(), quiz::MAX_ANSWER_TOKENS, host).await;
        let Ok(Some(answer)) = said else { return false };
        let right = f64::from(u8::from(question.is_right(&answer)));
        let learned = self.learn_of(Route::Edge, &messages, right, Source::Quiz);
        self.knowledge.save(host);
        learned.is_ok()
    }

    fn learn_of(
        &mut self,
        side: Route,
        messages: &[Message],
        right: f64,
        source: Source,
    ) -> Result<()> {
        let item = self.item(messages, side)?;
        if let Some(item) = item {
            self.learn_outcome(side, &item, right, source);
        }
        Ok(())
    }

    /// What the last user message asks of the model of a side.
    pub(super) fn item(&self, messages: &[Message], side: Route) -> Result<Option<Item>> {
        self.sides.scorer.as_ref().map_or(Ok(None), |scorer| scorer.item(messages, side))
    }

    /// An answer of the edge that no reader waits for; `None` where a turn began.
    async fn edge_says<H: Host>(
        &mut self,
        messages: Vec<Message>,
        n_tokens: usize,
        host: &H,
    ) -> Result<Option<String>> {
        let request = TurnRequest { max_tokens: Some(n_tokens), ..TurnRequest::new(messages) };
        let nothing = Answer::new(Route::Edge, host.now());
        let call =
            EdgeCall::new(&self.config, &self.sides.edge.sending, &request, &nothing, host.now());
        let outcome = Running::start(&call, host).unseen().await;
        if host.cancelled() {
            return Ok(None);
        }
        if let Err(error) = outcome {
            self.note_edge_failure(&error, host.now());
            return Err(error);
        }
        let text = |chunk: &Chunk| match chunk {
            Chunk::Text(text) => Some(text.clone()),
            _ => None,
        };
        let received = call.received();
        Ok(Some(received.waiting.iter().filter_map(text).collect()))
    }

    /// The turn was answered with `text` on `answered`.
    pub(super) fn note_unchecked(
        &mut self,
        messages: &[Message],
        text: &str,
        n_tokens: usize,
        answered: Route,
    ) {
        let wanted = self.config.competence.check_tokens_per_day > 0
            && answered == Route::Device
            && !text.trim().is_empty();
        self.dialogue.unchecked = wanted.then(|| Unchecked {
            messages: messages.to_vec(),
            answer: text.to_owned(),
            n_tokens,
        });
    }

    /// Has the edge answer what the device has answered last, and learns from how alike both are. Nothing of
    /// it is shown. Within the day's budget of tokens, and never under data saver.
    pub(super) async fn check_answer<H: Host>(&mut self, host: &H) {
        let per_day = self.config.competence.check_tokens_per_day;
        if host.cancelled() || per_day == 0 {
            return;
        }
        let Some(Unchecked { messages, answer, n_tokens }) = self.dialogue.unchecked.take() else {
            return;
        };
        let (now, today) = (host.now(), host.today());
        let link = self.knowledge.link.estimate(now);
        let may = matches!(self.config.mode, Mode::Auto | Mode::PreferDevice | Mode::PreferEdge)
            && !self.config.data_saver
            && self.edge_available(self.config.mode, &link, now);
        let most = CHECK_GROWTH * n_tokens + CHECK_TOKENS;
        let n_prompt = self.count(&messages).map_or(0, |counted| counted.tokens.len());
        let cost = n_prompt + REQUEST_TOKENS + most;
        let items = (self.item(&messages, Route::Device), self.item(&messages, Route::Edge));
        let (Ok(Some(device)), Ok(Some(edge))) = items else { return };
        if !may || cost > self.knowledge.competence.tokens_left(today, per_day) {
            return;
        }
        // Also of one that comes to nothing: it was asked.
        self.knowledge.competence.spend(today, cost);
        self.knowledge.note_competence();
        if let Ok(Some(other)) = self.edge_says(messages, most, host).await
            && !other.trim().is_empty()
        {
            self.compare(&answer, &other, &device, &edge);
        }
        self.knowledge.save(host);
    }

    fn compare(&mut self, answer: &str, other: &str, device: &Item, edge: &Item) {
        let Some(priors) = self.sides.scorer.as_ref().and_then(ScoringModel::priors) else {
            return;
        };
        let p = |side: Route, item: &Item| {
            self.knowledge.competence.ability(&self.model(side), priors.of(side)).right(item)
        };
        let (of_device, of_edge) = (p(Route::Device, device), p(Route::Edge, edge));
        let (right, _) = agreement::posterior(agreement::ratios(answer, other), of_device, of_edge);
        // Two answers that differ do not say which of them is wrong: what is believed of the edge is what the
        // device is measured by, and does not itself move.
        self.learn_outcome(Route::Device, device, right, Source::Check);
    }
}

fn asked(prompt: &str) -> [Message; 1] {
    [Message::new(Role::User, prompt)]
}
