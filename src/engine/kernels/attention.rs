//! Attention over the cache: two products with the cache as their weights, and a softmax between.
//!
//! Keys are stored as a matrix (n_positions, head_dim) in quads of positions, values as a matrix
//! (head_dim, n_positions) in quads of dimensions, both in half floats: a new position is written
//! in between, and nothing is transposed or widened when it is read.

use std::ops::Range;

use half::f16;

use super::{
    Kernels, SharedPointer,
    floats::{F16, F32, FloatFormat},
    formats::QUAD,
    product::{Products, Rows, Weights, multiply_floats},
    rows::{soft_cap, softmax},
};

/// Keys and values of one layer and all positions there is room for.
pub struct KeysValues<'c> {
    pub keys: &'c [f16],
    pub values: &'c [f16],
    /// Positions there is room for, a multiple of four.
    pub capacity: usize,
}

/// The shape of a layer's attention.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub head_dim: usize,
    /// What the products of queries and keys are multiplied with.
    pub scale: f32,
    /// What scores are soft-capped at, if they are.
    pub cap: Option<f32>,
    /// How many positions a token sees, its own included; all where there is no window.
    pub window: Option<usize>,
}

/// Where an element of a key lies in its head's part of the cache.
pub fn key_index(position: usize, dim: usize, head_dim: usize) -> usize {
    (position / QUAD * head_dim + dim) * QUAD + position % QUAD
}

/// Where an element of a value lies in its head's part of the cache.
pub fn value_index(position: usize, dim: usize, capacity: usize) -> usize {
    (dim / QUAD * capacity + position) * QUAD + dim % QUAD
}

/// Where keys and values of one layer are written.
pub struct Slots<'c> {
    pub keys: &'c mut [f16],
    pub values: &'c mut [f16],
    /// As in [`KeysValues`].
    pub capacity: usize,
    pub n_kv_heads: usize,
    pub head_dim: usize,
}

/// Writes keys and values, each (n_tokens, n_kv_heads, head_dim), from position `start` on.
pub fn append(into: Slots, start: usize, [keys, values]: [&[f32]; 2], kernels: &Kernels) {
    let Slots { capacity, n_kv_heads, head_dim, .. } = into;
    let row = n_kv_heads * head_dim;
    let n_tokens = keys.len() / row;
    assert_eq!(keys.len(), values.len(), "a value for each key");
    assert!(start + n_tokens <= capacity, "there is room for the positions");
    assert!(into.keys.len() == capacity * row && into.values.len() == capacity * row);
    let (kept_keys, kept_values) =
        (SharedPointer(into.keys.as_mut_ptr()), SharedPointer(into.values.as_mut_ptr()));
    kernels.in_parts(n_tokens, |tokens, _| {
        for token in tokens {
            let row = token * row..(token + 1) * row;
            let heads =
                keys[row.clone()].chunks_exact(head_dim).zip(values[row].chunks_exact(head_dim));
            for (head, (keys, values)) in heads.enumerate() {
                let (base, position) = (head * capacity * head_dim, start + token);
                for (dim, (&key, &value)) in keys.iter().zip(values).enumerate() {
                    // SAFETY: within the head's part, and no other token writes to this position.
                    unsafe {
                        *kept_keys.at(base + key_index(position, dim, head_dim)) =
                            f16::from_f32(key);
                        *kept_values.at(base + value_index(position, dim, capacity)) =
                            f16::from_f32(value);
                    }
                }
            }
        }
    });
}

