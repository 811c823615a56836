//! WebAssembly's vectors: relaxed SIMD, and plain simd128 for browsers without it.

use std::{arch::wasm32::*, hint::black_box};

use super::Simd;

/// Without relaxed instructions: products in 16 bits, added pairwise.
#[cfg(not(target_feature = "relaxed-simd"))]
#[derive(Clone, Copy)]
pub struct Simd128;

/// With them. `FUSED`: the dot product and its addition as one instruction.
#[cfg(target_feature = "relaxed-simd")]
#[derive(Clone, Copy)]
pub struct Relaxed<const FUSED: bool>;

macro_rules! instructions {
    ($(fn $name:ident $(<const $n:ident: i32>)? ($($argument:ident: $type:ty),*) -> $result:ty { $body:expr })*) => {
        $(
            #[inline(always)]
            unsafe fn $name $(<const $n: i32>)? ($($argument: $type),*) -> $result {
                #[allow(unused_unsafe)] // Most of these instructions are safe functions.
                // SAFETY: the caller's; see the trait.
                unsafe { $body }
            }
        )*
    };
}

/// What both sets have alike.
macro_rules! shared_instructions {
    () => {
        type Bytes = v128;
        type Ints = v128;
        type Floats = v128;

        instructions! {
            fn load(at: *const u8) -> v128 { v128_load(at.cast()) }
            fn store(at: *mut u8, bytes: v128) -> () { v128_store(at.cast(), bytes) }
            fn load_word(at: *const u8) -> v128 { v128_load32_splat(at.cast()) }
            fn splat_byte(byte: u8) -> v128 { u8x16_splat(byte) }
            fn and(a: v128, b: v128) -> v128 { v128_and(a, b) }
            fn or(a: v128, b: v128) -> v128 { v128_or(a, b) }
            fn shift_left<const N: i32>(a: v128) -> v128 { i16x8_shl(a, N as u32) }
            fn shift_right<const N: i32>(a: v128) -> v128 { u16x8_shr(a, N as u32) }

            fn ones() -> v128 { i16x8_splat(black_box(1)) }

            fn no_ints() -> v128 { i32x4_splat(0) }
            fn load_ints(at: *const u8) -> v128 { v128_load(at.cast()) }
            fn store_ints(at: *mut u8, a: v128) -> () { v128_store(at.cast(), a) }
            fn splat_shifted(a: i32, power: i32) -> v128 { i32x4_splat(a << power) }
            fn load_i16(at: *const u8) -> v128 { i32x4_load_extend_i16x4(at.cast()) }
            fn load_u8(at: *const u8) -> v128 {
                i32x4_extend_low_u16x8(i16x8_extend_low_u8x16(v128_load32_zero(at.cast())))
            }
            fn load_i8(at: *const u8) -> v128 {
                i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(v128_load32_zero(at.cast())))
            }
            fn load_nibbles<const SHIFT: i32>(at: *const u8) -> v128 {{
                let bytes = u16x8_extend_low_u8x16(v128_load32_zero(at.cast()));
                let bytes = u32x4_extend_low_u16x8(bytes);
                v128_and(u32x4_shr(bytes, SHIFT as u32), u32x4_splat(15))
            }}
            fn times_minus_64(a: v128) -> v128 { i32x4_neg(i32x4_shl(a, 6)) }
            fn to_floats(a: v128) -> v128 { f32x4_convert_i32x4(a) }
            fn to_ints(a: v128, round: v128) -> v128 { i32x4_sub(f32x4_add(a, round), round) }
            fn round() -> v128 { f32x4_splat(black_box(12_582_912.0)) }
            fn add_ints(a: v128, b: v128) -> v128 { i32x4_add(a, b) }
            fn narrow(four: [v128; 4]) -> v128 {{
                let [a, b, c, d] = four;
                i8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d))
            }}
            fn add_bytes(a: v128, b: v128) -> v128 { i8x16_add(a, b) }

            fn load_floats(at: *const f32) -> v128 { v128_load(at.cast()) }
            fn store_floats(at: *mut f32, a: v128) -> () { v128_store(at.cast(), a) }
            fn splat(value: f32) -> v128 { f32x4_splat(value) }
            fn add(a: v128, b: v128) -> v128 { f32x4_add(a, b) }
            fn mul(a: v128, b: v128) -> v128 { f32x4_mul(a, b) }
            fn abs(a: v128) -> v128 { f32x4_abs(a) }
            fn max(a: v128, b: v128) -> v128 { f32x4_pmax(a, b) }
            fn min(a: v128, b: v128) -> v128 { f32x4_pmin(a, b) }
            fn sub(a: v128, b: v128) -> v128 { f32x4_sub(a, b) }
            fn div(a: v128, b: v128) -> v128 { f32x4_div(a, b) }
            fn times_power_of_two(a: v128, shifted: v128) -> v128 {
                i32x4_add(a, i32x4_shl(shifted, 23))
            }
            fn load_upper_halves(at: *const u8) -> v128 {
                i32x4_shl(i32x4_load_extend_u16x4(at.cast()), 16)
            }
            // Moves the exponent and the fraction to where a float has them; the factor mends the
            // exponent's bias, also for subnormal halves.
            fn load_halves(at: *const u8) -> v128 {{
                let bits = i32x4_shl(i32x4_load_extend_i16x4(at.cast()), 13);
                let bits = v128_and(bits, i32x4_splat(0x8fff_e000_u32 as i32));
                f32x4_mul(bits, f32x4_splat(f32::from_bits(0x7780_0000)))
            }}
        }
    };
}

