//! How each quantised type of GGUF is laid out for the kernels.
//!
//! Four rows form a quad and are stored together, 32 columns at a time: vector `j` of a group holds
//! columns `4j..4j + 4` of row 0, then of rows 1, 2 and 3. A dot product with the same four
//! activations in every lane then leaves one sum per row, and nothing is ever added across lanes.
//! Two quads form a pair whose groups alternate, so that whoever reads both reads one stream.
//!
//! Bits stay as dense as in the file. Values below 2^N are cut into planes of four bits, two bits
//! and one bit, so that all eight vectors of a group come out of a plane by shifts and masks.
//! A weight is `scale · value − minimum`; scales stay halves or K-quants' small integers.

use std::marker::PhantomData;

use super::simd::Simd;

/// Columns per group.
pub const GROUP: usize = 32;
/// Rows per quad.
pub const QUAD: usize = 4;
/// Vectors per group.
pub const VECTORS: usize = GROUP * QUAD / 16;

/// Where the scales of a group come from.
#[derive(Clone, Copy, PartialEq)]
pub enum Scales {
    /// A half float for each row; no minimum.
    Half,
    /// Two half floats for each row: scale and minimum.
    HalfAndMinimum,
    /// `d · sc` and `dmin · m`, with halves per 256 columns and bytes per group.
    Bytes,
    /// `d · sc` per 16 columns; no minimum.
    BytesPerHalf,
    /// Four bits of `sc` and four of `m` per 16 columns.
    NibblesPerHalf,
}

/// A type's layout.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Bytes and columns of a block in the file.
    pub block_bytes: usize,
    pub block_columns: usize,
    /// Values are signed bytes and meet activations of 7 bits. Otherwise they are below 128 and
    /// meet activations of 8 bits.
    pub signed: bool,
    /// Which planes the values are in.
    pub nibbles: bool,
    pub pairs: bool,
    pub bits: bool,
    pub scales: Scales,
    /// The value that stands for 0 is 2 to this power; without it, values have minima.
    pub zero_power: Option<i32>,
    /// How many dot products fit a sum of 16 bits.
    pub headroom: usize,
}

impl Layout {
    /// Groups under one set of halves.
    pub const fn head_groups(&self) -> usize {
        self.block_columns / GROUP
    }

    const fn plane_bytes(&self) -> usize {
        if self.signed {
            return 128;
        }
        64 * self.nibbles as usize + 32 * self.pairs as usize + 16 * self.bits as usize
    }

    /// Bytes of one group of a quad.
    pub const fn group_bytes(&self) -> usize {
        let scale_bytes = match self.scales {
            // Q8_0 keeps the sum of each row's values beside its scale.
            Scales::Half if self.signed => 16,
            Scales::Half => 8,
            Scales::HalfAndMinimum => 16,
            Scales::Bytes | Scales::BytesPerHalf | Scales::NibblesPerHalf => 8,
        };
        self.plane_bytes() + scale_bytes
    }

    /// Bytes of the halves that go before `head_groups` groups.
    pub const fn head_bytes(&self) -> usize {
        match self.scales {
            Scales::Half | Scales::HalfAndMinimum => 0,
            Scales::BytesPerHalf => 8,
            Scales::Bytes | Scales::NibblesPerHalf => 16,
        }
    }

    /// Bytes of one quad's groups under one set of halves, and of those.
    const fn unit_bytes(&self) -> usize {
        self.head_groups() * self.group_bytes() + self.head_bytes()
    }

    /// Bytes of two quads of `n_columns`.
    pub const fn pair_bytes(&self, n_columns: usize) -> usize {
        2 * n_columns / self.block_columns * self.unit_bytes()
    }

    pub const fn has_minimum(&self) -> bool {
        matches!(self.scales, Scales::HalfAndMinimum | Scales::Bytes | Scales::NibblesPerHalf)
    }

    /// Whether a group has a scale for each half of its columns.
    pub const fn per_half(&self) -> bool {
        matches!(self.scales, Scales::BytesPerHalf | Scales::NibblesPerHalf)
    }
}

/// A type, so that kernels are compiled for each.
pub trait Format: 'static {
    const LAYOUT: Layout;
    /// The values, scales and minima of one block of one row, as the file has them.
    fn decode(block: &[u8], into: &mut Decoded);
}

