//! Rotary position embeddings (Su et al., arXiv 2104.09864): queries and keys are turned by an
//! angle that grows with their position.

use std::f32::consts::TAU;

use super::{gguf::Metadata, weights::Weights};
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
    /// Those of a context longer than that many tokens, where they are others.
    long: Option<(usize, Vec<f32>)>,
    /// What a turn also multiplies with.
    magnitude: f32,
}

impl Rope {
    /// Positions of the model's own base, scaled as the file says.
    pub fn load(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        head_dim: usize,
        pairing: Pairing,
    ) -> Result<Rope> {
        let base = metadata.f32(&format!("{arch}.rope.freq_base")).unwrap_or(10_000.0);
        let mut rope = Rope::new(metadata, arch, head_dim, pairing, base)?;
        match Scaling::read(metadata, arch)? {
            Scaling::None => {}
            Scaling::Linear { factor } => rope.frequencies.iter_mut().for_each(|f| *f /= factor),
            Scaling::Yarn(yarn) => rope.apply(&yarn, base),
            Scaling::Long if weights.has("rope_factors_short.weight") => {}
            Scaling::Long => {
                let detail = "RoPE scaling `longrope` without a tensor of its factors";
                return Err(Error::ModelUnsupported(detail.to_owned()));
            }
        }
        rope.divide(metadata, weights, arch)?;
        // Llama 3.1's long-context scaling comes as one divisor per pair.
        if let Some(divisors) =
            weights.optional_vector("rope_freqs.weight", rope.frequencies.len())?
        {
            rope.frequencies.iter_mut().zip(divisors).for_each(|(f, divisor)| *f /= divisor);
        }
        Ok(rope)
    }

    /// LongRoPE (Ding et al., arXiv 2402.13753): a divisor per pair, for contexts up to the trained
    /// one and for longer ones. As llama.cpp, the dialogue's whole context decides, not how much of
    /// it is used yet, so that keys once turned stay right.
    fn divide(&mut self, metadata: &Metadata, weights: &Weights, arch: &str) -> Result<()> {
        let n_pairs = self.frequencies.len();
        let Some(short) = weights.optional_vector("rope_factors_short.weight", n_pairs)? else {
            return Ok(());
        };
        let divided = |frequencies: &[f32], divisors: Vec<f32>| -> Vec<f32> {
            frequencies.iter().zip(divisors).map(|(f, divisor)| f / divisor).collect()
        };
        let trained = metadata.u64(&format!("{arch}.rope.scaling.original_context_length"));
        let long = weights.optional_vector("rope_factors_long.weight", n_pairs)?;
        if let (Some(trained), Some(long)) = (trained, long) {
            let trained = usize::try_from(trained).unwrap_or(usize::MAX);
            self.long = Some((trained, divided(&self.frequencies, long)));
        }
        self.frequencies = divided(&self.frequencies, short);
        let magnitude = metadata.f32(&format!("{arch}.rope.scaling.attn_factor"));
        self.magnitude = magnitude.filter(|&x| x != 0.0).unwrap_or(1.0);
        Ok(())
    }

    /// Positions as they are, turned from `base` on.
    pub fn new(
        metadata: &Metadata,
        arch: &str,
        head_dim: usize,
        pairing: Pairing,
        base: f32,
    ) -> Result<Rope> {
        let n_rotated = match metadata.u64(&format!("{arch}.rope.dimension_count")) {
            Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
            None => head_dim,
        };
        if n_rotated == 0 || n_rotated > head_dim || !n_rotated.is_multiple_of(2) {
            let detail = format!("{n_rotated} rotary dimensions in heads of {head_dim}");
            return Err(Error::ModelCorrupt(detail));
        }
        let frequencies =
            (0..n_rotated / 2).map(|i| base.powf(-2.0 * i as f32 / n_rotated as f32)).collect();
        Ok(Rope { pairing, frequencies, long: None, magnitude: 1.0 })
    }

    /// Pairs that turn often within the trained context keep their angle, those that turn less than
    /// once are stretched, and those between are mixed.
    fn apply(&mut self, yarn: &Yarn, base: f32) {
        let n_rotated = 2.0 * self.frequencies.len() as f32;
        let pair_with_turns =
            |n_turns: f32| n_rotated * (yarn.n_ctx / (n_turns * TAU)).ln() / (2.0 * base.ln());
        let first = pair_with_turns(yarn.fast_turns).floor().max(0.0);
        let last = pair_with_turns(yarn.slow_turns).ceil().min(n_rotated - 1.0);
        for (i, frequency) in self.frequencies.iter_mut().enumerate() {
            let stretched = ((i as f32 - first) / (last - first).max(0.001)).clamp(0.0, 1.0);
            *frequency *= 1.0 - stretched + stretched / yarn.factor;
        }
        self.magnitude = yarn.magnitude;
    }

