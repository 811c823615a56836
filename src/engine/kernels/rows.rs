//! Passes over rows of activations: norms, gates and probabilities, each in one go.
//!
//! Plain loops that the compiler turns into vectors; with the few functions they need in a form
//! that has no call and no branch. Their coefficients come from behind [`black_box`]: a browser's
//! compiler would make each known one anew, in three instructions, wherever it is used.

use std::hint::black_box;

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
pub fn swiglu(gate: &mut [f32], up: &[f32]) {
    let e = Exp::new();
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + e.power(-*gate)) * up;
    }
}

/// `gate ← gelu(gate) · up` with the tanh form of GELU, as Gemma has it (arXiv 1606.08415).
pub fn geglu(gate: &mut [f32], up: &[f32]) {
    let e = Exp::new();
    for (gate, up) in gate.iter_mut().zip(up) {
        let x = *gate;
        let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
        // x / 2 · (1 + tanh(inner))
        *gate = x / (1.0 + e.power(-2.0 * inner)) * up;
    }
}

/// GELU with the error function, as BERT has it, in place.
pub fn gelu(x: &mut [f32]) {
    let erf = Erf::new();
    for x in x {
        *x = 0.5 * *x * (1.0 + erf.of(*x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// `softmax(scale · x)`, in place.
pub fn softmax(x: &mut [f32], scale: f32) {
    let e = Exp::new();
    let max = largest(x);
    for x in x.iter_mut() {
        *x = e.power((*x - max) * scale);
    }
    let inverse = 1.0 / sum(x, |x| x);
    x.iter_mut().for_each(|x| *x *= inverse);
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

/// By Horner's rule, the highest power's coefficient first.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    coefficients[1..].iter().fold(coefficients[0], |y, coefficient| y * x + coefficient)
}

/// The exponential function, as in Cephes' `expf`.
#[derive(Clone, Copy)]
struct Exp {
    limits: [f32; 2],
    round: f32,
    log2_e: f32,
    /// ln 2 in two parts, so that what is left of the argument keeps its digits.
    ln_2: [f32; 2],
    polynomial: [f32; 6],
}

impl Exp {
    #[inline(always)]
    fn new() -> Exp {
        black_box(Exp {
            limits: [-87.0, 88.0],
            round: 12_582_912.0, // 1.5 · 2^23
            log2_e: std::f32::consts::LOG2_E,
            ln_2: [0.693_359_4, 2.121_944_4e-4],
            polynomial: [
                1.987_569_1e-4,
                1.398_2e-3,
                8.333_452e-3,
                4.166_579_6e-2,
                1.666_666_6e-1,
                0.5,
            ],
        })
    }

    /// `e^x` within 2e-7 of its value; 0 far below and a large number far above.
    #[inline(always)]
    fn power(&self, x: f32) -> f32 {
        let [lowest, highest] = self.limits;
        let x = if x > highest { highest } else { x };
        let x = if x < lowest { lowest } else { x };
        let shifted = x * self.log2_e + self.round;
        let n = shifted - self.round;
        let r = x - n * self.ln_2[0] + n * self.ln_2[1];
        let y = polynomial(self.polynomial, r) * r * r + r + 1.0;
        let exponent = (shifted.to_bits() as i32).wrapping_sub(self.round.to_bits() as i32);
        y * f32::from_bits(((exponent + 127) << 23) as u32)
    }
}

/// The error function as `x · p(x²) / q(x²)`, with the coefficients of Eigen's `erf` for floats.
#[derive(Clone, Copy)]
struct Erf {
    /// Beyond it the function is 1.
    limit: f32,
    p: [f32; 7],
    q: [f32; 5],
}

impl Erf {
    #[inline(always)]
    fn new() -> Erf {
        black_box(Erf {
            limit: 4.0,
            p: [
                -2.726_142_3e-10,
                2.770_681_4e-8,
                -2.101_024e-6,
                -5.692_506_5e-5,
                -7.349_906_3e-4,
                -2.954_6e-3,
                -1.609_603_3e-2,
            ],
            q: [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2],
        })
    }

    /// Within 4e-7.
    #[inline(always)]
    fn of(&self, x: f32) -> f32 {
        let x = if x > self.limit { self.limit } else { x };
        let x = if x < -self.limit { -self.limit } else { x };
        let square = x * x;
        x * polynomial(self.p, square) / polynomial(self.q, square)
    }
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
        let mut gate = [0.0, 1.0, -2.0];
        swiglu(&mut gate, &[5.0, 2.0, 3.0]);
        check(&gate, &[0.0, 1.462117, -0.715218]);
    }

    #[test]
    fn gelus_as_torch() {
        let mut x = [-3.0, -0.5, 0.0, 0.5, 2.0];
        gelu(&mut x);
        check(&x, &[-0.00405, -0.154269, 0.0, 0.345731, 1.9545]);
        let mut x = [-3.0, -0.5, 0.0, 0.5, 2.0];
        geglu(&mut x, &[1.0; 5]);
        check(&x, &[-0.003637, -0.154286, 0.0, 0.345714, 1.954598]);
    }

    #[test]
    fn softmax_is_a_distribution() {
        let mut x = [0.0, 2.0f32.ln() / 0.5, -1e9];
        softmax(&mut x, 0.5);
        check(&x, &[1.0 / 3.0, 2.0 / 3.0, 0.0]);
    }

    #[test]
    fn erf_is_close_everywhere() {
        // By its Taylor series, in double precision.
        let exact = |x: f64| {
            let term = |(power, sum): (f64, f64), n: usize| {
                (power * -x * x / (n + 1) as f64, sum + power / (2 * n + 1) as f64)
            };
            (0..200).fold((x, 0.0), term).1 * std::f64::consts::FRAC_2_SQRT_PI
        };
        for i in -600..600 {
            let x = i as f32 / 100.0;
            let want = if x.abs() > 4.5 { f64::from(x.signum()) } else { exact(f64::from(x)) };
            let got = f64::from(Erf::new().of(x));
            assert!((got - want).abs() < 4e-7, "erf {x}: {got} {want}");
        }
    }

    #[test]
    fn exp_is_close_everywhere() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let want = f64::from(x).exp();
            assert!((f64::from(Exp::new().power(x)) / want - 1.0).abs() < 3e-7, "e^{x}");
        }
    }
}
