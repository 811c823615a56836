//! What it is worth to read on before the edge takes over.
//!
//! An early look knows little: what it says of an answer may still change. A turn that moves over
//! at once gains `g = p − α·(T_edge − T_device) − θ`, with the times that are left. Read on until a
//! later look, it gains that or nothing, whichever is better, but has let `α·Δ` go by. With a change
//! of the probability until then that is normal with mean 0 (a probability is its own best forecast)
//! and standard deviation `σ`, waiting is worth
//!
//! ```text
//! E[max(0, g − α·Δ + σ·Z)] = μ·Φ(μ/σ) + σ·φ(μ/σ),   μ = g − α·Δ
//! ```
//!
//! the expected improvement of Močkus (1975). What is known grows with the text, so `σ` is taken to be
//! `drift · √s`, for a share `s` of the answer until the later look. The edge takes over iff `g` is
//! above 0 and waiting, until the next look or until the last, is worth no more.

use std::f64::consts::{PI, SQRT_2};

use libm::erfc;

/// A later look, seen from an earlier one.
#[derive(Debug, Clone, Copy)]
pub struct Later {
    /// The share of the whole answer that is written in between.
    pub share: f64,
    /// How long that takes, in seconds.
    pub seconds: f64,
}

/// What waiting for the best of `later` is worth to a turn that gains `gain` now; 0 without any.
/// In units of win rate.
pub fn waiting(gain: f64, alpha_per_s: f64, drift: f64, later: &[Later]) -> f64 {
    let worth = |later: &Later| {
        let sigma = drift * later.share.max(0.0).sqrt();
        expected_improvement(gain - alpha_per_s * later.seconds, sigma)
    };
    later.iter().map(worth).fold(0.0, f64::max)
}

/// What asking is worth to a turn that gains `gain` now: an answer that moves the probability by `sigma`, a
/// standard deviation, and costs so many seconds and `price` beside them. In units of win rate; below 0
/// where it is worth nothing.
pub fn asking(gain: f64, sigma: f64, alpha_per_s: f64, seconds: f64, price: f64) -> f64 {
    expected_improvement(gain, sigma) - gain.max(0.0) - alpha_per_s * seconds - price
}

/// `E[max(0, mean + sigma·Z)]` for a standard normal `Z`.
fn expected_improvement(mean: f64, sigma: f64) -> f64 {
    if sigma <= 0.0 {
        return mean.max(0.0);
    }
    let z = mean / sigma;
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    (mean * 0.5 * erfc(-z / SQRT_2) + sigma * density).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_improvement_is_the_integral() {
        for (mean, sigma) in [(0.0, 0.2), (0.1, 0.2), (-0.3, 0.2), (0.5, 0.1), (-0.5, 0.05)] {
            let steps = 200_000;
            let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
            let at = |i: i32| -8.0 + 16.0 * f64::from(i) / f64::from(steps);
            let sum: f64 =
                (0..steps).map(|i| (mean + sigma * at(i)).max(0.0) * density(at(i))).sum();
            let integral = sum * 16.0 / f64::from(steps);
            let got = expected_improvement(mean, sigma);
            assert!((got - integral).abs() < 1e-5, "{mean} {sigma}: {got} {integral}");
        }
    }

    #[test]
    fn only_what_is_in_doubt_is_asked_about() {
        let asks =
            |gain: f64, seconds: f64, price: f64| asking(gain, 0.15, 0.005, seconds, price) > 0.0;
        assert!(asks(0.0, 1.0, 0.02) && asks(0.05, 1.0, 0.02) && asks(-0.05, 1.0, 0.02));
        assert!(
            !asks(0.4, 1.0, 0.02) && !asks(-0.4, 1.0, 0.02),
            "hardly anything could change this"
        );
        assert!(!asks(0.0, 20.0, 0.02), "it takes too long");
        assert!(!asks(0.0, 1.0, 0.1), "it costs too much");
        assert!((asking(0.0, 0.15, 0.0, 0.0, 0.0) - 0.15 / (2.0 * PI).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn who_may_still_learn_waits_and_who_is_in_a_hurry_does_not() {
        let end = [Later { share: 0.8, seconds: 4.0 }];
        let goes_now = |gain: f64, alpha: f64, drift: f64| {
            gain > 0.0 && gain >= waiting(gain, alpha, drift, &end)
        };
        assert!(goes_now(0.05, 0.005, 0.0), "nothing will change");
        assert!(!goes_now(0.05, 0.005, 0.25), "much may change, and seconds are cheap");
        assert!(goes_now(0.05, 0.1, 0.25), "seconds are dear");
        assert!(goes_now(0.6, 0.005, 0.25), "hardly anything could change this");
        assert!(!goes_now(-0.1, 0.1, 0.25) && !goes_now(0.0, 0.1, 0.0), "nothing to gain");
        assert_eq!(waiting(0.3, 0.1, 0.25, &[]), 0.0, "no later look");
    }
}
