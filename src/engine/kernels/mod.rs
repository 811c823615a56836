//! The kernels: where the engine spends its time.
//!
//! In reading order: [`simd`] is what a CPU offers; [`formats`] how weights are laid out for it and
//! [`blocks`] how files store them, [`floats`] those that are not quantised; [`activations`] brings
//! the other operand into integers; [`product`] multiplies. [`rows`] holds the passes over rows of
//! activations, [`attention`] the one over keys and values.
//!
//! A kernel for a GPU would stand beside these: [`super::matrix`] and [`attention`] are all that
//! the model code calls.

#![allow(clippy::missing_safety_doc)] // `simd` and `formats` say it once for all their functions.

mod activations;
pub mod attention;
pub mod blocks;
pub mod floats;
pub mod formats;
mod pool;
pub mod product;
pub mod rows;
pub mod simd;

use std::ops::Range;

pub use activations::Activations;
pub use pool::Pool;
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

    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Does `work` on parts of `0..n_items` that together are all of it, each with memory to
    /// scribble in.
    pub fn in_parts(&self, n_items: usize, work: impl Fn(Range<usize>, &mut Vec<u8>) + Sync) {
        self.pool.run(n_items, &work);
    }
}
