//! The decoder: one structure with optional pieces for every family in [`super::architecture`].
//!
//! A layer is `x + attention(norm(x))`, then `x + ffn(norm(x))`; OLMo 2 norms what is added instead.
//! Which biases and norms there are is read off the file's tensors.
//!
//! A pass takes a run of tokens of one dialogue, or of several at once: the weights are then read once
//! for all of them, and only attention looks at each dialogue alone.

use super::{
    architecture::{Architecture, Gate, Norms},
    gguf::Metadata,
    hyperparameters::Hyperparameters,
    kernels::{
        Activations, Kernels,
        attention::{Heads, attend},
        rows::{add, geglu, rms_norm, rms_norm_in_place, soft_cap, swiglu},
    },
    kv_cache::KvCache,
    matrix::{Linear, Matrix},
    rope::{Angles, Rope},
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
    attn_norm: Option<Vec<f32>>,
    q: Linear,
    k: Linear,
    v: Linear,
    /// Norms over each head, or over all heads of a token.
    q_norm: Option<Vec<f32>>,
    k_norm: Option<Vec<f32>>,
    attn_output: Linear,
    /// Norms of what a block adds.
    attn_post_norm: Option<Vec<f32>>,
    ffn_norm: Option<Vec<f32>>,
    gate: Linear,
    up: Linear,
    down: Linear,
    ffn_post_norm: Option<Vec<f32>>,
}

/// Tokens of one dialogue that follow each other.
pub struct Run<'a> {
    pub tokens: &'a [u32],
    /// How many tokens the cache holds before them.
    pub start: usize,
    pub cache: &'a mut KvCache,
    /// Of how many, counted from the last, the output is wanted.
    pub n_kept: usize,
}

/// What all layers of one forward pass share.
struct Pass<'a> {
    sizes: &'a Hyperparameters,
    architecture: &'a Architecture,
    kernels: &'a Kernels,
    /// Of each rope, for each token of the pass.
    angles: Vec<Angles>,
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
        let layers =
            (0..sizes.n_layers).map(|i| Layer::load(weights, &sizes, architecture.norms, i));
        let layers = layers.collect::<Result<_>>()?;
        Ok(Decoder {
            architecture,
            embedding,
            layers,
            norm: weights.vector("output_norm.weight", sizes.n_embd)?,
            output,
            sizes,
        })
    }

    pub fn sizes(&self) -> &Hyperparameters {
        &self.sizes
    }

    /// Whether a context of `n_ctx` has positions of its own.
    pub fn turns_for_long(&self, n_ctx: usize) -> bool {
        self.architecture.ropes.iter().any(|rope| rope.is_long(n_ctx))
    }

    /// Writes the keys and values of all runs into their caches, and returns the logits of the tokens
    /// that each keeps: (sum of n_kept, n_vocab).
    pub fn forward(&self, runs: &mut [Run], kernels: &Kernels) -> Vec<f32> {
        kernels.pass(n_tokens(runs), || {
            let states = self.pass(runs, kernels);
            let mut logits = vec![0.0; states.len() / self.sizes.n_embd * self.output.n_rows()];
            self.output.multiply_finely(&states, &mut logits, kernels);
            let Architecture { logit_scale, logit_cap, .. } = self.architecture;
            if logit_scale != 1.0 {
                logits.iter_mut().for_each(|logit| *logit *= logit_scale);
            }
            if let Some(cap) = logit_cap {
                soft_cap(kernels.isa(), &mut logits, 1.0, cap);
            }
            logits
        })
    }

    /// As [`Decoder::forward`], where nobody asks for logits: the product with the whole vocabulary is
    /// spared. Returns the states of the tokens that are kept: (sum of n_kept, n_embd).
    pub fn read(&self, runs: &mut [Run], kernels: &Kernels) -> Vec<f32> {
        kernels.pass(n_tokens(runs), || self.pass(runs, kernels))
    }

    /// The states after the last norm: (sum of n_kept, n_embd).
    fn pass(&self, runs: &mut [Run], kernels: &Kernels) -> Vec<f32> {
        let Decoder { sizes, architecture, .. } = self;
        let angles = |rope: &Rope| {
            let of_run = |run: &Run| rope.angles(run.start, run.tokens.len(), run.cache.n_ctx());
            runs.iter().map(of_run).reduce(Angles::and).expect("a pass has a run")
        };
        let angles = architecture.ropes.iter().map(angles).collect();
        let pass = Pass { sizes, architecture, kernels, angles, n_tokens: n_tokens(runs) };
        let mut x = self.embed(runs, kernels); // (n_tokens, n_embd)
        let mut room = Room::default();
        for (i, layer) in self.layers.iter().enumerate() {
            // Of the last layer only some tokens' output is wanted, and every token's keys.
            let kept = match i + 1 < self.layers.len() {
                true => Rows::All,
                false => Rows::kept(runs),
            };
            layer.forward(i, &mut x, kept, runs, &mut room, &pass);
        }
        kernels.for_rows(&mut x, sizes.n_embd, |_, row| {
            rms_norm_in_place(row, &self.norm, architecture.epsilon);
        });
        x
    }

    /// (n_tokens, n_embd)
    fn embed(&self, runs: &[Run], kernels: &Kernels) -> Vec<f32> {
        let n_embd = self.sizes.n_embd;
        let tokens: Vec<u32> = runs.iter().flat_map(|run| run.tokens).copied().collect();
        let mut x = vec![0.0; tokens.len() * n_embd];
        kernels.for_rows(&mut x, n_embd, |i, row| {
            self.embedding.read_row(tokens[i] as usize, row);
            if self.architecture.embedding_scale != 1.0 {
                row.iter_mut().for_each(|x| *x *= self.architecture.embedding_scale);
            }
        });
        x
    }
}

