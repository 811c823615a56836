//! Passes over rows of activations: norms, gates and probabilities, each in one go.
//!
//! Norms are plain loops, which the compiler turns into vectors.

use super::{
    functions::{Erf, Exp, all},
    simd::{Isa, Simd, for_any_isa},
};

/// `x ← x + y`
pub fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

/// `x / rms(x) · weight` for each row (Zhang and Sennrich, arXiv 1910.07467).
pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, into: &mut [f32]) {
    let rows = x.chunks_exact(weight.len()).zip(into.chunks_exact_mut(weight.len()));
    for (x, into) in rows {
        let scale = rms_scale(x, epsilon);
        for ((y, x), w) in into.iter_mut().zip(x).zip(weight) {
            *y = x * scale * w;
        }
    }
}

/// As [`rms_norm`], in place.
pub fn rms_norm_in_place(x: &mut [f32], weight: &[f32], epsilon: f32) {
    for x in x.chunks_exact_mut(weight.len()) {
        let scale = rms_scale(x, epsilon);
        x.iter_mut().zip(weight).for_each(|(x, w)| *x *= scale * w);
    }
}

fn rms_scale(row: &[f32], epsilon: f32) -> f32 {
    let mean_square = sum(row, |x| x * x) / row.len() as f32;
    1.0 / (mean_square + epsilon).sqrt()
}

/// Layer normalisation of each row (Ba et al., arXiv 1607.06450), in place.
pub fn layer_norm(x: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    for x in x.chunks_exact_mut(weight.len()) {
        let n = x.len() as f32;
        let mean = sum(x, |x| x) / n;
        let variance = sum(x, |x| (x - mean) * (x - mean)) / n;
        let scale = 1.0 / (variance + epsilon).sqrt();
        for ((x, w), b) in x.iter_mut().zip(weight).zip(bias) {
            *x = (*x - mean) * scale * w + b;
        }
    }
}

/// `gate ← silu(gate) · up`, the gate of SwiGLU (Shazeer, arXiv 2002.05202).
pub fn swiglu(isa: Isa, gate: &mut [f32], up: &[f32]) {
    // SAFETY: an `Isa` is one that runs here.
    unsafe { swiglu_on(isa, gate, up) }
}

/// `gate ← gelu(gate) · up` with the tanh form of GELU, as Gemma has it (arXiv 1606.08415).
pub fn geglu(isa: Isa, gate: &mut [f32], up: &[f32]) {
    // SAFETY: as above.
    unsafe { geglu_on(isa, gate, up) }
}

/// GELU with the error function, as BERT has it, of `x` with `bias` added, in place.
pub fn gelu(isa: Isa, x: &mut [f32], bias: &[f32]) {
    // SAFETY: as above.
    unsafe { gelu_on(isa, x, bias) }
}

/// `softmax(scale · x)`, in place.
pub fn softmax(isa: Isa, x: &mut [f32], scale: f32) {
    // SAFETY: as above.
    unsafe { softmax_on(isa, x, scale) }
}

/// `cap · tanh(scale · x / cap)`, in place.
pub fn soft_cap(isa: Isa, x: &mut [f32], scale: f32, cap: f32) {
    // SAFETY: as above.
    unsafe { soft_cap_on(isa, x, scale, cap) }
}

for_any_isa! {
    unsafe fn swiglu_on(gate: &mut [f32], up: &[f32]) = swiglu_in
}
for_any_isa! {
    unsafe fn geglu_on(gate: &mut [f32], up: &[f32]) = geglu_in
}
for_any_isa! {
    unsafe fn gelu_on(x: &mut [f32], bias: &[f32]) = gelu_in
}
for_any_isa! {
    unsafe fn softmax_on(x: &mut [f32], scale: f32) = softmax_in
}
for_any_isa! {
    unsafe fn soft_cap_on(x: &mut [f32], scale: f32, cap: f32) = soft_cap_in
}

