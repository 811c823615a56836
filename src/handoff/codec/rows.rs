//! Rows of half floats into the bytes of a layer, and back.
//!
//! In 8 bits a key is `middle + scale × q` with a middle and a scale per channel and block of
//! tokens, a value `scale × q` with a scale per token and head; q is in -127..=127. A channel of
//! keys may lie far from zero in all tokens (biases do that), hence the middle.

use half::{f16, slice::HalfFloatSliceExt};

use super::layout::{Encoding, Layout, Part};
use crate::{Error, Result};

const LARGEST: f32 = 127.0;

/// Appends a layer's bytes to `into`. `keys` and `values` are (n_positions, n_kv_heads, head_dim).
pub fn encode_layer(
    layout: &Layout,
    keys: &[f16],
    values: &[f16],
    into: &mut Vec<u8>,
) -> Result<()> {
    let n_elements = layout.positions.len() * layout.shape.row();
    assert_eq!([keys.len(), values.len()], [n_elements; 2], "a row per position");
    check_finite("keys", keys)?;
    check_finite("values", values)?;
    let start = into.len();
    into.resize(start + layout.layer_bytes(), 0);
    let mut parts = split_mut(layout, &mut into[start..]);
    match (layout.encoding, parts.as_mut_slice()) {
        (Encoding::F16, [key_bytes, value_bytes]) => {
            write_halves(keys, key_bytes);
            write_halves(values, value_bytes);
        }
        (Encoding::Int8, [middles, scales, key_bytes, value_scales, value_bytes]) => {
            encode_keys(layout, keys, [middles, scales], key_bytes);
            encode_values(layout.shape.head_dim, values, value_scales, value_bytes);
        }
        _ => unreachable!("a layout has the parts of its encoding"),
    }
    Ok(())
}

/// The reverse of [`encode_layer`]; `bytes` are exactly a layer's.
pub fn decode_layer(
    layout: &Layout,
    bytes: &[u8],
    keys: &mut [f16],
    values: &mut [f16],
) -> Result<()> {
    let n_elements = layout.positions.len() * layout.shape.row();
    assert_eq!([keys.len(), values.len()], [n_elements; 2], "a row per position");
    assert_eq!(bytes.len(), layout.layer_bytes(), "a layer's bytes");
    match (layout.encoding, split(layout, bytes).as_slice()) {
        (Encoding::F16, [key_bytes, value_bytes]) => {
            read_halves(key_bytes, keys);
            read_halves(value_bytes, values);
            check_finite("keys", keys)?;
            check_finite("values", values)?;
        }
        (Encoding::Int8, [middles, scales, key_bytes, value_scales, value_bytes]) => {
            check_finite("key middles", &halves(middles))?;
            check_finite("key scales", &halves(scales))?;
            check_finite("value scales", &halves(value_scales))?;
            decode_keys(layout, [middles, scales], key_bytes, keys);
            decode_values(layout.shape.head_dim, value_scales, value_bytes, values);
        }
        _ => unreachable!("a layout has the parts of its encoding"),
    }
    Ok(())
}

/// Each block's channels, one after the other.
fn encode_keys(layout: &Layout, keys: &[f16], scales: [&mut [u8]; 2], into: &mut [u8]) {
    let row = layout.shape.row();
    let [middle_bytes, scale_bytes] = scales;
    let channels =
        middle_bytes.chunks_exact_mut(2 * row).zip(scale_bytes.chunks_exact_mut(2 * row));
    let (mut keys, mut into) = (keys, into);
    for (block, (middle_bytes, scale_bytes)) in layout.blocks().zip(channels) {
        let (rows, other_rows) = keys.split_at(block.len() * row);
        let (bytes, other_bytes) = into.split_at_mut(block.len() * row);
        (keys, into) = (other_rows, other_bytes);
        let mut floats = vec![0.0; rows.len()]; // (n_positions, row)
        rows.convert_to_f32_slice(&mut floats);
        let (middles, scales) = channel_scales(&floats, row);
        write_halves(&middles, middle_bytes);
        write_halves(&scales, scale_bytes);
        let steps: Vec<(f32, f32)> =
            middles.iter().zip(&scales).map(|(m, s)| (m.to_f32(), per_step(*s))).collect();
        for (floats, bytes) in floats.chunks_exact(row).zip(bytes.chunks_exact_mut(row)) {
            for ((x, byte), (middle, per_step)) in floats.iter().zip(bytes).zip(&steps) {
                *byte = quantised((x - middle) * per_step);
            }
        }
    }
}

