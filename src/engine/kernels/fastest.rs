//! Which instruction set is the fastest here, where the CPU does not say.

use half::f16;

use super::{
    Activations, Isa, Kernels, Pool,
    blocks::Q8_0,
    formats::Format,
    product::{Products, Weights, multiply},
};

const N_ROWS: usize = 32;
const N_COLUMNS: usize = 576;
const N_TOKENS: usize = 8;
/// Long enough for a clock of 0.1 ms.
const MILLIS_PER_SET: f64 = 2.0;
/// The best round counts: the browser's better compiler comes in late, and other processes only
/// ever slow one down.
const N_ROUNDS: usize = 5;
const MAX_ROUNDS: i32 = 10_000;

/// The set of `sets` that does the most products in a few milliseconds of `now`.
pub fn fastest(sets: &[Isa], now: impl Fn() -> f64) -> Isa {
    if let [only] = sets {
        return *only;
    }
    let mut best = (f64::MIN, Isa::best());
    for _ in 0..N_ROUNDS {
        for &isa in sets {
            let rate = rate(isa, &now);
            if rate > best.0 {
                best = (rate, isa);
            }
        }
    }
    best.1
}

/// Products per millisecond.
fn rate(isa: Isa, now: impl Fn() -> f64) -> f64 {
    let pair_bytes = Q8_0::LAYOUT.pair_bytes(N_COLUMNS);
    let bytes = vec![f16::ONE.to_le_bytes()[1]; N_ROWS / 8 * pair_bytes];
    let weights =
        Weights { bytes: bytes.as_ptr(), pair_bytes, n_rows: N_ROWS, n_columns: N_COLUMNS };
    let x: Vec<f32> = (0..N_TOKENS * N_COLUMNS).map(|i| (i % 17) as f32 - 8.0).collect();
    let x = Activations::new(&x, N_COLUMNS);
    let kernels = Kernels::new(isa, Pool::default());
    let x = x.seven_bits(&kernels);
    let mut products = vec![0.0; N_TOKENS * N_ROWS];
    let products = Products { values: products.as_mut_ptr(), stride: N_ROWS, n_rows: N_ROWS };
    let mut scratch = Vec::new();
    let started = now();
    let mut n_rounds = 0;
    loop {
        for _ in 0..16 {
            // SAFETY: any bytes are weights of this format, and both sides have room for the shape.
            unsafe {
                multiply::<Q8_0>(isa, weights, 0..N_ROWS / 4, x, products, &mut scratch);
            }
        }
        n_rounds += 16;
        let millis = now() - started;
        // A clock that stands still ends it, too.
        if millis >= MILLIS_PER_SET || n_rounds >= MAX_ROUNDS {
            return f64::from(n_rounds) / millis.max(f64::MIN_POSITIVE);
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
}
