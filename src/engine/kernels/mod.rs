//! The kernels: where the engine spends its time.
//!
//! In reading order: [`simd`] is what a CPU offers; [`formats`] how weights are laid out for it and
//! [`blocks`] how files store them, [`floats`] those that are not quantised; [`activations`] brings
//! the other operand into integers; [`product`] multiplies. [`rows`] holds the passes over rows of
//! activations, with [`functions`], [`attention`] the one over keys and values. [`pool`] brings threads, and
//! [`fastest`] finds out which set to use where the CPU does not say.
//!
//! A kernel for a GPU would stand beside these: [`super::matrix`] and [`attention`] are all that
//! the model code calls.

#![allow(clippy::missing_safety_doc)] // `simd` and `formats` say it once for all their functions.

mod activations;
pub mod attention;
pub mod blocks;
mod fastest;
pub mod floats;
pub mod formats;
mod functions;
mod pool;
pub mod product;
pub mod rows;
pub mod simd;

use std::ops::Range;

pub use activations::{Activations, Operand};
pub use pool::{Helper, Pool};
pub use simd::Isa;

/// How to compute: with which instructions, on which threads.
pub struct Kernels {
    isa: Isa,
    pool: Pool,
}

impl Default for Kernels {
    fn default() -> Kernels {
        Kernels::new(Isa::best(), Pool::default())
    }
}

impl Kernels {
    pub fn new(isa: Isa, pool: Pool) -> Kernels {
        Kernels { isa, pool }
    }

    /// As `new`, with the set that is fastest by `now`, a clock in milliseconds.
    pub fn fastest(pool: Pool, now: impl Fn() -> f64) -> Kernels {
        Kernels::new(fastest::fastest(&Isa::candidates(), now), pool)
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
        self.pool.run(n_items, &work);
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

    /// As [`Kernels::in_parts`], on this thread alone: for work that reads all the weights for one
    /// token. Memory is what it waits for, and handing it out 200 times a token costs more than a
    /// second thread brings, the more so on a busy machine.
    pub fn whole(&self, n_items: usize, work: impl Fn(Range<usize>, &mut Vec<u8>)) {
        self.pool.run_alone(n_items, &work);
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
