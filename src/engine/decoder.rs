//! The decoder: one structure with optional pieces for every family in [`super::architecture`].
//!
//! A layer is `x + attention(norm(x))`, then `x + ffn(norm(x))`. Which biases and norms there are
//! is read off the file's tensors.

use super::{
    architecture::{Architecture, Gate},
    gguf::Metadata,
    hyperparameters::Hyperparameters,
    kernels::{
        Activations, Kernels,
        attention::{Heads, attend},
        rows::{geglu, rms_norm, rms_norm_in_place, swiglu},
    },
    kv_cache::KvCache,
    matrix::{Linear, Matrix},
    rope::Angles,
    weights::Weights,
};
use crate::Result;

pub struct Decoder {
    sizes: Hyperparameters,
    architecture: Architecture,
    /// (n_vocab, n_embd); also the output where a file has none of its own.
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    output: Matrix,
}

struct Layer {
    attn_norm: Vec<f32>,
    q: Linear,
    k: Linear,
    v: Linear,
    /// Norms over each head.
    q_norm: Option<Vec<f32>>,
    k_norm: Option<Vec<f32>>,
    attn_output: Linear,
    /// Norms of what a block adds.
    attn_post_norm: Option<Vec<f32>>,
    ffn_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
    ffn_post_norm: Option<Vec<f32>>,
}

/// What all layers of one forward pass share.
struct Pass<'a> {
    sizes: &'a Hyperparameters,
    architecture: &'a Architecture,
    kernels: &'a Kernels,
    /// Of each rope.
    angles: Vec<Angles>,
    /// How many tokens the cache holds before this chunk.
    start: usize,
    n_tokens: usize,
}

