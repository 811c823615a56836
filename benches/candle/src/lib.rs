//! candle's quantised Llama behind the three calls that the benchmark times.

use std::io::Cursor;

use candle_core::{Device, IndexOp, Result, Tensor, quantized::gguf_file::Content};
use candle_transformers::models::quantized_llama::ModelWeights;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Llama {
    weights: ModelWeights,
    n_past: usize,
}

#[wasm_bindgen]
impl Llama {
    /// Reads a GGUF file that lies in memory whole.
    pub fn load(file: Vec<u8>) -> std::result::Result<Llama, JsError> {
        let mut file = Cursor::new(file);
        let content = Content::read(&mut file)?;
        let weights = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
        Ok(Llama { weights, n_past: 0 })
    }

    /// Reads tokens; returns the likeliest next one.
    pub fn prefill(&mut self, ids: &[u32]) -> std::result::Result<u32, JsError> {
        Ok(self.forward(ids)?)
    }

    /// Reads one token; returns the likeliest next one.
    pub fn decode(&mut self, id: u32) -> std::result::Result<u32, JsError> {
        Ok(self.forward(&[id])?)
    }

    /// candle's model begins a new dialogue when its first token is at position 0.
    pub fn clear(&mut self) {
        self.n_past = 0;
    }
}

impl Llama {
    fn forward(&mut self, ids: &[u32]) -> Result<u32> {
        let input = Tensor::from_slice(ids, (1, ids.len()), &Device::Cpu)?;
        let logits = self.weights.forward(&input, self.n_past)?; // (1, n_vocab)
        self.n_past += ids.len();
        logits.i(0)?.argmax(0)?.to_scalar()
    }
}
