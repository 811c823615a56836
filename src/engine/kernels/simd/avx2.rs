//! x86-64 with AVX2, FMA and F16C: the gateway's sets, on 128-bit vectors like the browser's. Where the
//! CPU has AVX-512 VNNI too, a dot product is one instruction, and its sum has 32 bits at once.

use std::arch::x86_64::*;

use super::Simd;

#[derive(Clone, Copy)]
pub struct X86<const VNNI: bool>;

pub type Avx2 = X86<false>;
pub type Vnni = X86<true>;

macro_rules! instructions {
    ($($(#[$attribute:meta])* fn $name:ident $(<const $n:ident: i32>)? ($($argument:ident: $type:ty),*) -> $result:ty { $body:expr })*) => {
        $(
            $(#[$attribute])*
            #[inline(always)]
            unsafe fn $name $(<const $n: i32>)? ($($argument: $type),*) -> $result {
                // SAFETY: the caller's; see the trait.
                unsafe { $body }
            }
        )*
    };
}

impl<const VNNI: bool> Simd for X86<VNNI> {
    type Bytes = __m128i;
    type Ints = __m128i;
    type Floats = __m128;
    type Sum = __m128i;
    const WIDE_SUM: bool = VNNI;

    instructions! {
        fn load(at: *const u8) -> __m128i { _mm_loadu_si128(at.cast()) }
        fn store(at: *mut u8, bytes: __m128i) -> () { _mm_storeu_si128(at.cast(), bytes) }
        fn load_word(at: *const u8) -> __m128i { _mm_set1_epi32(at.cast::<i32>().read_unaligned()) }
        fn splat_byte(byte: u8) -> __m128i { _mm_set1_epi8(byte as i8) }
        fn and(a: __m128i, b: __m128i) -> __m128i { _mm_and_si128(a, b) }
        fn or(a: __m128i, b: __m128i) -> __m128i { _mm_or_si128(a, b) }
        fn shift_left<const N: i32>(a: __m128i) -> __m128i { _mm_slli_epi16::<N>(a) }
        fn shift_right<const N: i32>(a: __m128i) -> __m128i { _mm_srli_epi16::<N>(a) }

        fn no_sum() -> __m128i { _mm_setzero_si128() }
        fn add_dot(sum: __m128i, signed: __m128i, small: __m128i) -> __m128i {
            if VNNI {
                _mm_dpbusd_epi32(sum, small, signed)
            } else {
                _mm_add_epi16(sum, _mm_maddubs_epi16(small, signed))
            }
        }
        fn add_sum(total: __m128i, sum: __m128i, ones: __m128i) -> __m128i {
            _mm_add_epi32(total, if VNNI { sum } else { _mm_madd_epi16(sum, ones) })
        }
        fn ones() -> __m128i { _mm_set1_epi16(1) }

        fn no_ints() -> __m128i { _mm_setzero_si128() }
        fn load_ints(at: *const u8) -> __m128i { _mm_loadu_si128(at.cast()) }
        fn store_ints(at: *mut u8, a: __m128i) -> () { _mm_storeu_si128(at.cast(), a) }
        fn splat_shifted(a: i32, power: i32) -> __m128i { _mm_set1_epi32(a << power) }
        fn load_i16(at: *const u8) -> __m128i { _mm_cvtepi16_epi32(_mm_loadl_epi64(at.cast())) }
        fn load_u8(at: *const u8) -> __m128i {
            _mm_cvtepu8_epi32(_mm_cvtsi32_si128(at.cast::<i32>().read_unaligned()))
        }
        fn load_i8(at: *const u8) -> __m128i {
            _mm_cvtepi8_epi32(_mm_cvtsi32_si128(at.cast::<i32>().read_unaligned()))
        }
        fn load_nibbles<const SHIFT: i32>(at: *const u8) -> __m128i {{
            let bytes = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(at.cast::<i32>().read_unaligned()));
            _mm_and_si128(_mm_srli_epi32::<SHIFT>(bytes), _mm_set1_epi32(15))
        }}
        fn times_minus_64(a: __m128i) -> __m128i {
            _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32::<6>(a))
        }
        fn to_floats(a: __m128i) -> __m128 { _mm_cvtepi32_ps(a) }
        fn to_ints(a: __m128, _round: __m128) -> __m128i { _mm_cvtps_epi32(a) }
        fn round() -> __m128 { _mm_set1_ps(12_582_912.0) }
        fn add_ints(a: __m128i, b: __m128i) -> __m128i { _mm_add_epi32(a, b) }
        fn narrow(four: [__m128i; 4]) -> __m128i {{
            let [a, b, c, d] = four;
            _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d))
        }}
        fn add_bytes(a: __m128i, b: __m128i) -> __m128i { _mm_add_epi8(a, b) }

        fn load_floats(at: *const f32) -> __m128 { _mm_loadu_ps(at) }
        fn store_floats(at: *mut f32, a: __m128) -> () { _mm_storeu_ps(at, a) }
        fn splat(value: f32) -> __m128 { _mm_set1_ps(value) }
        fn add(a: __m128, b: __m128) -> __m128 { _mm_add_ps(a, b) }
        fn mul(a: __m128, b: __m128) -> __m128 { _mm_mul_ps(a, b) }
        fn abs(a: __m128) -> __m128 { _mm_andnot_ps(_mm_set1_ps(-0.0), a) }
        // The second operand is what it gives where one is not a number.
        fn max(a: __m128, b: __m128) -> __m128 { _mm_max_ps(b, a) }
        fn min(a: __m128, b: __m128) -> __m128 { _mm_min_ps(b, a) }
        fn sub(a: __m128, b: __m128) -> __m128 { _mm_sub_ps(a, b) }
        fn div(a: __m128, b: __m128) -> __m128 { _mm_div_ps(a, b) }
        fn times_power_of_two(a: __m128, shifted: __m128) -> __m128 {{
            let powers = _mm_slli_epi32::<23>(_mm_castps_si128(shifted));
            _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a), powers))
        }}
        fn mul_add(a: __m128, b: __m128, c: __m128) -> __m128 { _mm_fmadd_ps(a, b, c) }
        fn mul_sub_from(a: __m128, b: __m128, c: __m128) -> __m128 { _mm_fnmadd_ps(a, b, c) }
        fn load_upper_halves(at: *const u8) -> __m128 {
            _mm_castsi128_ps(_mm_slli_epi32::<16>(_mm_cvtepu16_epi32(_mm_loadl_epi64(at.cast()))))
        }
        fn load_halves(at: *const u8) -> __m128 { _mm_cvtph_ps(_mm_loadl_epi64(at.cast())) }
    }
}