/// The middle and the scale of each channel of `rows`, (n_positions, row).
fn channel_scales(rows: &[f32], row: usize) -> (Vec<f16>, Vec<f16>) {
    let (mut least, mut most) = (rows[..row].to_vec(), rows[..row].to_vec());
    for floats in rows.chunks_exact(row) {
        for ((x, least), most) in floats.iter().zip(&mut least).zip(&mut most) {
            *least = least.min(*x);
            *most = most.max(*x);
        }
    }
    let channel = |(least, most): (f32, f32)| {
        // What is stored has been rounded, and the distance is from that.
        let middle = f16::from_f32((least + most) / 2.0);
        let reach = (most - middle.to_f32()).max(middle.to_f32() - least);
        (middle, f16::from_f32(reach / LARGEST))
    };
    least.into_iter().zip(most).map(channel).unzip()
}

fn decode_keys(layout: &Layout, scales: [&[u8]; 2], bytes: &[u8], keys: &mut [f16]) {
    let row = layout.shape.row();
    let mut floats = [vec![0.0; row], vec![0.0; row], vec![0.0; row]];
    let [middles, steps, key] = &mut floats;
    let channels = scales[0].chunks_exact(2 * row).zip(scales[1].chunks_exact(2 * row));
    let mut rows = bytes.chunks_exact(row).zip(keys.chunks_exact_mut(row));
    for (block, (middle_bytes, scale_bytes)) in layout.blocks().zip(channels) {
        read_floats(middle_bytes, middles);
        read_floats(scale_bytes, steps);
        for (bytes, halves) in rows.by_ref().take(block.len()) {
            let channels = bytes.iter().zip(&*middles).zip(&*steps);
            for (((byte, middle), step), key) in channels.zip(&mut *key) {
                *key = within_halves(middle + step * f32::from(*byte as i8));
            }
            halves.convert_from_f32_slice(key);
        }
    }
}

/// Each head of each token.
fn encode_values(head_dim: usize, values: &[f16], scales: &mut [u8], into: &mut [u8]) {
    let mut floats = vec![0.0; head_dim];
    let heads = values.chunks_exact(head_dim).zip(into.chunks_exact_mut(head_dim));
    for ((values, bytes), scale_bytes) in heads.zip(scales.chunks_exact_mut(2)) {
        values.convert_to_f32_slice(&mut floats);
        let most = floats.iter().fold(0f32, |most, x| most.max(x.abs()));
        let scale = f16::from_f32(most / LARGEST);
        scale_bytes.copy_from_slice(&scale.to_le_bytes());
        let per_step = per_step(scale);
        for (byte, x) in bytes.iter_mut().zip(&floats) {
            *byte = quantised(x * per_step);
        }
    }
}

fn decode_values(head_dim: usize, scales: &[u8], bytes: &[u8], values: &mut [f16]) {
    let mut floats = vec![0.0; head_dim];
    let heads = values.chunks_exact_mut(head_dim).zip(bytes.chunks_exact(head_dim));
    for ((values, bytes), scale) in heads.zip(scales.chunks_exact(2)) {
        let scale = f16::from_le_bytes([scale[0], scale[1]]).to_f32();
        for (x, byte) in floats.iter_mut().zip(bytes) {
            *x = within_halves(scale * f32::from(*byte as i8));
        }
        values.convert_from_f32_slice(&floats);
    }
}

/// One over the scale; a scale of zero stands for a row that is all middle.
fn per_step(scale: f16) -> f32 {
    if scale == f16::ZERO { 0.0 } else { scale.to_f32().recip() }
}

