//! Who waits and who computes next, as plain bookkeeping: no clock, no thread, no engine.
//!
//! Requests wait in a bounded line. Up to `max_running` of them are admitted and then take turns
//! step by step, where a step is one prefill chunk, or one token of every answer that is being written.
//! A newcomer takes the next step, so its first chunk waits for one step of others at most, however long
//! their prompts are.

use std::collections::VecDeque;

use crate::rates::Rates;

/// How many requests compute at once, and how many may wait for their turn.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_running: usize,
    pub max_waiting: usize,
}

/// Names a request from its offer to its end.
pub type Ticket = u64;

/// What a request still has to compute, in tokens. The answer's part is an expectation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remaining {
    pub prefill_tokens: usize,
    pub decode_tokens: usize,
}

impl Remaining {
    fn seconds(self, rates: &Rates) -> f64 {
        self.prefill_tokens as f64 / rates.prefill_tps()
            + self.decode_tokens as f64 / rates.decode_tps()
    }
}

/// The line and the round of one compute thread; `J` is whatever a request needs to start.
pub struct Scheduler<J> {
    limits: Limits,
    waiting: VecDeque<Entry<J>>,
    /// The front takes the next step.
    running: VecDeque<Entry<()>>,
    next_ticket: Ticket,
}

struct Entry<J> {
    ticket: Ticket,
    remaining: Remaining,
    job: J,
}

impl<J> Scheduler<J> {
    pub fn new(limits: Limits) -> Scheduler<J> {
        Scheduler { limits, waiting: VecDeque::new(), running: VecDeque::new(), next_ticket: 0 }
    }

    pub fn n_running(&self) -> usize {
        self.running.len()
    }

    pub fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_full(&self) -> bool {
        let free = self.limits.max_running.saturating_sub(self.running.len());
        self.waiting.len() >= self.limits.max_waiting + free
    }

    /// Puts a request at the end of the line, or hands it back when the line is full.
    pub fn offer(&mut self, job: J, remaining: Remaining) -> Result<Ticket, J> {
        if self.is_full() {
            return Err(job);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Entry { ticket, remaining, job });
        Ok(ticket)
    }

    /// Moves the head of the line into the round, where it takes the next step.
    pub fn admit(&mut self) -> Option<(Ticket, J)> {
        if self.running.len() >= self.limits.max_running {
            return None;
        }
        let Entry { ticket, remaining, job } = self.waiting.pop_front()?;
        self.running.push_front(Entry { ticket, remaining, job: () });
        Some((ticket, job))
    }

    /// Whose step it is. Asking moves that request to the end of the round.
    pub fn next_step(&mut self) -> Option<Ticket> {
        let entry = self.running.pop_front()?;
        let ticket = entry.ticket;
        self.running.push_back(entry);
        Some(ticket)
    }

    /// Notes that a request took another's step with it: it goes to the end of the round too.
    pub fn took_part(&mut self, ticket: Ticket) {
        if let Some(at) = self.running.iter().position(|entry| entry.ticket == ticket) {
            let entry = self.running.remove(at);
            self.running.extend(entry);
        }
    }

    /// How many running requests read their prompt, and how many write.
    pub fn n_reading_and_writing(&self) -> (usize, usize) {
        let reads = |entry: &&Entry<()>| entry.remaining.prefill_tokens > 0;
        let n_reading = self.running.iter().filter(reads).count();
        (n_reading, self.running.len() - n_reading)
    }

    /// Notes what a running request still has to do.
    pub fn progress(&mut self, ticket: Ticket, remaining: Remaining) {
        if let Some(entry) = self.running.iter_mut().find(|entry| entry.ticket == ticket) {
            entry.remaining = remaining;
        }
    }

    /// Takes a running request out of the round: finished, failed or cancelled.
    pub fn finish(&mut self, ticket: Ticket) {
        self.running.retain(|entry| entry.ticket != ticket);
    }

    /// Drops waiting requests that nobody waits for any more.
    pub fn retain_waiting(&mut self, keep: impl Fn(&J) -> bool) {
        self.waiting.retain(|entry| keep(&entry.job));
    }

    /// Empties the line.
    pub fn drain_waiting(&mut self) -> Vec<J> {
        self.waiting.drain(..).map(|entry| entry.job).collect()
    }

