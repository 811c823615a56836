//! Activations in 8-bit integers, as the quantised weights meet them.

use std::cell::OnceCell;

use super::{
    Kernels, SharedPointer,
    formats::GROUP,
    simd::{Simd, for_any_isa},
};

/// What a matrix multiplies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    Floats,
    /// For signed weights: values of 7 bits, 64 added.
    SevenBits,
    /// For weights below 128: signed values of 8 bits.
    EightBits,
}

/// How an integer stands for an activation.
#[derive(Clone, Copy)]
struct Bits {
    /// What the largest of a group becomes.
    largest: f32,
    /// What is added to all of them.
    offset: u8,
}

const SEVEN_BITS: Bits = Bits { largest: 63.0, offset: 64 };
const EIGHT_BITS: Bits = Bits { largest: 127.0, offset: 0 };

/// Rows of activations, (n_tokens, n_columns), for any number of products.
pub struct Activations<'x> {
    pub values: &'x [f32],
    pub n_columns: usize,
    seven_bits: OnceCell<Quantised>,
    eight_bits: OnceCell<Quantised>,
}

impl<'x> Activations<'x> {
    pub fn new(values: &'x [f32], n_columns: usize) -> Activations<'x> {
        Activations { values, n_columns, seven_bits: OnceCell::new(), eight_bits: OnceCell::new() }
    }

    /// Activations that `write` puts in place, token by token, on all threads. For a matrix that
    /// wants integers they are made while the row is at hand.
    pub fn written(
        values: &'x mut [f32],
        n_columns: usize,
        operand: Operand,
        kernels: &Kernels,
        write: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Activations<'x> {
        let n_tokens = values.len() / n_columns;
        let start = SharedPointer(values.as_mut_ptr());
        let row = |token: usize| {
            // SAFETY: each token's row is asked for once, and `values` is borrowed until the end.
            let row =
                unsafe { std::slice::from_raw_parts_mut(start.at(token * n_columns), n_columns) };
            write(token, row);
            &*row
        };
        let quantised = match operand {
            Operand::Floats => {
                kernels.for_rows(values, n_columns, write);
                return Activations::new(values, n_columns);
            }
            Operand::SevenBits => Quantised::new(n_tokens, n_columns, SEVEN_BITS, kernels, row),
            Operand::EightBits => Quantised::new(n_tokens, n_columns, EIGHT_BITS, kernels, row),
        };
        let activations = Activations::new(values, n_columns);
        match operand {
            Operand::SevenBits => _ = activations.seven_bits.set(quantised),
            _ => _ = activations.eight_bits.set(quantised),
        }
        activations
    }

    pub fn n_tokens(&self) -> usize {
        self.values.len() / self.n_columns
    }

    /// [`Operand::SevenBits`]
    pub fn seven_bits(&self, kernels: &Kernels) -> &Quantised {
        self.seven_bits.get_or_init(|| self.quantised(SEVEN_BITS, kernels))
    }

    /// [`Operand::EightBits`]
    pub fn eight_bits(&self, kernels: &Kernels) -> &Quantised {
        self.eight_bits.get_or_init(|| self.quantised(EIGHT_BITS, kernels))
    }

    fn quantised(&self, bits: Bits, kernels: &Kernels) -> Quantised {
        let (values, n_columns) = (self.values, self.n_columns);
        Quantised::new(self.n_tokens(), n_columns, bits, kernels, |token| {
            &values[token * n_columns..][..n_columns]
        })
    }
}

/// Tokens that a kernel multiplies together where there are many.
pub const TILE: usize = 4;

/// Integers with a scale for each group of columns, as the products read them: the tokens one by
/// one while they are few, and from `TILE` tokens on in tiles, the last one filled up with zeros.
pub struct Quantised {
    pub n_tokens: usize,
    /// (n_tokens, n_columns), or (n_tiles, n_columns / 4, TILE, 4)
    pub values: Vec<u8>,
    /// (n_tokens, n_groups), or (n_tiles, n_groups, TILE)
    pub terms: Vec<Terms>,
}

/// What a group's products are multiplied with.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Terms {
    pub scale: f32,
    /// The sum of the activations: of the group, and of each half of it.
    pub sum: f32,
    pub half_sums: [f32; 2],
    /// The sum of their integers, with its sign turned: of the group, and of each half of it.
    pub minus_integers: i32,
    pub minus_half_integers: [i32; 2],
}

impl Quantised {
    /// `row` is asked once for each token's activations.
    fn new<'v>(
        n_tokens: usize,
        n_columns: usize,
        Bits { largest, offset }: Bits,
        kernels: &Kernels,
        row: impl Fn(usize) -> &'v [f32] + Sync,
    ) -> Quantised {
        let n_groups = n_columns / GROUP;
        let together = if n_tokens < TILE { 1 } else { TILE };
        let n_rows = n_tokens.next_multiple_of(together);
        let mut values = vec![0; n_rows * n_columns];
        let mut terms = vec![Terms::default(); n_rows * n_groups];
        let values_start = SharedPointer(values.as_mut_ptr());
        kernels.for_rows(&mut terms, together * n_groups, |tile, terms| {
            let n_here = together.min(n_tokens - tile * together);
            // SAFETY: the tile's own part of `values`.
            let values = unsafe {
                let start = values_start.at(tile * together * n_columns);
                std::slice::from_raw_parts_mut(start, together * n_columns)
            };
            for t in 0..n_here {
                let x = row(tile * together + t);
                // SAFETY: the lengths are those of one token's row in a tile.
                unsafe { quantise(kernels.isa(), x, values, terms, t, together, largest, offset) }
            }
        });
        Quantised { n_tokens, values, terms }
    }

    pub fn in_tiles(&self) -> bool {
        self.n_tokens >= TILE
    }
}

