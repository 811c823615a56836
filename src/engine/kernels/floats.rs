//! Weights that are not quantised: four rows side by side, one column after the other.

use super::{Operand, formats::QUAD, simd::Simd};

/// How a float is stored.
pub trait FloatFormat: 'static {
    const BYTES: usize;
    const OPERAND: Operand = Operand::Floats;
    /// The floats of four rows.
    unsafe fn load<S: Simd>(at: *const u8) -> S::Floats;
}

pub struct F32;
impl FloatFormat for F32 {
    const BYTES: usize = 4;
    #[inline(always)]
    unsafe fn load<S: Simd>(at: *const u8) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load_floats(at.cast()) }
    }
}

pub struct F16;
impl FloatFormat for F16 {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn load<S: Simd>(at: *const u8) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load_halves(at) }
    }
}

pub struct BF16;
impl FloatFormat for BF16 {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn load<S: Simd>(at: *const u8) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load_upper_halves(at) }
    }
}

/// Packs four rows of `value_bytes`-sized floats into `quad`.
pub fn pack_quad(rows: [&[u8]; QUAD], value_bytes: usize, quad: &mut [u8]) {
    for (c, column) in quad.chunks_exact_mut(QUAD * value_bytes).enumerate() {
        for (row, value) in rows.iter().zip(column.chunks_exact_mut(value_bytes)) {
            value.copy_from_slice(&row[c * value_bytes..][..value_bytes]);
        }
    }
}
