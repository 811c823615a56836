//! The decoder: Llama, Qwen2 and Qwen3 as one structure with optional pieces.
//!
//! A layer is `x + attention(norm(x))`, then `x + ffn(norm(x))`. Qwen2 adds biases to q, k and v,
//! Qwen3 a norm on each head of q and k; which pieces there are is read off the file's tensors.

use candle_core::Tensor;

use super::{
    gguf::Metadata,
    hyperparameters::Hyperparameters,
    kernels::{rms_norm, softmax_rows, swiglu},
    kv_cache::KvCache,
    matrix::{Linear, Matrix},
    rope::{Angles, Pairing, Rope},
    weights::Weights,
};
use crate::{Error, Result};

pub struct Decoder {
    sizes: Hyperparameters,
    epsilon: f32,
    rope: Rope,
    /// (n_vocab, n_embd); also the output where a file has none of its own.
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Tensor,
    output: Matrix,
}

struct Layer {
    attn_norm: Tensor,
    q: Linear,
    k: Linear,
    v: Linear,
    /// Qwen3's norms over each head.
    q_norm: Option<Tensor>,
    k_norm: Option<Tensor>,
    attn_output: Linear,
    ffn_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// What all layers of one forward pass share.
struct Pass<'a> {
    sizes: &'a Hyperparameters,
    epsilon: f32,
    angles: Angles,
    cache: &'a KvCache,
    /// How many tokens the cache holds before this chunk.
    start: usize,
}

impl Decoder {
    /// `arch` is `llama`, `qwen2` or `qwen3`.
    pub fn load(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        n_vocab: usize,
    ) -> Result<Decoder> {
        let sizes = Hyperparameters::read(metadata, arch)?;
        if metadata.u64(&format!("{arch}.expert_count")).unwrap_or(0) > 0 {
            return Err(Error::ModelUnsupported(format!("{arch} with experts")));
        }
        let epsilon = metadata.f32(&format!("{arch}.attention.layer_norm_rms_epsilon"));
        let pairing = if arch == "llama" { Pairing::Neighbours } else { Pairing::Halves };
        let embedding = weights.matrix("token_embd.weight", n_vocab, sizes.n_embd)?;
        let output = match weights.has("output.weight") {
            true => weights.matrix("output.weight", n_vocab, sizes.n_embd)?,
            false => embedding.clone(),
        };
        let layers = (0..sizes.n_layers).map(|i| Layer::load(weights, &sizes, i));
        Ok(Decoder {
            epsilon: epsilon.unwrap_or(1e-5),
            rope: Rope::load(metadata, weights, arch, sizes.head_dim, pairing)?,
            embedding,
            layers: layers.collect::<Result<_>>()?,
            norm: weights.vector("output_norm.weight", sizes.n_embd)?,
            output,
            sizes,
        })
    }

    pub fn sizes(&self) -> &Hyperparameters {
        &self.sizes
    }

    /// Writes the keys and values of `tokens` into the cache after its first `start` tokens and
    /// returns the logits of the last token: (n_vocab).
    pub fn forward(&self, tokens: &[u32], start: usize, cache: &KvCache) -> Result<Vec<f32>> {
        let n_tokens = tokens.len();
        let angles = self.rope.angles(start, n_tokens);
        let pass = Pass { sizes: &self.sizes, epsilon: self.epsilon, angles, cache, start };
        let mut x = self.embedding.rows(tokens)?; // (n_tokens, n_embd)
        for (i, layer) in self.layers.iter().enumerate() {
            // Of the last layer only the last token's output is wanted, and every token's keys.
            let n_kept = if i + 1 < self.layers.len() { n_tokens } else { 1 };
            x = layer.forward(i, &x, n_kept, &pass)?;
        }
        let last = rms_norm(&x, &self.norm, self.epsilon)?; // (1, n_embd)
        Ok(self.output.multiply(&last)?.squeeze(0)?.to_vec1()?)
    }
}

