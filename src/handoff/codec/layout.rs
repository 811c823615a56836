//! Which tensors a layer has in a file, in which order, and how large they are.

use std::ops::Range;

use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use crate::engine::KvShape;

/// Tokens that share the scales of their keys. Blocks begin at multiples of it, counted from the
/// dialogue's beginning, so that a range of tokens is cut into the same blocks wherever it begins.
pub const KEY_BLOCK: usize = 32;

/// How keys and values are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As the engine holds them: nothing is lost.
    F16,
    /// In 8 bits: keys per channel over a block of tokens, values per token and head
    /// (KIVI, arXiv 2402.02750), because single channels of keys are large in all tokens.
    Int8,
}

impl Encoding {
    pub const ALL: [Encoding; 2] = [Encoding::F16, Encoding::Int8];

    /// The name in a file's header and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::F16 => "f16",
            Encoding::Int8 => "int8",
        }
    }
}

/// The keys and values of some positions of a dialogue, as a file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub encoding: Encoding,
    pub shape: KvShape,
    pub positions: Range<usize>,
}

/// One tensor of a layer.
pub struct Part {
    pub name: &'static str,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
}

impl Part {
    pub fn n_bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8
    }
}

impl Layout {
    /// A layer's tensors, in the order they are written.
    pub fn parts(&self) -> Vec<Part> {
        let KvShape { n_kv_heads, head_dim, .. } = self.shape;
        let rows = vec![self.positions.len(), n_kv_heads, head_dim];
        let part = |name, dtype, shape: &[usize]| Part { name, dtype, shape: shape.to_vec() };
        match self.encoding {
            Encoding::F16 => {
                vec![part("keys", Dtype::F16, &rows), part("values", Dtype::F16, &rows)]
            }
            Encoding::Int8 => {
                let channels = [self.blocks().count(), n_kv_heads, head_dim];
                vec![
                    part("key_middles", Dtype::F16, &channels),
                    part("key_scales", Dtype::F16, &channels),
                    part("keys", Dtype::I8, &rows),
                    part("value_scales", Dtype::F16, &rows[..2]),
                    part("values", Dtype::I8, &rows),
                ]
            }
        }
    }

    /// Bytes of a layer, its checksum not counted.
    pub fn layer_bytes(&self) -> usize {
        self.parts().iter().map(Part::n_bytes).sum()
    }

    /// Bytes of all layers: a file's, but for an opening of a few KiB.
    pub fn n_bytes(&self) -> u64 {
        self.shape.n_layers as u64 * self.layer_bytes() as u64
    }

    /// The positions, cut where blocks begin.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let Range { start, end } = self.positions.clone();
        let firsts = (start / KEY_BLOCK * KEY_BLOCK..end).step_by(KEY_BLOCK);
        firsts.map(move |first| first.max(start)..(first + KEY_BLOCK).min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(encoding: Encoding, positions: Range<usize>) -> Layout {
        let shape = KvShape { n_layers: 30, n_kv_heads: 3, head_dim: 64 };
        Layout { encoding, shape, positions }
    }

    #[test]
    fn blocks_begin_at_multiples_wherever_a_range_does() {
        let ends = |positions| {
            let blocks = layout(Encoding::Int8, positions).blocks();
            blocks.map(|block| (block.start, block.end)).collect::<Vec<_>>()
        };
        assert_eq!(ends(0..64), [(0, 32), (32, 64)]);
        assert_eq!(ends(5..33), [(5, 32), (32, 33)]);
        assert_eq!(ends(40..50), [(40, 50)]);
    }

    /// SmolLM2-135M: 22.5 KiB a token in half floats.
    #[test]
    fn eight_bits_take_little_more_than_half() {
        let bytes = |encoding| 30 * layout(encoding, 0..32).layer_bytes() / 32;
        assert_eq!(bytes(Encoding::F16), 23_040);
        assert_eq!(bytes(Encoding::Int8), 12_420);
    }
}