#[cfg(not(target_feature = "relaxed-simd"))]
impl Simd for Simd128 {
    shared_instructions!();
    type Sum = v128;
    const WIDE_SUM: bool = true;

    instructions! {
        fn no_sum() -> v128 { i32x4_splat(0) }
        fn add_dot(sum: v128, signed: v128, small: v128) -> v128 {{
            let low = i32x4_dot_i16x8(i16x8_extend_low_i8x16(signed), i16x8_extend_low_i8x16(small));
            let high = i32x4_dot_i16x8(i16x8_extend_high_i8x16(signed), i16x8_extend_high_i8x16(small));
            let even = i32x4_shuffle::<0, 2, 4, 6>(low, high);
            let odd = i32x4_shuffle::<1, 3, 5, 7>(low, high);
            i32x4_add(sum, i32x4_add(even, odd))
        }}
        fn add_sum(total: v128, sum: v128, _ones: v128) -> v128 { i32x4_add(total, sum) }
        fn mul_add(a: v128, b: v128, c: v128) -> v128 { f32x4_add(f32x4_mul(a, b), c) }
        fn mul_sub_from(a: v128, b: v128, c: v128) -> v128 { f32x4_sub(c, f32x4_mul(a, b)) }
    }
}

#[cfg(target_feature = "relaxed-simd")]
impl<const FUSED: bool> Simd for Relaxed<FUSED> {
    shared_instructions!();
    type Sum = v128;
    const WIDE_SUM: bool = FUSED;

    instructions! {
        fn no_sum() -> v128 { i32x4_splat(0) }
        fn add_dot(sum: v128, signed: v128, small: v128) -> v128 {
            if FUSED {
                i32x4_relaxed_dot_i8x16_i7x16_add(signed, small, sum)
            } else {
                i16x8_add(sum, i16x8_relaxed_dot_i8x16_i7x16(signed, small))
            }
        }
        fn add_sum(total: v128, sum: v128, ones: v128) -> v128 {
            if FUSED {
                i32x4_add(total, sum)
            } else {
                i32x4_add(total, i32x4_dot_i16x8(sum, ones))
            }
        }
        fn mul_add(a: v128, b: v128, c: v128) -> v128 { f32x4_relaxed_madd(a, b, c) }
        fn mul_sub_from(a: v128, b: v128, c: v128) -> v128 { f32x4_relaxed_nmadd(a, b, c) }
    }
}
