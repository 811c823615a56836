//! Tensors of a GGUF file as candle holds them, read one by one straight into their final place.
//!
//! Quantised weights stay quantised and half floats stay halves: a matrix is held once, in the
//! file's own blocks, so loading peaks at the size of the file (tests/memory.rs).

use std::sync::Arc;

use candle_core::{
    Device, Module, Tensor,
    quantized::{GgmlDType, GgmlType, QMatMul, QStorage, QTensor, k_quants::*},
};
use half::{bf16, f16};

use super::{
    gguf::{Gguf, TensorInfo},
    source::{ReadAt, ends_early},
};
use crate::{Error, Result};

/// The tensors of one file, looked up by name and checked against the shape the model expects.
pub struct Weights<'s> {
    source: &'s dyn ReadAt,
    gguf: &'s Gguf,
}

impl<'s> Weights<'s> {
    pub fn new(source: &'s dyn ReadAt, gguf: &'s Gguf) -> Weights<'s> {
        Weights { source, gguf }
    }

    pub fn has(&self, name: &str) -> bool {
        self.gguf.tensors.contains_key(name)
    }

    /// A vector in f32: a norm's weight or a bias.
    pub fn vector(&self, name: &str, len: usize) -> Result<Tensor> {
        match self.read(name, &[len])? {
            QMatMul::QTensor(stored) => Ok(stored.dequantize(&Device::Cpu)?),
            QMatMul::Tensor(vector) | QMatMul::TensorF16(vector) => Ok(vector),
        }
    }

    pub fn optional_vector(&self, name: &str, len: usize) -> Result<Option<Tensor>> {
        if self.has(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    /// A matrix to multiply with or to look rows up in.
    pub fn matrix(&self, name: &str, n_rows: usize, n_columns: usize) -> Result<Matrix> {
        Ok(Matrix(self.read(name, &[n_rows, n_columns])?))
    }

    /// `PREFIX.weight` with `PREFIX.bias` where the file has one.
    pub fn linear(&self, prefix: &str, n_out: usize, n_in: usize) -> Result<Linear> {
        let weight = self.matrix(&format!("{prefix}.weight"), n_out, n_in)?;
        let bias = self.optional_vector(&format!("{prefix}.bias"), n_out)?;
        Ok(Linear { weight, bias })
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<QMatMul> {
        let missing = || Error::ModelCorrupt(format!("tensor `{name}` is missing"));
        let info = self.gguf.tensors.get(name).ok_or_else(missing)?;
        if info.shape != shape {
            let have = &info.shape;
            let detail = format!("tensor `{name}` has shape {have:?}, expected {shape:?}");
            return Err(Error::ModelCorrupt(detail));
        }
        read_tensor(self.source, name, info)
    }
}

/// A weight matrix, (n_rows, n_columns): a linear map from columns to rows, or an embedding table.
#[derive(Clone)]
pub struct Matrix(QMatMul);

impl Matrix {
    /// (…, n_columns) → (…, n_rows)
    pub fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.0.forward(x)?)
    }

    /// The rows of `ids`, dequantised: (n_ids, n_columns)
    pub fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(ids, &Device::Cpu)?;
        Ok(self.0.embedding(&ids)?)
    }
}