for_any_isa! {
    /// One token's row, as token `t` of `together` in its tile.
    ///
    /// # Safety
    /// `x` is whole groups, and `values` and `terms` have room for them `together` times.
    unsafe fn quantise(
        x: &[f32],
        values: &mut [u8],
        terms: &mut [Terms],
        t: usize,
        together: usize,
        largest: f32,
        offset: u8,
    ) = quantise_in
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn quantise_in<S: Simd>(
    x: &[f32],
    values: &mut [u8],
    terms: &mut [Terms],
    t: usize,
    together: usize,
    largest: f32,
    offset: u8,
) {
    // SAFETY: the caller's.
    let (round, offset) = unsafe { (S::round(), S::splat_byte(offset)) };
    let groups = x.chunks_exact(GROUP).zip(values.chunks_exact_mut(together * GROUP));
    for ((x, values), terms) in groups.zip(terms.iter_mut().skip(t).step_by(together)) {
        // SAFETY: a group is eight vectors of floats; the rest is the caller's.
        unsafe {
            let x: [S::Floats; 8] = std::array::from_fn(|i| S::load_floats(x.as_ptr().add(4 * i)));
            let magnitudes = x.map(|x| S::abs(x));
            let max = magnitudes.into_iter().fold(S::splat(0.0), |max, x| S::max(max, x));
            let mut lanes = [0.0f32; 4];
            S::store_floats(lanes.as_mut_ptr(), max);
            let max = lanes.into_iter().fold(0.0, |max, x| if x > max { x } else { max });
            let sum = magnitudes.into_iter().fold(S::splat(0.0), |sum, x| S::add(sum, x));
            S::store_floats(lanes.as_mut_ptr(), sum);
            let (scale, inverse) = match max > 0.0 {
                // No integer stands for what is not a number, so the scale does.
                _ if !lanes.into_iter().sum::<f32>().is_finite() => (f32::NAN, S::splat(0.0)),
                true => (max / largest, S::splat(largest / max)),
                false => (0.0, S::splat(0.0)),
            };
            let integers = x.map(|x| S::to_ints(S::mul(x, inverse), round));
            let mut minus = [0; 2];
            for half in 0..2 {
                let four: [S::Ints; 4] = std::array::from_fn(|i| integers[4 * half + i]);
                let sums =
                    S::add_ints(S::add_ints(four[0], four[1]), S::add_ints(four[2], four[3]));
                let mut lanes = [0i32; 4];
                S::store_ints(lanes.as_mut_ptr().cast(), sums);
                minus[half] = lanes.iter().fold(0, |minus: i32, lane| minus.wrapping_sub(*lane));
                let mut bytes = [0u8; 16];
                S::store(bytes.as_mut_ptr(), S::add_bytes(S::narrow(four), offset));
                let words =
                    values.chunks_exact_mut(4).skip(t + half * 4 * together).step_by(together);
                for (word, bytes) in words.zip(bytes.chunks_exact(4)) {
                    word.copy_from_slice(bytes);
                }
            }
            let half_sums = minus.map(|minus| -scale * minus as f32);
            *terms = Terms {
                scale,
                sum: half_sums[0] + half_sums[1],
                half_sums,
                minus_integers: minus[0].wrapping_add(minus[1]),
                minus_half_integers: minus,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_within_half_a_step() {
        let x: Vec<f32> = (0..64).map(|i| ((i * 37 % 64) as f32 - 31.5) * 0.1).collect();
        let (activations, kernels) = (Activations::new(&x, 64), Kernels::default());
        for (quantised, offset) in
            [(activations.seven_bits(&kernels), 64), (activations.eight_bits(&kernels), 0)]
        {
            for (i, x) in x.iter().enumerate() {
                let terms = quantised.terms[i / GROUP];
                let integer = i32::from(quantised.values[i] as i8) - offset;
                assert!((integer as f32 * terms.scale - x).abs() <= 0.5001 * terms.scale);
            }
        }
        let sum: f32 = x[..32].iter().sum();
        let terms = activations.eight_bits(&kernels).terms[0];
        assert!((terms.sum - sum).abs() < 16.0 * terms.scale);
        assert_eq!(terms.sum, terms.half_sums[0] + terms.half_sums[1]);
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden() {
        for (at, value) in [(0, f32::NAN), (17, f32::INFINITY), (31, f32::NEG_INFINITY)] {
            let mut x = [0.5; 64];
            x[at] = value;
            let (activations, kernels) = (Activations::new(&x, 64), Kernels::default());
            for quantised in [activations.seven_bits(&kernels), activations.eight_bits(&kernels)] {
                assert!(quantised.terms[0].scale.is_nan(), "{value} at {at}");
                assert!(quantised.terms[1].scale > 0.0);
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let zeros = [0.0; 32];
        let activations = Activations::new(&zeros, 32);
        let quantised = activations.seven_bits(&Kernels::default());
        assert!(quantised.values.iter().all(|&value| value == 64));
        assert_eq!(quantised.terms[0].scale, 0.0);
    }
}
