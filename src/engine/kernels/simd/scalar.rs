//! Plain Rust in the shape of vectors.

use half::f16;

use super::Simd;

#[derive(Clone, Copy)]
pub struct Scalar;

fn each<T: Copy, U: Copy>(a: [T; 4], b: [T; 4], f: impl Fn(T, T) -> U) -> [U; 4] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

fn words(a: [u8; 16], f: impl Fn(u16) -> u16) -> [u8; 16] {
    let word = |i: usize| f(u16::from_le_bytes([a[i & !1], a[i | 1]])).to_le_bytes();
    std::array::from_fn(|i| word(i)[i & 1])
}

unsafe fn read<const N: usize>(at: *const u8) -> [u8; N] {
    // SAFETY: the caller's.
    unsafe { at.cast::<[u8; N]>().read_unaligned() }
}

impl Simd for Scalar {
    type Bytes = [u8; 16];
    type Ints = [i32; 4];
    type Floats = [f32; 4];
    type Sum = [i32; 4];
    const WIDE_SUM: bool = true;

    unsafe fn load(at: *const u8) -> [u8; 16] {
        unsafe { read(at) }
    }
    unsafe fn store(at: *mut u8, bytes: [u8; 16]) {
        unsafe { at.cast::<[u8; 16]>().write_unaligned(bytes) }
    }
    unsafe fn load_word(at: *const u8) -> [u8; 16] {
        let word: [u8; 4] = unsafe { read(at) };
        std::array::from_fn(|i| word[i % 4])
    }
    unsafe fn splat_byte(byte: u8) -> [u8; 16] {
        [byte; 16]
    }
    unsafe fn and(a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|i| a[i] & b[i])
    }
    unsafe fn or(a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|i| a[i] | b[i])
    }
    unsafe fn shift_left<const N: i32>(a: [u8; 16]) -> [u8; 16] {
        words(a, |word| word << N)
    }
    unsafe fn shift_right<const N: i32>(a: [u8; 16]) -> [u8; 16] {
        words(a, |word| word >> N)
    }

    unsafe fn no_sum() -> [i32; 4] {
        [0; 4]
    }
    unsafe fn add_dot(sum: [i32; 4], signed: [u8; 16], small: [u8; 16]) -> [i32; 4] {
        let product = |i: usize| i32::from(signed[i] as i8) * i32::from(small[i]);
        std::array::from_fn(|lane| sum[lane] + (4 * lane..4 * lane + 4).map(product).sum::<i32>())
    }
    unsafe fn add_sum(total: [i32; 4], sum: [i32; 4], _ones: [u8; 16]) -> [i32; 4] {
        each(total, sum, |a, b| a + b)
    }
    unsafe fn ones() -> [u8; 16] {
        [1; 16]
    }

    unsafe fn no_ints() -> [i32; 4] {
        [0; 4]
    }
    unsafe fn load_ints(at: *const u8) -> [i32; 4] {
        unsafe { at.cast::<[i32; 4]>().read_unaligned() }
    }
    unsafe fn store_ints(at: *mut u8, a: [i32; 4]) {
        unsafe { at.cast::<[i32; 4]>().write_unaligned(a) }
    }
    unsafe fn splat_shifted(a: i32, power: i32) -> [i32; 4] {
        [a << power; 4]
    }
    unsafe fn load_i16(at: *const u8) -> [i32; 4] {
        let bytes: [u8; 8] = unsafe { read(at) };
        std::array::from_fn(|i| i16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]).into())
    }
    unsafe fn load_u8(at: *const u8) -> [i32; 4] {
        unsafe { read::<4>(at) }.map(i32::from)
    }
    unsafe fn load_i8(at: *const u8) -> [i32; 4] {
        unsafe { read::<4>(at) }.map(|byte| (byte as i8).into())
    }
    unsafe fn load_nibbles<const SHIFT: i32>(at: *const u8) -> [i32; 4] {
        unsafe { read::<4>(at) }.map(|byte| (byte >> SHIFT & 15).into())
    }
    unsafe fn times_minus_64(a: [i32; 4]) -> [i32; 4] {
        a.map(|a| -64 * a)
    }
    unsafe fn to_floats(a: [i32; 4]) -> [f32; 4] {
        a.map(|a| a as f32)
    }

    unsafe fn to_ints(a: [f32; 4], _round: [f32; 4]) -> [i32; 4] {
        a.map(|a| a.round_ties_even() as i32)
    }
    unsafe fn round() -> [f32; 4] {
        [12_582_912.0; 4]
    }
    unsafe fn add_ints(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        each(a, b, |a, b| a + b)
    }
    unsafe fn narrow(four: [[i32; 4]; 4]) -> [u8; 16] {
        std::array::from_fn(|i| four[i / 4][i % 4] as u8)
    }
    unsafe fn add_bytes(a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    unsafe fn load_floats(at: *const f32) -> [f32; 4] {
        unsafe { at.cast::<[f32; 4]>().read_unaligned() }
    }
    unsafe fn store_floats(at: *mut f32, a: [f32; 4]) {
        unsafe { at.cast::<[f32; 4]>().write_unaligned(a) }
    }
    unsafe fn splat(value: f32) -> [f32; 4] {
        [value; 4]
    }
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a + b)
    }
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a * b)
    }
    unsafe fn abs(a: [f32; 4]) -> [f32; 4] {
        a.map(f32::abs)
    }
    unsafe fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| if a < b { b } else { a })
    }
    unsafe fn min(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| if b < a { b } else { a })
    }
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a - b)
    }
    unsafe fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a / b)
    }
    unsafe fn times_power_of_two(a: [f32; 4], shifted: [f32; 4]) -> [f32; 4] {
        each(a, shifted, |a, shifted| {
            f32::from_bits(a.to_bits().wrapping_add(shifted.to_bits() << 23))
        })
    }
    unsafe fn mul_add(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    unsafe fn mul_sub_from(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| c[i] - a[i] * b[i])
    }
    unsafe fn load_upper_halves(at: *const u8) -> [f32; 4] {
        let bytes: [u8; 8] = unsafe { read(at) };
        std::array::from_fn(|i| f32::from_le_bytes([0, 0, bytes[2 * i], bytes[2 * i + 1]]))
    }
    unsafe fn load_halves(at: *const u8) -> [f32; 4] {
        let bytes: [u8; 8] = unsafe { read(at) };
        std::array::from_fn(|i| f16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]).to_f32())
    }
}
