//! Weight matrices: linear maps, and embedding tables whose rows are looked up.

use std::sync::Arc;

use candle_core::{
    CpuStorage, CustomOp1, Device, Layout, Module, Result as CandleResult, Shape, Tensor, bail,
    quantized::{GgmlType, QMatMul, QStorage, QTensor},
};

use super::kernels::values;
use crate::Result;

/// From this many elements on, a product is candle's, split over all cores. Smaller ones, and that
/// is every matrix of an embedded model, stay on the calling thread: for them waiting until the
/// slowest core is done costs more than it saves, and dialogues do not queue for candle's threads.
/// On two busy cores `benches/engine.rs` decoded 34 tokens/s split and 1,700 on the calling thread.
const SPLIT_FROM: usize = 1 << 20;

/// A weight matrix, (n_rows, n_columns): a linear map from columns to rows, or an embedding table.
#[derive(Clone)]
pub struct Matrix(Storage);

#[derive(Clone)]
enum Storage {
    Small(Arc<Rows<dyn Blocks>>),
    Large(QMatMul),
}

/// Stored rows of one length.
struct Rows<B: ?Sized> {
    n_rows: usize,
    n_columns: usize,
    blocks: B,
}

impl Matrix {
    pub fn from_f32(values: Vec<f32>, n_rows: usize, n_columns: usize) -> Result<Matrix> {
        let tensor = Tensor::from_vec(values, (n_rows, n_columns), &Device::Cpu)?;
        Ok(Matrix(Storage::Large(QMatMul::Tensor(tensor))))
    }

    /// Rows in the file's own blocks; half floats, blocks of one, stay halves.
    pub fn from_blocks<T>(blocks: Vec<T>, n_rows: usize, n_columns: usize) -> Result<Matrix>
    where
        T: GgmlType + Send + Sync + 'static,
    {
        if n_rows * n_columns < SPLIT_FROM {
            return Ok(Matrix(Storage::Small(Arc::new(Rows { n_rows, n_columns, blocks }))));
        }
        let storage = QStorage::Cpu(Box::new(blocks));
        let tensor = QTensor::new(storage, (n_rows, n_columns))?;
        Ok(Matrix(Storage::Large(QMatMul::QTensor(Arc::new(tensor)))))
    }

    /// (n_tokens, n_columns) → (n_tokens, n_rows)
    pub fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match &self.0 {
            Storage::Small(rows) => x.apply_op1_no_bwd(&Product(rows.as_ref()))?,
            Storage::Large(matrix) => matrix.forward(x)?,
        })
    }

    /// The rows of `ids`, each below `n_rows`, in f32: (n_ids, n_columns)
    pub fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        Ok(match &self.0 {
            Storage::Small(rows) => {
                let mut values = vec![0.0; ids.len() * rows.n_columns];
                for (&id, row) in ids.iter().zip(values.chunks_exact_mut(rows.n_columns)) {
                    rows.blocks.read_row(id as usize, row);
                }
                Tensor::from_vec(values, (ids.len(), rows.n_columns), &Device::Cpu)?
            }
            Storage::Large(matrix) => matrix.embedding(&Tensor::new(ids, &Device::Cpu)?)?,
        })
    }
}

/// A matrix and, in some architectures, a bias.
pub struct Linear {
    pub weight: Matrix,
    pub bias: Option<Tensor>,
}

impl Linear {
    /// (n_tokens, n_in) → (n_tokens, n_out)
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.multiply(x)?;
        match &self.bias {
            Some(bias) => Ok(y.broadcast_add(bias)?),
            None => Ok(y),
        }
    }
}

/// Rows of some block type, one after the other.
trait Blocks: Send + Sync {
    /// Row `row`, as long as `into`, in f32.
    fn read_row(&self, row: usize, into: &mut [f32]);

    /// `products[t][r] = x[t] · row r`; `x` is (n_tokens, n_columns).
    fn multiply(&self, x: &[f32], n_columns: usize, products: &mut [f32], n_rows: usize);
}

impl<T: GgmlType> Blocks for Vec<T> {
    fn read_row(&self, row: usize, into: &mut [f32]) {
        let n_blocks = into.len() / T::BLCK_SIZE;
        T::to_float(&self[row * n_blocks..(row + 1) * n_blocks], into);
    }

