import type { Numeric } from "../ranges.ts"

/**
 * Given by double precision: larger numbers are summed separately, scaled down. Otherwise an intermediate sum could
 * overflow.
 */
const large = 2 ** 960
/** Given by double precision: the factor for large numbers. */
const scale = 2 ** 200

/**
 * A sum to which numbers are added and from which they are removed without any error, so it never drifts. It is kept as
 * a few numbers that do not overlap in their bits.
 */
export class ExactSum {
  private readonly parts: Array<number> = []
  private readonly largeParts: Array<number> = []
  private whole = 0n
  private infinite = 0
  private minusInfinite = 0
  private notNumbers = 0

  add(value: Numeric): void {
    this.change(value, 1)
  }

  remove(value: Numeric): void {
    this.change(value, -1)
  }

  /** The sum, rounded once. */
  get float(): number {
    const { special } = this
    if (special !== undefined) return special
    const sum =
      this.largeParts.length === 0 ? rounded(this.parts) : rounded(this.largeParts) * scale + rounded(this.parts)
    return this.whole === 0n ? sum : sum + Number(this.whole)
  }

  /**
   * The sum as an integer: a number if exact, otherwise a bigint. Throws a `RangeError` if the sum is not an integer.
   */
  get integer(): Numeric {
    const { float, special } = this
    if (special !== undefined) return special
    if (this.whole === 0n && Number.isSafeInteger(float)) return float
    let sum = this.whole
    for (const part of this.parts) sum += BigInt(part)
    for (const part of this.largeParts) sum += BigInt(part) * BigInt(scale)
    return sum >= Number.MIN_SAFE_INTEGER && sum <= Number.MAX_SAFE_INTEGER ? Number(sum) : sum
  }

  /** The sum if it contains infinities or NaN, otherwise `undefined`. */
  private get special(): number | undefined {
    if (this.notNumbers > 0 || (this.infinite > 0 && this.minusInfinite > 0)) return Number.NaN
    if (this.infinite > 0) return Number.POSITIVE_INFINITY
    return this.minusInfinite > 0 ? Number.NEGATIVE_INFINITY : undefined
  }

  private change(value: Numeric, sign: 1 | -1): void {
    if (typeof value === "bigint") this.whole += sign === 1 ? value : -value
    else if (value === Number.POSITIVE_INFINITY) this.infinite += sign
    else if (value === Number.NEGATIVE_INFINITY) this.minusInfinite += sign
    else if (Number.isNaN(value)) this.notNumbers += sign
    else if (Math.abs(value) < large) addTo(this.parts, sign * value)
    else addTo(this.largeParts, (sign * value) / scale)
  }
}

/** Adds a number to parts sorted by size, smallest first (Shewchuk's grow-expansion). */
const addTo = (parts: Array<number>, value: number): void => {
  let carry = value
  let count = 0
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!
    const sum = carry + part
    const other = sum - carry
    const rest = carry - (sum - other) + (part - other)
    if (rest !== 0) parts[count++] = rest
    carry = sum
  }
  parts.length = count
  if (carry !== 0) parts.push(carry)
}

/** Returns the sum of parts, rounded once, half to even. */
const rounded = (parts: ReadonlyArray<number>): number => {
  let at = parts.length - 1
  if (at < 0) return 0
  let high = parts[at]!
  let low = 0
  while (at > 0 && low === 0) {
    const part = parts[--at]!
    const sum = high + part
    low = part - (sum - high)
    high = sum
  }
  // the smaller parts decide if the rest is exactly half of the last bit
  const below = at > 0 ? parts[at - 1]! : 0
  if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
    const twice = low * 2
    const sum = high + twice
    if (twice === sum - high) high = sum
  }
  return high
}
