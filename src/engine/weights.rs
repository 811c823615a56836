//! Tensors of a GGUF file, read one by one and packed as they arrive.
//!
//! Quantised weights stay quantised and half floats stay halves: a matrix is held once, in the
//! kernels' layout, so loading peaks near the size of the file (tests/memory.rs).

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
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0; len];
        let info = self.info(name, &[len])?;
        self.pack(name, info, 1, len)?.read_row(0, &mut values);
        Ok(values)
    }

    pub fn optional_vector(&self, name: &str, len: usize) -> Result<Option<Vec<f32>>> {
        if self.has(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    pub fn matrix(&self, name: &str, n_rows: usize, n_columns: usize) -> Result<Matrix> {
        let info = self.info(name, &[n_rows, n_columns])?;
        self.pack(name, info, n_rows, n_columns)
    }

    /// `PREFIX.weight` with `PREFIX.bias` where the file has one.
    pub fn linear(&self, prefix: &str, n_out: usize, n_in: usize) -> Result<Linear> {
        let weight = self.matrix(&format!("{prefix}.weight"), n_out, n_in)?;
        let bias = self.optional_vector(&format!("{prefix}.bias"), n_out)?;
        Ok(Linear { weight, bias })
    }

    /// One tensor whose rows are those of several maps one after the other, as [`Weights::linear`].
    pub fn linears<const N: usize>(
        &self,
        prefix: &str,
        n_outs: [usize; N],
        n_in: usize,
    ) -> Result<[Linear; N]> {
        let (name, n_rows) = (format!("{prefix}.weight"), n_outs.iter().sum());
        let info = self.info(&name, &[n_rows, n_in])?;
        let biases = self.optional_vector(&format!("{prefix}.bias"), n_rows)?;
        let row_bytes = info.n_bytes / n_rows;
        let mut first = 0;
        let mut linears = Vec::with_capacity(N);
        for n_out in n_outs {
            let weight = self.pack_rows(&name, info, first * row_bytes, n_out, n_in, row_bytes)?;
            let bias = biases.as_ref().map(|biases| biases[first..first + n_out].to_vec());
            linears.push(Linear { weight, bias });
            first += n_out;
        }
        Ok(linears.try_into().unwrap_or_else(|_| unreachable!("one map for each number of rows")))
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

    fn pack(
        &self,
        name: &str,
        info: &TensorInfo,
        n_rows: usize,
        n_columns: usize,
    ) -> Result<Matrix> {
        self.pack_rows(name, info, 0, n_rows, n_columns, info.n_bytes / n_rows)
    }

    /// `n_rows` rows that begin `skipped_bytes` into the tensor.
    fn pack_rows(
        &self,
        name: &str,
        info: &TensorInfo,
        skipped_bytes: usize,
        n_rows: usize,
        n_columns: usize,
        row_bytes: usize,
    ) -> Result<Matrix> {
        Matrix::pack(info.dtype, n_rows, n_columns, |first, rows| {
            let offset = info.offset + (skipped_bytes + first * row_bytes) as u64;
            self.source.read_at(offset, rows).map_err(|error| match error {
                Error::ModelTruncated { .. } => {
                    let what = format!("tensor `{name}`");
                    ends_early(&what, info.offset, info.n_bytes, self.source.size())
                }
                other => other,
            })
        })
    }
}
