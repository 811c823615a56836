//! The threads that share a product.
//!
//! Whoever starts a job works on it too and never waits for a thread that has not begun: a helper
//! takes parts of a job as it comes by, and without any helper the caller does them all. So a pool
//! whose threads were refused, or are late, is slow and not stuck.

use std::{
    ops::Range,
    ptr,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*},
    },
};

/// Parts per thread: more even out threads of different speed, fewer cost less.
const PARTS_PER_THREAD: usize = 16;
/// How often a thread looks before it sleeps: a helper for the next job, about 50 µs, so that it is
/// awake for all products of a layer; the caller for the last part, about 20 µs. A thread that looks
/// for longer may keep from the core the very thread that it waits for, where another process has
/// the other one.
const LOOKS_FOR_JOB: usize = 20_000;
const LOOKS_FOR_PART: usize = 8_000;

pub type Work<'w> = dyn Fn(Range<usize>, &mut Vec<u8>) + Sync + 'w;

/// The caller's thread and those that help it.
pub struct Pool {
    /// The caller's memory to scribble in; whoever holds it runs a job.
    scratch: Mutex<Vec<u8>>,
    board: Arc<Board>,
    n_threads: usize,
}

/// Where a job is put up and taken from.
struct Board {
    /// The job's number, how many parts it has, and how many of them were taken: 32, 16 and 16
    /// bits. One number, so that a part is taken of the very job that was seen.
    ticket: AtomicU64,
    job: AtomicPtr<Job<'static>>,
    n_done: AtomicUsize,
    closed: AtomicBool,
    /// Rings for helpers when there is a job.
    new_job: Bell,
    /// Rings for the caller when a part is done.
    part_done: Bell,
}

/// What threads sleep by until another one rings.
#[derive(Default)]
struct Bell {
    n_asleep: AtomicUsize,
    mutex: Mutex<()>,
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
        Pool::new(1)
    }
}

impl Pool {
    /// A pool that counts on `n_threads` threads, the caller's included. The others must call
    /// [`Helper::help`].
    pub fn new(n_threads: usize) -> Pool {
        let board = Board {
            ticket: AtomicU64::new(0),
            job: AtomicPtr::new(ptr::null_mut()),
            n_done: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            new_job: Bell::default(),
            part_done: Bell::default(),
        };
        Pool { scratch: Mutex::default(), board: Arc::new(board), n_threads: n_threads.max(1) }
    }

    /// A pool of native threads.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_threads(n_threads: usize) -> Pool {
        let pool = Pool::new(n_threads);
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

    /// Does `work` on parts of `0..n_items`, `most_parts` of them at the most, each with memory to
    /// scribble in.
    pub fn run(&self, n_items: usize, most_parts: usize, work: &Work) {
        let Ok(mut scratch) = self.scratch.try_lock() else {
            // Another dialogue is computing: what is left is this thread and memory of its own.
            return work(0..n_items, &mut Vec::new());
        };
        let n_parts = (self.n_threads * PARTS_PER_THREAD).min(n_items).min(most_parts);
        if self.n_threads == 1 || n_parts < 2 {
            return work(0..n_items, &mut scratch);
        }
        let job = Job { n_items, n_parts, work };
        self.board.put_up(&job);
        while self.board.take_part(&mut scratch) {}
        // Parts that a helper has begun are waited for: the job lies on this stack.
        self.board.wait_for(n_parts);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.board.closed.store(true, SeqCst);
        self.board.new_job.ring();
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
            if board.take_part(&mut scratch) {
                continue;
            }
            let seen = board.ticket.load(Acquire);
            board.new_job.wait_until(LOOKS_FOR_JOB, || board.has_parts_beyond(seen));
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
        self.new_job.ring();
    }

    /// Takes one part of the job that is up and does it, if any is left.
    fn take_part(&self, scratch: &mut Vec<u8>) -> bool {
        let seen = self.ticket.load(Acquire);
        let ticket = Ticket::new(seen);
        if ticket.n_taken == ticket.n_parts {
            return false;
        }
        let job = self.job.load(Relaxed);
        let taken = Ticket { n_taken: ticket.n_taken + 1, ..ticket };
        if self.ticket.compare_exchange(seen, taken.bits(), AcqRel, Relaxed).is_err() {
            return true; // Somebody else took it; there may be another.
        }
        // SAFETY: the exchange says that the job of this ticket is still up, and it stays up until
        // this part is done; `job` was read after its ticket and cannot be older.
        let job = unsafe { &*job };
        let bound = |part: u16| usize::from(part) * job.n_items / job.n_parts;
        (job.work)(bound(ticket.n_taken)..bound(taken.n_taken), scratch);
        self.n_done.fetch_add(1, SeqCst);
        self.part_done.ring();
        true
    }

    fn has_parts_beyond(&self, seen: u64) -> bool {
        self.ticket.load(SeqCst) != seen || self.closed.load(SeqCst)
    }

    /// Until that many parts are done.
    fn wait_for(&self, n_parts: usize) {
        self.part_done.wait_until(LOOKS_FOR_PART, || self.n_done.load(SeqCst) == n_parts);
    }
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all who sleep by this bell. What they wait for was written before, in one order with
    /// all that is sequentially consistent: whoever is not counted yet sees it before sleeping.
    fn ring(&self) {
        if self.n_asleep.load(SeqCst) > 0 {
            drop(self.lock());
            self.rung.notify_all();
        }
    }

    /// Looks `n_looks` times, and then sleeps until it is so.
    fn wait_until(&self, n_looks: usize, is_so: impl Fn() -> bool) {
        let look = |_| {
            std::hint::spin_loop();
            is_so()
        };
        if (0..n_looks).any(look) {
            return;
        }
        self.n_asleep.fetch_add(1, SeqCst);
        let mut guard = self.lock();
        while !is_so() {
            guard = self.rung.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.n_asleep.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pool: &Pool, n_items: usize) {
        let counts: Vec<AtomicUsize> = (0..n_items).map(|_| AtomicUsize::new(0)).collect();
        pool.run(n_items, usize::MAX, &|range, _| {
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
        check(&Pool::new(4), 100);
    }

    #[test]
    fn helpers_that_fell_asleep_are_woken() {
        let pool = Pool::with_threads(2);
        let caller = std::thread::current().id();
        let helped = AtomicBool::new(false);
        for _ in 0..1000 {
            std::thread::sleep(std::time::Duration::from_millis(1));
            pool.run(64, usize::MAX, &|range, _| {
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
    fn a_helper_that_is_slow_is_waited_for() {
        let pool = Pool::with_threads(2);
        let caller = std::thread::current().id();
        let n_slow = AtomicUsize::new(0);
        let n_done = AtomicUsize::new(0);
        while n_slow.load(SeqCst) < 3 {
            n_done.store(0, SeqCst);
            pool.run(64, usize::MAX, &|range, _| {
                let is_slow = std::thread::current().id() != caller && range.start % 16 == 0;
                std::thread::sleep(std::time::Duration::from_millis(if is_slow { 5 } else { 0 }));
                n_slow.fetch_add(usize::from(is_slow), SeqCst);
                n_done.fetch_add(range.len(), SeqCst);
            });
            assert_eq!(n_done.load(SeqCst), 64, "the caller slept until the last part was done");
        }
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