/// One block of one row: at most 256 columns.
pub struct Decoded {
    pub values: [u8; 256],
    /// Half floats: `scale` or `d`, and `minimum` or `dmin`.
    pub halves: [[u8; 2]; 2],
    /// Per group, or per 16 columns.
    pub scales: [u8; 16],
    pub minima: [u8; 16],
}

impl Default for Decoded {
    fn default() -> Decoded {
        Decoded { values: [0; 256], halves: [[0; 2]; 2], scales: [0; 16], minima: [0; 16] }
    }
}

/// How the integer sums of a group become floats.
#[derive(Clone, Copy)]
pub struct Scaling<S: Simd> {
    /// What the sums begin with, for activations that are 64 too large.
    pub start: S::Ints,
    /// One per half of the columns; the same twice where a group has one.
    pub scales: [S::Floats; 2],
    pub minima: [S::Floats; 2],
}

/// A quad as it is stored: where its pair begins, and which of the two it is.
pub struct Packed<F>(pub *const u8, pub usize, pub PhantomData<F>);

impl<F> Clone for Packed<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F> Copy for Packed<F> {}

impl<F: Format> Packed<F> {
    /// Where group `index` begins.
    #[inline(always)]
    pub unsafe fn group(self, index: usize) -> *const u8 {
        let layout = &F::LAYOUT;
        let (unit, group) = (index / layout.head_groups(), index % layout.head_groups());
        let head_bytes = 2 * (unit * layout.unit_bytes() + layout.head_bytes());
        // SAFETY: the caller's: a group within the quad.
        unsafe { self.0.add(head_bytes + (2 * group + self.1) * layout.group_bytes()) }
    }

    /// Vector `j` of the group at `group`.
    #[inline(always)]
    pub unsafe fn vector<S: Simd>(self, group: *const u8, j: usize) -> S::Bytes {
        let layout = &F::LAYOUT;
        // SAFETY: as above; a group has eight vectors in its planes.
        unsafe {
            if layout.signed {
                return S::load(group.add(16 * j));
            }
            let (mut at, mut place) = (group, 0);
            let mut vector = S::splat_byte(0);
            for (present, width, (plane, bit)) in [
                (layout.nibbles, 4, (j % 4, 4 * (j / 4))),
                (layout.pairs, 2, (j / 4, 2 * (j % 4))),
                (layout.bits, 1, (0, j)),
            ] {
                if present {
                    let field = move_bits::<S>(S::load(at.add(16 * plane)), bit, place);
                    let mask = S::splat_byte(((1 << width) - 1) << place);
                    vector = S::or(vector, S::and(field, mask));
                    at = at.add(16 * width);
                    place += width;
                }
            }
            vector
        }
    }

    #[inline(always)]
    pub unsafe fn scaling<S: Simd>(self, group: *const u8, index: usize) -> Scaling<S> {
        let layout = &F::LAYOUT;
        // SAFETY: as above.
        unsafe {
            let at = group.add(layout.plane_bytes());
            let unit = index / layout.head_groups();
            let head = self.0.add(2 * unit * layout.unit_bytes() + self.1 * layout.head_bytes());
            let none = [S::splat(0.0); 2];
            let start = match layout.signed {
                true => S::times_minus_64(S::load_i16(at.add(8))),
                false => S::no_ints(),
            };
            let (scales, minima) = match layout.scales {
                Scales::Half => ([S::load_halves(at); 2], none),
                Scales::HalfAndMinimum => ([S::load_halves(at); 2], [S::load_halves(at.add(8)); 2]),
                Scales::Bytes => {
                    let scale = S::mul(S::load_halves(head), S::to_floats(S::load_u8(at)));
                    let m = S::to_floats(S::load_u8(at.add(4)));
                    ([scale; 2], [S::mul(S::load_halves(head.add(8)), m); 2])
                }
                Scales::BytesPerHalf => {
                    let d = S::load_halves(head);
                    let first = S::mul(d, S::to_floats(S::load_i8(at)));
                    let second = S::mul(d, S::to_floats(S::load_i8(at.add(4))));
                    ([first, second], none)
                }
                Scales::NibblesPerHalf => {
                    let (d, dmin) = (S::load_halves(head), S::load_halves(head.add(8)));
                    let low = [S::load_nibbles::<0>(at), S::load_nibbles::<0>(at.add(4))];
                    let high = [S::load_nibbles::<4>(at), S::load_nibbles::<4>(at.add(4))];
                    (
                        [S::mul(d, S::to_floats(low[0])), S::mul(d, S::to_floats(low[1]))],
                        [S::mul(dmin, S::to_floats(high[0])), S::mul(dmin, S::to_floats(high[1]))],
                    )
                }
            };
            Scaling { start, scales, minima }
        }
    }
}

