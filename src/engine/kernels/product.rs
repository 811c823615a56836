//! The product of packed weights with activations, a tile of rows and tokens at a time.

use std::{marker::PhantomData, ops::Range};

use super::{
    activations::{Quantised, Terms},
    floats::FloatFormat,
    formats::{
        Format, GROUP, Packed, QUAD, Source, UNPACKED_GROUP, Unpacked, VECTORS, unpack, unrolled,
    },
    simd::{Simd, for_any_isa},
};

/// From so many tokens on, a quad is unpacked first and read from there.
const UNPACK_FROM: usize = 4;
/// Tokens per tile.
const TILE: usize = 4;

/// A matrix (n_rows, n_columns) in quads, to be multiplied with (n_tokens, n_columns).
#[derive(Clone, Copy)]
pub struct Weights {
    pub bytes: *const u8,
    /// Bytes from one pair of quads to the next; unquantised quads lie one after the other.
    pub pair_bytes: usize,
    pub n_rows: usize,
    pub n_columns: usize,
}

/// Where the products go: (n_tokens, n_rows), with `stride` floats from token to token.
#[derive(Clone, Copy)]
pub struct Products {
    pub values: *mut f32,
    pub stride: usize,
    pub n_rows: usize,
}

/// Rows of floats, (n_rows, any number of columns), with `stride` floats from row to row.
#[derive(Clone, Copy)]
pub struct Rows {
    pub values: *const f32,
    pub stride: usize,
    pub n_rows: usize,
}

// SAFETY: threads write disjoint rows of what the pointer stands for, and the one who made it waits
// for them.
unsafe impl Send for Products {}
unsafe impl Sync for Products {}
unsafe impl Send for Rows {}
unsafe impl Sync for Rows {}
unsafe impl Send for Weights {}
unsafe impl Sync for Weights {}

impl Products {
    /// Writes the products of four rows with token `t`; the last quad may have fewer rows.
    #[inline(always)]
    unsafe fn write<S: Simd>(self, quad: usize, t: usize, four: S::Floats) {
        let row = quad * QUAD;
        // SAFETY: the caller's: a quad of this matrix and a token of these activations.
        unsafe {
            let into = self.values.add(t * self.stride + row);
            if row + QUAD <= self.n_rows {
                return S::store_floats(into, four);
            }
            let mut lanes = [0.0; QUAD];
            S::store_floats(lanes.as_mut_ptr(), four);
            for (r, lane) in lanes.into_iter().take(self.n_rows - row).enumerate() {
                into.add(r).write(lane);
            }
        }
    }
}

for_any_isa! {
    /// The products of the quads in `quads`. `scratch` has room for two unpacked quads.
    ///
    /// # Safety
    /// `weights` are packed as `F`, `products` has room for every token's rows, and nobody else
    /// writes the rows of `quads`.
    pub unsafe fn multiply<F: Format>(
        weights: Weights,
        quads: Range<usize>,
        x: &Quantised,
        products: Products,
        scratch: &mut Vec<u8>,
    ) = multiply_in
}

