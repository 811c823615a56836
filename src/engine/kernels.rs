//! The few element-wise steps of a transformer that candle-core does not have as one operation.
//!
//! Each works on contiguous f32 rows in one pass; written as tensor expressions they would each
//! allocate three to six intermediates, which for a small model costs more than the arithmetic.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, InplaceOp1, Layout, Result as CandleResult, Shape, Tensor,
    bail,
};

use crate::Result;

/// `x / rms(x) · weight` over the last dimension (Zhang and Sennrich, arXiv 1910.07467).
pub fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f32) -> Result<Tensor> {
    Ok(x.apply_op2_no_bwd(weight, &RmsNorm { epsilon })?)
}

/// Layer normalisation over the last dimension (Ba et al., arXiv 1607.06450).
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
    Ok(x.apply_op3_no_bwd(weight, bias, &LayerNorm { epsilon })?)
}

/// `silu(gate) · up`, the gate of SwiGLU (Shazeer, arXiv 2002.05202).
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    Ok(gate.apply_op2_no_bwd(up, &SwiGlu)?)
}

/// Scales the scores and turns each row into probabilities in place.
///
/// `scores` is (n_heads, n_rows, n_keys); row `r` belongs to token `r % n_tokens` of the last
/// `n_tokens`, and sees the keys up to its own. With `n_tokens` = 0 every row sees every key.
pub fn softmax_rows(scores: &Tensor, scale: f32, n_tokens: usize) -> Result<()> {
    Ok(scores.inplace_op1(&SoftmaxRows { scale, n_tokens })?)
}

/// The contiguous f32 values behind a storage.
pub(super) fn values<'s>(storage: &'s CpuStorage, layout: &Layout) -> CandleResult<&'s [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(all), Some((start, end))) => Ok(&all[start..end]),
        _ => bail!("expected contiguous f32 values, got {layout:?}"),
    }
}

pub(super) fn values_mut<'s>(
    storage: &'s mut CpuStorage,
    layout: &Layout,
) -> CandleResult<&'s mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(all), Some((start, end))) => Ok(&mut all[start..end]),
        _ => bail!("expected contiguous f32 values, got {layout:?}"),
    }
}

struct RmsNorm {
    epsilon: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        let (x, weight) = (values(x, x_layout)?, values(weight, weight_layout)?);
        let mut normed = Vec::with_capacity(x.len());
        for row in x.chunks_exact(weight.len()) {
            let mean_square = row.iter().map(|x| x * x).sum::<f32>() / row.len() as f32;
            let scale = 1.0 / (mean_square + self.epsilon).sqrt();
            normed.extend(row.iter().zip(weight).map(|(x, w)| x * scale * w));
        }
        Ok((CpuStorage::F32(normed), x_layout.shape().clone()))
    }
}

struct LayerNorm {
    epsilon: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        let (x, weight) = (values(x, x_layout)?, values(weight, weight_layout)?);
        let bias = values(bias, bias_layout)?;
        let mut normed = Vec::with_capacity(x.len());
        for row in x.chunks_exact(weight.len()) {
            let n = row.len() as f32;
            let mean = row.iter().sum::<f32>() / n;
            let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
            let scale = 1.0 / (variance + self.epsilon).sqrt();
            let affine = row.iter().zip(weight).zip(bias);
            normed.extend(affine.map(|((x, w), b)| (x - mean) * scale * w + b));
        }
        Ok((CpuStorage::F32(normed), x_layout.shape().clone()))
    }
}

struct SwiGlu;

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        let (gate, up) = (values(gate, gate_layout)?, values(up, up_layout)?);
        let gated = gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
        Ok((CpuStorage::F32(gated), gate_layout.shape().clone()))
    }
}

struct SoftmaxRows {
    scale: f32,
    n_tokens: usize,
}

impl InplaceOp1 for SoftmaxRows {
    fn name(&self) -> &'static str {
        "softmax-rows"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> CandleResult<()> {
        let (_, n_rows, n_keys) = layout.shape().dims3()?;
        let scores = values_mut(storage, layout)?;
        for (r, row) in scores.chunks_exact_mut(n_keys).enumerate() {
            let n_visible = match self.n_tokens {
                0 => n_keys,
                n_tokens => n_keys - n_tokens + r % n_rows % n_tokens + 1,
            };
            let (visible, hidden) = row.split_at_mut(n_visible);
            softmax(visible, self.scale);
            hidden.fill(0.0);
        }
        Ok(())
    }
}

fn softmax(row: &mut [f32], scale: f32) {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for x in row.iter_mut() {
        *x = ((*x - max) * scale).exp();
        sum += *x;
    }
    row.iter_mut().for_each(|x| *x /= sum);
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    fn check(got: &Tensor, want: &[f32]) {
        let got = got.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got} is not {want}");
        }
    }

    // Numbers of the first three tests: torch.nn.functional in float64.
    #[test]
    fn rms_norm_as_torch() {
        let x = tensor(&[1.0, -2.0, 3.0, 4.0]);
        let weight = tensor(&[1.0, 0.5, 2.0, -1.0]);
        let want = [0.365148, -0.365148, 2.19089, -1.460593];
        check(&rms_norm(&x, &weight, 1e-6).unwrap(), &want);
    }

    #[test]
    fn layer_norm_as_torch() {
        let x = tensor(&[1.0, -2.0, 3.0, 4.0]);
        let (weight, bias) = (tensor(&[1.0, 0.5, 2.0, -1.0]), tensor(&[0.0, 1.0, 0.0, 0.5]));
        let want = [-0.218218, 0.236237, 1.309307, -0.591089];
        check(&layer_norm(&x, &weight, &bias, 1e-12).unwrap(), &want);
    }

    #[test]
    fn swiglu_as_torch() {
        let gated = swiglu(&tensor(&[0.0, 1.0, -2.0]), &tensor(&[5.0, 2.0, 3.0])).unwrap();
        check(&gated, &[0.0, 1.462117, -0.715218]);
    }

    #[test]
    fn a_token_sees_no_later_key() {
        // One head, two grouped queries of two tokens each, one key of the past.
        let scores = Tensor::zeros((1, 4, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        softmax_rows(&scores, 1.0, 2).unwrap();
        let third = 1.0 / 3.0;
        let (first, second) = ([0.5, 0.5, 0.0], [third, third, third]);
        check(&scores, &[first, second, first, second].concat());
    }

    #[test]
    fn without_a_mask_every_key_is_seen() {
        let scores = Tensor::new(&[[[0.0f32, 2.0f32.ln()]]], &Device::Cpu).unwrap();
        softmax_rows(&scores, 1.0, 0).unwrap();
        check(&scores, &[1.0 / 3.0, 2.0 / 3.0]);
    }
}