/// Moves bit `from` of every byte to bit `to`, others along with it.
#[inline(always)]
unsafe fn move_bits<S: Simd>(plane: S::Bytes, from: usize, to: usize) -> S::Bytes {
    // SAFETY: the caller's.
    unsafe {
        match to as i32 - from as i32 {
            0 => plane,
            1 => S::shift_left::<1>(plane),
            2 => S::shift_left::<2>(plane),
            3 => S::shift_left::<3>(plane),
            4 => S::shift_left::<4>(plane),
            -1 => S::shift_right::<1>(plane),
            -2 => S::shift_right::<2>(plane),
            -3 => S::shift_right::<3>(plane),
            -4 => S::shift_right::<4>(plane),
            -5 => S::shift_right::<5>(plane),
            -6 => S::shift_right::<6>(plane),
            n => unreachable!("no plane is moved by {n} bits"),
        }
    }
}

/// A group of one quad as it is read for many tokens: the eight vectors with a byte for each value,
/// the start, two scales and two minima, the latter as floats.
const UNPACKED_VECTORS: usize = VECTORS + 1 + 2 + 2;
/// Bytes of a group of both quads of a pair. Their vectors alternate.
pub const UNPACKED_PAIR: usize = 2 * 16 * UNPACKED_VECTORS;

/// Where vector `i` of quad `q` is in a group of an unpacked pair.
pub const fn unpacked_at(i: usize, q: usize) -> usize {
    16 * (2 * i + q)
}

/// The scaling of quad `q` in the group of an unpacked pair at `group`.
#[inline(always)]
pub unsafe fn unpacked_scaling<S: Simd>(group: *const u8, q: usize) -> Scaling<S> {
    // SAFETY: the caller's.
    unsafe {
        let floats = |i: usize| S::load_floats(group.add(unpacked_at(VECTORS + i, q)).cast());
        Scaling {
            start: S::load_ints(group.add(unpacked_at(VECTORS, q))),
            scales: [floats(1), floats(2)],
            minima: [floats(3), floats(4)],
        }
    }
}

/// Writes a block once for each vector of a group, with an index that the compiler knows.
macro_rules! unrolled {
    ($j:ident => $body:block) => {
        unrolled!($j => $body; 0 1 2 3 4 5 6 7)
    };
    ($j:ident => $body:block; $($index:literal)*) => {
        $({
            const $j: usize = $index;
            $body
        })*
    };
}
pub(super) use unrolled;

/// Writes the groups of a quad to its places in an unpacked pair.
#[inline(always)]
pub unsafe fn unpack<S: Simd, F: Format>(quad: Packed<F>, n_groups: usize, pair: *mut u8) {
    for index in 0..n_groups {
        // SAFETY: the caller gives room for `n_groups` groups.
        unsafe {
            let group = quad.group(index);
            let at = |i: usize| pair.add(index * UNPACKED_PAIR + unpacked_at(i, quad.1));
            unrolled!(J => { S::store(at(J), quad.vector::<S>(group, J)) });
            let scaling: Scaling<S> = quad.scaling(group, index);
            S::store_ints(at(VECTORS), scaling.start);
            for half in 0..2 {
                S::store_floats(at(VECTORS + 1 + half).cast(), scaling.scales[half]);
                S::store_floats(at(VECTORS + 3 + half).cast(), scaling.minima[half]);
            }
        }
    }
}

