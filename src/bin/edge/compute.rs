//! The compute thread: it owns every engine and runs one step at a time, of an answer or of a
//! [transfer](crate::transfer).
//!
//! The kernels share a step's matrix products among their own threads, so a second compute thread
//! would gain nothing. Answers that are being written take their steps together: the weights are then
//! read once for a token of each. An error or a panic in one request ends that request alone; its engine is thrown
//! away, because nobody knows what it still holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nearside::engine::{Engine, Finish, GenerateRequest, Generation, Likely, Model, Read, Step};
use nearside::{Error, Result};
use tokio::sync::mpsc::UnboundedSender;

use crate::job::{Event, Failure, Job, Outcome, Piece, PieceToken, ReadToken, TokenText, Work};
use crate::line::{Line, Task};
use crate::panics::guarded;
use crate::prefix_cache::PrefixCache;
use crate::rates::Rates;
use crate::scheduler::{Remaining, Ticket};
use crate::transfer::{Progress, Transfers};

/// A first measurement takes a prompt of this many tokens and an answer of that many.
const WARM_UP_PROMPT_TOKENS: usize = 64;
const WARM_UP_ANSWER_TOKENS: usize = 8;

/// Runs a short prompt, so that the first probe already reports measured rates and a model that
/// cannot compute is found before the gateway listens.
pub fn warm_up(model: &Arc<Model>, n_ctx: usize) -> Result<Rates> {
    let mut engine = Engine::new(Arc::clone(model), n_ctx)?;
    let n_prompt = WARM_UP_PROMPT_TOKENS.min(n_ctx / 2).max(1);
    let n_answer = WARM_UP_ANSWER_TOKENS.min(n_ctx / 4).max(1);
    let prompt = vec![0; n_prompt];
    // The first step of all also pays for page faults and for the thread pool.
    engine.decode(0)?;
    engine.truncate(0);
    let started = Instant::now();
    engine.prefill(&prompt)?;
    let prefilled = Instant::now();
    for _ in 0..n_answer {
        engine.decode(0)?;
    }
    let per_second = |n: usize, took: Duration| n as f64 / took.as_secs_f64().max(1e-9);
    Ok(Rates::measured(
        per_second(n_prompt, prefilled - started),
        per_second(n_answer, prefilled.elapsed()),
    ))
}

/// Serves the line until it is closed. `step_delay` slows every step down on purpose.
pub fn run(line: &Line, cache: PrefixCache, transfers: Option<Transfers>, step_delay: Duration) {
    let mut floor = Floor { line, cache, running: HashMap::new(), transfers, step_delay };
    loop {
        match line.next_task() {
            Task::Start(ticket, job) => floor.start(ticket, job),
            Task::Step(ticket) if floor.is_transfer(ticket) => floor.step_transfer(ticket),
            Task::Step(ticket) => floor.step(ticket),
            Task::Stop => return floor.cut_all(),
        }
    }
}

/// The requests that compute, by ticket.
struct Floor<'a> {
    line: &'a Line,
    cache: PrefixCache,
    running: HashMap<Ticket, Running>,
    /// Where the device's model is here.
    transfers: Option<Transfers>,
    step_delay: Duration,
}

struct Running {
    engine: Engine,
    generation: Generation,
    tells_tokens: bool,
    reads_draft: bool,
    events: UnboundedSender<Event>,
    prompt_tokens: usize,
    max_tokens: usize,
    /// Prompt tokens the engine holds so far.
    prefilled: usize,
    offered: Instant,
    admitted: Instant,
    answering: Option<Instant>,
}

