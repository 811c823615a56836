//! Weight matrices: linear maps, and embedding tables whose rows are looked up.

use std::{marker::PhantomData, ops::Range, sync::Arc};

use candle_core::quantized::GgmlDType;

use super::kernels::{
    Activations, Kernels, Operand,
    blocks::*,
    fine::{Fine, multiply_finely},
    floats::{self, BF16, F16, F32},
    formats::{
        Format, GROUP, Packed, QUAD, UNPACKED_PAIR, VECTORS, pack_quad, unpack, unpacked_at,
    },
    product::{self, Products, Rows, Weights},
    rows::add,
    simd::Scalar,
};
use crate::{Error, Result};

/// A weight matrix, (n_rows, n_columns), packed for the kernels. Clones share the weights.
#[derive(Clone)]
pub struct Matrix {
    dtype: GgmlDType,
    n_rows: usize,
    n_columns: usize,
    quads: Arc<Vec<u8>>,
}

/// Calls `$quantised` with the format, or `$floats` with the float type, that `$dtype` names.
macro_rules! for_dtype {
    ($dtype:expr, $F:ident => $quantised:expr, $G:ident => $floats:expr) => {
        match $dtype {
            GgmlDType::F32 => {
                type $G = F32;
                $floats
            }
            GgmlDType::F16 => {
                type $G = F16;
                $floats
            }
            GgmlDType::BF16 => {
                type $G = BF16;
                $floats
            }
            GgmlDType::Q4_0 => {
                type $F = Q4_0;
                $quantised
            }
            GgmlDType::Q4_1 => {
                type $F = Q4_1;
                $quantised
            }
            GgmlDType::Q5_0 => {
                type $F = Q5_0;
                $quantised
            }
            GgmlDType::Q5_1 => {
                type $F = Q5_1;
                $quantised
            }
            GgmlDType::Q8_0 => {
                type $F = Q8_0;
                $quantised
            }
            GgmlDType::Q2K => {
                type $F = Q2K;
                $quantised
            }
            GgmlDType::Q3K => {
                type $F = Q3K;
                $quantised
            }
            GgmlDType::Q4K => {
                type $F = Q4K;
                $quantised
            }
            GgmlDType::Q5K => {
                type $F = Q5K;
                $quantised
            }
            GgmlDType::Q6K => {
                type $F = Q6K;
                $quantised
            }
            other => unreachable!("the header admits no tensor of type {other:?}"),
        }
    };
}

impl Matrix {
    /// Packs a matrix whose rows come in the file's blocks. `read_rows(first, into)` fills `into`
    /// with as many rows from `first` on as it has room for.
    pub fn pack(
        dtype: GgmlDType,
        n_rows: usize,
        n_columns: usize,
        mut read_rows: impl FnMut(usize, &mut [u8]) -> Result<()>,
    ) -> Result<Matrix> {
        /// Bytes to read at once: few calls, and little beside the weights.
        const READ_BYTES: usize = 1 << 20;
        let row_bytes = n_columns / dtype.block_size() * dtype.type_size();
        let pair_bytes = pair_bytes(dtype, n_columns);
        let mut quads = room(n_rows.div_ceil(2 * QUAD) * pair_bytes)?;
        let rows_at_once = (READ_BYTES / row_bytes).clamp(2 * QUAD, n_rows.max(2 * QUAD));
        let rows_at_once = rows_at_once.next_multiple_of(2 * QUAD);
        let mut rows = vec![0; rows_at_once * row_bytes];
        let mut packed = quads.chunks_exact_mut(pair_bytes);
        for first in (0..n_rows).step_by(rows_at_once) {
            let n_read = rows_at_once.min(n_rows - first);
            read_rows(first, &mut rows[..n_read * row_bytes])?;
            // A last pair that is not whole is filled up with zeros.
            rows[n_read * row_bytes..].fill(0);
            let pairs = rows.chunks_exact(2 * QUAD * row_bytes).take(n_read.div_ceil(2 * QUAD));
            for (pair, into) in pairs.zip(&mut packed) {
                let row = |r: usize| &pair[r * row_bytes..][..row_bytes];
                for which in 0..2 {
                    let rows = std::array::from_fn(|r| row(which * QUAD + r));
                    for_dtype!(dtype,
                        F => pack_quad::<F>(rows, n_columns, into, which),
                        G => {
                            let half = pair_bytes / 2;
                            let quad = &mut into[which * half..][..half];
                            floats::pack_quad(rows, <G as floats::FloatFormat>::BYTES, quad)
                        }
                    );
                }
            }
        }
        Ok(Matrix { dtype, n_rows, n_columns, quads: Arc::new(quads) })
    }

    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// What its products read.
    pub fn operand(&self) -> Operand {
        for_dtype!(self.dtype,
            F => match F::LAYOUT.signed {
                true => Operand::SevenBits,
                false => Operand::EightBits,
            },
            G => <G as floats::FloatFormat>::OPERAND
        )
    }

