//! The kernels: where the engine spends its time.
//!
//! In reading order: [`simd`] is what a CPU offers; [`formats`] how weights are laid out for it and
//! [`blocks`] how files store them, [`floats`] those that are not quantised; [`activations`] brings
//! the other operand into integers; [`product`] multiplies, and [`fine`] what a model's output needs finer. [`rows`] holds the passes over rows of
//! activations, with [`functions`], [`attention`] the one over keys and values. [`pool`] brings threads,
//! [`trial`] finds out when they pay, and [`fastest`] which set to use where the CPU does not say.
//!
//! A kernel for a GPU would stand beside these: [`super::matrix`] and [`attention`] are all that
//! the model code calls.

#![allow(clippy::missing_safety_doc)] // `simd` and `formats` say it once for all their functions.

mod activations;
pub mod attention;
pub mod blocks;
mod fastest;
pub mod fine;
pub mod floats;
pub mod formats;
mod functions;
mod pool;
pub mod product;
pub mod rows;
pub mod simd;
mod trial;

use std::{
    ops::Range,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
#[cfg(not(target_arch = "wasm32"))]
use std::{sync::LazyLock, time::Instant};

pub use activations::{Activations, Operand};
pub use pool::{Helper, Pool};
pub use simd::Isa;

use trial::{Trial, Way};

/// Of what one token reads: less than this is not worth handing out, and parts are no smaller than
/// that. A part of 32 KiB takes some two microseconds.
const SHARED_BYTES: usize = 64 << 10;
const PART_BYTES: usize = 32 << 10;

/// How to compute: with which instructions, on which threads.
pub struct Kernels {
    isa: Isa,
    pool: Pool,
    /// A clock in milliseconds.
    now: fn() -> f64,
    single_tokens: Mutex<Trial>,
    /// Whether what is read for one token is shared among threads now.
    shares_token: AtomicBool,
}

impl Default for Kernels {
    /// The best instructions, on the caller's thread alone.
    fn default() -> Kernels {
        Kernels::new(Isa::best())
    }
}

impl Kernels {
    /// On the caller's thread alone.
    pub fn new(isa: Isa) -> Kernels {
        Kernels::threaded(isa, Pool::default(), || 0.0)
    }

    /// With the best instructions, on `n_threads` native threads.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_threads(n_threads: usize) -> Kernels {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let now = || START.elapsed().as_secs_f64() * 1e3;
        Kernels::threaded(Isa::best(), Pool::with_threads(n_threads), now)
    }

    /// On the threads of `pool`, by `now`, a clock in milliseconds.
    pub fn threaded(isa: Isa, pool: Pool, now: fn() -> f64) -> Kernels {
        let (single_tokens, shares_token) = (Mutex::default(), AtomicBool::new(false));
        Kernels { isa, pool, now, single_tokens, shares_token }
    }

    /// As `threaded`, with the set that is fastest.
    pub fn fastest(pool: Pool, now: fn() -> f64) -> Kernels {
        Kernels::threaded(fastest::fastest(&Isa::candidates(), now), pool, now)
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Does `work` on parts of `0..n_items` that together are all of it, each with memory to
    /// scribble in, on all threads.
    pub fn in_parts(&self, n_items: usize, work: impl Fn(Range<usize>, &mut Vec<u8>) + Sync) {
        self.pool.run(n_items, usize::MAX, &work);
    }

    /// Does `work` on each row of `width` values of `values`, on all threads.
    pub fn for_rows<T: Send>(
        &self,
        values: &mut [T],
        width: usize,
        work: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let n_rows = values.len() / width;
        if n_rows == 1 {
            return work(0, values);
        }
        let start = SharedPointer(values.as_mut_ptr());
        self.in_parts(n_rows, |rows, _| {
            for row in rows {
                // SAFETY: rows lie within `values`, and each is in one part only.
                let values =
                    unsafe { std::slice::from_raw_parts_mut(start.at(row * width), width) };
                work(row, values);
            }
        });
    }

    /// A pass over tokens: over several on all threads, over a single one on this thread or on all,
    /// whichever was faster of late.
    pub fn pass<T>(&self, n_tokens: usize, pass: impl FnOnce() -> T) -> T {
        if n_tokens > 1 || self.pool.n_threads() == 1 {
            self.shares_token.store(true, Relaxed);
            return pass();
        }
        let way = self.trial().next();
        self.shares_token.store(way == Way::Together, Relaxed);
        let started = (self.now)();
        let result = pass();
        self.trial().took(way, (self.now)() - started);
        result
    }

    /// As [`Kernels::in_parts`], for work that reads `n_bytes` for one token: shared if there is
    /// enough of it, and this pass shares.
    pub fn for_token(
        &self,
        n_items: usize,
        n_bytes: usize,
        work: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
    ) {
        let shared = n_bytes >= SHARED_BYTES && self.shares_token.load(Relaxed);
        let n_parts = if shared { n_bytes / PART_BYTES } else { 1 };
        self.pool.run(n_items, n_parts, &work);
    }

    fn trial(&self) -> MutexGuard<'_, Trial> {
        self.single_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tensor that threads share, each with parts of its own.
struct SharedPointer<T>(*mut T);

// SAFETY: whoever makes one sees to it that parts do not overlap, and waits for the threads.
unsafe impl<T: Send> Sync for SharedPointer<T> {}
unsafe impl<T: Send> Send for SharedPointer<T> {}

impl<T> SharedPointer<T> {
    /// Element `offset`, which must exist.
    unsafe fn at(&self, offset: usize) -> *mut T {
        // SAFETY: the caller's.
        unsafe { self.0.add(offset) }
    }
}
