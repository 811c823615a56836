//! Keys and values on their way out of an engine or into one.
//!
//! They leave as rows of half floats, layer by layer. They enter in two steps: [`StagedKv`] takes
//! rows aside in whatever order they arrive, and [`Engine::adopt`] makes them part of the dialogue
//! at once, or not at all.

use std::ops::Range;

use half::f16;

use super::{Engine, kv_cache::KvCache};
use crate::{Error, Result};

/// How many numbers the keys of a token are, and as many its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvShape {
    pub n_layers: usize,
    pub n_kv_heads: usize,
    pub head_dim: usize,
}

impl KvShape {
    /// Elements of one token's keys in one layer.
    pub fn row(&self) -> usize {
        self.n_kv_heads * self.head_dim
    }
}

/// Whose keys and values: only an engine with the same identity can go on from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvIdentity {
    /// SHA-256 that tells the weights, [`super::ModelInfo::digest`].
    pub model: String,
    /// SHA-256 of what gives the token ids their meaning.
    pub vocabulary: String,
    pub shape: KvShape,
}

/// Keys and values of the positions `start..tokens.len()`, not yet part of any dialogue.
pub struct StagedKv {
    identity: KvIdentity,
    tokens: Vec<u32>,
    start: usize,
    n_ctx: usize,
    /// Position `start` is its first.
    cache: KvCache,
}

impl StagedKv {
    /// Room for the positions from `start` on, for an engine over `n_ctx` tokens.
    pub fn new(
        identity: KvIdentity,
        tokens: Vec<u32>,
        start: usize,
        n_ctx: usize,
    ) -> Result<StagedKv> {
        if start >= tokens.len() {
            return Err(Error::InvalidRequest("there are no keys and values to stage".to_owned()));
        }
        if tokens.len() > n_ctx {
            return Err(Error::PromptTooLong { n_tokens: tokens.len(), n_ctx });
        }
        let KvShape { n_layers, n_kv_heads, head_dim } = identity.shape;
        // One that begins the dialogue becomes the engine's own cache, which must be able to grow.
        let n_positions = if start == 0 { n_ctx } else { tokens.len() - start };
        let mut cache = KvCache::new(n_layers, n_kv_heads, head_dim, n_positions)?;
        cache.reserve(tokens.len() - start, 0)?;
        Ok(StagedKv { identity, tokens, start, n_ctx, cache })
    }

    /// All tokens up to the last position, those before the first included.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    pub fn positions(&self) -> Range<usize> {
        self.start..self.tokens.len()
    }

    /// Writes a layer's rows from `position` on: `keys` and `values` are (n, n_kv_heads, head_dim).
    pub fn write(&mut self, layer: usize, position: usize, keys: &[f16], values: &[f16]) {
        let end = position + keys.len() / self.identity.shape.row();
        assert!(self.start <= position && end <= self.tokens.len(), "the rows are in the range");
        self.cache.write_rows(layer, position - self.start, keys, values);
    }
}

impl Engine {
    /// Whose keys and values it holds.
    pub fn kv_identity(&self) -> KvIdentity {
        self.model.kv_identity(self.n_ctx)
    }

    /// Reads a layer's rows of `positions` that it holds into `keys` and `values`:
    /// (n_positions, n_kv_heads, head_dim).
    pub fn read_kv(
        &self,
        layer: usize,
        positions: Range<usize>,
        keys: &mut [f16],
        values: &mut [f16],
    ) {
        assert!(positions.end <= self.tokens.len(), "the engine holds the positions");
        self.cache.read_rows(layer, positions, keys, values);
    }

    /// Goes on from `staged`, whose every row must have been written. The engine must hold its
    /// tokens up to `start`, and forgets what it holds beyond them. An error changes nothing.
    pub fn adopt(&mut self, staged: StagedKv) -> Result<()> {
        let StagedKv { identity, tokens, start, n_ctx, cache } = staged;
        if identity != self.kv_identity() {
            return Err(Error::KvForeignModel("they were computed by another one".to_owned()));
        }
        if tokens.len() > self.n_ctx {
            return Err(Error::PromptTooLong { n_tokens: tokens.len(), n_ctx: self.n_ctx });
        }
        if self.tokens.get(..start) != Some(&tokens[..start]) {
            return Err(Error::KvOtherTokens(format!(
                "the {start} tokens before them are not the ones that are held"
            )));
        }
        if start == 0 && n_ctx == self.n_ctx {
            self.cache = cache;
        } else {
            self.copy_from(&cache, start, tokens.len())?;
        }
        self.tokens = tokens;
        Ok(())
    }

    /// Copies all of `cache` to the positions `start..end`.
    fn copy_from(&mut self, cache: &KvCache, start: usize, end: usize) -> Result<()> {
        self.cache.reserve(end, self.tokens.len().min(end))?;
        // Rows that are overwritten are not held any more, whatever happens.
        self.tokens.truncate(start);
        let shape = self.kv_identity().shape;
        let mut keys = vec![f16::ZERO; (end - start) * shape.row()];
        let mut values = keys.clone();
        for layer in 0..shape.n_layers {
            cache.read_rows(layer, 0..end - start, &mut keys, &mut values);
            self.cache.write_rows(layer, start, &keys, &values);
        }
        Ok(())
    }
}