/// A matrix and, in some architectures, a bias.
pub struct Linear {
    weight: Matrix,
    bias: Option<Tensor>,
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

/// A tensor as candle multiplies with it. Its own constructor from a `QTensor` would widen half
/// floats to f32 and copy f32 once more; here both are held as they came.
fn read_tensor(source: &dyn ReadAt, name: &str, info: &TensorInfo) -> Result<QMatMul> {
    fn stored<T: GgmlType + Send + Sync + 'static>(
        source: &dyn ReadAt,
        name: &str,
        info: &TensorInfo,
    ) -> Result<QMatMul> {
        let storage = QStorage::Cpu(Box::new(read_blocks::<T>(source, name, info)?));
        Ok(QMatMul::QTensor(Arc::new(QTensor::new(storage, info.shape.as_slice())?)))
    }
    match info.dtype {
        GgmlDType::F32 => {
            let values = read_blocks::<f32>(source, name, info)?;
            Ok(QMatMul::Tensor(Tensor::from_vec(values, info.shape.as_slice(), &Device::Cpu)?))
        }
        GgmlDType::F16 => stored::<f16>(source, name, info),
        GgmlDType::BF16 => stored::<bf16>(source, name, info),
        GgmlDType::Q4_0 => stored::<BlockQ4_0>(source, name, info),
        GgmlDType::Q4_1 => stored::<BlockQ4_1>(source, name, info),
        GgmlDType::Q5_0 => stored::<BlockQ5_0>(source, name, info),
        GgmlDType::Q5_1 => stored::<BlockQ5_1>(source, name, info),
        GgmlDType::Q8_0 => stored::<BlockQ8_0>(source, name, info),
        GgmlDType::Q2K => stored::<BlockQ2K>(source, name, info),
        GgmlDType::Q3K => stored::<BlockQ3K>(source, name, info),
        GgmlDType::Q4K => stored::<BlockQ4K>(source, name, info),
        GgmlDType::Q5K => stored::<BlockQ5K>(source, name, info),
        GgmlDType::Q6K => stored::<BlockQ6K>(source, name, info),
        other => Err(Error::ModelUnsupported(format!("tensor type {other:?}"))),
    }
}

/// Reads a tensor into the vector that candle will compute with; there is no second copy.
fn read_blocks<T: GgmlType>(source: &dyn ReadAt, name: &str, info: &TensorInfo) -> Result<Vec<T>> {
    let n_blocks = info.n_bytes / size_of::<T>();
    let mut blocks: Vec<T> = Vec::new();
    blocks.try_reserve_exact(n_blocks).map_err(|_| {
        let detail = format!("no memory for the {} bytes of tensor `{name}`", info.n_bytes);
        Error::ComputeFailed(detail)
    })?;
    blocks.resize(n_blocks, T::zeros());
    // SAFETY: `T` is one of the plain, padding-free `repr(C)` blocks or floats named in
    // `read_tensor`, for which every bit pattern is a value; the slice covers exactly the
    // initialised elements of `blocks`.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast::<u8>(), info.n_bytes) };
    debug_assert_eq!(bytes.len(), n_blocks * size_of::<T>());
    source.read_at(info.offset, bytes).map_err(|error| match error {
        Error::ModelTruncated { .. } => {
            let what = format!("tensor `{name}`");
            ends_early(&what, info.offset, info.n_bytes, source.size())
        }
        other => other,
    })?;
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every storage type that the reader accepts multiplies and looks up like its f32 values.
    #[test]
    fn every_type_multiplies_like_its_dequantised_values() {
        let (n_rows, n_columns) = (6, 256);
        let values: Vec<f32> =
            (0..n_rows * n_columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        let x: Vec<f32> = (0..n_columns).map(|i| ((i * 13 % 29) as f32 - 14.0) / 14.0).collect();
        let source = Tensor::from_vec(values, (n_rows, n_columns), &Device::Cpu).unwrap();
        let x = Tensor::from_vec(x, (1, n_columns), &Device::Cpu).unwrap();
        use GgmlDType::*;
        for dtype in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K] {
            let stored = QTensor::quantize(&source, dtype).unwrap();
            let bytes = stored.data().unwrap().into_owned();
            let shape = vec![n_rows, n_columns];
            let info = TensorInfo { shape, dtype, offset: 0, n_bytes: bytes.len() };
            let read = Matrix(read_tensor(&bytes, "t", &info).unwrap());

            let exact = stored.dequantize(&Device::Cpu).unwrap();
            let rows = read.rows(&[5, 0]).unwrap().to_vec2::<f32>().unwrap();
            let table = exact.to_vec2::<f32>().unwrap();
            assert_eq!(rows, [table[5].clone(), table[0].clone()], "{dtype:?}");

            let want = x.matmul(&exact.t().unwrap()).unwrap().to_vec2::<f32>().unwrap();
            let got = read.multiply(&x).unwrap().to_vec2::<f32>().unwrap();
            for (want, got) in want[0].iter().zip(&got[0]) {
                // candle rounds the activations to 8 bits, or to the half float's precision.
                assert!((want - got).abs() < 0.25, "{dtype:?}: {want} {got}");
            }
        }
    }
}
