//! The exponential and the error function, four at a time.
//!
//! Coefficients come from behind [`black_box`]: a browser's compiler would make each known one
//! anew, in three instructions, wherever it is used.

use std::{f32::consts::LOG2_E, hint::black_box};

use super::simd::Simd;

/// Each value in all four lanes.
#[inline(always)]
pub unsafe fn all<S: Simd, const N: usize>(values: [f32; N]) -> [S::Floats; N] {
    // SAFETY: the caller's; see the trait.
    black_box(values).map(|value| unsafe { S::splat(value) })
}

/// By Horner's rule, the highest power's coefficient first.
#[inline(always)]
unsafe fn polynomial<S: Simd>(coefficients: &[S::Floats], x: S::Floats) -> S::Floats {
    let step = |y, &coefficient: &S::Floats| {
        // SAFETY: as above.
        unsafe { S::mul_add(y, x, coefficient) }
    };
    coefficients[1..].iter().fold(coefficients[0], step)
}

/// The exponential function, as in Cephes' `expf`.
#[derive(Clone, Copy)]
pub struct Exp<S: Simd> {
    limits: [S::Floats; 2],
    round: S::Floats,
    log2_e: S::Floats,
    /// ln 2 in two parts, so that what is left of the argument keeps its digits.
    ln_2: [S::Floats; 2],
    polynomial: [S::Floats; 7],
}

impl<S: Simd> Exp<S> {
    #[inline(always)]
    pub unsafe fn new() -> Exp<S> {
        // SAFETY: as above.
        unsafe {
            let [lowest, highest, log2_e, ln_2, minus_rest] =
                all::<S, 5>([-87.0, 88.0, LOG2_E, 0.693_359_4, 2.121_944_4e-4]);
            Exp {
                limits: [lowest, highest],
                round: S::round(),
                log2_e,
                ln_2: [ln_2, minus_rest],
                // Up to x², and x and 1 after that.
                polynomial: all::<S, 7>([
                    1.987_569_1e-4,
                    1.398_2e-3,
                    8.333_452e-3,
                    4.166_579_6e-2,
                    1.666_666_6e-1,
                    0.5,
                    1.0,
                ]),
            }
        }
    }

    /// `e^x` within 3e-7 of its value; nearly 0 far below and a large number far above.
    #[inline(always)]
    pub unsafe fn of(&self, x: S::Floats) -> S::Floats {
        // SAFETY: as above.
        unsafe {
            let x = S::max(S::min(x, self.limits[1]), self.limits[0]);
            let shifted = S::mul_add(x, self.log2_e, self.round);
            let n = S::sub(shifted, self.round);
            let r = S::mul_add(n, self.ln_2[1], S::mul_sub_from(n, self.ln_2[0], x));
            let (rest, one) = (&self.polynomial[..6], self.polynomial[6]);
            let y = S::add(S::mul_add(polynomial::<S>(rest, r), S::mul(r, r), r), one);
            S::times_power_of_two(y, shifted)
        }
    }
}

/// The error function as `x · p(x²) / q(x²)`, with the coefficients of Eigen's `erf` for floats.
#[derive(Clone, Copy)]
pub struct Erf<S: Simd> {
    /// Beyond them the function is -1 and 1.
    limits: [S::Floats; 2],
    p: [S::Floats; 7],
    q: [S::Floats; 5],
}

impl<S: Simd> Erf<S> {
    #[inline(always)]
    pub unsafe fn new() -> Erf<S> {
        // SAFETY: as above.
        unsafe {
            Erf {
                limits: all::<S, 2>([-4.0, 4.0]),
                p: all::<S, 7>([
                    -2.726_142_3e-10,
                    2.770_681_4e-8,
                    -2.101_024e-6,
                    -5.692_506_5e-5,
                    -7.349_906_3e-4,
                    -2.954_6e-3,
                    -1.609_603_3e-2,
                ]),
                q: all::<S, 5>([
                    -1.456_607_2e-5,
                    -2.133_740_6e-4,
                    -1.682_827e-3,
                    -7.373_329_2e-3,
                    -1.426_473_9e-2,
                ]),
            }
        }
    }

    /// Within 4e-7.
    #[inline(always)]
    pub unsafe fn of(&self, x: S::Floats) -> S::Floats {
        // SAFETY: as above.
        unsafe {
            let x = S::max(S::min(x, self.limits[1]), self.limits[0]);
            let square = S::mul(x, x);
            let (p, q) = (polynomial::<S>(&self.p, square), polynomial::<S>(&self.q, square));
            S::div(S::mul(x, p), q)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::Scalar;
    use super::*;

    #[test]
    fn exp_is_close_everywhere() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            // SAFETY: plain Rust.
            let got = unsafe { Exp::<Scalar>::new().of([x; 4]) };
            assert!((f64::from(got[0]) / f64::from(x).exp() - 1.0).abs() < 3e-7, "e^{x}");
        }
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
            // SAFETY: plain Rust.
            let got = unsafe { Erf::<Scalar>::new().of([x; 4]) };
            assert!((f64::from(got[0]) - want).abs() < 4e-7, "erf {x}: {} {want}", got[0]);
        }
    }
}
