;; Reads and writes long runs of bytes, sixteen at once (Rev 5.1, section 2.1).
;;
;; The memory:
;;   0x00000  for each letter of an escape: its byte
;;   0x00100  for each letter of an escape: 1, or 2 if it represents nothing (\@); 0 for all others
;;   0x00200  the number of places that scan found
;;   0x00300  for each byte that needs an escape: the letter; 0 for all others
;;   0x00400  these places
;;   0x08410  the bytes to read; one byte behind them, and the one before, may be read, too
;;   0x10000  the bytes without escapes, or with them
(module
  (memory (export "memory") 33)

  (data (i32.const 0x05c) "\5c")
  (data (i32.const 0x05f) "\20")
  (data (i32.const 0x06e) "\0a")
  (data (i32.const 0x072) "\0d")
  (data (i32.const 0x065) "\1b")
  (data (i32.const 0x074) "\09")
  (data (i32.const 0x130) "\01")
  (data (i32.const 0x140) "\02")
  (data (i32.const 0x15c) "\01")
  (data (i32.const 0x15f) "\01")
  (data (i32.const 0x16e) "\01")
  (data (i32.const 0x172) "\01")
  (data (i32.const 0x165) "\01")
  (data (i32.const 0x174) "\01")
  (data (i32.const 0x35c) "\5c")
  (data (i32.const 0x320) "\5f")
  (data (i32.const 0x300) "\30")
  (data (i32.const 0x30a) "\6e")
  (data (i32.const 0x30d) "\72")
  (data (i32.const 0x31b) "\65")
  (data (i32.const 0x309) "\74")

  ;; Skips arguments up to a byte that the caller has to look at. Writes down the start of each argument behind a single
  ;; blank, as long as there is room. Returns the place of that byte, 0x1000000 for an escape, 0x2000000 for an escape of
  ;; nothing beside other bytes, and 0x4000000 for a byte from 0x80 on.
  (func (export "scan") (param $at i32) (param $end i32) (param $room i32) (result i32)
    (local $bytes v128) (local $special i32) (local $high i32) (local $highs i32) (local $flags i32)
    (local $place i32) (local $byte i32) (local $to i32)
    (local $second v128) (local $third v128) (local $fourth v128)
    (local $low v128) (local $any v128) (local $slashes i32) (local $codes i32) (local $carry i32) (local $seen i32)
    (local.set $to (i32.const 0x400))
    ;; a NUL ends the search
    (i32.store8 (local.get $end) (i32.const 0))
    ;; 64 bytes at once, as long as none of them is special or a control character
    (block $special (loop $plain
      (br_if $special (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $second (v128.load offset=16 (local.get $at)))
      (local.set $third (v128.load offset=32 (local.get $at)))
      (local.set $fourth (v128.load offset=48 (local.get $at)))
      (br_if $special
        (v128.any_true
          (v128.or
            (i8x16.lt_u
              (i8x16.min_u
                (i8x16.min_u (local.get $bytes) (local.get $second))
                (i8x16.min_u (local.get $third) (local.get $fourth)))
              (v128.const i8x16 33 33 33 33 33 33 33 33 33 33 33 33 33 33 33 33))
            (v128.or
              (v128.or
                (i8x16.eq (local.get $bytes) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))
                (i8x16.eq (local.get $second) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
              (v128.or
                (i8x16.eq (local.get $third) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))
                (i8x16.eq (local.get $fourth) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))))))
      (local.set $any
        (v128.or (local.get $any)
          (v128.or (v128.or (local.get $bytes) (local.get $second)) (v128.or (local.get $third) (local.get $fourth)))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br $plain)))
    (local.set $high (i8x16.bitmask (local.get $any)))
    ;; without branches on escapes: up to the end of the argument, \@, or a fault
    (if (i32.eqz (local.get $room)) (then (block $slow (loop $fast
      (br_if $slow (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $low (v128.and (local.get $bytes) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
      (local.set $slashes
        (i8x16.bitmask (i8x16.eq (local.get $bytes)
          (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))))
      ;; the codes of escapes and the ends of their runs
      (local.set $codes (i32.and (local.get $slashes) (i32.xor (local.get $carry) (i32.const -1))))
      (local.set $codes
        (i32.xor
          (i32.sub (i32.or (i32.shl (local.get $codes) (i32.const 1)) (i32.const 0xaaaaaaaa)) (local.get $codes))
          (i32.const 0xaaaaaaaa)))
      (br_if $slow
        (i32.or
          (i32.xor (local.get $slashes)
            (i8x16.bitmask
              (v128.or
                (i8x16.eq (local.get $bytes) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
                (i8x16.eq (local.get $bytes)
                  (i8x16.swizzle (v128.const i8x16 0x20 0 0 0 0 0 0 0 0 0x09 0x0a 0x1b 0x5c 0x0d 0 0)
                    (local.get $low))))))
          (i32.and
            (i32.and (i32.xor (local.get $codes) (i32.or (local.get $slashes) (local.get $carry))) (i32.const 0xffff))
            (i32.xor (i32.const -1)
              (i8x16.bitmask
                (i8x16.eq (local.get $bytes)
                  (i8x16.swizzle (v128.const i8x16 0x30 0 0x72 0 0x74 0x65 0 0 0 0 0 0 0x5c 0 0x6e 0x5f)
                    (local.get $low))))))))
      (local.set $carry (i32.shr_u (i32.and (local.get $codes) (local.get $slashes)) (i32.const 15)))
      (local.set $any (v128.or (local.get $any) (local.get $bytes)))
      (local.set $seen (i32.or (local.get $seen) (local.get $slashes)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $fast)))
    (local.set $at (i32.sub (local.get $at) (local.get $carry)))
    (local.set $high (i8x16.bitmask (local.get $any)))
    (if (local.get $seen) (then (local.set $flags (i32.const 0x1000000))))))
    (local.set $room (i32.add (i32.const 0x400) (i32.shl (local.get $room) (i32.const 2))))
    (block $stop
      (loop $block
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $highs (i8x16.bitmask (local.get $bytes)))
        ;; NUL, blank, tab, LF, ESC, the backslash and CR differ in their lower four bits, except for NUL and blank
        (local.set $special
          (i8x16.bitmask
            (v128.or
              (i8x16.eq (local.get $bytes) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
              (i8x16.eq (local.get $bytes)
                (i8x16.swizzle
                  (v128.const i8x16 0x20 0 0 0 0 0 0 0 0 0x09 0x0a 0x1b 0x5c 0x0d 0 0)
                  (v128.and (local.get $bytes) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))))))
        (loop $next
          (if (i32.eqz (local.get $special)) (then
            (local.set $high (i32.or (local.get $high) (local.get $highs)))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $block)))
          (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $special))))
          (local.set $byte (i32.load8_u (local.get $place)))
          (if (i32.eq (local.get $byte) (i32.const 0x20)) (then
            (br_if $stop (i32.ge_u (local.get $to) (local.get $room)))
            (br_if $stop (i32.le_u (i32.load8_u offset=1 (local.get $place)) (i32.const 0x20)))
            (i32.store (local.get $to) (i32.add (local.get $place) (i32.const 1)))
            (local.set $to (i32.add (local.get $to) (i32.const 4)))
            (local.set $special
              (i32.and (local.get $special) (i32.sub (local.get $special) (i32.const 1))))
            (br $next)))
          (br_if $stop (i32.ne (local.get $byte) (i32.const 0x5c)))
          (local.set $byte (i32.load8_u offset=0x100 (i32.load8_u offset=1 (local.get $place))))
          (br_if $stop (i32.eqz (local.get $byte)))
          (if (i32.eq (local.get $byte) (i32.const 2)) (then
            (br_if $stop (i32.ge_u (i32.add (local.get $place) (i32.const 2)) (local.get $end)))
            (if (i32.or
                  (i32.ne (i32.load8_u (i32.sub (local.get $place) (i32.const 1))) (i32.const 0x20))
                  (i32.and
                    (i32.ne (i32.load8_u offset=2 (local.get $place)) (i32.const 0x20))
                    (i32.ne (i32.load8_u offset=2 (local.get $place)) (i32.const 0x0a))))
              (then (local.set $flags (i32.or (local.get $flags) (i32.const 0x2000000)))))))
          (local.set $flags (i32.or (local.get $flags) (i32.const 0x1000000)))
          (local.set $byte (i32.sub (local.get $place) (local.get $at)))
          ;; the letter is in the next block
          (if (i32.eq (local.get $byte) (i32.const 15)) (then
            (local.set $high (i32.or (local.get $high) (local.get $highs)))
            (local.set $at (i32.add (local.get $at) (i32.const 17)))
            (br $block)))
          (local.set $special
            (i32.and (local.get $special)
              (i32.xor (i32.shl (i32.const 3) (local.get $byte)) (i32.const -1))))
          (br $next))))
    (i32.store (i32.const 0x200) (i32.shr_u (i32.sub (local.get $to) (i32.const 0x400)) (i32.const 2)))
    (local.set $high
      (i32.or (local.get $high)
        (i32.and (local.get $highs)
          (i32.sub (i32.shl (i32.const 1) (i32.sub (local.get $place) (local.get $at))) (i32.const 1)))))
    (if (local.get $high) (then (local.set $flags (i32.or (local.get $flags) (i32.const 0x4000000)))))
    (i32.or (local.get $place) (local.get $flags)))

  ;; Copies well-formed bytes to a place without their escapes. Returns the place behind them, and 0x40000000 if the last
  ;; byte begins an escape and was left out.
  (func (export "unescape") (param $at i32) (param $end i32) (param $to i32) (result i32)
    (local $bytes v128) (local $found i32) (local $letter i32)
    ;; a backslash ends the search
    (i32.store8 (local.get $end) (i32.const 0x5c))
    (block $done
      (loop $block
        (local.set $bytes (v128.load (local.get $at)))
        ;; the bytes from the backslash on are overwritten
        (v128.store (local.get $to) (local.get $bytes))
        (local.set $found
          (i8x16.bitmask (i8x16.eq (local.get $bytes)
            (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))))
        (if (i32.eqz (local.get $found)) (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (br $block)))
        (local.set $found (i32.ctz (local.get $found)))
        (local.set $at (i32.add (local.get $at) (local.get $found)))
        (local.set $to (i32.add (local.get $to) (local.get $found)))
        (loop $escape
          (br_if $done (i32.ge_u (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
          (local.set $letter (i32.load8_u offset=1 (local.get $at)))
          (i32.store8 (local.get $to) (i32.load8_u (local.get $letter)))
          (local.set $to
            (i32.add (local.get $to)
              (i32.and (i32.load8_u offset=0x100 (local.get $letter)) (i32.const 1))))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br_if $escape (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))))
        (br $block)))
    (i32.or (local.get $to) (i32.shl (i32.lt_u (local.get $at) (local.get $end)) (i32.const 30))))

  ;; Copies any bytes to a place with their escapes. Returns the place behind them.
  (func (export "escape") (param $at i32) (param $end i32) (param $to i32) (result i32)
    (local $bytes v128) (local $found i32) (local $letter i32)
    (local $second v128) (local $third v128) (local $fourth v128)
    ;; a NUL ends the search
    (i32.store8 (local.get $end) (i32.const 0))
    ;; 64 bytes at once, as long as none of them is special or a control character
    (block $special (loop $plain
      (br_if $special (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $second (v128.load offset=16 (local.get $at)))
      (local.set $third (v128.load offset=32 (local.get $at)))
      (local.set $fourth (v128.load offset=48 (local.get $at)))
      (br_if $special
        (v128.any_true
          (v128.or
            (i8x16.lt_u
              (i8x16.min_u
                (i8x16.min_u (local.get $bytes) (local.get $second))
                (i8x16.min_u (local.get $third) (local.get $fourth)))
              (v128.const i8x16 33 33 33 33 33 33 33 33 33 33 33 33 33 33 33 33))
            (v128.or
              (v128.or
                (i8x16.eq (local.get $bytes) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))
                (i8x16.eq (local.get $second) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
              (v128.or
                (i8x16.eq (local.get $third) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))
                (i8x16.eq (local.get $fourth) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))))))
      (v128.store (local.get $to) (local.get $bytes))
      (v128.store offset=16 (local.get $to) (local.get $second))
      (v128.store offset=32 (local.get $to) (local.get $third))
      (v128.store offset=48 (local.get $to) (local.get $fourth))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (br $plain)))
    (block $done
      (loop $block
        (local.set $bytes (v128.load (local.get $at)))
        ;; the bytes from the special one on are overwritten
        (v128.store (local.get $to) (local.get $bytes))
        (local.set $found
          (i8x16.bitmask
            (v128.or
              (i8x16.eq (local.get $bytes) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
              (i8x16.eq (local.get $bytes)
                (i8x16.swizzle
                  (v128.const i8x16 0x20 0 0 0 0 0 0 0 0 0x09 0x0a 0x1b 0x5c 0x0d 0 0)
                  (v128.and (local.get $bytes) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))))))
        (if (i32.eqz (local.get $found)) (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (br $block)))
        (local.set $found (i32.ctz (local.get $found)))
        (local.set $at (i32.add (local.get $at) (local.get $found)))
        (local.set $to (i32.add (local.get $to) (local.get $found)))
        (loop $escape
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $letter (i32.load8_u offset=0x300 (i32.load8_u (local.get $at))))
          (br_if $block (i32.eqz (local.get $letter)))
          (i32.store8 (local.get $to) (i32.const 0x5c))
          (i32.store8 offset=1 (local.get $to) (local.get $letter))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $to (i32.add (local.get $to) (i32.const 2)))
          (br $escape))))
    (local.get $to)))