#[inline(always)]
unsafe fn swiglu_in<S: Simd>(gate: &mut [f32], up: &[f32]) {
    // SAFETY: the caller's: the set is there.
    unsafe {
        let (exp, [one, zero]) = (Exp::<S>::new(), all::<S, 2>([1.0, 0.0]));
        with_each::<S>(gate, up, |gate, up| {
            S::div(S::mul(gate, up), S::add(one, exp.of(S::sub(zero, gate))))
        });
    }
}

#[inline(always)]
unsafe fn geglu_in<S: Simd>(gate: &mut [f32], up: &[f32]) {
    // SAFETY: as above.
    unsafe {
        // x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
        let (exp, [one, linear, cubic]) =
            (Exp::<S>::new(), all::<S, 3>([1.0, -1.595_769, -0.071_354_814]));
        with_each::<S>(gate, up, |x, up| {
            let inner = S::mul(x, S::mul_add(S::mul(x, x), cubic, linear));
            S::div(S::mul(x, up), S::add(one, exp.of(inner)))
        });
    }
}

#[inline(always)]
unsafe fn gelu_in<S: Simd>(x: &mut [f32], bias: &[f32]) {
    // SAFETY: as above.
    unsafe {
        let (erf, [half, sqrt_half]) =
            (Erf::<S>::new(), all::<S, 2>([0.5, std::f32::consts::FRAC_1_SQRT_2]));
        with_each::<S>(x, bias, |x, bias| {
            let x = S::add(x, bias);
            let half_x = S::mul(half, x);
            S::mul_add(half_x, erf.of(S::mul(x, sqrt_half)), half_x)
        });
    }
}

#[inline(always)]
unsafe fn softmax_in<S: Simd>(x: &mut [f32], scale: f32) {
    let max = largest(x);
    // SAFETY: as above.
    unsafe {
        let (exp, [max, scale]) = (Exp::<S>::new(), all::<S, 2>([max, scale]));
        each::<S>(x, |x| exp.of(S::mul(S::sub(x, max), scale)));
    }
    let inverse = 1.0 / sum(x, |x| x);
    x.iter_mut().for_each(|x| *x *= inverse);
}

#[inline(always)]
unsafe fn soft_cap_in<S: Simd>(x: &mut [f32], scale: f32, cap: f32) {
    // SAFETY: as above.
    unsafe {
        // tanh(y) = 1 - 2 / (1 + exp(2y))
        let (exp, [one, cap, twice_cap, twice]) =
            (Exp::<S>::new(), all::<S, 4>([1.0, cap, 2.0 * cap, 2.0 * scale / cap]));
        each::<S>(x, |x| S::sub(cap, S::div(twice_cap, S::add(one, exp.of(S::mul(x, twice))))));
    }
}

/// `x ← f(x)`, four elements at a time.
#[inline(always)]
unsafe fn each<S: Simd>(x: &mut [f32], f: impl Fn(S::Floats) -> S::Floats) {
    let mut chunks = x.chunks_exact_mut(4);
    // SAFETY: as above; each chunk, and the buffer, holds four floats.
    unsafe {
        for four in &mut chunks {
            S::store_floats(four.as_mut_ptr(), f(S::load_floats(four.as_ptr())));
        }
        let rest = chunks.into_remainder();
        let mut four = [0.0; 4];
        four[..rest.len()].copy_from_slice(rest);
        S::store_floats(four.as_mut_ptr(), f(S::load_floats(four.as_ptr())));
        rest.copy_from_slice(&four[..rest.len()]);
    }
}

