//! The compute thread: it owns every engine and runs one step at a time, of an answer or of a
//! [transfer](crate::transfer).
//!
//! The kernels share a step's matrix products among their own threads, so a second compute thread
//! would gain nothing. An error or a panic in one request ends that request alone; its engine is thrown
//! away, because nobody knows what it still holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nearside::engine::{Engine, Finish, GenerateRequest, Generation, Model, Step};
use nearside::{Error, Result};
use tokio::sync::mpsc::UnboundedSender;

use crate::job::{Event, Failure, Job, Outcome, Work};
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
            (Work::Answer { request, events }, _) => {
                self.start_answer(ticket, request, events, job.offered);
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

    fn start_answer(
        &mut self,
        ticket: Ticket,
        request: GenerateRequest,
        events: UnboundedSender<Event>,
        offered: Instant,
    ) {
        match self.admit(request, &events, offered) {
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

    fn admit(
        &mut self,
        request: GenerateRequest,
        events: &UnboundedSender<Event>,
        offered: Instant,
    ) -> Result<Running> {
        let admitted = Instant::now();
        let (prompt_tokens, max_tokens) = (request.prompt.len(), request.max_tokens);
        let mut engine = guarded(|| self.cache.lend(&request.prompt))?;
        match guarded(|| Generation::start(&mut engine, request)) {
            Ok(generation) => Ok(Running {
                prefilled: generation.reused_tokens(),
                engine,
                generation,
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
        let Some(mut running) = self.running.remove(&ticket) else {
            return self.line.finish(ticket);
        };
        if running.events.is_closed() {
            tracing::info!(n_generated = running.generation.n_generated(), "cancelled");
            self.line.finish(ticket);
            return self.cache.give_back(running.engine);
        }
        let started = Instant::now();
        let step = guarded(|| running.generation.step(&mut running.engine));
        std::thread::sleep(self.step_delay);
        match step {
            Ok(Step::Done(finish)) => self.finish(ticket, running, finish),
            Ok(step) => {
                self.line.note_step(ticket, |rates| running.learn(rates, &step, started.elapsed()));
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
    /// Feeds a step's time into the rates; returns what the request still has to do.
    fn learn(&mut self, rates: &mut Rates, step: &Step, took: Duration) -> Remaining {
        if let Step::Prefilled { done, .. } = step {
            rates.note_prefill(done.saturating_sub(self.prefilled), took);
            self.prefilled = *done;
        } else if self.answering.is_some() {
            // The answer's first token comes from the prefill's logits and costs nothing more.
            rates.note_decode(1, took);
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
            if !text.is_empty() {
                let _ = self.events.send(Event::Text(text));
            }
        }
    }

    fn outcome(&self, finish: Finish) -> Outcome {
        let answering = self.answering.unwrap_or_else(Instant::now);
        Outcome {
            finish,
            prompt_tokens: self.prompt_tokens,
            cached_tokens: self.generation.reused_tokens(),
            completion_tokens: self.generation.n_generated(),
            queued: self.admitted - self.offered,
            prefill: answering - self.admitted,
            decode: answering.elapsed(),
        }
    }
}

fn fail(events: &UnboundedSender<Event>, error: Error) {
    tracing::warn!(code = error.code(), "a request failed: {error}");
    let _ = events.send(Event::Failed(Failure::Engine(error)));
}
