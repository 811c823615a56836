//! The sizes of a transformer, from a file's metadata, each checked to be usable.

use super::gguf::{Metadata, Value};
use crate::{Error, Result};

/// Sizes shared by the decoder and the BERT encoder.
#[derive(Debug, Clone)]
pub struct Hyperparameters {
    pub n_layers: usize,
    pub n_embd: usize,
    pub n_ff: usize,
    pub n_heads: usize,
    /// Fewer than `n_heads` where groups of queries share keys and values.
    pub n_kv_heads: usize,
    pub head_dim: usize,
    pub n_ctx: usize,
}

/// Bounds that no real model reaches and within which no product below overflows 32 bits.
const MAX_SIZE: u64 = 1 << 20;
const MAX_HEADS: u64 = 1 << 12;
const MAX_CTX: u64 = 1 << 26;

impl Hyperparameters {
    pub fn read(metadata: &Metadata, arch: &str) -> Result<Hyperparameters> {
        let required = |key: &str, max: u64| {
            let key = format!("{arch}.{key}");
            if let Some(Value::Integers(_)) = metadata.get(&key) {
                return Err(Error::ModelUnsupported(format!("{arch} with `{key}` per layer")));
            }
            match metadata.u64(&key) {
                Some(n) if (1..=max).contains(&n) => Ok(n as usize),
                Some(n) => Err(Error::ModelCorrupt(format!("`{key}` is {n}"))),
                None => Err(Error::ModelCorrupt(format!("`{key}` is missing or not a number"))),
            }
        };
        let optional =
            |key: &str, max: u64, default: usize| match metadata.get(&format!("{arch}.{key}")) {
                Some(_) => required(key, max),
                None => Ok(default),
            };
        let n_embd = required("embedding_length", MAX_SIZE)?;
        let n_heads = required("attention.head_count", MAX_HEADS)?;
        let n_kv_heads = optional("attention.head_count_kv", MAX_HEADS, n_heads)?;
        let head_dim = optional("attention.key_length", MAX_HEADS, n_embd / n_heads)?;
        let value_dim = optional("attention.value_length", MAX_HEADS, head_dim)?;
        if !n_heads.is_multiple_of(n_kv_heads) || head_dim == 0 || value_dim != head_dim {
            let detail = format!(
                "{n_heads} heads over {n_kv_heads} key heads of {head_dim} and {value_dim} elements"
            );
            return Err(Error::ModelUnsupported(detail));
        }
        Ok(Hyperparameters {
            n_layers: required("block_count", MAX_HEADS)?,
            n_embd,
            n_ff: required("feed_forward_length", MAX_SIZE)?,
            n_heads,
            n_kv_heads,
            head_dim,
            n_ctx: required("context_length", MAX_CTX)?,
        })
    }
}