#[inline(always)]
unsafe fn multiply_in<S: Simd, F: Format>(
    weights: Weights,
    quads: Range<usize>,
    x: &Quantised,
    products: Products,
    scratch: &mut Vec<u8>,
) {
    let n_groups = weights.n_columns / GROUP;
    let n_tokens = x.values.len() / weights.n_columns;
    let tokens = Tokens { values: x.values.as_ptr(), terms: x.terms.as_ptr(), n_groups };
    // SAFETY: the caller's; `scratch` is made large enough here.
    unsafe {
        let packed = |quad: usize| {
            Packed::<F>(weights.bytes.add(quad / 2 * weights.pair_bytes), quad % 2, PhantomData)
        };
        let mut quad = quads.start;
        if n_tokens < UNPACK_FROM {
            while quad + 2 <= quads.end {
                let pair = [packed(quad), packed(quad + 1)];
                (0..n_tokens).for_each(|t| tile::<S, _, 2, 1>(pair, quad, tokens, t, products));
                quad += 2;
            }
            if quad < quads.end {
                let one = [packed(quad)];
                (0..n_tokens).for_each(|t| tile::<S, _, 1, 1>(one, quad, tokens, t, products));
            }
            return;
        }
        let unpacked_bytes = n_groups * UNPACKED_GROUP;
        scratch.resize(2 * unpacked_bytes, 0);
        let scratch = scratch.as_mut_ptr();
        let unpacked = |i: usize| Unpacked::<F>(scratch.add(i * unpacked_bytes), PhantomData);
        while quad + 2 <= quads.end {
            unpack::<S, F>(packed(quad), n_groups, scratch);
            unpack::<S, F>(packed(quad + 1), n_groups, scratch.add(unpacked_bytes));
            let pair = [unpacked(0), unpacked(1)];
            let mut t = 0;
            while t + TILE <= n_tokens {
                tile::<S, _, 2, TILE>(pair, quad, tokens, t, products);
                t += TILE;
            }
            (t..n_tokens).for_each(|t| tile::<S, _, 2, 1>(pair, quad, tokens, t, products));
            quad += 2;
        }
        if quad < quads.end {
            unpack::<S, F>(packed(quad), n_groups, scratch);
            let one = [unpacked(0)];
            (0..n_tokens).for_each(|t| tile::<S, _, 1, 1>(one, quad, tokens, t, products));
        }
    }
}

#[derive(Clone, Copy)]
struct Tokens {
    /// (n_tokens, n_groups · GROUP)
    values: *const u8,
    /// (n_tokens, n_groups)
    terms: *const Terms,
    n_groups: usize,
}

/// `Q` quads from `quad` on with `T` tokens from `first` on.
#[inline(always)]
unsafe fn tile<S: Simd, W: Source<S>, const Q: usize, const T: usize>(
    weights: [W; Q],
    quad: usize,
    tokens: Tokens,
    first: usize,
    products: Products,
) {
    let layout = W::LAYOUT;
    let n_groups = tokens.n_groups;
    // SAFETY: the caller's.
    unsafe {
        let x: [*const u8; T] =
            std::array::from_fn(|t| tokens.values.add((first + t) * n_groups * GROUP));
        let terms: [*const Terms; T] =
            std::array::from_fn(|t| tokens.terms.add((first + t) * n_groups));
        let mut results = [[S::splat(0.0); T]; Q];
        for g in 0..n_groups {
            let mut groups = [weights[0].group(g); Q];
            let mut scalings = [weights[0].scaling(groups[0], g); Q];
            for q in 1..Q {
                groups[q] = weights[q].group(g);
                scalings[q] = weights[q].scaling(groups[q], g);
            }
            let mut totals = [[S::no_ints(); T]; Q];
            for q in 0..Q {
                for t in 0..T {
                    totals[q][t] = match layout.zero_power {
                        Some(power) => {
                            let integers = match layout.per_half() {
                                true => (*terms[t].add(g)).minus_half_integers[0],
                                false => (*terms[t].add(g)).minus_integers,
                            };
                            S::splat_shifted(integers, power)
                        }
                        None => scalings[q].start,
                    };
                }
            }
            let mut sums = [[S::no_sum(); T]; Q];
            unrolled!(J => {
                let mut vectors = [weights[0].vector(groups[0], J); Q];
                for q in 1..Q {
                    vectors[q] = weights[q].vector(groups[q], J);
                }
                for t in 0..T {
                    let four = S::load_word(x[t].add(g * GROUP + 4 * J));
                    for q in 0..Q {
                        sums[q][t] = match layout.signed {
                            true => S::add_dot(sums[q][t], vectors[q], four),
                            false => S::add_dot(sums[q][t], four, vectors[q]),
                        };
                    }
                }
                let ends_half = layout.per_half() && J + 1 == VECTORS / 2;
                let ends = ends_half || J + 1 == VECTORS;
                if ends || !S::WIDE_SUM && (J + 1).is_multiple_of(layout.headroom) {
                    for q in 0..Q {
                        for t in 0..T {
                            totals[q][t] = S::add_sum(totals[q][t], sums[q][t]);
                            sums[q][t] = S::no_sum();
                        }
                    }
                }
                if ends {
                    let half = usize::from(layout.per_half() && !ends_half);
                    for t in 0..T {
                        let terms = &*terms[t].add(g);
                        let scale = S::splat(terms.scale);
                        let sum = match layout.per_half() {
                            true => terms.half_sums[half],
                            false => terms.sum,
                        };
                        for q in 0..Q {
                            let (mut result, scaling) = (results[q][t], &scalings[q]);
                            let scale = S::mul(scaling.scales[half], scale);
                            result = S::mul_add(S::to_floats(totals[q][t]), scale, result);
                            if layout.has_minimum() {
                                let minimum = scaling.minima[half];
                                result = S::mul_sub_from(minimum, S::splat(sum), result);
                            }
                            results[q][t] = result;
                            totals[q][t] = match layout.zero_power {
                                Some(power) if ends_half => {
                                    S::splat_shifted(terms.minus_half_integers[1], power)
                                }
                                _ => S::no_ints(),
                            };
                        }
                    }
                }
            });
        }
        for (q, results) in results.into_iter().enumerate() {
            for (t, four) in results.into_iter().enumerate() {
                products.write::<S>(quad + q, first + t, four);
            }
        }
    }
}