/// `x ← f(x, y)`, four elements at a time; `y` is at least as long.
#[inline(always)]
unsafe fn with_each<S: Simd>(
    x: &mut [f32],
    y: &[f32],
    f: impl Fn(S::Floats, S::Floats) -> S::Floats,
) {
    let n_whole = x.len() / 4 * 4;
    let ((x, x_rest), (y, y_rest)) = (x.split_at_mut(n_whole), y.split_at(n_whole));
    // SAFETY: as above.
    unsafe {
        for (x, y) in x.chunks_exact_mut(4).zip(y.chunks_exact(4)) {
            let four = f(S::load_floats(x.as_ptr()), S::load_floats(y.as_ptr()));
            S::store_floats(x.as_mut_ptr(), four);
        }
        for (x, y) in x_rest.iter_mut().zip(y_rest) {
            let mut four = [0.0; 4];
            S::store_floats(four.as_mut_ptr(), f(S::splat(*x), S::splat(*y)));
            *x = four[0];
        }
    }
}

/// A sum in eight lanes, which also rounds less than one after the other.
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (lanes, rest) = in_lanes(x, 0.0, |sum, x| sum + of(x));
    lanes.iter().sum::<f32>() + rest.iter().map(|&x| of(x)).sum::<f32>()
}

fn largest(x: &[f32]) -> f32 {
    let larger = |max: f32, x: f32| if x > max { x } else { max };
    let (lanes, rest) = in_lanes(x, f32::NEG_INFINITY, larger);
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |max, &x| larger(max, x))
}

/// Folds eight lanes apart, as the compiler may not do by itself, and leaves what does not fill them.
#[inline]
fn in_lanes(x: &[f32], start: f32, with: impl Fn(f32, f32) -> f32) -> ([f32; 8], &[f32]) {
    let mut lanes = [start; 8];
    let chunks = x.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &x)| *lane = with(*lane, x));
    }
    (lanes, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(got: &[f32], want: &[f32]) {
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got} is not {want}");
        }
    }

    // Numbers of the first four tests: torch.nn.functional in float64.
    #[test]
    fn rms_norm_as_torch() {
        let (x, weight) = ([1.0, -2.0, 3.0, 4.0], [1.0, 0.5, 2.0, -1.0]);
        let want = [0.365148, -0.365148, 2.19089, -1.460593];
        let mut into = [0.0; 4];
        rms_norm(&x, &weight, 1e-6, &mut into);
        check(&into, &want);
        let mut x = x;
        rms_norm_in_place(&mut x, &weight, 1e-6);
        check(&x, &want);
    }

    #[test]
    fn layer_norm_as_torch() {
        let mut x = [1.0, -2.0, 3.0, 4.0];
        layer_norm(&mut x, &[1.0, 0.5, 2.0, -1.0], &[0.0, 1.0, 0.0, 0.5], 1e-12);
        check(&x, &[-0.218218, 0.236237, 1.309307, -0.591089]);
    }

    #[test]
    fn swiglu_as_torch() {
        for isa in Isa::all() {
            let mut gate = [0.0, 1.0, -2.0, 1.0, 1.0];
            swiglu(isa, &mut gate, &[5.0, 2.0, 3.0, 2.0, 1.0]);
            check(&gate, &[0.0, 1.462117, -0.715218, 1.462117, 0.731059]);
        }
    }

    #[test]
    fn gelus_as_torch() {
        for isa in Isa::all() {
            let mut x = [-3.0, -0.5, 0.0, 1.5, 2.0];
            gelu(isa, &mut x, &[0.0, 0.0, 0.0, -1.0, 0.0]);
            check(&x, &[-0.00405, -0.154269, 0.0, 0.345731, 1.9545]);
            let mut x = [-3.0, -0.5, 0.0, 0.5, 2.0];
            geglu(isa, &mut x, &[1.0; 5]);
            check(&x, &[-0.003637, -0.154286, 0.0, 0.345714, 1.954598]);
        }
    }

    #[test]
    fn softmax_is_a_distribution() {
        for isa in Isa::all() {
            let mut x = [0.0, 2.0f32.ln() / 0.5, -1e9];
            softmax(isa, &mut x, 0.5);
            check(&x, &[1.0 / 3.0, 2.0 / 3.0, 0.0]);
        }
    }
}
