//! Keys and values as rows, token by token: how they leave a cache and how they enter one.
//!
//! A row is (n_kv_heads, head_dim) in half floats, so that nothing is rounded on the way.

use std::ops::Range;

use half::f16;

use super::KvCache;

/// Keys lie in quads of positions, values in quads of dimensions; see `kernels/attention.rs`.
const QUAD: usize = 4;

impl KvCache {
    /// Reads `positions` of a layer into `keys` and `values`: (n_positions, n_kv_heads, head_dim).
    pub fn read_rows(
        &self,
        layer: usize,
        positions: Range<usize>,
        keys: &mut [f16],
        values: &mut [f16],
    ) {
        let head_dim = self.head_dim;
        let layer = &self.layers[layer];
        let row = self.n_kv_heads * head_dim;
        assert_eq!([keys.len(), values.len()], [positions.len() * row; 2], "a row per position");
        let rows = keys.chunks_exact_mut(row).zip(values.chunks_exact_mut(row));
        for (position, (keys, values)) in positions.zip(rows) {
            let heads = keys.chunks_exact_mut(head_dim).zip(values.chunks_exact_mut(head_dim));
            for (head, (keys, values)) in heads.enumerate() {
                let base = head * layer.capacity * head_dim;
                let first = base + position / QUAD * QUAD * head_dim;
                let stored = layer.keys[first..][..QUAD * head_dim].chunks_exact(QUAD);
                for (key, quad) in keys.iter_mut().zip(stored) {
                    *key = quad[position % QUAD];
                }
                for (quad, values) in values.chunks_exact_mut(QUAD).enumerate() {
                    let first = base + (quad * layer.capacity + position) * QUAD;
                    values.copy_from_slice(&layer.values[first..][..QUAD]);
                }
            }
        }
    }

    /// Writes `keys` and `values`, (n_positions, n_kv_heads, head_dim), from position `start` on.
    pub fn write_rows(&mut self, layer: usize, start: usize, keys: &[f16], values: &[f16]) {
        let head_dim = self.head_dim;
        let layer = &mut self.layers[layer];
        let row = self.n_kv_heads * head_dim;
        assert_eq!(keys.len(), values.len(), "as many keys as values");
        let rows = keys.chunks_exact(row).zip(values.chunks_exact(row));
        for (position, (keys, values)) in (start..).zip(rows) {
            let heads = keys.chunks_exact(head_dim).zip(values.chunks_exact(head_dim));
            for (head, (keys, values)) in heads.enumerate() {
                let base = head * layer.capacity * head_dim;
                let first = base + position / QUAD * QUAD * head_dim;
                let stored = layer.keys[first..][..QUAD * head_dim].chunks_exact_mut(QUAD);
                for (key, quad) in keys.iter().zip(stored) {
                    quad[position % QUAD] = *key;
                }
                for (quad, values) in values.chunks_exact(QUAD).enumerate() {
                    let first = base + (quad * layer.capacity + position) * QUAD;
                    layer.values[first..][..QUAD].copy_from_slice(values);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Kernels;

    #[test]
    fn rows_come_back_as_they_were_appended() {
        let (n_tokens, row) = (11, 2 * 8);
        let keys: Vec<f32> = (0..n_tokens * row).map(|i| i as f32).collect();
        let values: Vec<f32> = keys.iter().map(|key| -key).collect();
        let mut computed = KvCache::new(2, 2, 8, 64).unwrap();
        computed.append(1, 0, &keys, &values, &Kernels::default());

        // Read in two ranges that share a quad, written where another quad begins.
        let mut copied = KvCache::new(2, 2, 8, 32).unwrap();
        for range in [0..6, 6..n_tokens] {
            let mut keys = vec![f16::ZERO; range.len() * row];
            let mut values = keys.clone();
            computed.read_rows(1, range.clone(), &mut keys, &mut values);
            copied.write_rows(1, range.start + 3, &keys, &values);
        }
        let mut got = [vec![f16::ZERO; n_tokens * row], vec![f16::ZERO; n_tokens * row]];
        let [got_keys, got_values] = &mut got;
        copied.read_rows(1, 3..3 + n_tokens, got_keys, got_values);
        for (got, want) in got.iter().zip([&keys, &values]) {
            let want: Vec<f16> = want.iter().map(|&x| f16::from_f32(x)).collect();
            assert_eq!(got, &want);
        }
    }
}
