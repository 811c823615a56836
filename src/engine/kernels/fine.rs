//! Products with signed weights where activations have 11 bits: for a model's output.
//!
//! Seven bits beside weights of eight are enough inside a network, where later layers average the
//! rounding away. In the logits nothing comes after it: there it was more than half of what the
//! engine's distributions differed by from those of a forward pass in f32
//! (docs/decisions/kernels.md). An output meets one token of a dialogue at a time, and is bounded by
//! reading its weights, so that a second dot product with each costs little.
//!
//! An activation is `scale · (16 · (high − 64) + low)`, with `high` in 0..=127 and `low` in 0..=15.

use std::ops::Range;

use super::{
    formats::{Format, GROUP, Packed, Scaling, VECTORS, unrolled},
    functions::all,
    product::{Products, Weights},
    simd::{Simd, for_any_isa},
};

/// What the largest of a group becomes.
const LARGEST: f32 = 1023.0;
/// Bits of `low`. Eight of its dot products fit a sum of 16 bits: 8 · 2 · 128 · 15 < 2^15.
const LOW_BITS: u32 = 4;
const LOW: i32 = (1 << LOW_BITS) - 1;

/// Activations: (n_tokens, n_columns).
pub struct Fine {
    high: Vec<u8>,
    low: Vec<u8>,
    /// (n_tokens, n_columns / GROUP)
    scales: Vec<f32>,
    n_columns: usize,
}

impl Fine {
    /// Of whole groups. In plain Rust, as one row per token is nothing beside its products.
    pub fn new(x: &[f32], n_columns: usize) -> Fine {
        let (mut high, mut low) = (vec![0; x.len()], vec![0; x.len()]);
        let mut scales = vec![0.0; x.len() / GROUP];
        let parts = high.chunks_exact_mut(GROUP).zip(low.chunks_exact_mut(GROUP));
        for ((x, (high, low)), scale) in x.chunks_exact(GROUP).zip(parts).zip(&mut scales) {
            let max = x.iter().fold(0f32, |max, x| max.max(x.abs()));
            // No integer stands for what is not a number, so the scale does.
            let finite = x.iter().map(|x| x.abs()).sum::<f32>().is_finite();
            *scale = if finite { max / LARGEST } else { f32::NAN };
            let inverse = if finite && max > 0.0 { LARGEST / max } else { 0.0 };
            for ((x, high), low) in x.iter().zip(high).zip(low) {
                let integer = (x * inverse).round_ties_even() as i32;
                *high = ((integer >> LOW_BITS) + 64) as u8;
                *low = (integer & LOW) as u8;
            }
        }
        Fine { high, low, scales, n_columns }
    }

    fn n_tokens(&self) -> usize {
        self.high.len() / self.n_columns
    }

    fn token(&self, token: usize) -> Token {
        Token {
            high: self.high[token * self.n_columns..].as_ptr(),
            low: self.low[token * self.n_columns..].as_ptr(),
            scales: self.scales[token * (self.n_columns / GROUP)..].as_ptr(),
            n_groups: self.n_columns / GROUP,
        }
    }
}

/// One token's row of each.
#[derive(Clone, Copy)]
struct Token {
    high: *const u8,
    low: *const u8,
    scales: *const f32,
    n_groups: usize,
}

for_any_isa! {
    /// The products of the quads in `quads` with each token.
    ///
    /// # Safety
    /// As [`super::product::multiply`]; `F` is signed, and `x` as wide as the weights.
    pub unsafe fn multiply_finely<F: Format>(
        weights: Weights,
        quads: Range<usize>,
        x: &Fine,
        products: Products,
    ) = multiply_finely_in
}

/// Tokens that a quad is unpacked for at once.
const TOKENS: usize = 4;