/// What the tokens at positions `positions` take from all positions up to their own.
///
/// `queries` and `mixed` are (n_tokens, n_heads, head_dim).
pub fn attend(
    heads: Heads,
    cache: &KeysValues,
    queries: &[f32],
    positions: Range<usize>,
    mixed: &mut [f32],
    kernels: &Kernels,
) {
    let Heads { n_heads, n_kv_heads, head_dim, .. } = heads;
    let (n_tokens, n_groups) = (positions.len(), n_heads / n_kv_heads);
    assert_eq!(queries.len(), n_tokens * n_heads * head_dim, "a query per token and head");
    assert_eq!(mixed.len(), queries.len(), "and as much room");
    assert!(positions.end <= cache.capacity, "the cache holds the positions");
    let (queries, mixed) =
        (SharedPointer(queries.as_ptr().cast_mut()), SharedPointer(mixed.as_mut_ptr()));
    // Of one token the heads that share keys go together; of many, each head goes alone.
    let (n_items, heads_per_item, token_run) = match n_tokens {
        1 => (n_kv_heads, n_groups, 1),
        _ => (n_heads, 1, n_tokens),
    };
    let work = |items: Range<usize>, scratch: &mut Vec<u8>| {
        for item in items {
            let kv_head = item * heads_per_item / n_groups;
            let first = item * heads_per_item * head_dim;
            let (n_rows, stride) = match token_run {
                1 => (heads_per_item, head_dim),
                _ => (token_run, n_heads * head_dim),
            };
            // SAFETY: within both tensors, whose heads no other item touches.
            let (queries, mixed) = unsafe { (queries.at(first), mixed.at(first)) };
            let rows = Rows { values: queries, stride, n_rows };
            let into = Products { values: mixed, stride, n_rows: head_dim };
            attend_head(heads, cache, kv_head, rows, positions.clone(), into, scratch, kernels);
        }
    };
    match n_tokens {
        1 => {
            let seen = positions.end.min(heads.window.unwrap_or(usize::MAX));
            kernels.for_token(n_items, 2 * seen * n_kv_heads * head_dim * F16::BYTES, work)
        }
        _ => kernels.in_parts(n_items, work),
    }
}

/// Rows of queries against one head's keys and values. Row `r` is of the last token but
/// `n_rows - 1 - r`, or all are of the one token that there is.
#[allow(clippy::too_many_arguments)]
fn attend_head(
    heads: Heads,
    cache: &KeysValues,
    kv_head: usize,
    queries: Rows,
    positions: Range<usize>,
    mixed: Products,
    scratch: &mut Vec<u8>,
    kernels: &Kernels,
) {
    let (n_keys, head_dim) = (positions.end, heads.head_dim);
    let lowest = heads.window.map_or(0, |window| (positions.start + 1).saturating_sub(window));
    let lowest = lowest / QUAD * QUAD;
    let n_seen = n_keys - lowest;
    let head_bytes = cache.capacity * head_dim * F16::BYTES;
    let head = |all: &[f16]| all.as_ptr().cast::<u8>().wrapping_add(kv_head * head_bytes);
    let keys = Weights {
        bytes: head(cache.keys).wrapping_add(lowest * head_dim * F16::BYTES),
        pair_bytes: 2 * QUAD * head_dim * F16::BYTES,
        n_rows: n_seen,
        n_columns: head_dim,
    };
    let values = Weights {
        bytes: head(cache.values).wrapping_add(lowest * QUAD * F16::BYTES),
        pair_bytes: 2 * QUAD * cache.capacity * F16::BYTES,
        n_rows: head_dim,
        n_columns: n_seen,
    };
    let scores = floats_in(scratch, queries.n_rows * n_seen);
    let (isa, n_rows) = (kernels.isa(), queries.n_rows);
    let score_rows = Products { values: scores.as_mut_ptr(), stride: n_seen, n_rows: n_seen };
    // SAFETY: the caller's rows lie within their tensors; the cache holds `capacity` positions.
    unsafe {
        multiply_floats::<F16>(isa, keys, 0..n_seen.div_ceil(QUAD), queries, score_rows);
    }
    for (r, row) in scores.chunks_exact_mut(n_seen).enumerate() {
        let own = if positions.len() == 1 { positions.start } else { positions.start + r };
        let first = heads.window.map_or(0, |window| (own + 1).saturating_sub(window));
        let (before, visible) = row.split_at_mut(first - lowest.min(first));
        let (visible, after) = visible.split_at_mut(own + 1 - first);
        match heads.cap {
            None => softmax(isa, visible, heads.scale),
            Some(cap) => {
                soft_cap(isa, visible, heads.scale, cap);
                softmax(isa, visible, 1.0);
            }
        }
        before.fill(0.0);
        after.fill(0.0);
    }
    let scores = Rows { values: scores.as_ptr(), stride: n_seen, n_rows };
    // SAFETY: as above.
    unsafe { multiply_floats::<F16>(isa, values, 0..head_dim.div_ceil(QUAD), scores, mixed) }
}

