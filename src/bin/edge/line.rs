//! The line between the HTTP handlers and the compute thread.
//!
//! Handlers put jobs in and listen on each job's channel; the compute thread takes jobs out,
//! notes its progress and sleeps while there is nothing to do. Dropping the receiving end of a
//! job's channel cancels the job: the compute thread looks before every step.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nearside::engine::PREFILL_CHUNK;

use crate::job::{Failure, Job, Refusal, Work};
use crate::rates::Rates;
use crate::scheduler::{Limits, Remaining, Scheduler, Ticket};

/// What the gateway expects of the next request, for headers and the router's cost.
#[derive(Debug, Clone, Copy)]
pub struct Outlook {
    pub queue_s: f64,
    /// What a request that arrives now can expect as its share of the machine.
    pub prefill_tps: f64,
    pub decode_tps: f64,
    /// The same for a transfer, where there are any.
    pub kv_prefill_tps: Option<f64>,
    pub n_running: usize,
    pub n_waiting: usize,
    pub shutting_down: bool,
}

/// What the compute thread does next.
pub enum Task {
    Start(Ticket, Job),
    Step(Ticket),
    /// No step begins any more; every unfinished request is cut.
    Stop,
}

/// The shared line.
pub struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    scheduler: Scheduler<Job>,
    rates: Rates,
    /// Of the device's model, where it is here.
    transfer_rates: Option<Rates>,
    closing: Option<Instant>,
}

impl Line {
    pub fn new(limits: Limits, rates: Rates, transfer_rates: Option<Rates>) -> Line {
        let scheduler = Scheduler::new(limits);
        let state = State { scheduler, rates, transfer_rates, closing: None };
        Line { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// No code that can panic runs under the lock, so a poisoned state is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an offer would be taken now: asked before a prompt is tokenized in vain.
    pub fn check_open(&self) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.check_open()
    }

    pub fn offer(&self, job: Job) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.check_open()?;
        let remaining = match &job.work {
            Work::Answer { request, .. } => Remaining {
                prefill_tokens: request.prompt.len(),
                decode_tokens: request.max_tokens.min(state.rates.answer_tokens()),
            },
            Work::Transfer { request, .. } => state.remaining_transfer(request.tokens.len()),
        };
        let full = state.refusal_when_full();
        state.scheduler.offer(job, remaining).map_err(|_| full)?;
        self.changed.notify_one();
        Ok(())
    }

    pub fn outlook(&self) -> Outlook {
        let state = self.lock();
        let (n_reading, n_writing) = state.scheduler.n_reading_and_writing();
        let reads = |rates: &Rates| share_of_prefill(rates, &state.rates, n_reading, n_writing);
        Outlook {
            queue_s: state.scheduler.expected_wait_s(&state.rates),
            prefill_tps: reads(&state.rates),
            decode_tps: share_of_decode(&state.rates, n_reading, n_writing),
            kv_prefill_tps: state.transfer_rates.as_ref().map(reads),
            n_running: state.scheduler.n_running(),
            n_waiting: state.scheduler.n_waiting(),
            shutting_down: state.closing.is_some(),
        }
    }

    /// Takes no more jobs, turns away those in line, and gives the running ones `grace`.
    pub fn close(&self, grace: Duration) {
        let mut state = self.lock();
        state.closing = Some(Instant::now() + grace);
        for job in state.scheduler.drain_waiting() {
            job.work.fail(Failure::ShuttingDown);
        }
        self.changed.notify_one();
    }

