//! The threads that share a product.
//!
//! Whoever starts a job works on it too and never waits for a thread that has not begun: a helper
//! takes parts of a job as it comes by, and without any helper the caller does them all. So a pool
//! whose threads were refused, or are late, is slow and not stuck. A helper that shares its core with
//! other work may stop in the middle of a part, and the caller then waits for its turn: where help
//! does not pay, the caller does without for a while, and tries again later.

use std::{
    ops::Range,
    ptr,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*},
    },
};
#[cfg(not(target_arch = "wasm32"))]
use std::{sync::LazyLock, time::Instant};

/// Parts per thread: more even out threads of different speed, fewer cost less.
const PARTS_PER_THREAD: usize = 8;
/// How often a helper looks for the next job before it sleeps: for about half a millisecond, so that
/// it is awake for all products of a layer and asleep while there are none to share.
const SPINS: usize = 200_000;

/// Jobs that are done alone after help did not pay: at first, and after it failed to over and over.
const FIRST_PAUSE: u32 = 64;
const LONGEST_PAUSE: u32 = 4096;
/// How many times sooner a shared job must be done for the help to pay.
const LEAST_GAIN: f64 = 1.1;
/// A shorter job says more about the clock than about the help, in milliseconds.
const LEAST_MILLIS: f64 = 0.2;

/// Milliseconds since any moment.
pub type Clock = fn() -> f64;

pub type Work<'w> = dyn Fn(Range<usize>, &mut Vec<u8>) + Sync + 'w;

/// The caller's thread and those that help it.
pub struct Pool {
    /// Whoever holds it runs a job.
    desk: Mutex<Desk>,
    board: Arc<Board>,
    n_threads: usize,
    now: Clock,
}

/// What the caller works with.
struct Desk {
    /// Memory to scribble in.
    scratch: Vec<u8>,
    /// Jobs still to be done alone, and how many it will be the next time.
    alone: u32,
    pause: u32,
}

impl Desk {
    /// Takes in how many times sooner a job was done with help.
    fn judge(&mut self, gain: f64) {
        if gain >= LEAST_GAIN {
            self.pause = (self.pause / 2).max(FIRST_PAUSE);
        } else {
            self.alone = self.pause;
            self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        }
    }
}

/// Where a job is put up and taken from.
struct Board {
    /// The job's number, how many parts it has, and how many of them were taken: 32, 16 and 16
    /// bits. One number, so that a part is taken of the very job that was seen.
    ticket: AtomicU64,
    job: AtomicPtr<Job<'static>>,
    n_done: AtomicUsize,
    closed: AtomicBool,
    /// For helpers that sleep.
    n_asleep: AtomicUsize,
    bell: Mutex<()>,
    rung: Condvar,
}

struct Job<'w> {
    n_items: usize,
    n_parts: usize,
    work: &'w Work<'w>,
}

impl Default for Pool {
    /// The caller's thread alone.
    fn default() -> Pool {
        Pool::new(1, || 0.0)
    }
}

impl Pool {
    /// A pool that counts on `n_threads` threads, the caller's included. The others must call
    /// [`Helper::help`]. By `now` it finds out whether their help pays.
    pub fn new(n_threads: usize, now: Clock) -> Pool {
        let board = Board {
            ticket: AtomicU64::new(0),
            job: AtomicPtr::new(ptr::null_mut()),
            n_done: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            n_asleep: AtomicUsize::new(0),
            bell: Mutex::new(()),
            rung: Condvar::new(),
        };
        let desk = Mutex::new(Desk { scratch: Vec::new(), alone: 0, pause: FIRST_PAUSE });
        Pool { desk, board: Arc::new(board), n_threads: n_threads.max(1), now }
    }

