//! The keys and values of a dialogue, in half floats and in preallocated room that doubles up to
//! the context's size.
//!
//! The cache does not know how many tokens it holds: the engine's token list is that length, so
//! the two cannot disagree. Positions past it are left over and get overwritten. How elements lie
//! is [`attention`]'s choice.

mod rows;

use half::f16;

use super::kernels::{
    Kernels,
    attention::{self, KeysValues, Slots},
};
use crate::{Error, Result};

const FIRST_CAPACITY: usize = 128;

/// The cache of one layer: keys and values of each head one after the other.
struct Layer {
    keys: Vec<f16>,
    values: Vec<f16>,
    /// Positions there is room for: a multiple of four.
    capacity: usize,
}

pub struct KvCache {
    layers: Vec<Layer>,
    n_kv_heads: usize,
    head_dim: usize,
    n_ctx: usize,
}

impl KvCache {
    pub fn new(
        n_layers: usize,
        n_kv_heads: usize,
        head_dim: usize,
        n_ctx: usize,
    ) -> Result<KvCache> {
        // Both products with the cache take whole quads.
        if !head_dim.is_multiple_of(4) {
            return Err(Error::ModelUnsupported(format!("heads of {head_dim} dimensions")));
        }
        let mut cache = KvCache { layers: Vec::new(), n_kv_heads, head_dim, n_ctx };
        let capacity = FIRST_CAPACITY.min(n_ctx).next_multiple_of(4);
        for _ in 0..n_layers {
            cache.layers.push(cache.room(capacity)?);
        }
        Ok(cache)
    }

    /// Positions there may ever be.
    pub fn n_ctx(&self) -> usize {
        self.n_ctx
    }

    pub fn n_bytes(&self) -> usize {
        let n_positions: usize = self.layers.iter().map(|layer| layer.capacity).sum();
        2 * n_positions * self.n_kv_heads * self.head_dim * size_of::<f16>()
    }

    /// Makes room for `n_tokens`, at most the context, keeping the first `n_kept` positions.
    pub fn reserve(&mut self, n_tokens: usize, n_kept: usize) -> Result<()> {
        // One layer at a time, so that growing holds one layer twice, not the cache.
        for i in 0..self.layers.len() {
            // A layer that a failed growth has already enlarged stays as it is.
            if self.layers[i].capacity < n_tokens {
                let capacity = n_tokens.next_power_of_two().min(self.n_ctx).next_multiple_of(4);
                let mut larger = self.room(capacity)?;
                self.copy(&self.layers[i], &mut larger, n_kept);
                self.layers[i] = larger;
            }
        }
        Ok(())
    }

    /// Keys lie position after position, values dimension after dimension.
    fn copy(&self, from: &Layer, to: &mut Layer, n_kept: usize) {
        let head_dim = self.head_dim;
        for head in 0..self.n_kv_heads {
            let old = head * from.capacity * head_dim;
            let new = head * to.capacity * head_dim;
            let n = n_kept.next_multiple_of(4) * head_dim;
            to.keys[new..][..n].copy_from_slice(&from.keys[old..][..n]);
            for quad in 0..head_dim / 4 {
                let old = old + quad * from.capacity * 4;
                let new = new + quad * to.capacity * 4;
                to.values[new..][..4 * n_kept].copy_from_slice(&from.values[old..][..4 * n_kept]);
            }
        }
    }

    /// Writes `keys` and `values`, (n_tokens, n_kv_heads, head_dim), from position `start` on.
    pub fn append(
        &mut self,
        layer: usize,
        start: usize,
        keys: &[f32],
        values: &[f32],
        kernels: &Kernels,
    ) {
        let Layer { keys: kept_keys, values: kept_values, capacity } = &mut self.layers[layer];
        let into = Slots {
            keys: kept_keys,
            values: kept_values,
            capacity: *capacity,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
        };
        attention::append(into, start, [keys, values], kernels);
    }

    pub fn layer(&self, layer: usize) -> KeysValues<'_> {
        let Layer { keys, values, capacity } = &self.layers[layer];
        KeysValues { keys, values, capacity: *capacity }
    }

    fn room(&self, capacity: usize) -> Result<Layer> {
        let n = self.n_kv_heads * capacity * self.head_dim;
        let room = || {
            let mut room = Vec::new();
            room.try_reserve_exact(n)
                .map_err(|_| Error::ComputeFailed(format!("no memory for {capacity} positions")))?;
            room.resize(n, f16::ZERO);
            Ok::<_, Error>(room)
        };
        Ok(Layer { keys: room()?, values: room()?, capacity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (n_tokens, 2 heads, 4 dimensions), each element another small integer.
    fn rows(n_tokens: usize, first: usize) -> Vec<f32> {
        (0..n_tokens * 8).map(|i| (first + i) as f32).collect()
    }

    #[test]
    fn growing_keeps_what_was_written() {
        let mut cache = KvCache::new(2, 2, 4, 1000).unwrap();
        let (first_bytes, n) = (cache.n_bytes(), FIRST_CAPACITY);
        let kernels = Kernels::default();
        cache.append(1, 0, &rows(n, 0), &rows(n, 7), &kernels);
        cache.reserve(n + 1, n).unwrap();
        assert_eq!(cache.n_bytes(), 2 * first_bytes);
        cache.append(1, n, &rows(1, 1), &rows(1, 2), &kernels);
        let layer = cache.layer(1);
        for position in [0, 5, n - 1, n] {
            let token = |first| {
                if position < n {
                    rows(n, first)[position * 8..].to_vec()
                } else {
                    rows(1, first / 7 + 1)
                }
            };
            for head in 0..2 {
                for dim in 0..4 {
                    let base = head * layer.capacity * 4;
                    let key = layer.keys[base + attention::key_index(position, dim, 4)];
                    let value =
                        layer.values[base + attention::value_index(position, dim, layer.capacity)];
                    let want = (token(0)[head * 4 + dim], token(7)[head * 4 + dim]);
                    assert_eq!((key.to_f32(), value.to_f32()), want, "{position} {head} {dim}");
                }
            }
        }
    }

    #[test]
    fn room_ends_at_the_context() {
        let mut cache = KvCache::new(1, 1, 4, 150).unwrap();
        cache.reserve(150, 0).unwrap();
        assert_eq!(cache.n_bytes(), 2 * 152 * 4 * 2);
    }
}