impl Layer {
    fn load(weights: &Weights, sizes: &Hyperparameters, norms: Norms, i: usize) -> Result<Layer> {
        let &Hyperparameters { n_embd, n_ff, head_dim, .. } = sizes;
        let (q_dim, kv_dim) = (sizes.n_heads * head_dim, sizes.n_kv_heads * head_dim);
        let optional_norm =
            |name: &str, len| weights.optional_vector(&format!("blk.{i}.{name}.weight"), len);
        let norm = |name: &str| match norms {
            Norms::Before => weights.vector(&format!("blk.{i}.{name}.weight"), n_embd).map(Some),
            Norms::After => Ok(None),
        };
        let (q_normed, k_normed) = match norms {
            Norms::Before => (head_dim, head_dim),
            Norms::After => (q_dim, kv_dim),
        };
        let linear =
            |name: &str, n_out, n_in| weights.linear(&format!("blk.{i}.{name}"), n_out, n_in);
        // Phi 3 has one tensor for all that reads the same.
        let [q, k, v] = match weights.has(&format!("blk.{i}.attn_qkv.weight")) {
            true => {
                weights.linears(&format!("blk.{i}.attn_qkv"), [q_dim, kv_dim, kv_dim], n_embd)?
            }
            false => [
                linear("attn_q", q_dim, n_embd)?,
                linear("attn_k", kv_dim, n_embd)?,
                linear("attn_v", kv_dim, n_embd)?,
            ],
        };
        let [gate, up] = match weights.has(&format!("blk.{i}.ffn_gate.weight")) {
            false => weights.linears(&format!("blk.{i}.ffn_up"), [n_ff, n_ff], n_embd)?,
            true => [linear("ffn_gate", n_ff, n_embd)?, linear("ffn_up", n_ff, n_embd)?],
        };
        Ok(Layer {
            attn_norm: norm("attn_norm")?,
            q,
            k,
            v,
            q_norm: optional_norm("attn_q_norm", q_normed)?,
            k_norm: optional_norm("attn_k_norm", k_normed)?,
            attn_output: linear("attn_output", n_embd, q_dim)?,
            attn_post_norm: optional_norm("post_attention_norm", n_embd)?,
            ffn_norm: norm("ffn_norm")?,
            gate,
            up,
            down: linear("ffn_down", n_embd, n_ff)?,
            ffn_post_norm: optional_norm("post_ffw_norm", n_embd)?,
        })
    }