    /// Whether a context of `n_ctx` turns by frequencies of its own.
    pub fn is_long(&self, n_ctx: usize) -> bool {
        self.long.as_ref().is_some_and(|(trained, _)| n_ctx > *trained)
    }

    /// cos and sin for positions `start..start + n_tokens` of a context of `n_ctx`, shared by all
    /// layers of a forward pass.
    pub fn angles(&self, start: usize, n_tokens: usize, n_ctx: usize) -> Angles {
        let frequencies = match &self.long {
            Some((trained, long)) if n_ctx > *trained => long,
            _ => &self.frequencies,
        };
        let positions = (start..start + n_tokens).map(|position| position as f32);
        let cos_sin = positions
            .flat_map(|position| frequencies.iter().map(move |f| (position * f).sin_cos()))
            .map(|(sin, cos)| (cos * self.magnitude, sin * self.magnitude))
            .collect();
        Angles { pairing: self.pairing, n_pairs: self.frequencies.len(), cos_sin }
    }
}

/// `rope.scaling.*`: how a model reads longer texts than it was first trained on.
enum Scaling {
    None,
    Linear {
        factor: f32,
    },
    Yarn(Yarn),
    /// Divisors come as tensors.
    Long,
}

/// YaRN (Peng et al., arXiv 2309.00071).
struct Yarn {
    factor: f32,
    /// The context before it was stretched.
    n_ctx: f32,
    /// Pairs that turn this often within it keep their angle.
    fast_turns: f32,
    /// Pairs that turn less often are stretched.
    slow_turns: f32,
    magnitude: f32,
}

impl Scaling {
    fn read(metadata: &Metadata, arch: &str) -> Result<Scaling> {
        let number = |key: &str| metadata.f32(&format!("{arch}.{key}"));
        let factor = number("rope.scaling.factor").or_else(|| number("rope.scale_linear"));
        let factor = factor.filter(|&factor| factor != 0.0).unwrap_or(1.0);
        let kind = metadata.str(&format!("{arch}.rope.scaling.type")).unwrap_or("linear");
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(Error::ModelCorrupt(format!("RoPE scaling `{kind}` by {factor}")));
        }
        match kind {
            "none" => Ok(Scaling::None),
            "linear" => Ok(Scaling::Linear { factor }),
            "longrope" | "su" => Ok(Scaling::Long),
            "yarn" => Ok(Scaling::Yarn(Yarn::read(number, factor))),
            _ => Err(Error::ModelUnsupported(format!("RoPE scaling `{kind}`"))),
        }
    }
}

impl Yarn {
    /// With llama.cpp's defaults, the paper's. `yarn_attn_factor` is left alone, as there.
    fn read(number: impl Fn(&str) -> Option<f32>, factor: f32) -> Yarn {
        let n_ctx = number("rope.scaling.original_context_length");
        let attn_factor = number("rope.scaling.attn_factor").unwrap_or(1.0);
        Yarn {
            factor,
            n_ctx: n_ctx.or_else(|| number("context_length")).unwrap_or(0.0),
            fast_turns: number("rope.scaling.yarn_beta_fast").unwrap_or(32.0),
            slow_turns: number("rope.scaling.yarn_beta_slow").unwrap_or(1.0),
            magnitude: attn_factor * (1.0 + 0.1 * factor.max(1.0).ln()),
        }
    }
}

/// The turns of a pass's tokens.
pub struct Angles {
    pairing: Pairing,
    n_pairs: usize,
    /// (n_tokens, n_pairs)
    cos_sin: Vec<(f32, f32)>,
}

impl Angles {
    /// These tokens, and after them those of `more`, of the same rope.
    pub fn and(mut self, more: Angles) -> Angles {
        self.cos_sin.extend(more.cos_sin);
        self
    }

    /// Turns the heads of the pass's token `token`, (any number of heads, head_dim), in place.
    pub fn turn(&self, token: usize, heads: &mut [f32], head_dim: usize) {
        let cos_sin = &self.cos_sin[token * self.n_pairs..][..self.n_pairs];
        for head in heads.chunks_exact_mut(head_dim) {
            match self.pairing {
                Pairing::Neighbours => turn_neighbours(head, cos_sin),
                Pairing::Halves => turn_halves(head, cos_sin),
            }
        }
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
    use super::*;

    fn check(pairing: Pairing, want: [f32; 4]) {
        let rope = Rope { pairing, frequencies: vec![1.0, 0.0], long: None, magnitude: 1.0 };
        let mut x = [1.0, 2.0, 3.0, 4.0];
        rope.angles(0, 2, 2).turn(1, &mut x, 4);
        for (got, want) in x.iter().zip(want) {
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
