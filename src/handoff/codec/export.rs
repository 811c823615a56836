//! Writing a file, section by section.

use std::ops::Range;

use crc32fast::Hasher;
use half::f16;

use super::header::{self, LENGTH_BYTES};
use super::layout::{Encoding, Layout};
use super::rows::encode_layer;
use crate::engine::Engine;
use crate::{Error, Result};

/// Keys and values on their way out of an engine. The opening comes first, then a layer at a time,
/// so that a worker can do something else between two of them.
pub struct Export {
    layout: Layout,
    tokens: Vec<u32>,
    /// The opening without its checksum, until it has been handed out.
    opening: Option<Vec<u8>>,
    next_layer: usize,
    n_bytes: u64,
    checksum: Hasher,
    keys: Vec<f16>,
    values: Vec<f16>,
}

impl Export {
    /// Begins a file with the given positions, which `engine` must hold. Of the tokens before them
    /// it says which they are.
    pub fn new(engine: &Engine, positions: Range<usize>, encoding: Encoding) -> Result<Export> {
        let n_held = engine.tokens().len();
        if positions.is_empty() || positions.end > n_held {
            let detail = format!("the positions {positions:?} of {n_held} cannot be exported");
            return Err(Error::InvalidRequest(detail));
        }
        let identity = engine.kv_identity();
        let tokens = engine.tokens()[..positions.end].to_vec();
        let layout = Layout { encoding, shape: identity.shape, positions };
        let mut opening = header::write(&identity, &layout)?;
        let n_bytes = header::file_bytes(&layout, opening.len() - LENGTH_BYTES);
        opening.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
        let rows = vec![f16::ZERO; layout.positions.len() * layout.shape.row()];
        Ok(Export {
            tokens,
            opening: Some(opening),
            next_layer: 0,
            n_bytes,
            checksum: Hasher::new(),
            keys: rows.clone(),
            values: rows,
            layout,
        })
    }

    /// Tokens up to the last position.
    pub fn n_tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Bytes of the whole file.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Whether all sections have been handed out.
    pub fn is_done(&self) -> bool {
        self.opening.is_none() && self.next_layer == self.layout.shape.n_layers
    }

    /// The next section, of the engine it was begun with; `None` when all have been handed out.
    pub fn next_section(&mut self, engine: &Engine) -> Result<Option<Vec<u8>>> {
        if let Some(opening) = self.opening.take() {
            return Ok(Some(self.sealed(opening)));
        }
        if self.is_done() {
            return Ok(None);
        }
        if !engine.tokens().starts_with(&self.tokens) {
            return Err(Error::KvOtherTokens("the engine has moved on".to_owned()));
        }
        let positions = self.layout.positions.clone();
        engine.read_kv(self.next_layer, positions, &mut self.keys, &mut self.values);
        self.next_layer += 1;
        let mut section = Vec::new();
        encode_layer(&self.layout, &self.keys, &self.values, &mut section)?;
        Ok(Some(self.sealed(section)))
    }

    fn sealed(&mut self, mut section: Vec<u8>) -> Vec<u8> {
        self.checksum.update(&section);
        section.extend(self.checksum.clone().finalize().to_le_bytes());
        section
    }
}
