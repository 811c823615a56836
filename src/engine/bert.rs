//! The scorer's encoder: a post-norm BERT (Devlin et al., arXiv 1810.04805) with a linear head.

use candle_core::Tensor;

use super::{
    gguf::{Gguf, Metadata},
    hyperparameters::Hyperparameters,
    kernels::{layer_norm, softmax_rows},
    matrix::{Linear, Matrix},
    model::{ModelInfo, architecture},
    source::ReadAt,
    weights::Weights,
};
use crate::{Error, Result, dialogue::Tokenizer};

const TYPES: usize = 2;
/// The head's outputs, whose meaning is the scorer's.
const N_HEAD: usize = 3;

pub struct Bert {
    info: ModelInfo,
    tokenizer: Tokenizer,
    sizes: Hyperparameters,
    /// (n_vocab, n_embd), (n_ctx, n_embd) and (2, n_embd); a token's embedding is their sum.
    words: Matrix,
    positions: Matrix,
    types: Matrix,
    norm: Norm,
    layers: Vec<Layer>,
    head: Linear,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

struct Layer {
    q: Linear,
    k: Linear,
    v: Linear,
    attn_output: Linear,
    attn_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

impl Bert {
    pub fn load(source: &dyn ReadAt) -> Result<Bert> {
        let mut gguf = Gguf::read(source)?;
        let arch = architecture(&gguf.metadata, &["bert"])?;
        let tokenizer = Tokenizer::from_gguf(&gguf.metadata)?;
        gguf.metadata.forget("tokenizer.");
        let weights = Weights::new(source, &gguf);
        let sizes = Hyperparameters::read(&gguf.metadata, &arch)?;
        let (n_embd, n_vocab) = (sizes.n_embd, tokenizer.n_vocab());
        let layers = (0..sizes.n_layers).map(|i| Layer::load(&gguf.metadata, &weights, &sizes, i));
        Ok(Bert {
            words: weights.matrix("token_embd.weight", n_vocab, n_embd)?,
            positions: weights.matrix("position_embd.weight", sizes.n_ctx, n_embd)?,
            types: weights.matrix("token_types.weight", TYPES, n_embd)?,
            norm: Norm::load(&gguf.metadata, &weights, "token_embd_norm", n_embd)?,
            layers: layers.collect::<Result<_>>()?,
            head: weights.linear("scorer.head", N_HEAD, n_embd)?,
            info: ModelInfo::read(&gguf, source, arch, &sizes, n_vocab)?,
            tokenizer,
            sizes,
        })
    }

    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub fn n_ctx(&self) -> usize {
        self.sizes.n_ctx
    }

    /// The hidden state of the first token, [CLS], after the last layer: (n_embd).
    pub fn embed(&self, ids: &[u32], type_ids: &[u32]) -> Result<Vec<f32>> {
        self.check_input(ids, type_ids)?;
        let positions: Vec<u32> = (0..ids.len() as u32).collect();
        let x = self.words.rows(ids)?; // (n_tokens, n_embd)
        let x = ((x + self.positions.rows(&positions)?)? + self.types.rows(type_ids)?)?;
        let mut x = self.norm.forward(&x)?;
        for layer in &self.layers {
            x = layer.forward(&x, &self.sizes)?;
        }
        Ok(x.get(0)?.to_vec1()?)
    }

    /// The linear head over a [CLS] state: (3).
    pub fn head(&self, cls: &[f32]) -> Result<Vec<f32>> {
        if cls.len() != self.sizes.n_embd {
            let detail = format!("a state of {} instead of {}", cls.len(), self.sizes.n_embd);
            return Err(Error::InvalidRequest(detail));
        }
        let cls = Tensor::from_slice(cls, (1, cls.len()), &candle_core::Device::Cpu)?;
        Ok(self.head.forward(&cls)?.squeeze(0)?.to_vec1()?)
    }

    fn check_input(&self, ids: &[u32], type_ids: &[u32]) -> Result<()> {
        let (n_tokens, n_ctx) = (ids.len(), self.sizes.n_ctx);
        if n_tokens > n_ctx {
            return Err(Error::PromptTooLong { n_tokens, n_ctx });
        }
        let fits = |ids: &[u32], n: usize| ids.iter().all(|&id| (id as usize) < n);
        let valid = fits(ids, self.tokenizer.n_vocab()) && fits(type_ids, TYPES);
        if ids.is_empty() || type_ids.len() != n_tokens || !valid {
            let detail = "the encoder needs ids of its vocabulary and a type 0 or 1 for each";
            return Err(Error::InvalidRequest(detail.to_owned()));
        }
        Ok(())
    }
}

impl Norm {
    fn load(metadata: &Metadata, weights: &Weights, prefix: &str, n_embd: usize) -> Result<Norm> {
        Ok(Norm {
            weight: weights.vector(&format!("{prefix}.weight"), n_embd)?,
            bias: weights.vector(&format!("{prefix}.bias"), n_embd)?,
            epsilon: metadata.f32("bert.attention.layer_norm_epsilon").unwrap_or(1e-12),
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, self.epsilon)
    }
}

impl Layer {
    fn load(
        metadata: &Metadata,
        weights: &Weights,
        sizes: &Hyperparameters,
        i: usize,
    ) -> Result<Layer> {
        let &Hyperparameters { n_embd, n_ff, .. } = sizes;
        let name = |part: &str| format!("blk.{i}.{part}");
        let norm = |part: &str| Norm::load(metadata, weights, &name(part), n_embd);
        let square = |part: &str| weights.linear(&name(part), n_embd, n_embd);
        Ok(Layer {
            q: square("attn_q")?,
            k: square("attn_k")?,
            v: square("attn_v")?,
            attn_output: square("attn_output")?,
            attn_norm: norm("attn_output_norm")?,
            up: weights.linear(&name("ffn_up"), n_ff, n_embd)?,
            down: weights.linear(&name("ffn_down"), n_embd, n_ff)?,
            norm: norm("layer_output_norm")?,
        })
    }

    /// (n_tokens, n_embd) → (n_tokens, n_embd)
    fn forward(&self, x: &Tensor, sizes: &Hyperparameters) -> Result<Tensor> {
        let x = self.attn_norm.forward(&(x + self.attention(x, sizes)?)?)?;
        let fed = self.down.forward(&self.up.forward(&x)?.gelu_erf()?)?;
        self.norm.forward(&(x + fed)?)
    }

    /// Every token sees every token: one sequence, so no padding to leave out.
    fn attention(&self, x: &Tensor, sizes: &Hyperparameters) -> Result<Tensor> {
        let (n_tokens, n_embd) = x.dims2()?;
        let head_dim = n_embd / sizes.n_heads;
        let heads = |x: Tensor| -> Result<Tensor> {
            let x = x.reshape((n_tokens, sizes.n_heads, head_dim))?;
            Ok(x.transpose(0, 1)?.contiguous()?) // (n_heads, n_tokens, head_dim)
        };
        let q = heads(self.q.forward(x)?)?;
        let k = heads(self.k.forward(x)?)?;
        let v = heads(self.v.forward(x)?)?;
        let scores = q.matmul(&k.t()?)?; // (n_heads, n_tokens, n_tokens)
        softmax_rows(&scores, 1.0 / (head_dim as f32).sqrt(), 0)?;
        let mixed = scores.matmul(&v)?.transpose(0, 1)?.reshape((n_tokens, n_embd))?;
        self.attn_output.forward(&mixed)
    }
}
