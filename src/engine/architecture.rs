//! What tells one family of decoders from another, layer by layer.
//!
//! Every family here is one structure with optional pieces:
//! - `llama`, Mistral's dense models among it (a head's size of its own, and a sliding window),
//! - `qwen2`, and `qwen3` with norms of heads,
//! - `smollm3`, with layers that have no positions,
//! - `gemma2` and `gemma3`, with norms after a block, windows, and soft-capped scores in `gemma2`,
//! - `phi3`, whose projections come in one tensor, with LongRoPE,
//! - `granite`, with multipliers,
//! - `olmo2`, with norms after a block only, and of whole queries and keys.
//!
//! What a file's tensors tell (biases, norms of heads, norms after a block, tensors in one) is read
//! off them; the rest is here. Short convolutions, state spaces, experts, encoders and positions by
//! other means would be new kinds of layers: such files are refused by their name.

use super::{
    gguf::{Metadata, Value},
    hyperparameters::Hyperparameters,
    rope::{Pairing, Rope},
    weights::Weights,
};
use crate::{Error, Result};

/// The families, by `general.architecture`.
pub const NAMES: [&str; 9] =
    ["llama", "qwen2", "qwen3", "smollm3", "gemma2", "gemma3", "phi3", "granite", "olmo2"];

/// The gate of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gate {
    Silu,
    Gelu,
}

/// Which norms a layer has besides those that its tensors tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Norms {
    /// Of what a block reads; of each head, if of heads.
    Before,
    /// Only of what a block adds; of all heads together (OLMo 2, arXiv 2501.00656).
    After,
}

pub struct Architecture {
    pub gate: Gate,
    pub norms: Norms,
    /// What a token's embedding is multiplied with.
    pub embedding_scale: f32,
    /// What the products of queries and keys are multiplied with.
    pub attention_scale: f32,
    /// What scores stay below, and above its negative (Gemma 2, arXiv 2408.00118).
    pub attention_cap: Option<f32>,
    /// What a block's output is multiplied with before it is added.
    pub residual_scale: f32,
    /// What logits are multiplied with.
    pub logit_scale: f32,
    /// As `attention_cap`, of logits.
    pub logit_cap: Option<f32>,
    pub epsilon: f32,
    /// Rotary embeddings of the model's own base, and of layers with a window.
    pub ropes: Vec<Rope>,
    layers: Vec<LayerKind>,
}

/// How a layer sees positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerKind {
    /// Which of the ropes turns queries and keys, if one does.
    pub rope: Option<usize>,
    /// How many positions a token sees, its own included.
    pub window: Option<usize>,
}

/// SmolLM3: every fourth layer has no positions (RoPE to NoPE and back again, arXiv 2501.18795).
const SMOLLM3_UNTURNED_EVERY: usize = 4;
const GEMMA3_WINDOW_BASE: f32 = 10_000.0;