#[inline(always)]
unsafe fn multiply_finely_in<S: Simd, F: Format>(
    weights: Weights,
    quads: Range<usize>,
    x: &Fine,
    products: Products,
) {
    // SAFETY: the caller's.
    unsafe {
        let packed = |quad| weights.packed::<F>(quad);
        let n_tokens = x.n_tokens();
        let n_in_fours = n_tokens / TOKENS * TOKENS;
        let mut quad = quads.start;
        while quad < quads.end {
            for first in (0..n_in_fours).step_by(TOKENS) {
                let tokens = std::array::from_fn(|t| x.token(first + t));
                let [fours] = some_quads::<S, F, 1, TOKENS>([packed(quad)], tokens);
                for (t, four) in fours.into_iter().enumerate() {
                    products.write::<S>(quad, first + t, four);
                }
            }
            // A token alone is quicker with two quads at a time.
            let both = quad + 2 <= quads.end && n_in_fours == 0;
            for token in n_in_fours..n_tokens {
                if both {
                    let pair = [packed(quad), packed(quad + 1)];
                    let [[one], [other]] = some_quads::<S, F, 2, 1>(pair, [x.token(token)]);
                    products.write::<S>(quad, token, one);
                    products.write::<S>(quad + 1, token, other);
                } else {
                    let [[one]] = some_quads::<S, F, 1, 1>([packed(quad)], [x.token(token)]);
                    products.write::<S>(quad, token, one);
                }
            }
            quad += 1 + usize::from(both);
        }
    }
}

/// The products of each quad with each token.
#[inline(always)]
unsafe fn some_quads<S: Simd, F: Format, const Q: usize, const T: usize>(
    weights: [Packed<F>; Q],
    tokens: [Token; T],
) -> [[S::Floats; T]; Q] {
    // SAFETY: the caller's: the activations have as many groups as the quads.
    unsafe {
        let (ones, [sixteen]) = (S::ones(), all::<S, 1>([(LOW + 1) as f32]));
        let mut results = [[S::splat(0.0); T]; Q];
        for g in 0..tokens[0].n_groups {
            let groups = weights.map(|quad| quad.group(g));
            let scalings: [Scaling<S>; Q] =
                std::array::from_fn(|q| weights[q].scaling(groups[q], g));
            let mut totals = scalings.map(|scaling| [scaling.start; T]);
            let mut low_sums = [[S::no_sum(); T]; Q];
            unrolled!(J => {
                for q in 0..Q {
                    let vector = weights[q].vector::<S>(groups[q], J);
                    for t in 0..T {
                        let at = g * GROUP + 4 * J;
                        let high = S::load_word(tokens[t].high.add(at));
                        let low = S::load_word(tokens[t].low.add(at));
                        let high_sum = S::add_dot(S::no_sum(), vector, high);
                        totals[q][t] = S::add_sum(totals[q][t], high_sum, ones);
                        low_sums[q][t] = S::add_dot(low_sums[q][t], vector, low);
                    }
                }
            });
            for q in 0..Q {
                for t in 0..T {
                    let scale = S::splat(*tokens[t].scales.add(g));
                    let scale = S::mul(scalings[q].scales[0], scale);
                    let low = S::to_floats(S::add_sum(S::no_ints(), low_sums[q][t], ones));
                    let sum = S::mul_add(S::to_floats(totals[q][t]), sixteen, low);
                    results[q][t] = S::mul_add(sum, scale, results[q][t]);
                }
            }
        }
        results
    }
}

const _: () = assert!(VECTORS * 2 * 128 * (LOW as usize) < 1 << 15, "low sums fit 16 bits");

#[cfg(test)]
mod tests {
    use super::*;

    fn value(x: &Fine, i: usize) -> f32 {
        let integer = (i32::from(x.high[i]) - 64) << LOW_BITS | i32::from(x.low[i]);
        integer as f32 * x.scales[i / GROUP]
    }

    #[test]
    fn values_come_back_within_half_a_step() {
        let x: Vec<f32> = (0..64).map(|i| ((i * 37 % 64) as f32 - 31.5) * 0.1).collect();
        let fine = Fine::new(&x, 64);
        for (i, x) in x.iter().enumerate() {
            assert!((value(&fine, i) - x).abs() <= 0.501 * fine.scales[i / GROUP], "{i}: {x}");
        }
        assert!(fine.high.iter().all(|&high| high < 128), "the dot's second operand");
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden() {
        for (at, value) in [(0, f32::NAN), (17, f32::INFINITY), (31, f32::NEG_INFINITY)] {
            let mut x = [0.5; 64];
            x[at] = value;
            let fine = Fine::new(&x, 64);
            assert!(fine.scales[0].is_nan(), "{value} at {at}");
            assert!(fine.scales[1] > 0.0);
        }
        assert_eq!(Fine::new(&[0.0; 32], 32).scales, [0.0]);
    }
}
