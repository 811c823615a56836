//! Tensors of a GGUF file as candle holds them, read one by one straight into their final place.
//!
//! Quantised weights stay quantised and half floats stay halves: a matrix is held once, in the
//! file's own blocks, so loading peaks at the size of the file (tests/memory.rs).

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, GgmlType, k_quants::*},
};
use half::{bf16, f16};

use super::{
    gguf::{Gguf, TensorInfo},
    matrix::{Linear, Matrix},
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
        let info = self.info(name, &[len])?;
        match info.dtype {
            GgmlDType::F32 => {
                let values = read_blocks::<f32>(self.source, name, info)?;
                Ok(Tensor::from_vec(values, len, &Device::Cpu)?)
            }
            _ => Ok(read_matrix(self.source, name, info, 1, len)?.rows(&[0])?.squeeze(0)?),
        }
    }

    pub fn optional_vector(&self, name: &str, len: usize) -> Result<Option<Tensor>> {
        if self.has(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    pub fn matrix(&self, name: &str, n_rows: usize, n_columns: usize) -> Result<Matrix> {
        let info = self.info(name, &[n_rows, n_columns])?;
        read_matrix(self.source, name, info, n_rows, n_columns)
    }

    /// `PREFIX.weight` with `PREFIX.bias` where the file has one.
    pub fn linear(&self, prefix: &str, n_out: usize, n_in: usize) -> Result<Linear> {
        let weight = self.matrix(&format!("{prefix}.weight"), n_out, n_in)?;
        let bias = self.optional_vector(&format!("{prefix}.bias"), n_out)?;
        Ok(Linear { weight, bias })
    }

    /// Where `name` lies, if it is there in the expected shape.
    fn info(&self, name: &str, shape: &[usize]) -> Result<&TensorInfo> {
        let missing = || Error::ModelCorrupt(format!("tensor `{name}` is missing"));
        let info = self.gguf.tensors.get(name).ok_or_else(missing)?;
        if info.shape != shape {
            let have = &info.shape;
            let detail = format!("tensor `{name}` has shape {have:?}, expected {shape:?}");
            return Err(Error::ModelCorrupt(detail));
        }
        Ok(info)
    }
}

fn read_matrix(
    source: &dyn ReadAt,
    name: &str,
    info: &TensorInfo,
    n_rows: usize,
    n_columns: usize,
) -> Result<Matrix> {
    macro_rules! blocks {
        ($block:ty) => {
            Matrix::from_blocks(read_blocks::<$block>(source, name, info)?, n_rows, n_columns)
        };
    }
    match info.dtype {
        GgmlDType::F32 => Matrix::from_f32(read_blocks(source, name, info)?, n_rows, n_columns),
        GgmlDType::F16 => blocks!(f16),
        GgmlDType::BF16 => blocks!(bf16),
        GgmlDType::Q4_0 => blocks!(BlockQ4_0),
        GgmlDType::Q4_1 => blocks!(BlockQ4_1),
        GgmlDType::Q5_0 => blocks!(BlockQ5_0),
        GgmlDType::Q5_1 => blocks!(BlockQ5_1),
        GgmlDType::Q8_0 => blocks!(BlockQ8_0),
        GgmlDType::Q2K => blocks!(BlockQ2K),
        GgmlDType::Q3K => blocks!(BlockQ3K),
        GgmlDType::Q4K => blocks!(BlockQ4K),
        GgmlDType::Q5K => blocks!(BlockQ5K),
        GgmlDType::Q6K => blocks!(BlockQ6K),
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
    // `read_matrix`, for which every bit pattern is a value; the slice covers exactly the
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
    use candle_core::quantized::QTensor;

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
            let read = read_matrix(&bytes, "t", &info, n_rows, n_columns).unwrap();

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