impl Architecture {
    pub fn read(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        sizes: &Hyperparameters,
    ) -> Result<Architecture> {
        refuse_variants(metadata, arch)?;
        // Llama's converter, and those that derive from it, put pairs next to each other.
        let pairing = match arch {
            "llama" | "smollm3" | "granite" => Pairing::Neighbours,
            _ => Pairing::Halves,
        };
        let number = |key: &str| metadata.f32(&format!("{arch}.{key}"));
        let given = |key: &str| number(key).filter(|&x| x != 0.0);
        let head_dim = sizes.head_dim;
        let mut ropes = vec![Rope::load(metadata, weights, arch, head_dim, pairing)?];
        let windows = Windows::read(metadata, arch)?;
        if windows.is_some() && UNSCALED_IN_WINDOWS.contains(&arch) {
            let own_base = match arch {
                "gemma3" => GEMMA3_WINDOW_BASE,
                _ => number("rope.freq_base").unwrap_or(10_000.0),
            };
            let base = number("rope.freq_base_swa").unwrap_or(own_base);
            ropes.push(Rope::new(metadata, arch, head_dim, pairing, base)?);
        }
        // Granite's files say so where a model has no positions at all.
        let turned = metadata.bool(&format!("{arch}.rope.scaling.finetuned")) != Some(false);
        let turned = turned || arch != "granite";
        let kind = |i: usize| match windows.as_ref().and_then(|windows| windows.of_layer(i)) {
            Some(window) => LayerKind { rope: Some(ropes.len() - 1), window: Some(window) },
            None => {
                let unturned = arch == "smollm3" && (i + 1).is_multiple_of(SMOLLM3_UNTURNED_EVERY);
                LayerKind { rope: (turned && !unturned).then_some(0), window: None }
            }
        };
        Ok(Architecture {
            gate: if arch.starts_with("gemma") { Gate::Gelu } else { Gate::Silu },
            norms: if arch == "olmo2" { Norms::After } else { Norms::Before },
            embedding_scale: match arch {
                "gemma2" | "gemma3" => (sizes.n_embd as f32).sqrt(),
                "granite" => given("embedding_scale").unwrap_or(1.0),
                _ => 1.0,
            },
            attention_scale: given("attention.scale")
                .unwrap_or_else(|| attention_scale(arch, sizes)),
            attention_cap: given("attn_logit_softcapping"),
            residual_scale: match arch {
                "granite" => given("residual_scale").unwrap_or(1.0),
                _ => 1.0,
            },
            // The file holds what logits are divided by.
            logit_scale: match arch {
                "granite" => given("logit_scale").map_or(1.0, |scale| 1.0 / scale),
                _ => 1.0,
            },
            logit_cap: given("final_logit_softcapping"),
            epsilon: number("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
            layers: (0..sizes.n_layers).map(kind).collect(),
            ropes,
        })
    }

    pub fn layer(&self, i: usize) -> LayerKind {
        self.layers[i]
    }
}

/// Families whose layers with a window have positions of their own: another base, and no scaling.
/// OLMo 3, whose files say `olmo2`, has the windows.
const UNSCALED_IN_WINDOWS: [&str; 2] = ["gemma3", "olmo2"];

/// Which layers see a window of positions, and how wide it is.
struct Windows {
    width: usize,
    pattern: Pattern,
}

enum Pattern {
    All,
    /// All layers but every nth.
    AllButEvery(usize),
    /// A number per layer, 0 where it sees everything.
    Layers(Vec<i64>),
}

impl Windows {
    /// None where every layer sees everything. Qwen's files give a width that is not used.
    fn read(metadata: &Metadata, arch: &str) -> Result<Option<Windows>> {
        let width = metadata.u64(&format!("{arch}.attention.sliding_window")).unwrap_or(0);
        let default = match arch {
            // Mistral 7B (arXiv 2310.06825) and Phi 3.
            "llama" | "phi3" => Pattern::All,
            "gemma2" => Pattern::AllButEvery(2),
            "olmo2" => Pattern::AllButEvery(4),
            // arXiv 2503.19786
            "gemma3" => Pattern::AllButEvery(6),
            _ => return Ok(None),
        };
        if width == 0 {
            return Ok(None);
        }
        let pattern = match metadata.get(&format!("{arch}.attention.sliding_window_pattern")) {
            None => default,
            Some(Value::Integers(layers)) => Pattern::Layers(layers.clone()),
            Some(Value::Integer(n)) if usize::try_from(*n).is_ok() => {
                Pattern::AllButEvery(*n as usize)
            }
            Some(_) => {
                let detail = "`attention.sliding_window_pattern` is neither a number nor a list";
                return Err(Error::ModelCorrupt(detail.to_owned()));
            }
        };
        Ok(Some(Windows { width: usize::try_from(width).unwrap_or(usize::MAX), pattern }))
    }

    fn of_layer(&self, i: usize) -> Option<usize> {
        let has_window = match &self.pattern {
            Pattern::All => true,
            Pattern::AllButEvery(n) => !(i + 1).is_multiple_of(*n),
            Pattern::Layers(layers) => layers.get(i).is_some_and(|&layer| layer != 0),
        };
        has_window.then_some(self.width)
    }
}

/// What models of these families may have and this engine does not.
fn refuse_variants(metadata: &Metadata, arch: &str) -> Result<()> {
    if metadata.u64(&format!("{arch}.expert_count")).unwrap_or(0) > 0 {
        return Err(Error::ModelUnsupported(format!("{arch} with experts")));
    }
    // Of the families here only Gemma 2 has caps, which its fixture checks.
    let is_capped = |key: &str| metadata.f32(&format!("{arch}.{key}")).unwrap_or(0.0) != 0.0;
    let capped = is_capped("final_logit_softcapping") || is_capped("attn_logit_softcapping");
    if arch != "gemma2" && capped {
        return Err(Error::ModelUnsupported(format!("{arch} with capped logits")));
    }
    Ok(())
}

/// One over the root of a head's size; the largest Gemmas take its share of the embedding.
fn attention_scale(arch: &str, sizes: &Hyperparameters) -> f32 {
    let size = match (arch, sizes.n_layers) {
        ("gemma2", 46) | ("gemma3", 62) => sizes.n_embd / sizes.n_heads,
        _ => sizes.head_dim,
    };
    1.0 / (size as f32).sqrt()
}