    /// (n_tokens, n_columns) → (n_tokens, n_rows)
    pub fn multiply(&self, x: &Activations, products: &mut [f32], kernels: &Kernels) {
        assert_eq!(x.n_columns, self.n_columns, "activations are as wide as the matrix");
        assert_eq!(products.len(), x.n_tokens() * self.n_rows, "there is room for the products");
        let (weights, products) = (self.weights(), self.products(products));
        let isa = kernels.isa();
        let quads = |pairs| self.quads_of(pairs);
        let n_pairs = self.n_rows.div_ceil(2 * QUAD);
        let in_parts = |work: &(dyn Fn(Range<usize>, &mut Vec<u8>) + Sync)| match x.n_tokens() {
            1 => kernels.for_token(n_pairs, self.quads.len(), work),
            _ => kernels.in_parts(n_pairs, work),
        };
        for_dtype!(self.dtype,
            F => {
                let x = match F::LAYOUT.signed {
                    true => x.seven_bits(kernels),
                    false => x.eight_bits(kernels),
                };
                // SAFETY: `pack` made the pairs in this format, the sizes were checked above, and
                // each part has pairs of its own.
                in_parts(&|pairs, scratch| unsafe {
                    product::multiply::<F>(isa, weights, quads(pairs), x, products, scratch)
                })
            },
            G => {
                let n_rows = x.n_tokens();
                let x = Rows { values: x.values.as_ptr(), stride: x.n_columns, n_rows };
                // SAFETY: as above.
                in_parts(&|pairs, _| unsafe {
                    product::multiply_floats::<G>(isa, weights, quads(pairs), x, products)
                })
            }
        );
    }

    /// As [`Matrix::multiply`], where rounding the activations counts most: they have 11 bits beside
    /// weights of 8. (n_tokens, n_columns) → (n_tokens, n_rows)
    pub fn multiply_finely(&self, x: &[f32], products: &mut [f32], kernels: &Kernels) {
        if self.operand() != Operand::SevenBits {
            return self.multiply(&Activations::new(x, self.n_columns), products, kernels);
        }
        let n_tokens = x.len() / self.n_columns;
        assert_eq!(x.len(), n_tokens * self.n_columns, "activations are as wide as the matrix");
        assert_eq!(products.len(), n_tokens * self.n_rows, "there is room for the products");
        let x = Fine::new(x, self.n_columns);
        let (weights, products) = (self.weights(), self.products(products));
        let n_pairs = self.n_rows.div_ceil(2 * QUAD);
        let in_parts = |work: &(dyn Fn(Range<usize>, &mut Vec<u8>) + Sync)| match n_tokens {
            1 => kernels.for_token(n_pairs, self.quads.len(), work),
            _ => kernels.in_parts(n_pairs, work),
        };
        for_dtype!(self.dtype,
            F => in_parts(&|pairs, _| {
                // SAFETY: as in `multiply`; the operand says that the format is signed.
                unsafe {
                    multiply_finely::<F>(kernels.isa(), weights, self.quads_of(pairs), &x, products)
                }
            }),
            G => unreachable!("{}-byte floats are not multiplied by integers", <G as floats::FloatFormat>::BYTES)
        );
    }

