/** Numbers from the bytes of an argument (Rev 5.1 §3, table 6): exact, and without creating text if possible. */
import { latin1 } from "../bytes.ts"

/** The powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
/** Given by double precision: 2^27 + 1 splits a number into two halves (Dekker). */
const splitter = 134217729
/** Given by double precision: a factor for the bounds of rounding. */
const lessThanOne = 1 - 2 ** -50
/** Given by double precision: a factor for the bounds of rounding. */
const moreThanOne = 1 + 2 ** -50

/**
 * Returns the double nearest to a decimal number: digits with an optional sign, point and exponent. Returns NaN for
 * other bytes: the caller handles `inf` and `nan`.
 */
export const decimalAt = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  if (at === end) return Number.NaN
  const negative = bytes[at] === 0x2d
  if (negative || bytes[at] === 0x2b) at++
  const first = at
  // significant digits: the first nine in one small integer, eight more in another
  let high = 0
  let low = 0
  let digits = 0
  let point = -1
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit >= 0 && digit <= 9) {
      if (digits < 9) {
        high = high * 10 + digit
        if (high !== 0) digits++
      } else {
        if (digits < 17) low = low * 10 + digit
        digits++
      }
    } else if (digit === -2 && point === -1) point = at
    else break
  }
  if (at - first === (point === -1 ? 0 : 1)) return Number.NaN
  let exponent = point === -1 ? 0 : point + 1 - at
  if (at < end) {
    const scale = exponentAt(bytes, at, end)
    if (Number.isNaN(scale)) return Number.NaN
    exponent += scale
  }
  if (digits <= 17 && exponent >= -22 && exponent <= 22) {
    const head = digits <= 9 ? high : high * powers[digits - 9]!
    const size = head + low
    let value = Number.NaN
    // an exact significand and an exact power: one correct rounding
    if (size < 9007199254740992) value = exponent < 0 ? size / powers[-exponent]! : size * powers[exponent]!
    else if (exponent < 0) value = divide(head, low, powers[-exponent]!)
    if (!Number.isNaN(value)) return negative ? -value : value
  }
  return Number(latin1(bytes, start, end))
}

/** Returns the exponent that begins at its `e`, or NaN if it is malformed. */
const exponentAt = (bytes: Uint8Array, from: number, end: number): number => {
  if (bytes[from] !== 0x65 && bytes[from] !== 0x45) return Number.NaN
  let at = from + 1
  const negative = bytes[at] === 0x2d
  if (at < end && (negative || bytes[at] === 0x2b)) at++
  if (at >= end) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    if (value < 100000000) value = value * 10 + digit
  }
  return negative ? -value : value
}

/**
 * Returns (head + low) / power, correctly rounded, or NaN if the rounding is uncertain. For numbers of 16 and 17
 * digits, the shortest text of many doubles: the remainder of the division is exact and corrects the quotient.
 */
const divide = (head: number, low: number, power: number): number => {
  const size = head + low
  const left = low - (size - head)
  const quotient = size / power
  const product = quotient * power
  const quotientSplit = splitter * quotient
  const quotientHigh = quotientSplit - (quotientSplit - quotient)
  const quotientLow = quotient - quotientHigh
  const powerSplit = splitter * power
  const powerHigh = powerSplit - (powerSplit - power)
  const powerLow = power - powerHigh
  const error =
    quotientHigh * powerHigh - product + quotientHigh * powerLow + quotientLow * powerHigh + quotientLow * powerLow
  const correction = (size - product - error + left) / power
  const least = quotient + correction * lessThanOne
  return least === quotient + correction * moreThanOne ? least : Number.NaN
}

/** Returns `true` if the bytes are digits with an optional sign. */
const isInteger = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start
  if (at < end && (bytes[at] === 0x2d || bytes[at] === 0x2b)) at++
  if (at === end) return false
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/**
 * Returns the integer of digits with an optional sign: a number if that is safe, otherwise a bigint, or `undefined` if
 * the bytes are not an integer.
 */
export const integerAt = (bytes: Uint8Array, start: number, end: number): number | bigint | undefined => {
  if (end - start > 15) {
    const large = bigintAt(bytes, start, end)
    return large !== undefined && large >= Number.MIN_SAFE_INTEGER && large <= Number.MAX_SAFE_INTEGER
      ? Number(large)
      : large
  }
  let at = start
  const negative = at < end && bytes[at] === 0x2d
  if (negative || (at < end && bytes[at] === 0x2b)) at++
  if (at === end) return undefined
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return negative ? 0 - value : value
}

/**
 * The characters of the longest integer that is read or written, sign included. Reading takes more than linear time.
 * Measured: 65,536 digits 1.6 ms, a million 115 ms, four million a second.
 */
export const maxDigits = 65_536

/** Returns the integer as a bigint, or `undefined` if the bytes are not an integer. */
export const bigintAt = (bytes: Uint8Array, start: number, end: number): bigint | undefined =>
  end - start <= maxDigits && isInteger(bytes, start, end) ? BigInt(latin1(bytes, start, end)) : undefined

/** Integers of at most this size are formatted without a look at their length. Not measured: 309 digits are few. */
const plainly = 2n ** 1024n
/** An integer that is longer than anything that is written; made when an integer may be so long. */
let tooLong: bigint | undefined

/**
 * Returns the text of an integer; undefined if it has more characters than `longest`, which is at most twice
 * {@link maxDigits}. The digits of a much longer one are not made: that takes long.
 */
export const formatBigInt = (value: bigint, longest = maxDigits): string | undefined => {
  if (value >= -plainly && value <= plainly) return value.toString()
  tooLong ??= 10n ** BigInt(2 * maxDigits)
  if (value >= tooLong || value <= -tooLong) return undefined
  const text = value.toString()
  return text.length <= longest ? text : undefined
}
