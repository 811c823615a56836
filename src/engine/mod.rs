//! The device's language model: one dialogue's engine over shared weights.
//!
//! In reading order: [`source`] and [`gguf`] say what a file holds, [`weights`] reads its tensors
//! into [`matrix`] form; [`hyperparameters`], [`architecture`], [`rope`], [`kv_cache`] and the
//! [`kernels`] are the parts of [`decoder`], the network itself; [`model`] adds tokenizer and template, [`sampler`] picks a
//! token, [`generate`] writes an answer, [`kv_state`] is how keys and values move. [`bert`] is the scorer's encoder, from the same parts.

mod architecture;
pub mod bert;
mod decoder;
pub mod generate;
pub mod gguf;
mod hyperparameters;
pub mod kernels;
mod kv_cache;
mod kv_state;
pub mod matrix;
mod model;
mod rope;
pub mod sampler;
pub mod source;
mod weights;

use std::sync::Arc;

pub use bert::Bert;
pub use generate::{
    Finish, GenerateRequest, Generation, Likely, MOST_PREFILL_CHUNK, PREFILL_CHUNK, Read, Step,
    Written, prefill_chunk,
};
pub use kernels::Kernels;
pub use kv_state::{KvIdentity, KvShape, StagedKv};
pub use model::{Model, ModelInfo};
pub use sampler::{Sampler, Sampling, SamplingOptions};
pub use source::{FileSource, ReadAt};

use self::decoder::{Decoder, Run};
use self::kv_cache::KvCache;
use crate::{Error, Result};

/// One dialogue's state: which tokens the model has read, with their keys and values.
///
/// The next position, the KV length and the ledger's length are all `tokens().len()`; a call that
/// fails leaves it as it was.
pub struct Engine {
    model: Arc<Model>,
    cache: KvCache,
    tokens: Vec<u32>,
    n_ctx: usize,
}

impl Engine {
    /// An empty dialogue over at most `n_ctx` tokens, and no more than the model was trained for.
    pub fn new(model: Arc<Model>, n_ctx: usize) -> Result<Engine> {
        let n_ctx = n_ctx.min(model.info().n_ctx);
        if n_ctx == 0 {
            return Err(Error::InvalidConfig("a context must hold at least one token".to_owned()));
        }
        let sizes = model.decoder.sizes();
        let cache = KvCache::new(sizes.n_layers, sizes.n_kv_heads, sizes.head_dim, n_ctx)?;
        Ok(Engine { model, cache, tokens: Vec::new(), n_ctx })
    }

    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    pub fn n_ctx(&self) -> usize {
        self.n_ctx
    }

    /// The tokens whose keys and values the engine holds.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Reads a chunk of tokens; returns the logits after its last one: (n_vocab).
    pub fn prefill(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.compute(tokens, 1, Decoder::forward)
    }

    /// Reads a chunk of tokens; returns the logits after each of its last `n_kept`: (n_kept, n_vocab).
    /// That is four bytes for each token and each word of the vocabulary.
    pub fn prefill_keeping(&mut self, tokens: &[u32], n_kept: usize) -> Result<Vec<f32>> {
        self.compute(tokens, n_kept, Decoder::forward)
    }

    /// Reads a chunk of tokens after which more follow, so that nobody wants its logits.
    pub fn read(&mut self, tokens: &[u32]) -> Result<()> {
        self.states(tokens, 1).map(drop)
    }

    /// The same; returns what the last norm makes of each of its last `n_kept` tokens: (n_kept, n_embd).
    pub fn states(&mut self, tokens: &[u32], n_kept: usize) -> Result<Vec<f32>> {
        self.compute(tokens, n_kept, Decoder::read)
    }

    /// As [`Engine::prefill`], `chunk` tokens at a time and with no pause between them.
    pub fn prefill_in_chunks(&mut self, tokens: &[u32], chunk: usize) -> Result<Vec<f32>> {
        let n_before_last = tokens.len().saturating_sub(1) / chunk * chunk;
        let (before, last) = tokens.split_at(n_before_last);
        before.chunks(chunk).try_for_each(|chunk| self.read(chunk))?;
        self.prefill(last)
    }