    fn weights(&self) -> Weights {
        Weights {
            bytes: self.quads.as_ptr(),
            pair_bytes: pair_bytes(self.dtype, self.n_columns),
            n_rows: self.n_rows,
            n_columns: self.n_columns,
        }
    }

    /// All rows of each token.
    fn products(&self, values: &mut [f32]) -> Products {
        Products { values: values.as_mut_ptr(), stride: self.n_rows, n_rows: self.n_rows }
    }

    fn quads_of(&self, pairs: Range<usize>) -> Range<usize> {
        2 * pairs.start..(2 * pairs.end).min(self.n_rows.div_ceil(QUAD))
    }

    /// Row `row`, below `n_rows`, in f32: (n_columns)
    pub fn read_row(&self, row: usize, into: &mut [f32]) {
        assert!(row < self.n_rows && into.len() == self.n_columns, "a row of this matrix");
        let pair_bytes = pair_bytes(self.dtype, self.n_columns);
        let pair = &self.quads[row / (2 * QUAD) * pair_bytes..][..pair_bytes];
        for_dtype!(self.dtype,
            F => read_quantised_row::<F>(pair, row % (2 * QUAD), into),
            G => read_float_row::<G>(pair, row % (2 * QUAD), into)
        );
    }
}

/// Bytes of two quads.
fn pair_bytes(dtype: GgmlDType, n_columns: usize) -> usize {
    for_dtype!(dtype,
        F => F::LAYOUT.pair_bytes(n_columns),
        G => 2 * QUAD * n_columns * <G as floats::FloatFormat>::BYTES
    )
}

fn room(n_bytes: usize) -> Result<Vec<u8>> {
    let mut quads = Vec::new();
    quads
        .try_reserve_exact(n_bytes)
        .map_err(|_| Error::ComputeFailed(format!("no memory for a matrix of {n_bytes} bytes")))?;
    quads.resize(n_bytes, 0);
    Ok(quads)
}

fn read_quantised_row<F: Format>(pair: &[u8], row: usize, into: &mut [f32]) {
    let (which, row) = (row / QUAD, row % QUAD);
    let n_groups = into.len() / GROUP;
    let mut unpacked = vec![0u8; n_groups * UNPACKED_PAIR];
    // SAFETY: the pair has `n_groups` groups of this format, and there is room for them.
    unsafe {
        let packed = Packed::<F>(pair.as_ptr(), which, PhantomData);
        unpack::<Scalar, F>(packed, n_groups, unpacked.as_mut_ptr());
    }
    let zero = F::LAYOUT.zero_power.map_or(0.0, |power| (1 << power) as f32);
    let groups = unpacked.chunks_exact(UNPACKED_PAIR);
    for (group, values) in groups.zip(into.chunks_exact_mut(GROUP)) {
        // After the vectors come the start, two scales and two minima, each of four rows.
        let float = |i: usize| {
            let at = unpacked_at(VECTORS + 1 + i, which) + 4 * row;
            f32::from_le_bytes(group[at..at + 4].try_into().expect("four bytes"))
        };
        for (c, value) in values.iter_mut().enumerate() {
            let stored = group[unpacked_at(c / 4, which) + 4 * row + c % 4];
            let half = c / (GROUP / 2);
            *value = match F::LAYOUT.signed {
                true => float(half) * f32::from(stored as i8),
                false => float(half) * (f32::from(stored) - zero) - float(2 + half),
            };
        }
    }
}

