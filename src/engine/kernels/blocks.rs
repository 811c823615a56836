//! The quantised block types of GGUF, as ggml's `ggml-common.h` and `ggml-quants.c` define them.

use half::f16;

use super::formats::{Decoded, Format, Layout, Scales};

/// Before each format says what is its own.
const PLAIN: Layout = Layout {
    block_bytes: 0,
    block_columns: 32,
    signed: false,
    nibbles: false,
    pairs: false,
    bits: false,
    scales: Scales::Half,
    zero_power: None,
    headroom: 8,
};

pub struct Q8_0;
impl Format for Q8_0 {
    // 2 · 127 · 127 is all that 16 bits hold.
    const LAYOUT: Layout = Layout { block_bytes: 34, signed: true, headroom: 1, ..PLAIN };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        for (value, &stored) in into.values.iter_mut().zip(&block[2..34]) {
            *value = stored;
        }
    }
}

pub struct Q4_0;
impl Format for Q4_0 {
    const LAYOUT: Layout = Layout { block_bytes: 18, nibbles: true, zero_power: Some(3), ..PLAIN };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        nibbles(&block[2..18], &mut into.values);
    }
}

pub struct Q4_1;
impl Format for Q4_1 {
    const LAYOUT: Layout =
        Layout { block_bytes: 20, nibbles: true, scales: Scales::HalfAndMinimum, ..PLAIN };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        into.negated_half(&block[2..]);
        nibbles(&block[4..20], &mut into.values);
    }
}

pub struct Q5_0;
impl Format for Q5_0 {
    // 4 · 2 · 31 · 127 < 2^15
    const LAYOUT: Layout = Layout {
        block_bytes: 22,
        nibbles: true,
        bits: true,
        zero_power: Some(4),
        headroom: 4,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        nibbles(&block[6..22], &mut into.values);
        fifth_bits(&block[2..6], &mut into.values);
    }
}

pub struct Q5_1;
impl Format for Q5_1 {
    const LAYOUT: Layout = Layout {
        block_bytes: 24,
        nibbles: true,
        bits: true,
        scales: Scales::HalfAndMinimum,
        headroom: 4,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        into.negated_half(&block[2..]);
        nibbles(&block[8..24], &mut into.values);
        fifth_bits(&block[4..8], &mut into.values);
    }
}

pub struct Q2K;
impl Format for Q2K {
    const LAYOUT: Layout = Layout {
        block_bytes: 84,
        block_columns: 256,
        pairs: true,
        scales: Scales::NibblesPerHalf,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        let scales = into.scales.iter_mut().zip(&mut into.minima);
        for ((scale, minimum), byte) in scales.zip(&block[..16]) {
            (*scale, *minimum) = (byte & 15, byte >> 4);
        }
        pairs(&block[16..80], &mut into.values);
        into.half(0, &block[80..]);
        into.half(1, &block[82..]);
    }
}

pub struct Q3K;
impl Format for Q3K {
    const LAYOUT: Layout = Layout {
        block_bytes: 110,
        block_columns: 256,
        pairs: true,
        bits: true,
        scales: Scales::BytesPerHalf,
        zero_power: Some(2),
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        pairs(&block[32..96], &mut into.values);
        for (i, value) in into.values.iter_mut().enumerate() {
            *value |= (block[i % 32] >> (i / 32) & 1) << 2;
        }
        let packed = &block[96..108];
        for i in 0..16 {
            let low = packed[i % 8] >> (4 * (i / 8)) & 15;
            let high = packed[8 + i % 4] >> (2 * (i / 4)) & 3;
            into.scales[i] = (low | high << 4).wrapping_sub(32);
        }
        into.half(0, &block[108..]);
    }
}

pub struct Q4K;
impl Format for Q4K {
    const LAYOUT: Layout = Layout {
        block_bytes: 144,
        block_columns: 256,
        nibbles: true,
        scales: Scales::Bytes,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        into.half(1, &block[2..]);
        six_bit_scales(&block[4..16], into);
        nibbles_of_64(&block[16..144], &mut into.values);
    }
}