    /// Replaces `x`, (n_tokens, n_embd), by what becomes of the rows in `kept`.
    fn forward(
        &self,
        i: usize,
        x: &mut Vec<f32>,
        kept: Rows,
        runs: &mut [Run],
        room: &mut Room,
        pass: &Pass,
    ) {
        self.attention(i, x, &kept, runs, room, pass);
        kept.of(x, pass.sizes.n_embd);
        add_rows(x, &room.added, self.attn_post_norm.as_deref(), pass);
        self.feed_forward(x, room, pass);
        add_rows(x, &room.added, self.ffn_post_norm.as_deref(), pass);
    }

    /// Writes to `room.added` what the kept tokens take from all tokens of their dialogue so far:
    /// (n_kept, n_embd)
    fn attention(
        &self,
        i: usize,
        x: &[f32],
        kept: &Rows,
        runs: &mut [Run],
        room: &mut Room,
        pass: &Pass,
    ) {
        let &Hyperparameters { n_embd, n_heads, n_kv_heads, head_dim, .. } = pass.sizes;
        let (n_tokens, kernels) = (pass.n_tokens, pass.kernels);
        let n_kept = kept.n_rows(n_tokens);
        let (q_dim, kv_dim) = (n_heads * head_dim, n_kv_heads * head_dim);
        let Room { normed, q, k, v, mixed, added, .. } = room;
        let all = norm(x, self.attn_norm.as_deref(), &self.q, normed, pass);
        let mut wanted = Vec::new();
        let last = kept.chosen(all.values, n_embd, &mut wanted);

        let q = of_size(q, n_kept * q_dim); // (n_kept, n_heads, head_dim)
        let k = of_size(k, n_tokens * kv_dim); // (n_tokens, n_kv_heads, head_dim)
        let v = of_size(v, n_tokens * kv_dim);
        self.q.forward(last.as_ref().unwrap_or(&all), q, kernels);
        self.k.forward(&all, k, kernels);
        self.v.forward(&all, v, kernels);
        let kind = pass.architecture.layer(i);
        let turned = |heads: &mut [f32], norm: &Option<Vec<f32>>, token: usize| {
            if let Some(weight) = norm {
                rms_norm_in_place(heads, weight, pass.architecture.epsilon);
            }
            if let Some(rope) = kind.rope {
                pass.angles[rope].turn(token, heads, head_dim);
            }
        };
        kernels.for_rows(q, q_dim, |row, heads| turned(heads, &self.q_norm, kept.token(row)));
        kernels.for_rows(k, kv_dim, |token, heads| turned(heads, &self.k_norm, token));

        let &Architecture { attention_scale: scale, attention_cap: cap, .. } = pass.architecture;
        let heads = Heads { n_heads, n_kv_heads, head_dim, scale, cap, window: kind.window };
        let mixed = of_size(mixed, n_kept * q_dim); // (n_kept, n_heads, head_dim)
        let (mut token, mut row) = (0, 0);
        for run in runs {
            let n_tokens = run.tokens.len();
            let n_kept = if matches!(kept, Rows::All) { n_tokens } else { run.n_kept };
            let keys_values = token * kv_dim..(token + n_tokens) * kv_dim;
            let (k, v) = (&k[keys_values.clone()], &v[keys_values]);
            run.cache.append(i, run.start, k, v, kernels);
            let end = run.start + n_tokens;
            let rows = row * q_dim..(row + n_kept) * q_dim;
            let (queries, mixed) = (&q[rows.clone()], &mut mixed[rows]);
            if n_kept > 0 {
                attend(heads, &run.cache.layer(i), queries, end - n_kept..end, mixed, kernels);
            }
            (token, row) = (token + n_tokens, row + n_kept);
        }
        let added = of_size(added, n_kept * n_embd);
        self.attn_output.forward(&Activations::new(mixed, q_dim), added, kernels);
    }