fn read_float_row<G: floats::FloatFormat>(pair: &[u8], row: usize, into: &mut [f32]) {
    use super::kernels::simd::Simd;
    let quad = &pair[row / QUAD * pair.len() / 2..][..pair.len() / 2];
    let row = row % QUAD;
    for (column, value) in quad.chunks_exact(QUAD * G::BYTES).zip(into) {
        let mut four = [0.0; QUAD];
        // SAFETY: the chunk is one column of four rows.
        unsafe { Scalar::store_floats(four.as_mut_ptr(), G::load::<Scalar>(column.as_ptr())) };
        *value = four[row];
    }
}

/// A matrix and, in some architectures, a bias.
pub struct Linear {
    pub weight: Matrix,
    pub bias: Option<Vec<f32>>,
}

impl Linear {
    /// (n_tokens, n_in) → (n_tokens, n_out)
    pub fn forward(&self, x: &Activations, into: &mut [f32], kernels: &Kernels) {
        self.weight.multiply(x, into, kernels);
        if let Some(bias) = &self.bias {
            kernels.for_rows(into, bias.len(), |_, row| add(row, bias));
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor, quantized::QTensor};

    use super::super::kernels::Isa;
    use super::*;

    const DTYPES: [GgmlDType; 13] = [
        GgmlDType::F32,
        GgmlDType::F16,
        GgmlDType::BF16,
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q5_0,
        GgmlDType::Q5_1,
        GgmlDType::Q8_0,
        GgmlDType::Q2K,
        GgmlDType::Q3K,
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
    ];

    /// Numbers that look random, between -1 and 1 with a few larger ones.
    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n).map(|i| next() * if i % 61 == 0 { 3.0 } else { 1.0 }).collect()
    }

    /// The matrix, and its values as candle reads the same bytes.
    fn matrix(dtype: GgmlDType, n_rows: usize, n_columns: usize) -> (Matrix, Vec<f32>) {
        let values = numbers(n_rows * n_columns, dtype as u32 + 1);
        let tensor = Tensor::from_vec(values, (n_rows, n_columns), &Device::Cpu).unwrap();
        let stored = QTensor::quantize(&tensor, dtype).unwrap();
        let bytes = stored.data().unwrap();
        let row_bytes = bytes.len() / n_rows;
        let matrix = Matrix::pack(dtype, n_rows, n_columns, |first, rows| {
            rows.copy_from_slice(&bytes[first * row_bytes..][..rows.len()]);
            Ok(())
        });
        let exact = stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
        (matrix.unwrap(), exact.to_vec1().unwrap())
    }

    /// Rows come out as candle has them; products are the f32 product within what the rounding of
    /// activations explains, on every instruction set and for every tail of rows and tokens.
    #[test]
    fn every_type_multiplies_like_its_values() {
        for dtype in DTYPES {
            for (n_rows, n_columns, n_tokens) in
                [(4, 256, 1), (13, 512, 1), (8, 256, 4), (7, 768, 6), (21, 256, 3)]
            {
                let (matrix, exact) = matrix(dtype, n_rows, n_columns);
                let mut row = vec![0.0; n_columns];
                for (r, want) in exact.chunks_exact(n_columns).enumerate() {
                    matrix.read_row(r, &mut row);
                    for (got, want) in row.iter().zip(want) {
                        assert!(
                            (got - want).abs() <= 1e-6 * (1.0 + want.abs()),
                            "{dtype:?}: {got} {want}"
                        );
                    }
                }
                let x = numbers(n_tokens * n_columns, 99);
                for isa in Isa::all() {
                    check_products(&matrix, &exact, &x, isa);
                }
            }
        }
    }

    fn check_products(matrix: &Matrix, exact: &[f32], x: &[f32], isa: Isa) {
        let Matrix { dtype, n_rows, n_columns, .. } = *matrix;
        let mut got = vec![0.0; x.len() / n_columns * n_rows];
        let kernels = Kernels::new(isa);
        matrix.multiply(&Activations::new(x, n_columns), &mut got, &kernels);
        // An activation is off by up to half a step of 1/63 or 1/127 of its group's largest.
        let half_step = match dtype {
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => 1e-6,
            GgmlDType::Q8_0 => 3.0 / 126.0,
            _ => 3.0 / 254.0,
        };
        for (x, got) in x.chunks_exact(n_columns).zip(got.chunks_exact(n_rows)) {
            for (row, got) in exact.chunks_exact(n_columns).zip(got) {
                let want: f32 = row.iter().zip(x).map(|(w, x)| w * x).sum();
                let norm = row.iter().map(|w| w * w).sum::<f32>().sqrt();
                // Independent errors add up like a random walk; five standard deviations.
                let bound = 5.0 * half_step * norm / 3.0f32.sqrt() + 1e-4;
                assert!((got - want).abs() <= bound, "{dtype:?} {isa:?}: {got} {want} ±{bound}");
            }
        }
    }

    /// An output's products are off by less than a fifth of what activations of 7 bits cost, on
    /// every instruction set and for every tail of rows.
    #[test]
    fn fine_products_are_finer() {
        for (n_rows, n_columns) in [(64, 256), (61, 576), (4, 32)] {
            let (matrix, exact) = matrix(GgmlDType::Q8_0, n_rows, n_columns);
            let x = numbers(n_columns, 99);
            let error = |products: &[f32]| {
                let rows = exact.chunks_exact(n_columns).zip(products);
                let errors = rows.map(|(row, got)| {
                    let exact = row.iter().zip(&x).map(|(w, x)| f64::from(w * x)).sum::<f64>();
                    (f64::from(*got) - exact).powi(2)
                });
                errors.sum::<f64>().sqrt()
            };
            for isa in Isa::all() {
                let kernels = Kernels::new(isa);
                let (mut fine, mut plain) = (vec![0.0; n_rows], vec![0.0; n_rows]);
                matrix.multiply_finely(&x, &mut fine, &kernels);
                matrix.multiply(&Activations::new(&x, n_columns), &mut plain, &kernels);
                let (fine, plain) = (error(&fine), error(&plain));
                assert!(fine < plain / 5.0, "{isa:?} {n_rows} × {n_columns}: {fine} {plain}");
            }
        }
    }

    /// Several tokens at once have the products of each, whatever is left over of fours.
    #[test]
    fn fine_products_of_several_tokens_are_those_of_each() {
        let (n_rows, n_columns) = (61, 96);
        let (matrix, _) = matrix(GgmlDType::Q8_0, n_rows, n_columns);
        for isa in Isa::all() {
            let kernels = Kernels::new(isa);
            for n_tokens in [2, 4, 7, 9] {
                let x = numbers(n_tokens * n_columns, 5);
                let mut together = vec![0.0; n_tokens * n_rows];
                matrix.multiply_finely(&x, &mut together, &kernels);
                for (x, together) in x.chunks(n_columns).zip(together.chunks(n_rows)) {
                    let mut alone = vec![0.0; n_rows];
                    matrix.multiply_finely(x, &mut alone, &kernels);
                    assert_eq!(together, alone, "{isa:?}, {n_tokens} tokens");
                }
            }
        }
    }

    /// Integers are the same on every set; only the order of float additions may differ.
    #[test]
    fn instruction_sets_agree() {
        for dtype in DTYPES {
            let (matrix, _) = matrix(dtype, 12, 512);
            let x = numbers(5 * 512, 7);
            let products = |isa| {
                let mut products = vec![0.0; 5 * 12];
                let kernels = Kernels::new(isa);
                matrix.multiply(&Activations::new(&x, 512), &mut products, &kernels);
                products
            };
            let want = products(Isa::Scalar);
            for isa in Isa::all() {
                for (got, want) in products(isa).iter().zip(&want) {
                    assert!((got - want).abs() < 1e-4 * (1.0 + want.abs()), "{dtype:?} {isa:?}");
                }
            }
        }
    }
}
