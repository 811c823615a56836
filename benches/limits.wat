;; What this machine gives in wasm at best: bytes read per second, and the rates of the
;; instructions that a quantised product can be made of, each with one operand from the nearest
;; cache. Every loop keeps eight sums, so that none waits for the one before. `cargo xtask bench`
;; assembles it with binaryen.
(module
  (memory (export "memory") 4096) ;; 256 MiB

  ;; Reads the first $bytes (a multiple of 128) and gives the sum of what it read.
  (func (export "readBytes") (param $bytes i32) (result i32)
    (local $at i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (loop $next
      (local.set $a (i32x4.add (local.get $a) (v128.load (local.get $at))))
      (local.set $b (i32x4.add (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (i32x4.add (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (i32x4.add (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $e (i32x4.add (local.get $e) (v128.load offset=64 (local.get $at))))
      (local.set $f (i32x4.add (local.get $f) (v128.load offset=80 (local.get $at))))
      (local.set $g (i32x4.add (local.get $g) (v128.load offset=96 (local.get $at))))
      (local.set $h (i32x4.add (local.get $h) (v128.load offset=112 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 128)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))

  ;; Sixteen products of bytes added to four sums in one instruction: 32 operations.
  (func (export "relaxedDot") (param $steps i32) (result i32)
    (local $at i32) (local $x v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $x (v128.load (i32.const 0)))
    (loop $next
      (local.set $a (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load (local.get $at)) (local.get $a)))
      (local.set $b (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=16 (local.get $at)) (local.get $b)))
      (local.set $c (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=32 (local.get $at)) (local.get $c)))
      (local.set $d (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=48 (local.get $at)) (local.get $d)))
      (local.set $e (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=64 (local.get $at)) (local.get $e)))
      (local.set $f (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=80 (local.get $at)) (local.get $f)))
      (local.set $g (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=96 (local.get $at)) (local.get $g)))
      (local.set $h (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $x) (v128.load offset=112 (local.get $at)) (local.get $h)))
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 128)) (i32.const 4095)))
      (local.set $steps (i32.sub (local.get $steps) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $steps) (i32.const 0))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))

  ;; The same by way of 16-bit sums, for what the shorter one cannot hold.
  (func (export "relaxedDotWide") (param $steps i32) (result i32)
    (local $at i32) (local $x v128) (local $ones v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $x (v128.load (i32.const 0)))
    (local.set $ones (v128.const i16x8 1 1 1 1 1 1 1 1))
    (loop $next
      (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load (local.get $at))) (local.get $ones))))
      (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=16 (local.get $at))) (local.get $ones))))
      (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=32 (local.get $at))) (local.get $ones))))
      (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=48 (local.get $at))) (local.get $ones))))
      (local.set $e (i32x4.add (local.get $e) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=64 (local.get $at))) (local.get $ones))))
      (local.set $f (i32x4.add (local.get $f) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=80 (local.get $at))) (local.get $ones))))
      (local.set $g (i32x4.add (local.get $g) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=96 (local.get $at))) (local.get $ones))))
      (local.set $h (i32x4.add (local.get $h) (i32x4.dot_i16x8_s (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=112 (local.get $at))) (local.get $ones))))
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 128)) (i32.const 4095)))
      (local.set $steps (i32.sub (local.get $steps) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $steps) (i32.const 0))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))

  ;; Products of bytes summed in 16 bits, which holds only a few with weights of 4 or 5 bits.
  (func (export "relaxedDotShort") (param $steps i32) (result i32)
    (local $at i32) (local $x v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $x (v128.load (i32.const 0)))
    (loop $next
      (local.set $a (i16x8.add (local.get $a) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load (local.get $at)))))
      (local.set $b (i16x8.add (local.get $b) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=16 (local.get $at)))))
      (local.set $c (i16x8.add (local.get $c) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=32 (local.get $at)))))
      (local.set $d (i16x8.add (local.get $d) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=48 (local.get $at)))))
      (local.set $e (i16x8.add (local.get $e) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=64 (local.get $at)))))
      (local.set $f (i16x8.add (local.get $f) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=80 (local.get $at)))))
      (local.set $g (i16x8.add (local.get $g) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=96 (local.get $at)))))
      (local.set $h (i16x8.add (local.get $h) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $x) (v128.load offset=112 (local.get $at)))))
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 128)) (i32.const 4095)))
      (local.set $steps (i32.sub (local.get $steps) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $steps) (i32.const 0))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))

  ;; Eight products of 16-bit numbers, as without relaxed SIMD: 16 operations.
  (func (export "wideDot") (param $steps i32) (result i32)
    (local $at i32) (local $x v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $x (v128.load (i32.const 0)))
    (loop $next
      (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $at)))))
      (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=16 (local.get $at)))))
      (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=32 (local.get $at)))))
      (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=48 (local.get $at)))))
      (local.set $e (i32x4.add (local.get $e) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=64 (local.get $at)))))
      (local.set $f (i32x4.add (local.get $f) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=80 (local.get $at)))))
      (local.set $g (i32x4.add (local.get $g) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=96 (local.get $at)))))
      (local.set $h (i32x4.add (local.get $h) (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=112 (local.get $at)))))
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 128)) (i32.const 4095)))
      (local.set $steps (i32.sub (local.get $steps) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $steps) (i32.const 0))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))

  ;; Four products of floats added: 8 operations.
  (func (export "multiplyAdd") (param $steps i32) (result i32)
    (local $at i32) (local $x v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $x (v128.load (i32.const 0)))
    (loop $next
      (local.set $a (f32x4.relaxed_madd (local.get $x) (v128.load (local.get $at)) (local.get $a)))
      (local.set $b (f32x4.relaxed_madd (local.get $x) (v128.load offset=16 (local.get $at)) (local.get $b)))
      (local.set $c (f32x4.relaxed_madd (local.get $x) (v128.load offset=32 (local.get $at)) (local.get $c)))
      (local.set $d (f32x4.relaxed_madd (local.get $x) (v128.load offset=48 (local.get $at)) (local.get $d)))
      (local.set $e (f32x4.relaxed_madd (local.get $x) (v128.load offset=64 (local.get $at)) (local.get $e)))
      (local.set $f (f32x4.relaxed_madd (local.get $x) (v128.load offset=80 (local.get $at)) (local.get $f)))
      (local.set $g (f32x4.relaxed_madd (local.get $x) (v128.load offset=96 (local.get $at)) (local.get $g)))
      (local.set $h (f32x4.relaxed_madd (local.get $x) (v128.load offset=112 (local.get $at)) (local.get $h)))
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 128)) (i32.const 4095)))
      (local.set $steps (i32.sub (local.get $steps) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $steps) (i32.const 0))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h)))))))
