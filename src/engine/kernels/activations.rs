//! Activations in 8-bit integers, as the quantised weights meet them.

use std::cell::OnceCell;

use super::{Kernels, SharedPointer, formats::GROUP};

/// Rows of activations, (n_tokens, n_columns), for any number of products.
pub struct Activations<'x> {
    pub values: &'x [f32],
    pub n_columns: usize,
    seven_bits: OnceCell<Quantised>,
    eight_bits: OnceCell<Quantised>,
}

impl<'x> Activations<'x> {
    pub fn new(values: &'x [f32], n_columns: usize) -> Activations<'x> {
        Activations { values, n_columns, seven_bits: OnceCell::new(), eight_bits: OnceCell::new() }
    }

    pub fn n_tokens(&self) -> usize {
        self.values.len() / self.n_columns
    }

    /// For signed weights: values of 7 bits, 64 added.
    pub fn seven_bits(&self, kernels: &Kernels) -> &Quantised {
        self.seven_bits.get_or_init(|| Quantised::new(self, 63.0, 64, kernels))
    }

    /// For weights below 128: signed values of 8 bits.
    pub fn eight_bits(&self, kernels: &Kernels) -> &Quantised {
        self.eight_bits.get_or_init(|| Quantised::new(self, 127.0, 0, kernels))
    }
}

/// Integers with a scale for each group of columns.
pub struct Quantised {
    /// (n_tokens, n_columns)
    pub values: Vec<u8>,
    /// (n_tokens, n_groups)
    pub terms: Vec<Terms>,
}

/// What a group's products are multiplied with.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Terms {
    pub scale: f32,
    /// The sum of the activations: of the group, and of each half of it.
    pub sum: f32,
    pub half_sums: [f32; 2],
    /// The sum of their integers, with its sign turned: of the group, and of each half of it.
    pub minus_integers: i32,
    pub minus_half_integers: [i32; 2],
}

impl Quantised {
    fn new(x: &Activations, largest: f32, offset: i32, kernels: &Kernels) -> Quantised {
        let (x, n_columns) = (x.values, x.n_columns);
        let n_groups = n_columns / GROUP;
        let mut values = vec![0; x.len()];
        let mut terms = vec![Terms::default(); x.len() / GROUP];
        let values_start = SharedPointer(values.as_mut_ptr());
        kernels.for_rows(&mut terms, n_groups, |token, terms| {
            let x = x[token * n_columns..].chunks_exact(GROUP);
            // SAFETY: the token's own row of `values`.
            let values = unsafe {
                let row = values_start.at(token * n_groups * GROUP);
                std::slice::from_raw_parts_mut(row, n_groups * GROUP)
            };
            for ((x, values), terms) in x.zip(values.chunks_exact_mut(GROUP)).zip(terms) {
                *terms = quantise(x, values, largest, offset);
            }
        });
        Quantised { values, terms }
    }
}

fn quantise(x: &[f32], values: &mut [u8], largest: f32, offset: i32) -> Terms {
    // Fixed sizes, so that the compiler makes vectors of the loops.
    let x: &[f32; GROUP] = x.try_into().expect("a group is whole");
    let values: &mut [u8; GROUP] = values.try_into().expect("a group is whole");
    let max = x.iter().fold(0.0f32, |max, x| if x.abs() > max { x.abs() } else { max });
    let scale = max / largest;
    let inverse = if max > 0.0 { largest / max } else { 0.0 };
    // Adding 1.5 · 2^23 leaves the rounded integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let mut integers = [0i32; GROUP];
    for (integer, x) in integers.iter_mut().zip(x) {
        *integer = (x * inverse + ROUND).to_bits() as i32 - ROUND.to_bits() as i32;
    }
    for (value, integer) in values.iter_mut().zip(&integers) {
        *value = (integer + offset) as u8;
    }
    let (first, second) = integers.split_at(GROUP / 2);
    let minus = [-first.iter().sum::<i32>(), -second.iter().sum::<i32>()];
    let half_sums = minus.map(|minus| -scale * minus as f32);
    Terms {
        scale,
        sum: half_sums[0] + half_sums[1],
        half_sums,
        minus_integers: minus[0] + minus[1],
        minus_half_integers: minus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_within_half_a_step() {
        let x: Vec<f32> = (0..64).map(|i| ((i * 37 % 64) as f32 - 31.5) * 0.1).collect();
        let (activations, kernels) = (Activations::new(&x, 64), Kernels::default());
        for (quantised, offset) in
            [(activations.seven_bits(&kernels), 64), (activations.eight_bits(&kernels), 0)]
        {
            for (i, x) in x.iter().enumerate() {
                let terms = quantised.terms[i / GROUP];
                let integer = i32::from(quantised.values[i] as i8) - offset;
                assert!((integer as f32 * terms.scale - x).abs() <= 0.5001 * terms.scale);
            }
        }
        let sum: f32 = x[..32].iter().sum();
        let terms = activations.eight_bits(&kernels).terms[0];
        assert!((terms.sum - sum).abs() < 16.0 * terms.scale);
        assert_eq!(terms.sum, terms.half_sums[0] + terms.half_sums[1]);
    }

    #[test]
    fn zeros_stay_zeros() {
        let zeros = [0.0; 32];
        let activations = Activations::new(&zeros, 32);
        let quantised = activations.seven_bits(&Kernels::default());
        assert!(quantised.values.iter().all(|&value| value == 64));
        assert_eq!(quantised.terms[0].scale, 0.0);
    }
}