    fn multiply(&self, x: &[f32], n_columns: usize, products: &mut [f32], n_rows: usize) {
        let n_blocks = n_columns / T::BLCK_SIZE;
        let n_tokens = x.len() / n_columns;
        // ggml's dot products take the activations in blocks as well.
        let mut activations = vec![T::VecDotType::zeros(); n_tokens * n_blocks];
        for (x, blocks) in x.chunks_exact(n_columns).zip(activations.chunks_exact_mut(n_blocks)) {
            T::VecDotType::from_float(x, blocks);
        }
        let row = |r: usize| &self[r * n_blocks..(r + 1) * n_blocks];
        // Four weight rows stay in the first cache while all tokens pass by.
        for r in (0..n_rows / 4).map(|quad| 4 * quad) {
            for (t, token) in activations.chunks_exact(n_blocks).enumerate() {
                let (a, b, c, d) =
                    T::vec_dot_4(n_columns, row(r), row(r + 1), row(r + 2), row(r + 3), token);
                products[t * n_rows + r..][..4].copy_from_slice(&[a, b, c, d]);
            }
        }
        for r in n_rows / 4 * 4..n_rows {
            for (t, token) in activations.chunks_exact(n_blocks).enumerate() {
                products[t * n_rows + r] = T::vec_dot(n_columns, row(r), token);
            }
        }
    }
}

/// The product with a small matrix, as an operation of candle's.
struct Product<'m>(&'m Rows<dyn Blocks>);

impl CustomOp1 for Product<'_> {
    fn name(&self) -> &'static str {
        "small-matrix-product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let Rows { n_rows, n_columns, blocks } = self.0;
        let (n_tokens, width) = layout.shape().dims2()?;
        if width != *n_columns {
            bail!("a matrix of {n_columns} columns cannot multiply {:?}", layout.shape());
        }
        let mut products = vec![0.0; n_tokens * n_rows];
        blocks.multiply(values(x, layout)?, *n_columns, &mut products, *n_rows);
        Ok((CpuStorage::F32(products), Shape::from((n_tokens, *n_rows))))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{
        GgmlDType,
        k_quants::{BlockQ5K, BlockQ8_0},
    };
    use half::{bf16, f16};

    use super::*;

    fn tensor(n_rows: usize, n_columns: usize) -> Tensor {
        let values = (0..n_rows * n_columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0);
        Tensor::from_vec(values.collect(), (n_rows, n_columns), &Device::Cpu).unwrap()
    }

    fn flat(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    /// A small matrix does what candle's own product and lookup do with the same blocks.
    fn check<T>(dtype: GgmlDType)
    where
        T: GgmlType + Send + Sync + 'static,
    {
        let (n_rows, n_columns, n_tokens) = (6, 256, 3);
        let source = tensor(n_rows, n_columns);
        let mut blocks = vec![T::zeros(); n_rows * n_columns / T::BLCK_SIZE];
        T::from_float(&flat(&source), &mut blocks);
        let small = Matrix::from_blocks(blocks, n_rows, n_columns).unwrap();
        assert!(matches!(small.0, Storage::Small(_)));
        let large = QMatMul::QTensor(Arc::new(QTensor::quantize(&source, dtype).unwrap()));

        let ids = [5u32, 0, 5];
        let want = large.embedding(&Tensor::new(&ids, &Device::Cpu).unwrap()).unwrap();
        assert_eq!(flat(&small.rows(&ids).unwrap()), flat(&want), "{dtype:?}");

        let x = tensor(n_tokens, n_columns);
        let (got, want) = (small.multiply(&x).unwrap(), large.forward(&x).unwrap());
        assert_eq!(got.dims(), [n_tokens, n_rows]);
        for (got, want) in flat(&got).iter().zip(flat(&want)) {
            // candle may pack the blocks for wider instructions and round activations once more.
            assert!((got - want).abs() < 0.2, "{dtype:?}: {got} {want}");
        }
    }

    #[test]
    fn a_small_matrix_is_candles() {
        check::<BlockQ8_0>(GgmlDType::Q8_0);
        check::<BlockQ5K>(GgmlDType::Q5K);
        check::<f16>(GgmlDType::F16);
        check::<bf16>(GgmlDType::BF16);
    }
}
