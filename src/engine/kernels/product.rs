//! The product of packed weights with activations, a tile of rows and tokens at a time.

use std::{hint::black_box, marker::PhantomData, ops::Range};

use super::{
    activations::{Quantised, TILE, Terms},
    floats::FloatFormat,
    formats::{
        Format, GROUP, Packed, QUAD, Scaling, UNPACKED_PAIR, VECTORS, unpack, unpacked_scaling,
        unrolled,
    },
    simd::{Isa, Simd, for_any_isa},
};

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
    pub(super) unsafe fn write<S: Simd>(self, quad: usize, t: usize, four: S::Floats) {
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

/// The products of the quads in `quads`, the first of which begins a pair.
///
/// # Safety
/// `weights` are packed as `F`, `products` has room for every token's rows, and nobody else writes
/// the rows of `quads`.
pub unsafe fn multiply<F: Format>(
    isa: Isa,
    weights: Weights,
    quads: Range<usize>,
    x: &Quantised,
    products: Products,
    scratch: &mut Vec<u8>,
) {
    // SAFETY: the caller's; the scratch is as large as it must be.
    unsafe {
        if x.in_tiles() {
            scratch.resize(weights.n_columns / GROUP * UNPACKED_PAIR, 0);
            multiply_tiles::<F>(isa, weights, quads, x, products, scratch.as_mut_ptr())
        } else {
            multiply_tokens::<F>(isa, weights, quads, x, products)
        }
    }
}

for_any_isa! {
    /// Token by token, straight from the packed weights.
    unsafe fn multiply_tokens<F: Format>(
        weights: Weights,
        quads: Range<usize>,
        x: &Quantised,
        products: Products,
    ) = multiply_tokens_in
}
for_any_isa! {
    /// Tile by tile, each pair of quads unpacked into `room` first.
    unsafe fn multiply_tiles<F: Format>(
        weights: Weights,
        quads: Range<usize>,
        x: &Quantised,
        products: Products,
        room: *mut u8,
    ) = multiply_tiles_in
}

impl Weights {
    /// # Safety
    /// The weights are packed as `F` and have this quad.
    #[inline(always)]
    pub(super) unsafe fn packed<F: Format>(&self, quad: usize) -> Packed<F> {
        // SAFETY: the caller's.
        Packed(unsafe { self.bytes.add(quad / 2 * self.pair_bytes) }, quad % 2, PhantomData)
    }
}

#[inline(always)]
unsafe fn multiply_tokens_in<S: Simd, F: Format>(
    weights: Weights,
    quads: Range<usize>,
    x: &Quantised,
    products: Products,
) {
    let n_groups = weights.n_columns / GROUP;
    // SAFETY: the caller's.
    unsafe {
        let packed = |quad| weights.packed::<F>(quad);
        for t in 0..x.n_tokens {
            let values = x.values.as_ptr().add(t * n_groups * GROUP);
            let token = (values, x.terms.as_ptr().add(t * n_groups), n_groups);
            let mut quad = quads.start;
            while quad + 2 <= quads.end {
                let four = one_token::<S, F, 2>([packed(quad), packed(quad + 1)], token);
                products.write::<S>(quad, t, four[0]);
                products.write::<S>(quad + 1, t, four[1]);
                quad += 2;
            }
            if quad < quads.end {
                let [four] = one_token::<S, F, 1>([packed(quad)], token);
                products.write::<S>(quad, t, four);
            }
        }
    }
}

#[inline(always)]
unsafe fn multiply_tiles_in<S: Simd, F: Format>(
    weights: Weights,
    quads: Range<usize>,
    x: &Quantised,
    products: Products,
    room: *mut u8,
) {
    let n_groups = weights.n_columns / GROUP;
    let (values, terms) = (x.values.as_ptr(), x.terms.as_ptr());
    // SAFETY: the caller's.
    unsafe {
        let steps = Steps::<S>::new::<F>();
        for quad in quads.clone().step_by(2) {
            let n_quads = (quads.end - quad).min(2);
            (0..n_quads).for_each(|q| unpack::<S, F>(weights.packed(quad + q), n_groups, room));
            for first in (0..x.n_tokens).step_by(TILE) {
                let (values, terms) =
                    (values.add(first * n_groups * GROUP), terms.add(first * n_groups));
                let results = tile::<S, F>(room, values, terms, n_groups, steps);
                for (q, results) in results.into_iter().enumerate().take(n_quads) {
                    for (t, four) in (first..x.n_tokens).zip(results) {
                        products.write::<S>(quad + q, t, four);
                    }
                }
            }
        }
    }
}

/// `Q` quads with one token: its integers, its terms, and how many groups it has.
#[inline(always)]
unsafe fn one_token<S: Simd, F: Format, const Q: usize>(
    weights: [Packed<F>; Q],
    (x, terms, n_groups): (*const u8, *const Terms, usize),
) -> [S::Floats; Q] {
    let layout = &F::LAYOUT;
    // SAFETY: the caller's.
    unsafe {
        let ones = S::ones();
        let mut results = [S::splat(0.0); Q];
        for g in 0..n_groups {
            let terms = &*terms.add(g);
            let groups = weights.map(|quad| quad.group(g));
            let scalings: [Scaling<S>; Q] =
                std::array::from_fn(|q| weights[q].scaling(groups[q], g));
            let mut totals = scalings.map(|scaling| start::<S, F>(scaling, terms, 0));
            let mut sums = [S::no_sum(); Q];
            unrolled!(J => {
                let four = S::load_word(x.add(g * GROUP + 4 * J));
                for q in 0..Q {
                    let vector = weights[q].vector::<S>(groups[q], J);
                    sums[q] = add_dot::<S, F>(sums[q], vector, four);
                }
                let ends_half = layout.per_half() && J + 1 == VECTORS / 2;
                let ends = ends_half || J + 1 == VECTORS;
                if ends || (J + 1).is_multiple_of(run::<S, F>()) {
                    for q in 0..Q {
                        totals[q] = S::add_sum(totals[q], sums[q], ones);
                        sums[q] = S::no_sum();
                    }
                }
                if ends {
                    let half = usize::from(layout.per_half() && !ends_half);
                    for q in 0..Q {
                        results[q] =
                            scaled::<S, F>(results[q], totals[q], &scalings[q], terms, half);
                        totals[q] = start::<S, F>(scalings[q], terms, 1);
                    }
                }
            });
        }
        results
    }
}

/// How the vectors of a group are counted, in numbers that the compiler does not see: it would
/// write every step out, and a browser's compiler then has more in hand than it has registers.
#[derive(Clone, Copy)]
struct Steps<S: Simd> {
    /// Dot products that go into one sum.
    per_run: usize,
    /// Sums that go into one total: all vectors under one scale.
    runs: usize,
    ones: S::Bytes,
}

impl<S: Simd> Steps<S> {
    #[inline(always)]
    unsafe fn new<F: Format>() -> Steps<S> {
        let per_scale = if F::LAYOUT.per_half() { VECTORS / 2 } else { VECTORS };
        let unseen = |n: usize| if n == 1 { n } else { black_box(n) };
        Steps {
            per_run: unseen(run::<S, F>().min(per_scale)),
            runs: unseen(per_scale.div_ceil(run::<S, F>())),
            // SAFETY: the caller's.
            ones: unsafe { S::ones() },
        }
    }
}

/// A pair of unpacked quads with the tokens of one tile.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // `q` and `t` index several arrays.
unsafe fn tile<S: Simd, F: Format>(
    pair: *const u8,
    x: *const u8,
    terms: *const Terms,
    n_groups: usize,
    steps: Steps<S>,
) -> [[S::Floats; TILE]; 2] {
    // SAFETY: the caller's: `n_groups` groups of the pair and of the tile.
    unsafe {
        let mut results = [[S::splat(0.0); TILE]; 2];
        let (mut group, mut x, mut terms) = (pair, x, terms);
        for _ in 0..n_groups {
            let mut at = group;
            for half in 0..if F::LAYOUT.per_half() { 2 } else { 1 } {
                let scaling = |q: usize| unpacked_scaling::<S>(group, q);
                let mut totals: [[S::Ints; TILE]; 2] = std::array::from_fn(|q| {
                    std::array::from_fn(|t| start::<S, F>(scaling(q), &*terms.add(t), half))
                });
                for _ in 0..steps.runs {
                    let mut sums = [[S::no_sum(); TILE]; 2];
                    for _ in 0..steps.per_run {
                        let vectors = [S::load(at), S::load(at.add(16))];
                        for t in 0..TILE {
                            let four = S::load_word(x.add(4 * t));
                            for q in 0..2 {
                                sums[q][t] = add_dot::<S, F>(sums[q][t], vectors[q], four);
                            }
                        }
                        at = at.add(32);
                        x = x.add(4 * TILE);
                    }
                    for q in 0..2 {
                        for t in 0..TILE {
                            totals[q][t] = S::add_sum(totals[q][t], sums[q][t], steps.ones);
                        }
                    }
                }
                for q in 0..2 {
                    let scaling = scaling(q);
                    for t in 0..TILE {
                        let terms = &*terms.add(t);
                        results[q][t] =
                            scaled::<S, F>(results[q][t], totals[q][t], &scaling, terms, half);
                    }
                }
            }
            group = group.add(UNPACKED_PAIR);
            terms = terms.add(TILE);
        }
        results
    }
}

/// Dot products that fit one sum.
const fn run<S: Simd, F: Format>() -> usize {
    if S::WIDE_SUM { VECTORS } else { F::LAYOUT.headroom }
}

#[inline(always)]
unsafe fn add_dot<S: Simd, F: Format>(sum: S::Sum, vector: S::Bytes, four: S::Bytes) -> S::Sum {
    // SAFETY: the caller's.
    unsafe {
        match F::LAYOUT.signed {
            true => S::add_dot(sum, vector, four),
            false => S::add_dot(sum, four, vector),
        }
    }
}

/// What the total of a group, or of a half of it, begins with.
#[inline(always)]
unsafe fn start<S: Simd, F: Format>(scaling: Scaling<S>, terms: &Terms, half: usize) -> S::Ints {
    // SAFETY: the caller's.
    unsafe {
        match F::LAYOUT.zero_power {
            Some(power) if F::LAYOUT.per_half() => {
                S::splat_shifted(terms.minus_half_integers[half], power)
            }
            Some(power) => S::splat_shifted(terms.minus_integers, power),
            None => scaling.start,
        }
    }
}

/// `result` and a total, as floats.
#[inline(always)]
unsafe fn scaled<S: Simd, F: Format>(
    result: S::Floats,
    total: S::Ints,
    scaling: &Scaling<S>,
    terms: &Terms,
    half: usize,
) -> S::Floats {
    // SAFETY: the caller's.
    unsafe {
        let scale = S::mul(scaling.scales[half], S::splat(terms.scale));
        let result = S::mul_add(S::to_floats(total), scale, result);
        if !F::LAYOUT.has_minimum() {
            return result;
        }
        let sum = if F::LAYOUT.per_half() { terms.half_sums[half] } else { terms.sum };
        S::mul_sub_from(scaling.minima[half], S::splat(sum), result)
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