impl Floor<'_> {
    fn start(&mut self, ticket: Ticket, job: Job) {
        match (job.work, &mut self.transfers) {
            (Work::Answer { request, tells_tokens, events }, _) => {
                match self.admit(request, tells_tokens, &events, job.offered) {
                    Ok(running) => {
                        let _ = events.send(Event::Started);
                        self.running.insert(ticket, running);
                    }
                    Err(error) => {
                        self.line.finish(ticket);
                        fail(&events, error);
                    }
                }
            }
            (Work::Transfer { request, events }, Some(transfers)) => {
                if !transfers.start(ticket, request, events, job.offered) {
                    self.line.finish(ticket);
                }
            }
            // Handlers offer no transfer where there is no model for it.
            (Work::Transfer { .. }, None) => self.line.finish(ticket),
        }
    }

    fn admit(
        &mut self,
        request: GenerateRequest,
        tells_tokens: bool,
        events: &UnboundedSender<Event>,
        offered: Instant,
    ) -> Result<Running> {
        let admitted = Instant::now();
        let (prompt_tokens, max_tokens) = (request.prompt.len(), request.max_tokens);
        let reads_draft = request.read_from.is_some();
        let mut engine = guarded(|| self.cache.lend(&request.prompt))?;
        match guarded(|| Generation::start(&mut engine, request)) {
            Ok(generation) => Ok(Running {
                prefilled: generation.reused_tokens(),
                engine,
                generation,
                tells_tokens,
                reads_draft,
                events: events.clone(),
                prompt_tokens,
                max_tokens,
                offered,
                admitted,
                answering: None,
            }),
            Err(error) => {
                self.cache.give_up(engine);
                Err(error)
            }
        }
    }

    fn step(&mut self, ticket: Ticket) {
        let tickets = self.together_with(ticket);
        let mut taking: Vec<(Ticket, Running)> = tickets
            .into_iter()
            .filter_map(|ticket| Some((ticket, self.still_wanted(ticket)?)))
            .collect();
        let started = Instant::now();
        let steps = take_steps(&mut taking);
        std::thread::sleep(self.step_delay);
        let (took, n_steps) = (started.elapsed(), taking.len());
        for (i, ((ticket, running), step)) in taking.into_iter().zip(steps).enumerate() {
            // What a step took is learned once.
            let lesson = (i == 0).then_some((took, n_steps));
            self.after_step(ticket, running, step, lesson);
        }
    }

    /// The request, and those that are writing too if it is.
    fn together_with(&mut self, ticket: Ticket) -> Vec<Ticket> {
        let writes = |running: &Running| running.generation.is_decoding();
        let mut tickets = vec![ticket];
        if self.running.get(&ticket).is_some_and(writes) {
            let others =
                self.running.iter().filter(|(other, running)| **other != ticket && writes(running));
            tickets.extend(others.map(|(other, _)| *other));
            tickets[1..].sort_unstable();
            self.line.took_part(&tickets[1..]);
        }
        tickets
    }

    /// Takes a request off the floor, unless nobody waits for it any more.
    fn still_wanted(&mut self, ticket: Ticket) -> Option<Running> {
        let Some(running) = self.running.remove(&ticket) else {
            self.line.finish(ticket);
            return None;
        };
        if !running.events.is_closed() {
            return Some(running);
        }
        tracing::info!(n_generated = running.generation.n_generated(), "cancelled");
        self.line.finish(ticket);
        self.cache.give_back(running.engine);
        None
    }

    fn after_step(
        &mut self,
        ticket: Ticket,
        mut running: Running,
        step: Result<Step>,
        lesson: Option<(Duration, usize)>,
    ) {
        match step {
            Ok(Step::Done(finish)) => self.finish(ticket, running, finish),
            Ok(step) => {
                self.line.note_step(ticket, |rates| running.learn(rates, &step, lesson));
                running.tell(step);
                self.running.insert(ticket, running);
            }
            Err(error) => {
                self.line.finish(ticket);
                self.cache.give_up(running.engine);
                fail(&running.events, error);
            }
        }
    }

    fn step_transfer(&mut self, ticket: Ticket) {
        let Some(transfers) = &mut self.transfers else { return self.line.finish(ticket) };
        let started = Instant::now();
        let progress = transfers.step(ticket);
        std::thread::sleep(self.step_delay);
        match progress {
            Progress::More { n_prefilled, n_missing } => {
                self.line.note_transfer(ticket, n_prefilled, started.elapsed(), n_missing);
            }
            Progress::Ended => self.line.finish(ticket),
        }
    }

    fn is_transfer(&self, ticket: Ticket) -> bool {
        self.transfers.as_ref().is_some_and(|transfers| transfers.has(ticket))
    }

    fn finish(&mut self, ticket: Ticket, running: Running, finish: Finish) {
        let outcome = running.outcome(finish);
        tracing::info!(
            prompt_tokens = outcome.prompt_tokens,
            cached_tokens = outcome.cached_tokens,
            completion_tokens = outcome.completion_tokens,
            queued_ms = outcome.queued.as_millis(),
            prefill_ms = outcome.prefill.as_millis(),
            decode_ms = outcome.decode.as_millis(),
            "answered"
        );
        self.line.note_step(ticket, |rates| {
            rates.note_answer(outcome.completion_tokens);
            Remaining { prefill_tokens: 0, decode_tokens: 0 }
        });
        self.line.finish(ticket);
        self.cache.give_back(running.engine);
        let _ = running.events.send(Event::Done(outcome));
    }

    fn cut_all(&mut self) {
        for (ticket, running) in self.running.drain() {
            self.line.finish(ticket);
            let _ = running.events.send(Event::Failed(Failure::ShuttingDown));
        }
        for ticket in self.transfers.iter_mut().flat_map(Transfers::cut_all) {
            self.line.finish(ticket);
        }
    }
}

