//! Which instruction set is the fastest here, where the CPU does not say.

use super::simd::{Isa, Simd, for_any_isa};

/// Vectors whose dot products are timed: few enough for the nearest cache.
const N_VECTORS: usize = 256;
/// Sums that go on side by side, so that none waits for the one before.
const N_SUMS: usize = 8;
/// Calls per look at the clock.
const N_CALLS: usize = 64;
/// Long enough for a clock of 0.1 ms.
const MILLIS_PER_TURN: f64 = 1.0;
/// A browser runs a function as it comes and, once it was called often, as its better compiler has
/// made it. That compiler has had its say when nothing gets faster any more.
const STEADY_TURNS: usize = 8;
const MAX_TURNS: usize = 60;
const FASTER: f64 = 1.15;
/// For a clock that stands still.
const MAX_ROUNDS: usize = 100;

/// The set of `sets` that does the most dot products in a few milliseconds of `now`.
pub fn fastest(sets: &[Isa], now: impl Fn() -> f64) -> Isa {
    if let [only] = sets {
        return *only;
    }
    let mut best = vec![0.0; sets.len()];
    let mut n_steady = 0;
    for _ in 0..MAX_TURNS {
        n_steady += 1;
        for (&isa, best) in sets.iter().zip(&mut best) {
            let rate = rate(isa, &now);
            if rate > *best * FASTER {
                n_steady = 0;
            }
            *best = rate.max(*best);
        }
        if n_steady == STEADY_TURNS {
            break;
        }
    }
    let rates = sets.iter().zip(best);
    rates.max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(Isa::best(), |(&isa, _)| isa)
}

/// Rounds of calls per millisecond.
fn rate(isa: Isa, now: impl Fn() -> f64) -> f64 {
    let vectors = [1u8; 16 * N_VECTORS];
    let mut sums = [0u8; 16 * N_SUMS];
    let started = now();
    for n_rounds in 1.. {
        for _ in 0..N_CALLS {
            // SAFETY: an `Isa` is one that runs here; the arrays have the sizes that are read.
            unsafe { dots(isa, &vectors, &mut sums) };
        }
        std::hint::black_box(&sums);
        let millis = now() - started;
        if millis >= MILLIS_PER_TURN || n_rounds == MAX_ROUNDS {
            return n_rounds as f64 / millis.max(f64::MIN_POSITIVE);
        }
    }
    unreachable!("the rounds end at their maximum")
}

for_any_isa! {
    /// The dot products of all vectors, as 8-bit weights need them: those that fill 16 bits are
    /// widened one by one.
    #[inline(never)]
    unsafe fn dots(vectors: &[u8; 16 * N_VECTORS], into: &mut [u8; 16 * N_SUMS]) = dots_in
}

#[inline(always)]
unsafe fn dots_in<S: Simd>(vectors: &[u8; 16 * N_VECTORS], into: &mut [u8; 16 * N_SUMS]) {
    // SAFETY: every access lies within its array.
    unsafe {
        let (ones, four) = (S::ones(), S::load_word(vectors.as_ptr()));
        let mut totals = [S::no_ints(); N_SUMS];
        let mut sums = [S::no_sum(); N_SUMS];
        for eight in vectors.chunks_exact(16 * N_SUMS) {
            for i in 0..N_SUMS {
                sums[i] = S::add_dot(sums[i], S::load(eight.as_ptr().add(16 * i)), four);
                if !S::WIDE_SUM {
                    totals[i] = S::add_sum(totals[i], sums[i], ones);
                    sums[i] = S::no_sum();
                }
            }
        }
        for i in 0..N_SUMS {
            let total = S::add_sum(totals[i], sums[i], ones);
            S::store_ints(into.as_mut_ptr().add(16 * i), total);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_fastest_set_is_not_plain_rust() {
        let started = Instant::now();
        let now = || started.elapsed().as_secs_f64() * 1e3;
        if Isa::best() != Isa::Scalar {
            assert_eq!(fastest(&[Isa::Scalar, Isa::best()], now), Isa::best());
        }
        assert_eq!(fastest(&[Isa::Scalar], now), Isa::Scalar);
    }

    #[test]
    fn a_clock_that_stands_still_is_no_reason_to_hang() {
        assert!(Isa::all().contains(&fastest(&Isa::all(), || 0.0)));
    }
}