    /// Writes to `room.added`: (n_tokens, n_embd) → (n_tokens, n_embd)
    fn feed_forward(&self, x: &[f32], room: &mut Room, pass: &Pass) {
        let (n_ff, kernels) = (pass.sizes.n_ff, pass.kernels);
        let Room { normed, gate, up, added, .. } = room;
        let normed = norm(x, self.ffn_norm.as_deref(), &self.gate, normed, pass);
        let gate = of_size(gate, normed.n_tokens() * n_ff);
        let up = of_size(up, gate.len());
        self.gate.forward(&normed, gate, kernels);
        self.up.forward(&normed, up, kernels);
        let apply = match pass.architecture.gate {
            Gate::Silu => swiglu,
            Gate::Gelu => geglu,
        };
        let operand = self.down.weight.operand();
        let gated = Activations::written(gate, n_ff, operand, kernels, |token, gate| {
            apply(kernels.isa(), gate, &up[token * n_ff..]);
        });
        self.down.forward(&gated, of_size(added, x.len()), kernels);
    }
}

fn n_tokens(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.tokens.len()).sum()
}

/// Rows of a pass's tokens.
enum Rows {
    All,
    /// These tokens, in order.
    Some(Vec<usize>),
}

impl Rows {
    /// Those whose output is wanted.
    fn kept(runs: &[Run]) -> Rows {
        let (mut wanted, mut end) = (Vec::new(), 0);
        for run in runs {
            end += run.tokens.len();
            wanted.extend(end - run.n_kept..end);
        }
        if wanted.len() == end { Rows::All } else { Rows::Some(wanted) }
    }

    fn n_rows(&self, n_tokens: usize) -> usize {
        match self {
            Rows::All => n_tokens,
            Rows::Some(tokens) => tokens.len(),
        }
    }

    /// Which token a row is of.
    fn token(&self, row: usize) -> usize {
        match self {
            Rows::All => row,
            Rows::Some(tokens) => tokens[row],
        }
    }

    /// Leaves only these rows in `x`.
    fn of(&self, x: &mut Vec<f32>, width: usize) {
        if let Rows::Some(tokens) = self {
            for (row, token) in tokens.iter().enumerate() {
                x.copy_within(token * width..(token + 1) * width, row * width);
            }
            x.truncate(tokens.len() * width);
        }
    }

    /// These rows of `values`, copied into `room`; `None` where they are all rows.
    fn chosen<'r>(
        &self,
        values: &[f32],
        width: usize,
        room: &'r mut Vec<f32>,
    ) -> Option<Activations<'r>> {
        let Rows::Some(tokens) = self else { return None };
        tokens.iter().for_each(|token| room.extend(&values[token * width..][..width]));
        Some(Activations::new(room, width))
    }
}

/// What the layers of a pass write into, one after the other.
#[derive(Default)]
struct Room {
    normed: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    mixed: Vec<f32>,
    added: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
}

/// Room for `n` floats, whatever they are.
fn of_size(room: &mut Vec<f32>, n: usize) -> &mut [f32] {
    room.resize(n, 0.0);
    room
}

/// The rows of `x`, normed where the model does, as `reader` wants them.
fn norm<'r>(
    x: &[f32],
    weight: Option<&[f32]>,
    reader: &Linear,
    room: &'r mut Vec<f32>,
    pass: &Pass,
) -> Activations<'r> {
    let (width, epsilon) = (pass.sizes.n_embd, pass.architecture.epsilon);
    let write = |token: usize, row: &mut [f32]| {
        let x = &x[token * width..][..width];
        match weight {
            Some(weight) => rms_norm(x, weight, epsilon, row),
            None => row.copy_from_slice(x),
        }
    };
    let operand = reader.weight.operand();
    Activations::written(of_size(room, x.len()), width, operand, pass.kernels, write)
}

/// `x += added`, normed and scaled first where the model does.
fn add_rows(x: &mut [f32], added: &[f32], norm: Option<&[f32]>, pass: &Pass) {
    let n_embd = pass.sizes.n_embd;
    let &Architecture { epsilon, residual_scale, .. } = pass.architecture;
    pass.kernels.for_rows(x, n_embd, |token, x| {
        let added = &added[token * n_embd..][..n_embd];
        match norm {
            Some(weight) => {
                let mut normed = vec![0.0; n_embd];
                rms_norm(added, weight, epsilon, &mut normed);
                add(x, &normed);
            }
            None if residual_scale != 1.0 => {
                x.iter_mut().zip(added).for_each(|(x, added)| *x += residual_scale * added);
            }
            None => add(x, added),
        }
    });
}