impl Layer {
    fn load(weights: &Weights, sizes: &Hyperparameters, i: usize) -> Result<Layer> {
        let &Hyperparameters { n_embd, n_ff, head_dim, .. } = sizes;
        let (q_dim, kv_dim) = (sizes.n_heads * head_dim, sizes.n_kv_heads * head_dim);
        let norm = |name: &str| weights.vector(&format!("blk.{i}.{name}.weight"), n_embd);
        let head_norm =
            |name: &str| weights.optional_vector(&format!("blk.{i}.{name}.weight"), head_dim);
        let linear =
            |name: &str, n_out, n_in| weights.linear(&format!("blk.{i}.{name}"), n_out, n_in);
        Ok(Layer {
            attn_norm: norm("attn_norm")?,
            q: linear("attn_q", q_dim, n_embd)?,
            k: linear("attn_k", kv_dim, n_embd)?,
            v: linear("attn_v", kv_dim, n_embd)?,
            q_norm: head_norm("attn_q_norm")?,
            k_norm: head_norm("attn_k_norm")?,
            attn_output: linear("attn_output", n_embd, q_dim)?,
            ffn_norm: norm("ffn_norm")?,
            gate: linear("ffn_gate", n_ff, n_embd)?,
            up: linear("ffn_up", n_ff, n_embd)?,
            down: linear("ffn_down", n_embd, n_ff)?,
        })
    }

    /// (n_tokens, n_embd) → the last `n_kept` tokens' (n_kept, n_embd)
    fn forward(&self, i: usize, x: &Tensor, n_kept: usize, pass: &Pass) -> Result<Tensor> {
        let normed = rms_norm(x, &self.attn_norm, pass.epsilon)?;
        let x = (last_rows(x, n_kept)? + self.attention(i, &normed, n_kept, pass)?)?;
        let normed = rms_norm(&x, &self.ffn_norm, pass.epsilon)?;
        Ok((&x + self.feed_forward(&normed)?)?)
    }

    /// What the last `n_kept` tokens take from all tokens so far: (n_kept, n_embd)
    fn attention(&self, i: usize, x: &Tensor, n_kept: usize, pass: &Pass) -> Result<Tensor> {
        let &Hyperparameters { n_heads, n_kv_heads, head_dim, .. } = pass.sizes;
        let (n_tokens, n_groups) = (x.dim(0)?, n_heads / n_kv_heads);
        let q = self.q.forward(&last_rows(x, n_kept)?)?.reshape((n_kept, n_heads, head_dim))?;
        let k = self.k.forward(x)?.reshape((n_tokens, n_kv_heads, head_dim))?;
        let v = self.v.forward(x)?.reshape((n_tokens, n_kv_heads, head_dim))?;
        let q = positioned(q, self.q_norm.as_ref(), pass)?;
        let k = positioned(k, self.k_norm.as_ref(), pass)?;
        let k = k.transpose(0, 1)?.contiguous()?; // (n_kv_heads, n_tokens, head_dim)
        let v = v.transpose(0, 1)?.contiguous()?;
        let (k, v) = pass.cache.append(i, pass.start, &k, &v)?; // (n_kv_heads, n_keys, head_dim)

        // The queries that share a key head become rows of one matrix, so no key is copied:
        // (n_kv_heads, n_groups · n_kept, head_dim)
        let q = q
            .reshape((n_kept, n_kv_heads, n_groups, head_dim))?
            .permute((1, 2, 0, 3))?
            .contiguous()?
            .reshape((n_kv_heads, n_groups * n_kept, head_dim))?;
        let scores = q.matmul(&k.t()?)?; // (n_kv_heads, n_groups · n_kept, n_keys)
        softmax_rows(&scores, 1.0 / (head_dim as f32).sqrt(), n_kept)?;
        let mixed = scores
            .matmul(&v)? // (n_kv_heads, n_groups · n_kept, head_dim)
            .reshape((n_kv_heads, n_groups, n_kept, head_dim))?
            .permute((2, 0, 1, 3))?
            .reshape((n_kept, n_heads * head_dim))?;
        self.attn_output.forward(&mixed)
    }

    fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
        let gated = swiglu(&self.gate.forward(x)?, &self.up.forward(x)?)?; // (n_tokens, n_ff)
        self.down.forward(&gated)
    }
}

fn last_rows(x: &Tensor, n_rows: usize) -> Result<Tensor> {
    Ok(x.narrow(0, x.dim(0)? - n_rows, n_rows)?)
}

/// Queries or keys, (n_rows, n_heads, head_dim), normed where the model does and turned.
fn positioned(x: Tensor, norm: Option<&Tensor>, pass: &Pass) -> Result<Tensor> {
    let x = match norm {
        Some(weight) => rms_norm(&x, weight, pass.epsilon)?,
        None => x,
    };
    pass.angles.turn(&x)?;
    Ok(x)
}