pub struct Q5K;
impl Format for Q5K {
    const LAYOUT: Layout = Layout {
        block_bytes: 176,
        block_columns: 256,
        nibbles: true,
        bits: true,
        scales: Scales::Bytes,
        headroom: 4,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        into.half(0, block);
        into.half(1, &block[2..]);
        six_bit_scales(&block[4..16], into);
        nibbles_of_64(&block[48..176], &mut into.values);
        for (i, value) in into.values.iter_mut().enumerate() {
            *value |= (block[16 + i % 32] >> (i / 32) & 1) << 4;
        }
    }
}

pub struct Q6K;
impl Format for Q6K {
    // 2 · 2 · 63 · 127 < 2^15
    const LAYOUT: Layout = Layout {
        block_bytes: 210,
        block_columns: 256,
        nibbles: true,
        pairs: true,
        scales: Scales::BytesPerHalf,
        zero_power: Some(5),
        headroom: 2,
        ..PLAIN
    };

    fn decode(block: &[u8], into: &mut Decoded) {
        for (i, value) in into.values.iter_mut().enumerate() {
            // Per 128 values: 64 bytes of low bits, 32 bytes of high bits.
            let (half, quarter, l) = (i / 128, i % 128 / 32, i % 32);
            let low = block[64 * half + 32 * (quarter % 2) + l] >> (4 * (quarter / 2)) & 15;
            let high = block[128 + 32 * half + l] >> (2 * quarter) & 3;
            *value = low | high << 4;
        }
        into.scales.copy_from_slice(&block[192..208]);
        into.half(0, &block[208..]);
    }
}

impl Decoded {
    fn half(&mut self, index: usize, bytes: &[u8]) {
        self.halves[index] = [bytes[0], bytes[1]];
    }

    /// `scale · value + m` in the file is `scale · value − minimum` here.
    fn negated_half(&mut self, bytes: &[u8]) {
        self.halves[1] = (-f16::from_le_bytes([bytes[0], bytes[1]])).to_le_bytes();
    }
}

/// 16 bytes: values 0..16 in the low nibbles, 16..32 in the high ones.
fn nibbles(packed: &[u8], values: &mut [u8; 256]) {
    for (j, byte) in packed.iter().enumerate() {
        (values[j], values[j + 16]) = (byte & 15, byte >> 4);
    }
}

fn fifth_bits(packed: &[u8], values: &mut [u8; 256]) {
    for (j, value) in values[..32].iter_mut().enumerate() {
        *value |= (packed[j / 8] >> (j % 8) & 1) << 4;
    }
}

/// Per 64 values 32 bytes: the low nibbles first.
fn nibbles_of_64(packed: &[u8], values: &mut [u8; 256]) {
    for (bytes, values) in packed.chunks_exact(32).zip(values.chunks_exact_mut(64)) {
        for (j, byte) in bytes.iter().enumerate() {
            (values[j], values[j + 32]) = (byte & 15, byte >> 4);
        }
    }
}

/// Per 128 values 32 bytes, each with four values 32 apart.
fn pairs(packed: &[u8], values: &mut [u8; 256]) {
    for (i, value) in values.iter_mut().enumerate() {
        *value = packed[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32)) & 3;
    }
}

/// Eight scales and eight minima of 6 bits in 12 bytes.
fn six_bit_scales(packed: &[u8], into: &mut Decoded) {
    for j in 0..4 {
        (into.scales[j], into.minima[j]) = (packed[j] & 63, packed[j + 4] & 63);
        into.scales[j + 4] = packed[j + 8] & 15 | packed[j] >> 6 << 4;
        into.minima[j + 4] = packed[j + 8] >> 4 | packed[j + 4] >> 6 << 4;
    }
}