impl Decoder {
    pub fn load(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        n_vocab: usize,
    ) -> Result<Decoder> {
        let sizes = Hyperparameters::read(metadata, arch)?;
        let architecture = Architecture::read(metadata, weights, arch, &sizes)?;
        let embedding = weights.matrix("token_embd.weight", n_vocab, sizes.n_embd)?;
        let output = match weights.has("output.weight") {
            true => weights.matrix("output.weight", n_vocab, sizes.n_embd)?,
            false => embedding.clone(),
        };
        let layers = (0..sizes.n_layers).map(|i| Layer::load(weights, &sizes, i));
        Ok(Decoder {
            architecture,
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
    pub fn forward(
        &self,
        tokens: &[u32],
        start: usize,
        cache: &mut KvCache,
        kernels: &Kernels,
    ) -> Vec<f32> {
        let Decoder { sizes, architecture, .. } = self;
        let (n_tokens, n_embd) = (tokens.len(), sizes.n_embd);
        let angles = architecture.ropes.iter().map(|rope| rope.angles(start, n_tokens)).collect();
        let pass = Pass { sizes, architecture, kernels, angles, start, n_tokens };
        let mut x = self.embed(tokens); // (n_tokens, n_embd)
        for (i, layer) in self.layers.iter().enumerate() {
            // Of the last layer only the last token's output is wanted, and every token's keys.
            let n_kept = if i + 1 < self.layers.len() { n_tokens } else { 1 };
            layer.forward(i, &mut x, n_kept, cache, &pass);
        }
        rms_norm_in_place(&mut x, &self.norm, architecture.epsilon); // (1, n_embd)
        let mut logits = vec![0.0; self.output.n_rows()];
        self.output.multiply(&Activations::new(&x, n_embd), &mut logits, kernels);
        logits
    }

    /// (n_tokens, n_embd)
    fn embed(&self, tokens: &[u32]) -> Vec<f32> {
        let mut x = vec![0.0; tokens.len() * self.sizes.n_embd];
        for (&token, row) in tokens.iter().zip(x.chunks_exact_mut(self.sizes.n_embd)) {
            self.embedding.read_row(token as usize, row);
        }
        if self.architecture.embedding_scale != 1.0 {
            x.iter_mut().for_each(|x| *x *= self.architecture.embedding_scale);
        }
        x
    }
}

impl Layer {
    fn load(weights: &Weights, sizes: &Hyperparameters, i: usize) -> Result<Layer> {
        let &Hyperparameters { n_embd, n_ff, head_dim, .. } = sizes;
        let (q_dim, kv_dim) = (sizes.n_heads * head_dim, sizes.n_kv_heads * head_dim);
        let norm = |name: &str| weights.vector(&format!("blk.{i}.{name}.weight"), n_embd);
        let optional_norm =
            |name: &str, len| weights.optional_vector(&format!("blk.{i}.{name}.weight"), len);
        let linear =
            |name: &str, n_out, n_in| weights.linear(&format!("blk.{i}.{name}"), n_out, n_in);
        Ok(Layer {
            attn_norm: norm("attn_norm")?,
            q: linear("attn_q", q_dim, n_embd)?,
            k: linear("attn_k", kv_dim, n_embd)?,
            v: linear("attn_v", kv_dim, n_embd)?,
            q_norm: optional_norm("attn_q_norm", head_dim)?,
            k_norm: optional_norm("attn_k_norm", head_dim)?,
            attn_output: linear("attn_output", n_embd, q_dim)?,
            attn_post_norm: optional_norm("post_attention_norm", n_embd)?,
            ffn_norm: norm("ffn_norm")?,
            gate: linear("ffn_gate", n_ff, n_embd)?,
            up: linear("ffn_up", n_ff, n_embd)?,
            down: linear("ffn_down", n_embd, n_ff)?,
            ffn_post_norm: optional_norm("post_ffw_norm", n_embd)?,
        })
    }

    /// Replaces `x`, (n_tokens, n_embd), by the last `n_kept` tokens' (n_kept, n_embd).
    fn forward(&self, i: usize, x: &mut Vec<f32>, n_kept: usize, cache: &mut KvCache, pass: &Pass) {
        let n_embd = pass.sizes.n_embd;
        let added = self.attention(i, x, n_kept, cache, pass);
        x.drain(..x.len() - n_kept * n_embd);
        add(x, added, self.attn_post_norm.as_deref(), pass);
        let added = self.feed_forward(x, pass);
        add(x, added, self.ffn_post_norm.as_deref(), pass);
    }

    /// What the last `n_kept` tokens take from all tokens so far: (n_kept, n_embd)
    fn attention(
        &self,
        i: usize,
        x: &[f32],
        n_kept: usize,
        cache: &mut KvCache,
        pass: &Pass,
    ) -> Vec<f32> {
        let &Hyperparameters { n_embd, n_heads, n_kv_heads, head_dim, .. } = pass.sizes;
        let (n_tokens, start, kernels) = (pass.n_tokens, pass.start, pass.kernels);
        let kind = pass.architecture.layer(i);
        let normed = normed(x, &self.attn_norm, pass);
        let all = Activations::new(&normed, n_embd);
        let last = Activations::new(&normed[(n_tokens - n_kept) * n_embd..], n_embd);
        let kept = if n_kept == n_tokens { &all } else { &last };

        let mut q = vec![0.0; n_kept * n_heads * head_dim];
        let mut k = vec![0.0; n_tokens * n_kv_heads * head_dim];
        let mut v = k.clone();
        self.q.forward(kept, &mut q, kernels); // (n_kept, n_heads, head_dim)
        self.k.forward(&all, &mut k, kernels); // (n_tokens, n_kv_heads, head_dim)
        self.v.forward(&all, &mut v, kernels);
        for (x, norm, n_heads) in
            [(&mut q, &self.q_norm, n_heads), (&mut k, &self.k_norm, n_kv_heads)]
        {
            if let Some(weight) = norm {
                rms_norm_in_place(x, weight, pass.architecture.epsilon);
            }
            if let Some(rope) = kind.rope {
                pass.angles[rope].turn(x, n_heads * head_dim, head_dim);
            }
        }
        cache.append(i, start, &k, &v);

        let scale = pass.architecture.attention_scale;
        let heads = Heads { n_heads, n_kv_heads, head_dim, scale, window: kind.window };
        let positions = start + n_tokens - n_kept..start + n_tokens;
        let mut mixed = vec![0.0; q.len()]; // (n_kept, n_heads, head_dim)
        attend(heads, &cache.layer(i), &q, positions, &mut mixed, kernels);
        let mut output = vec![0.0; n_kept * n_embd];
        let mixed = Activations::new(&mixed, n_heads * head_dim);
        self.attn_output.forward(&mixed, &mut output, kernels);
        output
    }

    /// (n_tokens, n_embd) → (n_tokens, n_embd)
    fn feed_forward(&self, x: &[f32], pass: &Pass) -> Vec<f32> {
        let &Hyperparameters { n_embd, n_ff, .. } = pass.sizes;
        let normed = normed(x, &self.ffn_norm, pass);
        let normed = Activations::new(&normed, n_embd);
        let mut gate = vec![0.0; normed.n_tokens() * n_ff];
        let mut up = gate.clone();
        self.gate.forward(&normed, &mut gate, pass.kernels);
        self.up.forward(&normed, &mut up, pass.kernels);
        let apply = match pass.architecture.gate {
            Gate::Silu => swiglu,
            Gate::Gelu => geglu,
        };
        let isa = pass.kernels.isa();
        pass.kernels.for_rows(&mut gate, n_ff, |token, gate| apply(isa, gate, &up[token * n_ff..]));
        let mut output = vec![0.0; x.len()];
        self.down.forward(&Activations::new(&gate, n_ff), &mut output, pass.kernels);
        output
    }
}

fn normed(x: &[f32], weight: &[f32], pass: &Pass) -> Vec<f32> {
    let mut normed = vec![0.0; x.len()];
    rms_norm(x, weight, pass.architecture.epsilon, &mut normed);
    normed
}

/// `x += added`, normed first where the model does.
fn add(x: &mut [f32], mut added: Vec<f32>, norm: Option<&[f32]>, pass: &Pass) {
    if let Some(weight) = norm {
        rms_norm_in_place(&mut added, weight, pass.architecture.epsilon);
    }
    x.iter_mut().zip(added).for_each(|(x, added)| *x += added);
}
