//! The keys and values of a dialogue, in preallocated room that doubles up to the context's size.
//!
//! The cache does not know how many tokens it holds: the engine's token list is that length, so
//! the two cannot disagree. Rows past it are left over and get overwritten.

use candle_core::{DType, Device, Tensor};

use crate::Result;

const FIRST_CAPACITY: usize = 128;

/// The cache of one layer: two tensors (n_kv_heads, capacity, head_dim).
struct Layer {
    keys: Tensor,
    values: Tensor,
}

pub struct KvCache {
    layers: Vec<Layer>,
    n_kv_heads: usize,
    head_dim: usize,
    capacity: usize,
    n_ctx: usize,
}

impl KvCache {
    pub fn new(
        n_layers: usize,
        n_kv_heads: usize,
        head_dim: usize,
        n_ctx: usize,
    ) -> Result<KvCache> {
        let capacity = FIRST_CAPACITY.min(n_ctx);
        let layers = (0..n_layers)
            .map(|_| {
                let keys = room(n_kv_heads, capacity, head_dim)?;
                Ok(Layer { keys, values: room(n_kv_heads, capacity, head_dim)? })
            })
            .collect::<Result<_>>()?;
        Ok(KvCache { layers, n_kv_heads, head_dim, capacity, n_ctx })
    }

    pub fn n_bytes(&self) -> usize {
        let floats = 2 * self.layers.len() * self.n_kv_heads * self.capacity * self.head_dim;
        floats * size_of::<f32>()
    }

    /// Makes room for `n_tokens`, at most the context, keeping the first `n_kept` rows.
    pub fn reserve(&mut self, n_tokens: usize, n_kept: usize) -> Result<()> {
        if n_tokens <= self.capacity {
            return Ok(());
        }
        let capacity = n_tokens.next_power_of_two().min(self.n_ctx);
        // One layer at a time, so that growing holds one layer twice, not the cache.
        for layer in &mut self.layers {
            for side in [&mut layer.keys, &mut layer.values] {
                // A layer that a failed growth has already enlarged stays as it is.
                if side.dim(1)? < capacity {
                    let larger = room(self.n_kv_heads, capacity, self.head_dim)?;
                    if n_kept > 0 {
                        larger.slice_set(&side.narrow(1, 0, n_kept)?.contiguous()?, 1, 0)?;
                    }
                    *side = larger;
                }
            }
        }
        self.capacity = capacity;
        Ok(())
    }

    /// Writes `keys` and `values`, (n_kv_heads, n_tokens, head_dim), at row `start` and returns
    /// views of all rows up to their end: (n_kv_heads, start + n_tokens, head_dim).
    pub fn append(
        &self,
        layer: usize,
        start: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let layer = &self.layers[layer];
        let n_rows = start + keys.dim(1)?;
        layer.keys.slice_set(keys, 1, start)?;
        layer.values.slice_set(values, 1, start)?;
        Ok((layer.keys.narrow(1, 0, n_rows)?, layer.values.narrow(1, 0, n_rows)?))
    }
}

fn room(n_kv_heads: usize, capacity: usize, head_dim: usize) -> Result<Tensor> {
    Ok(Tensor::zeros((n_kv_heads, capacity, head_dim), DType::F32, &Device::Cpu)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32]) -> Tensor {
        Tensor::from_slice(values, (1, values.len(), 1), &Device::Cpu).unwrap()
    }

    fn flat(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn growing_keeps_what_was_written() {
        let mut cache = KvCache::new(2, 1, 1, 1000).unwrap();
        let (first_bytes, n) = (cache.n_bytes(), FIRST_CAPACITY);
        let written: Vec<f32> = (0..n).map(|i| i as f32).collect();
        cache.append(1, 0, &rows(&written), &rows(&written)).unwrap();
        cache.reserve(n + 1, n).unwrap();
        assert_eq!(cache.n_bytes(), 2 * first_bytes);
        let (keys, values) = cache.append(1, n, &rows(&[7.0]), &rows(&[8.0])).unwrap();
        assert_eq!(flat(&keys), [&written[..], &[7.0]].concat());
        assert_eq!(flat(&values), [&written[..], &[8.0]].concat());
    }

    #[test]
    fn room_ends_at_the_context() {
        let mut cache = KvCache::new(1, 1, 1, 150).unwrap();
        cache.reserve(150, 0).unwrap();
        assert_eq!(cache.n_bytes(), 2 * 150 * 4);
    }
}
