//! What tells one family of decoders from another, layer by layer.
//!
//! Llama, Qwen2, Qwen3, SmolLM3 and Gemma 3 are one structure with optional pieces. Those that a
//! file's tensors tell (biases, norms of heads, norms after a block) are read off them; the rest is
//! here.

use super::{
    gguf::{Metadata, Value},
    hyperparameters::Hyperparameters,
    rope::{Pairing, Rope},
    weights::Weights,
};
use crate::{Error, Result};

/// The families, by `general.architecture`.
pub const NAMES: [&str; 5] = ["llama", "qwen2", "qwen3", "smollm3", "gemma3"];

/// The gate of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gate {
    Silu,
    Gelu,
}

pub struct Architecture {
    pub gate: Gate,
    /// What a token's embedding is multiplied with.
    pub embedding_scale: f32,
    /// What the products of queries and keys are multiplied with.
    pub attention_scale: f32,
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
/// Gemma 3 (arXiv 2503.19786): every sixth layer sees everything, the others a window.
const GEMMA3_GLOBAL_EVERY: usize = 6;
const GEMMA3_WINDOW_BASE: f32 = 10_000.0;

impl Architecture {
    pub fn read(
        metadata: &Metadata,
        weights: &Weights,
        arch: &str,
        sizes: &Hyperparameters,
    ) -> Result<Architecture> {
        refuse_variants(metadata, arch)?;
        let pairing = match arch {
            "llama" | "smollm3" => Pairing::Neighbours,
            _ => Pairing::Halves,
        };
        let head_dim = sizes.head_dim;
        let mut ropes = vec![Rope::load(metadata, weights, arch, head_dim, pairing)?];
        let windows = Windows::read(metadata, arch)?;
        if windows.is_some() {
            let base = metadata.f32(&format!("{arch}.rope.freq_base_swa"));
            let base = base.unwrap_or(GEMMA3_WINDOW_BASE);
            ropes.push(Rope::new(metadata, arch, head_dim, pairing, base)?);
        }
        let kind = |i: usize| match windows.as_ref().and_then(|windows| windows.of_layer(i)) {
            Some(window) => LayerKind { rope: Some(1), window: Some(window) },
            None => {
                let unturned = arch == "smollm3" && (i + 1).is_multiple_of(SMOLLM3_UNTURNED_EVERY);
                LayerKind { rope: (!unturned).then_some(0), window: None }
            }
        };
        let epsilon = metadata.f32(&format!("{arch}.attention.layer_norm_rms_epsilon"));
        Ok(Architecture {
            gate: if arch == "gemma3" { Gate::Gelu } else { Gate::Silu },
            embedding_scale: match arch {
                "gemma3" => (sizes.n_embd as f32).sqrt(),
                _ => 1.0,
            },
            attention_scale: attention_scale(arch, sizes),
            epsilon: epsilon.unwrap_or(1e-5),
            ropes,
            layers: (0..sizes.n_layers).map(kind).collect(),
        })
    }

    pub fn layer(&self, i: usize) -> LayerKind {
        self.layers[i]
    }
}

/// Which layers see a window of positions, and how wide it is.
struct Windows {
    width: usize,
    pattern: Pattern,
}

enum Pattern {
    /// All layers but every nth.
    AllButEvery(usize),
    /// A number per layer, 0 where it sees everything.
    Layers(Vec<i64>),
}

impl Windows {
    /// None where every layer sees everything. Of the families here only Gemma 3 has windows; others
    /// write their width into a file and do not use it.
    fn read(metadata: &Metadata, arch: &str) -> Result<Option<Windows>> {
        let width = metadata.u64(&format!("{arch}.attention.sliding_window")).unwrap_or(0);
        if arch != "gemma3" || width == 0 {
            return Ok(None);
        }
        let pattern = match metadata.get(&format!("{arch}.attention.sliding_window_pattern")) {
            None => Pattern::AllButEvery(GEMMA3_GLOBAL_EVERY),
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
    if metadata.f32(&format!("{arch}.final_logit_softcapping")).unwrap_or(0.0) != 0.0 {
        return Err(Error::ModelUnsupported(format!("{arch} with capped logits")));
    }
    Ok(())
}

/// One over the root of a head's size; Gemma 3's largest model takes its share of the embedding.
fn attention_scale(arch: &str, sizes: &Hyperparameters) -> f32 {
    const GEMMA3_27B_LAYERS: usize = 62;
    let size = match arch {
        "gemma3" if sizes.n_layers == GEMMA3_27B_LAYERS => sizes.n_embd / sizes.n_heads,
        _ => sizes.head_dim,
    };
    1.0 / (size as f32).sqrt()
}