for_any_isa! {
    /// The products of unquantised quads with rows of `n_columns` floats.
    ///
    /// # Safety
    /// As [`multiply`].
    pub unsafe fn multiply_floats<F: FloatFormat>(
        weights: Weights,
        quads: Range<usize>,
        x: Rows,
        products: Products,
    ) = multiply_floats_in
}

#[inline(always)]
unsafe fn multiply_floats_in<S: Simd, F: FloatFormat>(
    weights: Weights,
    quads: Range<usize>,
    x: Rows,
    products: Products,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut t = 0;
        while t + TILE <= x.n_rows {
            float_tiles::<S, F, 2, TILE>(weights, quads.clone(), x, t, products);
            t += TILE;
        }
        match x.n_rows - t {
            0 => {}
            1 => float_tiles::<S, F, 4, 1>(weights, quads, x, t, products),
            2 => float_tiles::<S, F, 4, 2>(weights, quads, x, t, products),
            _ => float_tiles::<S, F, 4, 3>(weights, quads, x, t, products),
        }
    }
}

/// All quads with `T` rows from `first` on, `Q` quads at a time.
#[inline(always)]
unsafe fn float_tiles<S: Simd, F: FloatFormat, const Q: usize, const T: usize>(
    weights: Weights,
    quads: Range<usize>,
    x: Rows,
    first: usize,
    products: Products,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut quad = quads.start;
        while quad + Q <= quads.end {
            float_tile::<S, F, Q, T>(weights, quad, x, first, products);
            quad += Q;
        }
        while quad < quads.end {
            float_tile::<S, F, 1, T>(weights, quad, x, first, products);
            quad += 1;
        }
    }
}

#[inline(always)]
unsafe fn float_tile<S: Simd, F: FloatFormat, const Q: usize, const T: usize>(
    weights: Weights,
    quad: usize,
    x: Rows,
    first: usize,
    products: Products,
) {
    // SAFETY: the caller's.
    unsafe {
        let at = weights.bytes.add(quad * weights.pair_bytes / 2);
        let x: [*const f32; T] = std::array::from_fn(|t| x.values.add((first + t) * x.stride));
        let mut results = [[S::splat(0.0); T]; Q];
        for c in 0..weights.n_columns {
            let mut fours = [F::load::<S>(at.add(c * QUAD * F::BYTES)); Q];
            for (q, four) in fours.iter_mut().enumerate().skip(1) {
                *four = F::load::<S>(at.add(q * weights.pair_bytes / 2 + c * QUAD * F::BYTES));
            }
            for t in 0..T {
                let x = S::splat(*x[t].add(c));
                for q in 0..Q {
                    results[q][t] = S::mul_add(fours[q], x, results[q][t]);
                }
            }
        }
        for (q, results) in results.into_iter().enumerate() {
            for (t, four) in results.into_iter().enumerate() {
                products.write::<S>(quad + q, first + t, four);
            }
        }
    }
}