    /// Takes in the tokens that `forward` writes keys and values of; returns what it does.
    fn compute(
        &mut self,
        tokens: &[u32],
        n_kept: usize,
        forward: fn(&Decoder, &mut [Run], &Kernels) -> Vec<f32>,
    ) -> Result<Vec<f32>> {
        let start = self.make_room(tokens)?;
        if n_kept == 0 || n_kept > tokens.len() {
            let detail = format!("outputs of {n_kept} tokens of {}", tokens.len());
            return Err(Error::InvalidRequest(detail));
        }
        let Model { decoder, kernels, .. } = self.model.as_ref();
        let run = Run { tokens, start, cache: &mut self.cache, n_kept };
        let outputs = forward(decoder, &mut [run], kernels);
        self.take_in(tokens, &outputs)?;
        Ok(outputs)
    }

    /// Checks the tokens that are to be read next; returns how many are held before them.
    fn make_room(&mut self, tokens: &[u32]) -> Result<usize> {
        let (start, n_vocab) = (self.tokens.len(), self.model.info().n_vocab);
        let end = start + tokens.len();
        if tokens.is_empty() {
            return Err(Error::InvalidRequest("there are no tokens to evaluate".to_owned()));
        }
        if let Some(id) = tokens.iter().find(|&&id| id as usize >= n_vocab) {
            let detail = format!("token {id} is outside the vocabulary of {n_vocab}");
            return Err(Error::InvalidRequest(detail));
        }
        if end > self.n_ctx {
            return Err(Error::PromptTooLong { n_tokens: end, n_ctx: self.n_ctx });
        }
        self.cache.reserve(end, start)?;
        Ok(start)
    }

    /// Only after a pass do the rows that it wrote belong to the dialogue.
    fn take_in(&mut self, tokens: &[u32], outputs: &[f32]) -> Result<()> {
        if !outputs.iter().all(|output| output.is_finite()) {
            return Err(Error::ComputeFailed("the outputs are not finite numbers".to_owned()));
        }
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Reads one token; returns the logits after it: (n_vocab).
    pub fn decode(&mut self, token: u32) -> Result<Vec<f32>> {
        self.prefill(&[token])
    }

    /// One token of each dialogue in one pass, which reads the weights once for all; what
    /// [`Engine::decode`] returns for each. An error of one changes nothing for the others.
    ///
    /// # Panics
    /// Where the engines are not all of one model.
    pub fn decode_together(engines: &mut [&mut Engine], tokens: &[u32]) -> Vec<Result<Vec<f32>>> {
        assert_eq!(engines.len(), tokens.len(), "a token for each dialogue");
        let Some(model) = engines.first().map(|engine| Arc::clone(&engine.model)) else {
            return Vec::new();
        };
        assert!(engines.iter().all(|engine| Arc::ptr_eq(&engine.model, &model)), "of one model");
        let starts: Vec<Result<usize>> = engines
            .iter_mut()
            .zip(tokens)
            .map(|(engine, token)| engine.make_room(std::slice::from_ref(token)))
            .collect();
        let mut runs: Vec<Run> = engines
            .iter_mut()
            .zip(tokens)
            .zip(&starts)
            .filter_map(|((engine, token), start)| {
                let (start, tokens) = (*start.as_ref().ok()?, std::slice::from_ref(token));
                Some(Run { tokens, start, cache: &mut engine.cache, n_kept: 1 })
            })
            .collect();
        let logits = match runs.is_empty() {
            true => Vec::new(),
            false => model.decoder.forward(&mut runs, &model.kernels), // (n_runs, n_vocab)
        };
        let mut rows = logits.chunks_exact(model.info().n_vocab);
        let each = engines.iter_mut().zip(tokens).zip(starts);
        each.map(|((engine, token), start)| {
            start?;
            let row = rows.next().expect("a row for each run");
            engine.take_in(std::slice::from_ref(token), row)?;
            Ok(row.to_vec())
        })
        .collect()
    }

    /// Forgets all but the first `n_tokens` tokens.
    pub fn truncate(&mut self, n_tokens: usize) {
        self.tokens.truncate(n_tokens);
    }

    /// Bytes held for keys and values, whether used yet or not.
    pub fn kv_bytes(&self) -> usize {
        self.cache.n_bytes()
    }
}