    /// Waits until there is something to do.
    pub fn next_task(&self) -> Task {
        let mut state = self.lock();
        loop {
            state.scheduler.retain_waiting(|job| !job.work.is_cancelled());
            let is_idle = state.scheduler.n_running() == 0;
            if state.closing.is_some_and(|deadline| is_idle || Instant::now() >= deadline) {
                return Task::Stop;
            }
            if let Some((ticket, job)) = state.scheduler.admit() {
                return Task::Start(ticket, job);
            }
            if let Some(ticket) = state.scheduler.next_step() {
                return Task::Step(ticket);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that others had their step together with the one whose step it was.
    pub fn took_part(&self, tickets: &[Ticket]) {
        let mut state = self.lock();
        tickets.iter().for_each(|&ticket| state.scheduler.took_part(ticket));
    }

    /// Notes a step: what it taught about the machine, and what the request still has to do.
    pub fn note_step(&self, ticket: Ticket, lesson: impl FnOnce(&mut Rates) -> Remaining) {
        let mut state = self.lock();
        let remaining = lesson(&mut state.rates);
        state.scheduler.progress(ticket, remaining);
    }

    /// The same of a transfer: `n_prefilled` tokens took so long, and so many are missing.
    pub fn note_transfer(
        &self,
        ticket: Ticket,
        n_prefilled: usize,
        took: Duration,
        n_missing: usize,
    ) {
        let mut state = self.lock();
        if let Some(rates) = state.transfer_rates.as_mut().filter(|_| n_prefilled > 0) {
            rates.note_prefill(n_prefilled, took);
        }
        let remaining = state.remaining_transfer(n_missing);
        state.scheduler.progress(ticket, remaining);
    }

    pub fn finish(&self, ticket: Ticket) {
        self.lock().scheduler.finish(ticket);
    }
}

impl State {
    fn check_open(&mut self) -> Result<(), Refusal> {
        if self.closing.is_some() {
            return Err(Refusal::ShuttingDown);
        }
        self.scheduler.retain_waiting(|job| !job.work.is_cancelled());
        if self.scheduler.is_full() { Err(self.refusal_when_full()) } else { Ok(()) }
    }

    fn refusal_when_full(&self) -> Refusal {
        Refusal::full(self.scheduler.expected_wait_s(&self.rates))
    }

    /// Its layers take next to no time beside its prefill.
    fn remaining_transfer(&self, n_tokens: usize) -> Remaining {
        let transfers = self.transfer_rates.as_ref().unwrap_or(&self.rates);
        let prefill_tokens = equivalent_tokens(n_tokens, &self.rates, transfers);
        Remaining { prefill_tokens, decode_tokens: 0 }
    }
}

/// Tokens per second that a newcomer reads at: in a round each reader has a chunk, and all writers
/// together have a step.
fn share_of_prefill(own: &Rates, answers: &Rates, n_reading: usize, n_writing: usize) -> f64 {
    let chunk_s = |rates: &Rates| PREFILL_CHUNK as f64 / rates.prefill_tps();
    let others_s = n_reading as f64 * chunk_s(answers) + step_s(answers, n_writing);
    PREFILL_CHUNK as f64 / (chunk_s(own) + others_s)
}

/// Tokens per second that a newcomer then writes at. Who reads now will have read by then, and writes too.
fn share_of_decode(rates: &Rates, n_reading: usize, n_writing: usize) -> f64 {
    rates.steps_per_second(n_reading + n_writing + 1)
}

fn step_s(rates: &Rates, n_writing: usize) -> f64 {
    if n_writing == 0 { 0.0 } else { 1.0 / rates.steps_per_second(n_writing) }
}

/// What a transfer has still to do, in tokens of the model that answers: the line counts in those.
fn equivalent_tokens(n_tokens: usize, answers: &Rates, transfers: &Rates) -> usize {
    (n_tokens as f64 * answers.prefill_tps() / transfers.prefill_tps()).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A prompt that is read for a moment does not make every token of a long answer wait for it.
    #[test]
    fn what_a_newcomer_can_expect_allows_for_the_others() {
        let rates = Rates::measured(100.0, 50.0);
        let expected = |n_reading, n_writing| {
            let prefill = share_of_prefill(&rates, &rates, n_reading, n_writing);
            (prefill.round(), share_of_decode(&rates, n_reading, n_writing))
        };
        assert_eq!(expected(0, 0), (100.0, 50.0));
        assert_eq!(expected(1, 0), (50.0, 25.0));
        assert_eq!(expected(0, 1), (97.0, 25.0), "until it is known what a shared step takes");
    }
}