/// Packs four rows of `n_columns`, each in the file's blocks, into `pair` as its quad `which`.
pub fn pack_quad<F: Format>(rows: [&[u8]; QUAD], n_columns: usize, pair: &mut [u8], which: usize) {
    let layout = &F::LAYOUT;
    let mut decoded: [Decoded; QUAD] = std::array::from_fn(|_| Decoded::default());
    let n_blocks = n_columns / layout.block_columns;
    for (b, unit) in pair.chunks_exact_mut(2 * layout.unit_bytes()).take(n_blocks).enumerate() {
        for (row, decoded) in rows.iter().zip(&mut decoded) {
            F::decode(&row[b * layout.block_bytes..][..layout.block_bytes], decoded);
        }
        let (heads, groups) = unit.split_at_mut(2 * layout.head_bytes());
        pack_halves(&decoded, &mut heads[which * layout.head_bytes()..][..layout.head_bytes()]);
        for (g, both) in groups.chunks_exact_mut(2 * layout.group_bytes()).enumerate() {
            let group = &mut both[which * layout.group_bytes()..][..layout.group_bytes()];
            let (planes, scales) = group.split_at_mut(layout.plane_bytes());
            pack_values(layout, &decoded, g, planes);
            pack_scales(layout, &decoded, g, scales);
        }
    }
}

/// As many halves as there is room for: one of each row, then the other of each row.
fn pack_halves(rows: &[Decoded; QUAD], into: &mut [u8]) {
    for (i, half) in into.chunks_exact_mut(2).enumerate() {
        half.copy_from_slice(&rows[i % QUAD].halves[i / QUAD]);
    }
}

fn pack_values(layout: &Layout, rows: &[Decoded; QUAD], group: usize, planes: &mut [u8]) {
    // The group's eight vectors one after the other.
    let mut vectors = [0u8; 16 * VECTORS];
    for (j, vector) in vectors.chunks_exact_mut(16).enumerate() {
        for (row, four) in rows.iter().zip(vector.chunks_exact_mut(4)) {
            four.copy_from_slice(&row.values[group * GROUP + 4 * j..][..4]);
        }
    }
    if layout.signed {
        return planes.copy_from_slice(&vectors);
    }
    planes.fill(0);
    let (mut rest, mut place) = (planes, 0);
    for (present, width) in [(layout.nibbles, 4), (layout.pairs, 2), (layout.bits, 1)] {
        if !present {
            continue;
        }
        let (plane, after) = rest.split_at_mut(16 * width);
        for (i, value) in vectors.iter().enumerate() {
            let field = value >> place & ((1 << width) - 1);
            let (j, byte) = (i / 16, i % 16);
            // Nibbles: vectors k and k + 4 share a byte. Pairs: 4 neighbours do. Bits: all do.
            let (at, shift) = match width {
                4 => (16 * (j % 4) + byte, 4 * (j / 4)),
                2 => (16 * (j / 4) + byte, 2 * (j % 4)),
                _ => (byte, j),
            };
            plane[at] |= field << shift;
        }
        (rest, place) = (after, place + width);
    }
}

fn pack_scales(layout: &Layout, rows: &[Decoded; QUAD], group: usize, into: &mut [u8]) {
    match layout.scales {
        Scales::Half if layout.signed => {
            let (halves, sums) = into.split_at_mut(8);
            pack_halves(rows, halves);
            for (row, sum) in rows.iter().zip(sums.chunks_exact_mut(2)) {
                let values = &row.values[..GROUP];
                let total: i16 = values.iter().map(|&value| i16::from(value as i8)).sum();
                sum.copy_from_slice(&total.to_le_bytes());
            }
        }
        Scales::Half | Scales::HalfAndMinimum => pack_halves(rows, into),
        Scales::Bytes => {
            for (r, row) in rows.iter().enumerate() {
                (into[r], into[QUAD + r]) = (row.scales[group], row.minima[group]);
            }
        }
        Scales::BytesPerHalf => {
            for (r, row) in rows.iter().enumerate() {
                (into[r], into[QUAD + r]) = (row.scales[2 * group], row.scales[2 * group + 1]);
            }
        }
        Scales::NibblesPerHalf => {
            for (r, row) in rows.iter().enumerate() {
                let both = |i: usize| row.scales[i] | row.minima[i] << 4;
                (into[r], into[QUAD + r]) = (both(2 * group), both(2 * group + 1));
            }
        }
    }
}
