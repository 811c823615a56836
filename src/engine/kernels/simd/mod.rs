//! The instruction sets behind the kernels: vectors of 128 bits, and one dot product.
//!
//! A kernel is written once over [`Simd`] and compiled for each set. All sets compute the same
//! integers: the dot product multiplies signed bytes with bytes in 0..=127, for which the relaxed
//! instruction of WebAssembly means the same on every CPU.
//!
//! Constants that an instruction needs are made once and handed in: a browser's compiler would make
//! them anew for each use, in three instructions.
//!
//! All functions are `unsafe` for two reasons: they need the CPU to have the set, which
//! [`Isa::best`] checks, and they read and write through pointers.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(target_arch = "x86_64")]
pub use avx2::{Avx2, Vnni};
pub use scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub use wasm::Relaxed;
#[cfg(all(target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
pub use wasm::Simd128;

/// 128-bit vectors: 16 bytes, or 4 lanes of 32 bits.
pub trait Simd: Copy + 'static {
    type Bytes: Copy;
    type Ints: Copy;
    type Floats: Copy;
    /// A running sum of dot products, four of them, perhaps in 16 bits.
    type Sum: Copy;
    /// Whether any number of dot products fits a `Sum`; otherwise the weights' format says how many.
    const WIDE_SUM: bool;

    unsafe fn load(at: *const u8) -> Self::Bytes;
    unsafe fn store(at: *mut u8, bytes: Self::Bytes);
    /// The four bytes at `at` in each lane.
    unsafe fn load_word(at: *const u8) -> Self::Bytes;
    unsafe fn splat_byte(byte: u8) -> Self::Bytes;
    unsafe fn and(a: Self::Bytes, b: Self::Bytes) -> Self::Bytes;
    unsafe fn or(a: Self::Bytes, b: Self::Bytes) -> Self::Bytes;
    /// Shifts 16-bit lanes: bits that enter a byte from its neighbour must be masked away.
    unsafe fn shift_left<const N: i32>(a: Self::Bytes) -> Self::Bytes;
    unsafe fn shift_right<const N: i32>(a: Self::Bytes) -> Self::Bytes;

    unsafe fn no_sum() -> Self::Sum;
    /// Adds, lane by lane, the sum of the four products of `signed` and `small`, whose bytes are in
    /// 0..=127.
    unsafe fn add_dot(sum: Self::Sum, signed: Self::Bytes, small: Self::Bytes) -> Self::Sum;
    /// Adds a running sum, with the help of [`Simd::ones`].
    unsafe fn add_sum(total: Self::Ints, sum: Self::Sum, ones: Self::Bytes) -> Self::Ints;
    /// Ones of 16 bits.
    unsafe fn ones() -> Self::Bytes;

    unsafe fn no_ints() -> Self::Ints;
    unsafe fn load_ints(at: *const u8) -> Self::Ints;
    unsafe fn store_ints(at: *mut u8, a: Self::Ints);
    /// `a · 2^power` in every lane.
    unsafe fn splat_shifted(a: i32, power: i32) -> Self::Ints;
    /// Four 16-bit integers.
    unsafe fn load_i16(at: *const u8) -> Self::Ints;
    /// Four bytes, unsigned or signed.
    unsafe fn load_u8(at: *const u8) -> Self::Ints;
    unsafe fn load_i8(at: *const u8) -> Self::Ints;
    /// Four bits of each of four bytes.
    unsafe fn load_nibbles<const SHIFT: i32>(at: *const u8) -> Self::Ints;
    unsafe fn times_minus_64(a: Self::Ints) -> Self::Ints;
    unsafe fn to_floats(a: Self::Ints) -> Self::Floats;
    /// The nearest integers, the even one of two, with the help of [`Simd::round`].
    unsafe fn to_ints(a: Self::Floats, round: Self::Floats) -> Self::Ints;
    /// 1.5 · 2^23: adding it leaves the rounded integer in the low bits.
    unsafe fn round() -> Self::Floats;
    unsafe fn add_ints(a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// Sixteen integers that fit a signed byte.
    unsafe fn narrow(four: [Self::Ints; 4]) -> Self::Bytes;
    unsafe fn add_bytes(a: Self::Bytes, b: Self::Bytes) -> Self::Bytes;

    unsafe fn load_floats(at: *const f32) -> Self::Floats;
    unsafe fn store_floats(at: *mut f32, a: Self::Floats);
    unsafe fn splat(value: f32) -> Self::Floats;
    unsafe fn add(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn mul(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn sub(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn div(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn abs(a: Self::Floats) -> Self::Floats;
    /// The larger, or smaller, of each two; `a` where `b` is not a number.
    unsafe fn max(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn min(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a · 2^n`, both numbers normal, where `shifted` is `n` plus [`Simd::round`].
    unsafe fn times_power_of_two(a: Self::Floats, shifted: Self::Floats) -> Self::Floats;
    /// `a · b + c`, rounded once or twice.
    unsafe fn mul_add(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// `c - a · b`, rounded once or twice.
    unsafe fn mul_sub_from(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// Four bfloat16.
    unsafe fn load_upper_halves(at: *const u8) -> Self::Floats;
    /// Four half floats. Infinities and NaNs become large numbers.
    unsafe fn load_halves(at: *const u8) -> Self::Floats;
}

/// Which set to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Plain Rust: what every other set is compared with, and what is left where there is none.
    #[cfg(not(target_arch = "wasm32"))]
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// The same with AVX-512's dot product.
    #[cfg(target_arch = "x86_64")]
    Vnni,
    #[cfg(all(target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
    Simd128,
    /// Relaxed SIMD, where the CPU takes a dot product in several steps.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    Relaxed,
    /// Relaxed SIMD, where a dot product with its addition is one instruction of the CPU.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    RelaxedFused,
}

impl Isa {
    /// The fastest set of this CPU.
    pub fn best() -> Isa {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("f16c")
        {
            let has_vnni = std::arch::is_x86_feature_detected!("avx512vnni")
                && std::arch::is_x86_feature_detected!("avx512vl");
            return if has_vnni { Isa::Vnni } else { Isa::Avx2 };
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        return Isa::Relaxed;
        #[cfg(all(target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
        return Isa::Simd128;
        #[cfg(not(target_arch = "wasm32"))]
        Isa::Scalar
    }

    /// The sets of which one is the fastest here.
    pub fn candidates() -> Vec<Isa> {
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        return vec![Isa::Relaxed, Isa::RelaxedFused];
        #[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
        vec![Isa::best()]
    }

    /// Every set that runs here.
    pub fn all() -> Vec<Isa> {
        let candidates = Isa::candidates();
        #[cfg(not(target_arch = "wasm32"))]
        let candidates = [candidates, vec![Isa::Scalar]].concat();
        #[cfg(target_arch = "x86_64")]
        let candidates = match candidates[0] {
            Isa::Vnni => [candidates, vec![Isa::Avx2]].concat(),
            _ => candidates,
        };
        candidates
    }
}

/// Makes `fn name(isa, arguments)` of `unsafe fn generic::<S, ...>(arguments)`.
macro_rules! for_any_isa {
    (
        $(#[$attribute:meta])*
        $visibility:vis unsafe fn $name:ident $(<$parameter:ident: $bound:path>)?
        ($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $generic:ident
    ) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments)]
        $visibility unsafe fn $name $(<$parameter: $bound>)?
        (isa: $crate::engine::kernels::simd::Isa, $($argument: $type),*) $(-> $result)? {
            use $crate::engine::kernels::simd::*;
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn avx2 $(<$parameter: $bound>)? ($($argument: $type),*) $(-> $result)? {
                // SAFETY: the caller's, as below.
                unsafe { $generic::<Avx2 $(, $parameter)?>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c,avx512vl,avx512vnni")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn vnni $(<$parameter: $bound>)? ($($argument: $type),*) $(-> $result)? {
                // SAFETY: the caller's, as below.
                unsafe { $generic::<Vnni $(, $parameter)?>($($argument),*) }
            }
            // A function of its own for each set, so that a browser's compiler has no more in hand
            // than what runs.
            #[cfg(target_arch = "wasm32")]
            #[inline(never)]
            #[allow(clippy::too_many_arguments)]
            unsafe fn alone<S: Simd $(, $parameter: $bound)?> ($($argument: $type),*) $(-> $result)? {
                // SAFETY: the caller's, as below.
                unsafe { $generic::<S $(, $parameter)?>($($argument),*) }
            }
            // SAFETY: plain Rust needs no set; `Isa::best` saw the CPU's word for the others; a module of
            // WebAssembly would not load where its sets are missing. The rest is the caller's.
            unsafe {
                match isa {
                    #[cfg(not(target_arch = "wasm32"))]
                    Isa::Scalar => $generic::<Scalar $(, $parameter)?>($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => avx2 $(::<$parameter>)? ($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    Isa::Vnni => vnni $(::<$parameter>)? ($($argument),*),
                    #[cfg(all(target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
                    Isa::Simd128 => alone::<Simd128 $(, $parameter)?>($($argument),*),
                    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
                    Isa::Relaxed => alone::<Relaxed<false> $(, $parameter)?>($($argument),*),
                    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
                    Isa::RelaxedFused => alone::<Relaxed<true> $(, $parameter)?>($($argument),*),
                }
            }
        }
    };
}
pub(super) use for_any_isa;