/// The nearest of -127..=127, as a byte. Added to 1.5 × 2^23, a float's last bits are the integer,
/// which every instruction set does for many at once.
fn quantised(x: f32) -> u8 {
    const INTEGERS: f32 = 12_582_912.0;
    (x.clamp(-LARGEST, LARGEST) + INTEGERS).to_bits() as u8
}

/// The largest half float may come back as slightly more than itself.
fn within_halves(x: f32) -> f32 {
    const MOST: f32 = 65504.0;
    x.clamp(-MOST, MOST)
}

fn write_halves(halves: &[f16], into: &mut [u8]) {
    for (half, bytes) in halves.iter().zip(into.chunks_exact_mut(2)) {
        bytes.copy_from_slice(&half.to_le_bytes());
    }
}

fn read_halves(bytes: &[u8], into: &mut [f16]) {
    for (half, bytes) in into.iter_mut().zip(bytes.chunks_exact(2)) {
        *half = f16::from_le_bytes([bytes[0], bytes[1]]);
    }
}

fn halves(bytes: &[u8]) -> Vec<f16> {
    let mut halves = vec![f16::ZERO; bytes.len() / 2];
    read_halves(bytes, &mut halves);
    halves
}

fn read_floats(bytes: &[u8], into: &mut [f32]) {
    for (float, bytes) in into.iter_mut().zip(bytes.chunks_exact(2)) {
        *float = f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
    }
}

fn check_finite(what: &str, halves: &[f16]) -> Result<()> {
    if halves.iter().all(|half| half.is_finite()) {
        return Ok(());
    }
    Err(Error::KvNotFinite(what.to_owned()))
}

fn split<'b>(layout: &Layout, mut bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let parts = layout.parts();
    let cut = |part: &Part| {
        let (own, rest) = bytes.split_at(part.n_bytes());
        bytes = rest;
        own
    };
    parts.iter().map(cut).collect()
}