    /// Seconds until a request that arrives now would start its prefill.
    ///
    /// A place in the round is free at once. Otherwise the one with the least left to do makes
    /// room first, slowed by those it shares the thread with, and everyone already in line goes
    /// before. This ignores prefix hits, so it errs towards waiting longer.
    pub fn expected_wait_s(&self, rates: &Rates) -> f64 {
        let n_running = self.running.len();
        if self.waiting.is_empty() && n_running < self.limits.max_running {
            return 0.0;
        }
        let crowding = rates.crowding(n_running);
        let seconds = |entry: &Entry<()>| entry.remaining.seconds(rates);
        let soonest = self.running.iter().map(seconds).reduce(f64::min).unwrap_or(0.0);
        let line: f64 = self.waiting.iter().map(|entry| entry.remaining.seconds(rates)).sum();
        crowding * (soonest + line / n_running.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Remaining = Remaining { prefill_tokens: 100, decode_tokens: 10 };

    fn scheduler(max_running: usize, max_waiting: usize) -> Scheduler<&'static str> {
        Scheduler::new(Limits { max_running, max_waiting })
    }

    fn admit_all(scheduler: &mut Scheduler<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| scheduler.admit()).map(|(_, job)| job).collect()
    }

    #[test]
    fn the_line_is_first_come_first_served_and_bounded() {
        let mut scheduler = scheduler(1, 2);
        assert_eq!(scheduler.offer("a", WORK), Ok(0));
        assert_eq!(admit_all(&mut scheduler), ["a"]);
        assert_eq!(scheduler.offer("b", WORK), Ok(1));
        assert_eq!(scheduler.offer("c", WORK), Ok(2));
        assert_eq!(scheduler.offer("d", WORK), Err("d"));
        assert_eq!(admit_all(&mut scheduler), Vec::<&str>::new());
        scheduler.finish(0);
        assert_eq!(admit_all(&mut scheduler), ["b"]);
        assert_eq!((scheduler.n_running(), scheduler.n_waiting()), (1, 1));
    }

    #[test]
    fn a_line_of_length_zero_still_fills_the_round() {
        let mut scheduler = scheduler(2, 0);
        assert!(scheduler.offer("a", WORK).is_ok());
        assert!(scheduler.offer("b", WORK).is_ok());
        assert!(scheduler.offer("c", WORK).is_err());
        assert_eq!(admit_all(&mut scheduler), ["a", "b"]);
        assert!(scheduler.is_full());
    }

    #[test]
    fn steps_go_round_and_a_newcomer_takes_the_next_one() {
        let mut scheduler = scheduler(3, 8);
        let mut steps = Vec::new();
        for job in ["a", "b"] {
            assert!(scheduler.offer(job, WORK).is_ok());
        }
        admit_all(&mut scheduler);
        steps.extend((0..3).filter_map(|_| scheduler.next_step()));
        assert!(scheduler.offer("c", WORK).is_ok());
        admit_all(&mut scheduler);
        steps.extend((0..4).filter_map(|_| scheduler.next_step()));
        assert_eq!(steps, [1, 0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn cancelled_requests_leave_the_line() {
        let mut scheduler = scheduler(1, 8);
        for job in ["a", "gone", "b"] {
            assert!(scheduler.offer(job, WORK).is_ok());
        }
        scheduler.retain_waiting(|job| *job != "gone");
        assert_eq!(scheduler.drain_waiting(), ["a", "b"]);
        assert_eq!(scheduler.next_step(), None);
    }

    #[test]
    fn the_expected_wait_counts_the_soonest_place_and_the_line() {
        let rates = Rates::measured(1000.0, 100.0);
        let mut scheduler = scheduler(2, 8);
        assert!(scheduler.offer("a", WORK).is_ok());
        admit_all(&mut scheduler);
        assert_eq!(scheduler.expected_wait_s(&rates), 0.0, "one place is free");
        assert!(scheduler.offer("b", WORK).is_ok());
        admit_all(&mut scheduler);
        scheduler.progress(1, Remaining { prefill_tokens: 0, decode_tokens: 5 });
        assert!((scheduler.expected_wait_s(&rates) - 0.1).abs() < 1e-9, "0.05 s shared by two");
        assert!(scheduler.offer("c", WORK).is_ok());
        assert!((scheduler.expected_wait_s(&rates) - 0.3).abs() < 1e-9, "and 0.2 s of c before");
    }
}