impl Running {
    /// Feeds a step's time, and how many took it together, into the rates; returns what the request still
    /// has to do.
    fn learn(
        &mut self,
        rates: &mut Rates,
        step: &Step,
        lesson: Option<(Duration, usize)>,
    ) -> Remaining {
        match (step, lesson) {
            (Step::Prefilled { done, .. }, Some((took, _))) => {
                rates.note_prefill(done.saturating_sub(self.prefilled), took);
                self.prefilled = *done;
            }
            // The answer's first token comes from the prefill's logits and costs nothing more.
            (_, Some((took, n_steps))) if self.answering.is_some() => {
                rates.note_decode(n_steps, took);
            }
            _ => {}
        }
        let expected = self.max_tokens.min(rates.answer_tokens());
        Remaining {
            prefill_tokens: self.prompt_tokens.saturating_sub(self.prefilled),
            decode_tokens: expected.saturating_sub(self.generation.n_generated()).max(1),
        }
    }

    fn tell(&mut self, step: Step) {
        if let Step::Text(text) = step {
            self.answering.get_or_insert_with(Instant::now);
            let token = self.tells_tokens.then(|| self.last_token()).flatten();
            if !text.is_empty() || token.is_some() {
                let _ = self.events.send(Event::Text(Piece { text, token }));
            }
        }
    }

    fn last_token(&self) -> Option<PieceToken> {
        let written = self.generation.last()?;
        Some(PieceToken {
            chosen: self.text_of(&written.chosen).1,
            alternatives: written.alternatives.iter().map(|other| self.text_of(other).1).collect(),
        })
    }

    fn draft(&self) -> Option<Vec<ReadToken>> {
        let read_token = |read: &Read| ReadToken {
            token: self.text_of(&read.token),
            rank: read.rank,
            alternatives: read.alternatives.iter().map(|other| self.text_of(other)).collect(),
        };
        self.reads_draft.then(|| self.generation.read().iter().map(read_token).collect())
    }

    fn text_of(&self, likely: &Likely) -> (u32, TokenText) {
        let bytes = self.engine.model().tokenizer().token_bytes(likely.token);
        (likely.token, TokenText { bytes, logprob: likely.logprob })
    }

    fn outcome(&self, finish: Finish) -> Outcome {
        let answering = self.answering.unwrap_or_else(Instant::now);
        Outcome {
            finish,
            read: self.draft(),
            prompt_tokens: self.prompt_tokens,
            cached_tokens: self.generation.reused_tokens(),
            completion_tokens: self.generation.n_generated(),
            queued: self.admitted - self.offered,
            prefill: answering - self.admitted,
            decode: answering.elapsed(),
        }
    }
}

/// A step of each: of one alone, or of several that write.
fn take_steps(taking: &mut [(Ticket, Running)]) -> Vec<Result<Step>> {
    if let [(_, Running { generation, engine, .. })] = taking {
        return vec![guarded(|| generation.step(engine))];
    }
    let n_steps = taking.len();
    let mut steps: Vec<_> = taking
        .iter_mut()
        .map(|(_, running)| (&mut running.generation, &mut running.engine))
        .collect();
    match guarded(|| Ok(Generation::step_together(&mut steps))) {
        Ok(taken) => taken,
        // A panic tells nothing of whose fault it was.
        Err(error) => std::iter::repeat_with(|| Err(error.clone())).take(n_steps).collect(),
    }
}

fn fail(events: &UnboundedSender<Event>, error: Error) {
    tracing::warn!(code = error.code(), "a request failed: {error}");
    let _ = events.send(Event::Failed(Failure::Engine(error)));
}