/// What every token takes from every token. `queries`, `keys`, `values` and `mixed` are
/// (n_tokens, n_heads, head_dim).
pub fn attend_all(
    n_heads: usize,
    head_dim: usize,
    [queries, keys, values]: [&[f32]; 3],
    mixed: &mut [f32],
    kernels: &Kernels,
) {
    let row = n_heads * head_dim;
    let n_tokens = queries.len() / row;
    let capacity = n_tokens.next_multiple_of(QUAD);
    assert!(head_dim.is_multiple_of(QUAD), "heads are whole quads");
    assert!([keys.len(), values.len(), mixed.len()] == [queries.len(); 3], "all of one shape");
    let shared = SharedPointer(mixed.as_mut_ptr());
    let head_floats = capacity * head_dim;
    let isa = kernels.isa();
    kernels.in_parts(n_heads, |heads, scratch| {
        for head in heads {
            let floats = floats_in(scratch, 2 * head_floats + n_tokens * n_tokens);
            let (packed_keys, rest) = floats.split_at_mut(head_floats);
            let (packed_values, scores) = rest.split_at_mut(head_floats);
            for position in 0..n_tokens {
                let start = position * row + head * head_dim;
                for dim in 0..head_dim {
                    packed_keys[key_index(position, dim, head_dim)] = keys[start + dim];
                    packed_values[value_index(position, dim, capacity)] = values[start + dim];
                }
            }
            let weights = |bytes: &[f32], quad: usize, n_rows, n_columns| Weights {
                bytes: bytes.as_ptr().cast(),
                pair_bytes: 2 * QUAD * quad * F32::BYTES,
                n_rows,
                n_columns,
            };
            let keys = weights(packed_keys, head_dim, n_tokens, head_dim);
            let values = weights(packed_values, capacity, head_dim, n_tokens);
            let queries = queries[head * head_dim..].as_ptr();
            let queries = Rows { values: queries, stride: row, n_rows: n_tokens };
            let score_rows =
                Products { values: scores.as_mut_ptr(), stride: n_tokens, n_rows: n_tokens };
            // SAFETY: each product's shapes are those of the slices above, and no other part
            // writes this head of `mixed`.
            unsafe {
                multiply_floats::<F32>(isa, keys, 0..capacity / QUAD, queries, score_rows);
                let scale = 1.0 / (head_dim as f32).sqrt();
                scores.chunks_exact_mut(n_tokens).for_each(|row| softmax(isa, row, scale));
                let scores = Rows { values: scores.as_ptr(), stride: n_tokens, n_rows: n_tokens };
                let mixed = shared.at(head * head_dim);
                let mixed = Products { values: mixed, stride: row, n_rows: head_dim };
                multiply_floats::<F32>(isa, values, 0..head_dim / QUAD, scores, mixed);
            }
        }
    });
}

/// The first `n` floats of memory that is large enough, whatever they are.
fn floats_in(scratch: &mut Vec<u8>, n: usize) -> &mut [f32] {
    let n_bytes = (n + 1) * size_of::<f32>();
    if scratch.len() < n_bytes {
        scratch.resize(n_bytes, 0);
    }
    // SAFETY: every bit pattern is a float.
    let (_, floats, _) = unsafe { scratch.align_to_mut::<f32>() };
    &mut floats[..n]
}
