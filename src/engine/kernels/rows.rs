//! Passes over rows of activations: norms, gates and probabilities, each in one go.
//!
//! Plain loops that the compiler turns into vectors; with the few functions they need in a form
//! that has no call and no branch.

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
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// `gate ← gelu(gate) · up` with the tanh form of GELU, as Gemma has it (arXiv 1606.08415).
pub fn geglu(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        let x = *gate;
        let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
        // x / 2 · (1 + tanh(inner))
        *gate = x / (1.0 + exp(-2.0 * inner)) * up;
    }
}

/// GELU with the error function, as BERT has it, in place.
pub fn gelu(x: &mut [f32]) {
    for x in x {
        *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// `softmax(scale · x)`, in place.
pub fn softmax(x: &mut [f32], scale: f32) {
    let max = x.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max });
    for x in x.iter_mut() {
        *x = exp((*x - max) * scale);
    }
    let inverse = 1.0 / sum(x, |x| x);
    x.iter_mut().for_each(|x| *x *= inverse);
}

/// A sum in eight lanes, which also rounds less than one after the other.
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; 8];
    let chunks = x.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|&x| of(x)).sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &x)| *lane += of(x));
    }
    lanes.iter().sum::<f32>() + rest
}

/// `e^x` within 2e-7 of its value, as in Cephes' `expf`; 0 far below and a large number far above.
#[inline]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, so that what is left keeps its digits.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    y * f32::from_bits(((exponent + 127) << 23) as u32)
}

/// The error function within 2e-7, formula 7.1.26 of Abramowitz and Stegun.
#[inline]
fn erf(x: f32) -> f32 {
    let magnitude = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * magnitude);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    let y = 1.0 - p * t * exp(-magnitude * magnitude);
    y.copysign(x)
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
    fn exp_is_close_everywhere() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let want = f64::from(x).exp();
            assert!((f64::from(exp(x)) / want - 1.0).abs() < 3e-7, "e^{x}");
        }
    }
}