fn split_mut<'b>(layout: &Layout, mut bytes: &'b mut [u8]) -> Vec<&'b mut [u8]> {
    let parts = layout.parts();
    let cut = |part: &Part| {
        let (own, rest) = std::mem::take(&mut bytes).split_at_mut(part.n_bytes());
        bytes = rest;
        own
    };
    parts.iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use super::*;
    use crate::engine::KvShape;

    const SHAPE: KvShape = KvShape { n_layers: 1, n_kv_heads: 2, head_dim: 8 };

    fn layout(encoding: Encoding, positions: Range<usize>) -> Layout {
        Layout { encoding, shape: SHAPE, positions }
    }

    /// Channels that lie far from zero and vary differently, as keys with biases do.
    fn rows(n_tokens: usize) -> Vec<f16> {
        let mut random = Pcg64Mcg::seed_from_u64(5);
        let channels: Vec<(f32, f32)> = (0..SHAPE.row())
            .map(|_| (random.random_range(-90.0..90.0), random.random_range(0.0..9.0)))
            .collect();
        let all = (0..n_tokens * SHAPE.row()).map(|i| {
            let (bias, spread) = channels[i % SHAPE.row()];
            f16::from_f32(bias + spread * random.random_range(-1.0..1.0))
        });
        all.collect()
    }

    fn round_trip(layout: &Layout, keys: &[f16], values: &[f16]) -> [Vec<f16>; 2] {
        let mut bytes = vec![7; 3];
        encode_layer(layout, keys, values, &mut bytes).unwrap();
        let mut got = [keys.to_vec(), values.to_vec()];
        got.iter_mut().for_each(|halves| halves.fill(f16::MAX));
        let [got_keys, got_values] = &mut got;
        decode_layer(layout, &bytes[3..], got_keys, got_values).unwrap();
        got
    }

    #[test]
    fn halves_come_back_exactly() {
        let (keys, values) = (rows(37), rows(37));
        let got = round_trip(&layout(Encoding::F16, 3..40), &keys, &values);
        assert_eq!(got, [keys, values]);
    }

    /// Half a step, and what rounding to a half float adds to the middle, the scale and the result.
    #[test]
    fn eight_bits_miss_by_half_a_step() {
        let (keys, values) = (rows(70), rows(70));
        let layout = layout(Encoding::Int8, 10..80);
        let [got_keys, got_values] = round_trip(&layout, &keys, &values);
        let half = |span: f32, largest: f32| 0.5 * span / LARGEST + largest / 1000.0;
        let (mut first, row) = (0, SHAPE.row());
        for block in layout.blocks() {
            for channel in 0..row {
                let all = |keys: &[f16]| -> Vec<f32> {
                    (first..first + block.len()).map(|t| keys[t * row + channel].to_f32()).collect()
                };
                let (want, got) = (all(&keys), all(&got_keys));
                let least = want.iter().copied().fold(f32::MAX, f32::min);
                let most = want.iter().copied().fold(f32::MIN, f32::max);
                let bound = half((most - least) / 2.0, most.abs().max(least.abs()));
                for (want, got) in want.iter().zip(&got) {
                    assert!((want - got).abs() <= bound, "{want} became {got}: {bound}");
                }
            }
            first += block.len();
        }
        let heads = values.chunks(SHAPE.head_dim).zip(got_values.chunks(SHAPE.head_dim));
        for (want, got) in heads {
            let most = want.iter().fold(0f32, |most, x| most.max(x.to_f32().abs()));
            for (want, got) in want.iter().zip(got) {
                let apart = (want.to_f32() - got.to_f32()).abs();
                assert!(apart <= half(most, most), "{want} became {got}");
            }
        }
    }

    #[test]
    fn keys_that_do_not_vary_come_back_exactly() {
        for x in [0.0, 1.0e-7, 0.3, -65504.0] {
            let keys = vec![f16::from_f32(x); 5 * SHAPE.row()];
            let [got, values] = round_trip(&layout(Encoding::Int8, 0..5), &keys, &keys);
            assert_eq!(got, keys);
            assert!((values[0].to_f32() - x).abs() <= 1e-3 * x.abs() + 1e-7, "{values:?}");
        }
    }

    /// A dialogue that is parked again and again does not fade.
    #[test]
    fn eight_bits_of_eight_bits_stay_where_they_are() {
        let layout = layout(Encoding::Int8, 0..64);
        let (keys, values) = (rows(64), rows(64));
        let once = round_trip(&layout, &keys, &values);
        let mut again = once.clone();
        for _ in 0..20 {
            again = round_trip(&layout, &again[0], &again[1]);
        }
        let largest = |halves: &[f16]| halves.iter().fold(0f32, |m, x| m.max(x.to_f32().abs()));
        for (once, again) in once.iter().zip(&again) {
            let apart = once.iter().zip(again).map(|(a, b)| (a.to_f32() - b.to_f32()).abs());
            let apart = apart.fold(0.0, f32::max);
            assert!(apart <= largest(once) / LARGEST, "{apart}");
        }
    }

    #[test]
    fn what_is_not_finite_is_neither_written_nor_read() {
        let fine = rows(4);
        for bad in [f16::INFINITY, f16::NEG_INFINITY, f16::NAN] {
            let mut broken = fine.clone();
            broken[9] = bad;
            for encoding in Encoding::ALL {
                let layout = layout(encoding, 0..4);
                for [keys, values] in [[&broken, &fine], [&fine, &broken]] {
                    let refused = encode_layer(&layout, keys, values, &mut Vec::new());
                    assert_eq!(refused.unwrap_err().code(), "kv_not_finite");
                }
                // The first two bytes of a layer are a key or a key's middle.
                let mut bytes = Vec::new();
                encode_layer(&layout, &fine, &fine, &mut bytes).unwrap();
                bytes[..2].copy_from_slice(&bad.to_le_bytes());
                let (mut keys, mut values) = (fine.clone(), fine.clone());
                let refused = decode_layer(&layout, &bytes, &mut keys, &mut values);
                assert_eq!(refused.unwrap_err().code(), "kv_not_finite");
            }
        }
    }
}
