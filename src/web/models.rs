//! The engine without the router: a language model and an encoder, token by token.
//!
//! For pages that route by themselves, and for the benchmark (`cargo xtask bench`).

use std::cell::RefCell;
use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::convert::{error_to_js, to_js};
use super::source::JsSource;
use super::threads::kernels;
use crate::Result;
use crate::engine::{Bert, Engine, MOST_PREFILL_CHUNK, Model};

/// A language model with one dialogue's keys and values. Every call blocks: use it in a worker.
#[wasm_bindgen]
pub struct DeviceModel {
    engine: RefCell<Engine>,
}

#[wasm_bindgen]
impl DeviceModel {
    /// Reads a GGUF file from `{size, readAt(offset, into)}` for at most `n_ctx` tokens.
    pub fn load(source: JsValue, n_ctx: usize) -> Result<DeviceModel, JsValue> {
        let load = || {
            let model = Model::load_with(&JsSource::new(source)?, kernels())?;
            Engine::new(Arc::new(model), n_ctx)
        };
        let engine: Result<Engine> = load();
        let engine = RefCell::new(engine.map_err(|error| error_to_js(&error))?);
        Ok(DeviceModel { engine })
    }

    /// What the file says of itself, as [`crate::engine::ModelInfo`].
    pub fn info(&self) -> JsValue {
        to_js(self.engine.borrow().model().info())
    }

    /// The token ids of a text.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, JsValue> {
        let ids = self.engine.borrow().model().tokenizer().encode(text);
        ids.map_err(|error| error_to_js(&error))
    }

    /// Reads tokens; returns the likeliest next one.
    pub fn prefill(&self, ids: &[u32]) -> Result<u32, JsValue> {
        let mut engine = self.engine.borrow_mut();
        let logits = engine.prefill_in_chunks(ids, MOST_PREFILL_CHUNK);
        Ok(likeliest(&logits.map_err(|error| error_to_js(&error))?))
    }

    /// Reads one token; returns the likeliest next one.
    pub fn decode(&self, id: u32) -> Result<u32, JsValue> {
        let logits = self.engine.borrow_mut().decode(id);
        Ok(likeliest(&logits.map_err(|error| error_to_js(&error))?))
    }

    /// Forgets all but the first `n_tokens` tokens.
    pub fn truncate(&self, n_tokens: usize) {
        self.engine.borrow_mut().truncate(n_tokens);
    }
}

/// A BERT encoder. Every call blocks: use it in a worker.
#[wasm_bindgen]
pub struct Encoder(Bert);

#[wasm_bindgen]
impl Encoder {
    /// Reads a GGUF file from `{size, readAt(offset, into)}`.
    pub fn load(source: JsValue) -> Result<Encoder, JsValue> {
        let bert = JsSource::new(source).and_then(|source| Bert::load_with(&source, kernels()));
        bert.map(Encoder).map_err(|error| error_to_js(&error))
    }

    /// The hidden state of the first token after the last layer: (n_embd).
    pub fn embed(&self, ids: &[u32], type_ids: &[u32]) -> Result<Vec<f32>, JsValue> {
        self.0.embed(ids, type_ids).map_err(|error| error_to_js(&error))
    }
}

/// The lowest id among the highest logits.
fn likeliest(logits: &[f32]) -> u32 {
    let better = |best: usize, id: usize| if logits[id] > logits[best] { id } else { best };
    (0..logits.len()).fold(0, better) as u32
}