    /// A pool of native threads.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_threads(n_threads: usize) -> Pool {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let pool = Pool::new(n_threads, || START.elapsed().as_secs_f64() * 1e3);
        for _ in 1..n_threads {
            let helper = pool.helper();
            std::thread::spawn(move || helper.help());
        }
        pool
    }

    pub fn n_threads(&self) -> usize {
        self.n_threads
    }

    pub fn helper(&self) -> Helper {
        Helper(Arc::clone(&self.board))
    }

    /// Does `work` on parts of `0..n_items`, each with memory to scribble in.
    pub fn run(&self, n_items: usize, work: &Work) {
        let Ok(mut desk) = self.desk.try_lock() else {
            // Another dialogue is computing: what is left is this thread and memory of its own.
            return work(0..n_items, &mut Vec::new());
        };
        let n_parts = (self.n_threads * PARTS_PER_THREAD).min(n_items);
        if self.n_threads == 1 || n_parts < 2 || desk.alone > 0 {
            desk.alone = desk.alone.saturating_sub(1);
            return work(0..n_items, &mut desk.scratch);
        }
        let started = (self.now)();
        let job = Job { n_items, n_parts, work };
        self.board.put_up(&job);
        let mut n_own = 0;
        while let Some(done) = self.board.take_part(&mut desk.scratch) {
            n_own += usize::from(done);
        }
        let own_millis = (self.now)() - started;
        // Parts that a helper has begun are waited for: the job lies on this stack.
        while self.board.n_done.load(Acquire) < n_parts {
            std::hint::spin_loop();
        }
        let millis = (self.now)() - started;
        if millis >= LEAST_MILLIS && n_own < n_parts {
            let alone_millis = own_millis * n_parts as f64 / n_own.max(1) as f64;
            desk.judge(alone_millis / millis);
        }
    }

    /// Does all of `work` on the caller's thread.
    pub fn run_alone(&self, n_items: usize, work: &dyn Fn(Range<usize>, &mut Vec<u8>)) {
        match self.desk.try_lock() {
            Ok(mut desk) => work(0..n_items, &mut desk.scratch),
            Err(_) => work(0..n_items, &mut Vec::new()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.board.closed.store(true, SeqCst);
        self.board.ring();
    }
}

/// What another thread needs to help.
pub struct Helper(Arc<Board>);

impl Helper {
    /// Takes parts of jobs until the pool is gone.
    pub fn help(&self) {
        let board = &self.0;
        let mut scratch = Vec::new();
        while !board.closed.load(Acquire) {
            if board.take_part(&mut scratch).is_some() {
                continue;
            }
            let seen = board.ticket.load(Acquire);
            if !(0..SPINS).any(|_| board.has_parts_beyond(seen)) {
                board.sleep(seen);
            }
        }
    }
}

/// A ticket in its fields.
#[derive(Clone, Copy)]
struct Ticket {
    number: u32,
    n_parts: u16,
    n_taken: u16,
}

impl Ticket {
    fn new(bits: u64) -> Ticket {
        Ticket { number: (bits >> 32) as u32, n_parts: (bits >> 16) as u16, n_taken: bits as u16 }
    }

    fn bits(self) -> u64 {
        u64::from(self.number) << 32 | u64::from(self.n_parts) << 16 | u64::from(self.n_taken)
    }
}

impl Board {
    /// Puts up a job; the one before it is done. The caller must wait until this one is, too.
    fn put_up(&self, job: &Job) {
        let number = Ticket::new(self.ticket.load(Relaxed)).number.wrapping_add(1);
        self.n_done.store(0, Relaxed);
        self.job.store(ptr::from_ref(job).cast_mut().cast(), Relaxed);
        let n_parts = job.n_parts as u16;
        self.ticket.store(Ticket { number, n_parts, n_taken: 0 }.bits(), SeqCst);
        if self.n_asleep.load(SeqCst) > 0 {
            self.ring();
        }
    }

    /// Takes one part of the job that is up and does it, if any is left; `false` where somebody
    /// else was quicker to take it.
    fn take_part(&self, scratch: &mut Vec<u8>) -> Option<bool> {
        let seen = self.ticket.load(Acquire);
        let ticket = Ticket::new(seen);
        if ticket.n_taken == ticket.n_parts {
            return None;
        }
        let job = self.job.load(Relaxed);
        let taken = Ticket { n_taken: ticket.n_taken + 1, ..ticket };
        if self.ticket.compare_exchange(seen, taken.bits(), AcqRel, Relaxed).is_err() {
            return Some(false);
        }
        // SAFETY: the exchange says that the job of this ticket is still up, and it stays up until
        // this part is done; `job` was read after its ticket and cannot be older.
        let job = unsafe { &*job };
        let bound = |part: u16| usize::from(part) * job.n_items / job.n_parts;
        (job.work)(bound(ticket.n_taken)..bound(taken.n_taken), scratch);
        self.n_done.fetch_add(1, AcqRel);
        Some(true)
    }

    fn has_parts_beyond(&self, seen: u64) -> bool {
        std::hint::spin_loop();
        self.ticket.load(Relaxed) != seen || self.closed.load(Relaxed)
    }

    fn ring(&self) {
        drop(self.bell.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_all();
    }

    /// Until the ticket is not the one that was seen.
    fn sleep(&self, seen: u64) {
        self.n_asleep.fetch_add(1, SeqCst);
        let mut bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        while self.ticket.load(SeqCst) == seen && !self.closed.load(SeqCst) {
            bell = self.rung.wait(bell).unwrap_or_else(PoisonError::into_inner);
        }
        self.n_asleep.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pool: &Pool, n_items: usize) {
        let counts: Vec<AtomicUsize> = (0..n_items).map(|_| AtomicUsize::new(0)).collect();
        pool.run(n_items, &|range, _| {
            for i in range {
                counts[i].fetch_add(1, Relaxed);
            }
        });
        assert!(counts.iter().all(|count| count.load(Relaxed) == 1), "each item once");
    }

    #[test]
    fn every_item_is_worked_on_once() {
        for n_threads in [1, 2, 3, 8] {
            let pool = Pool::with_threads(n_threads);
            for n_items in (0..200).chain([100_000]) {
                check(&pool, n_items);
            }
        }
    }

    #[test]
    fn a_pool_without_its_helpers_does_the_work_itself() {
        check(&Pool::new(4, || 0.0), 100);
    }

    #[test]
    fn helpers_that_fell_asleep_are_woken() {
        let pool = Pool::with_threads(2);
        let caller = std::thread::current().id();
        let helped = AtomicBool::new(false);
        for _ in 0..1000 {
            std::thread::sleep(std::time::Duration::from_millis(1));
            pool.run(64, &|range, _| {
                helped.fetch_or(std::thread::current().id() != caller, Relaxed);
                std::thread::sleep(std::time::Duration::from_micros(range.len() as u64));
            });
            if helped.load(Relaxed) {
                return;
            }
        }
        panic!("nobody helped");
    }

    #[test]
    fn a_helper_that_holds_a_job_up_is_left_alone_for_a_while() {
        let pool = Pool::with_threads(2);
        let caller = std::thread::current().id();
        let n_helped = AtomicUsize::new(0);
        let run = || {
            pool.run(64, &|range, _| {
                let helps = std::thread::current().id() != caller;
                n_helped.fetch_add(usize::from(helps), Relaxed);
                let micros = if helps { 20_000 } else { 10 * range.len() as u64 };
                std::thread::sleep(std::time::Duration::from_micros(micros));
            });
            n_helped.swap(0, Relaxed) > 0
        };
        assert!((0..1000).any(|_| run()), "it helps once");
        assert!((1..FIRST_PAUSE).all(|_| !run()), "and then not for a while");
        assert!((0..1000).any(|_| run()), "until it is tried again");
    }

    #[test]
    fn jobs_of_several_callers_do_not_mix() {
        let pool = Pool::with_threads(2);
        std::thread::scope(|scope| {
            for n_items in [3, 50, 777] {
                let pool = &pool;
                scope.spawn(move || (0..200).for_each(|_| check(pool, n_items)));
            }
        });
    }
}
