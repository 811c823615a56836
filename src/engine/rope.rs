//! Rotary position embeddings (Su et al., arXiv 2104.09864): queries and keys are turned by an
//! angle that grows with their position.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result as CandleResult, Tensor, bail};

use super::{gguf::Metadata, kernels::values_mut, weights::Weights};
use crate::{Error, Result};

/// Which elements of a head turn together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pairing {
    /// (2i, 2i + 1), as llama GGUFs are permuted for.
    Neighbours,
    /// (i, i + n_rotated / 2), as in GPT-NeoX and the Qwens.
    Halves,
}

/// The angle of each pair per position.
pub struct Rope {
    pairing: Pairing,
    /// Radians per position: (n_rotated / 2)
    frequencies: Vec<f32>,
}

impl Rope {
    pub fn load(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        head_dim: usize,
        pairing: Pairing,
    ) -> Result<Rope> {
        let n_rotated = match metadata.u64(&format!("{arch}.rope.dimension_count")) {
            Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
            None => head_dim,
        };
        if n_rotated == 0 || n_rotated > head_dim || !n_rotated.is_multiple_of(2) {
            let detail = format!("{n_rotated} rotary dimensions in heads of {head_dim}");
            return Err(Error::ModelCorrupt(detail));
        }
        let base = metadata.f32(&format!("{arch}.rope.freq_base")).unwrap_or(10_000.0);
        let stretch = linear_scaling(metadata, arch)?;
        let mut frequencies: Vec<f32> = (0..n_rotated / 2)
            .map(|i| base.powf(-2.0 * i as f32 / n_rotated as f32) / stretch)
            .collect();
        // Llama 3.1's long-context scaling comes as one divisor per pair.
        if let Some(divisors) = weights.optional_vector("rope_freqs.weight", n_rotated / 2)? {
            let divisors = divisors.to_vec1::<f32>()?;
            frequencies.iter_mut().zip(divisors).for_each(|(f, divisor)| *f /= divisor);
        }
        Ok(Rope { pairing, frequencies })
    }

    /// cos and sin for positions `start..start + n_tokens`, shared by all layers of a forward pass.
    pub fn angles(&self, start: usize, n_tokens: usize) -> Angles {
        let positions = (start..start + n_tokens).map(|position| position as f32);
        let cos_sin = positions
            .flat_map(|position| self.frequencies.iter().map(move |f| (position * f).sin_cos()))
            .map(|(sin, cos)| (cos, sin))
            .collect();
        Angles { pairing: self.pairing, n_pairs: self.frequencies.len(), cos_sin }
    }
}

/// `rope.scaling.*`: 1 where positions are not stretched.
fn linear_scaling(metadata: &Metadata, arch: &str) -> Result<f32> {
    let factor = metadata.f32(&format!("{arch}.rope.scaling.factor")).unwrap_or(1.0);
    match metadata.str(&format!("{arch}.rope.scaling.type")) {
        None | Some("none") => Ok(1.0),
        Some("linear") if factor > 0.0 => Ok(factor),
        Some(kind) => Err(Error::ModelUnsupported(format!("RoPE scaling `{kind}` by {factor}"))),
    }
}

/// The turns of one chunk of tokens.
pub struct Angles {
    pairing: Pairing,
    n_pairs: usize,
    /// (n_tokens, n_pairs)
    cos_sin: Vec<(f32, f32)>,
}

impl Angles {
    /// Turns `x`, (n_rows, n_heads, head_dim), in place; its rows are the chunk's last tokens.
    pub fn turn(&self, x: &Tensor) -> Result<()> {
        Ok(x.inplace_op1(self)?)
    }
}

impl InplaceOp1 for Angles {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> CandleResult<()> {
        let (n_rows, n_heads, head_dim) = layout.shape().dims3()?;
        let Some(skipped) = self.cos_sin.len().checked_sub(n_rows * self.n_pairs) else {
            bail!("{} angles are too few for {:?}", self.cos_sin.len(), layout.shape());
        };
        let x = values_mut(storage, layout)?;
        let tokens = x.chunks_exact_mut(n_heads * head_dim);
        for (token, cos_sin) in tokens.zip(self.cos_sin[skipped..].chunks_exact(self.n_pairs)) {
            for head in token.chunks_exact_mut(head_dim) {
                match self.pairing {
                    Pairing::Neighbours => turn_neighbours(head, cos_sin),
                    Pairing::Halves => turn_halves(head, cos_sin),
                }
            }
        }
        Ok(())
    }
}

fn turn_neighbours(head: &mut [f32], cos_sin: &[(f32, f32)]) {
    for (pair, &(cos, sin)) in head.chunks_exact_mut(2).zip(cos_sin) {
        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
    }
}

fn turn_halves(head: &mut [f32], cos_sin: &[(f32, f32)]) {
    let (first, rest) = head.split_at_mut(cos_sin.len());
    for ((a, b), &(cos, sin)) in first.iter_mut().zip(rest).zip(cos_sin) {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn check(pairing: Pairing, want: [f32; 4]) {
        let rope = Rope { pairing, frequencies: vec![1.0, 0.0] };
        let x = Tensor::new(&[[[1.0f32, 2.0, 3.0, 4.0]]], &Device::Cpu).unwrap();
        rope.angles(0, 2).turn(&x).unwrap(); // The row is the second of two tokens.
        let got = x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got} is not {want}");
        }
    }

    // cos 1 = 0.540302, sin 1 = 0.841471; the second pair does not turn.
    #[test]
    fn pairs_turn_by_their_angle() {
        check(Pairing::Neighbours, [-1.14264, 1.922076, 3.0, 4.0]);
        check(Pairing::Halves, [-1.984111, 2.0, 2.462378, 4.0]);
    }
}
