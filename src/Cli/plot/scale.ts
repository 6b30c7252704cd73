/** Scales of numbers: steps of 1, 2 and 5, and exponents that are multiples of three. */

/** A scale between two round numbers. */
export interface Scale {
  readonly low: number
  readonly high: number
  readonly ticks: ReadonlyArray<{ readonly value: number; readonly label: string }>
  /** The common factor of all labels: a power of ten, as an exponent. */
  readonly exponent: number
  /** A number to add to the labels; 0 if they are complete. */
  readonly base: number
}

/** Returns the smallest round step, 1, 2 or 5 times a power of ten, that is at least this large. */
const roundStep = (least: number): number => {
  const exponent = Math.floor(Math.log10(least))
  for (const factor of [1, 2, 5, 10]) {
    const step = timesTenTo(factor, exponent)
    // with a tolerance, because a logarithm is not exact
    if (step >= least * (1 - 1e-9)) return step
  }
  return least
}

/** Returns `value` · 10^`exponent`, rounded once, without powers of ten beyond the range of numbers. */
const timesTenTo = (value: number, exponent: number): number => {
  const [digits = "0", before = "0"] = value.toExponential().split("e")
  return Number(`${digits}e${Number(before) + exponent}`)
}

/**
 * The longest label. Longer labels leave a part of the number to the title. Not measured: a tenth of a terminal of 80
 * columns.
 */
const longest = 9

/** Returns the scale for numbers from `least` to `greatest`, with about this many steps. */
export const scaleOf = (least: number, greatest: number, steps: number): Scale => {
  const [from, to] = widened(least, greatest)
  // in halves, because the difference of two numbers may overflow
  const share = ((to / 2 - from / 2) / Math.max(1, steps)) * 2
  const step = Math.min(roundStep(Math.max(Number.MIN_VALUE, Math.min(share, greatestStep))), greatestStep)
  const [first, last] = [Math.floor(from / step + 1e-9), Math.ceil(to / step - 1e-9)]
  const values = Array.from({ length: last - first + 1 }, (_, place) => timesStep(first + place, step)).filter(
    Number.isFinite
  )
  const [low = from, high = to] = [values[0], values.at(-1)]
  const exponent = exponentOf(Math.max(Math.abs(low), Math.abs(high)))
  const isLong = [low, high].some((value) => labelOf(value, step, exponent).length > longest)
  const base = isLong ? low : 0
  const own = isLong ? exponentOf((last - first) * step) : exponent
  return {
    low: Math.min(low, from),
    high: Math.max(high, to),
    exponent: own,
    base,
    ticks: values.map((value, place) => ({
      value,
      label: labelOf(isLong ? timesStep(place, step) : value, step, own)
    }))
  }
}

/** The largest round step. Given by numbers of 64 bits, which end at 1.8e308. */
const greatestStep = 1e308

const exponentOf = (size: number): number => (size >= 1e5 || size < 1e-2 ? 3 * Math.floor(Math.log10(size) / 3) : 0)

const clamped = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))

/** Returns a multiple of a round step without the error of binary fractions: 3 · 0.1 is 0.3. */
const timesStep = (place: number, step: number): number => {
  const [digits = "0", exponent = "0"] = step.toExponential().split("e")
  return timesTenTo(place * Number(digits), Number(exponent))
}

const labelOf = (value: number, step: number, exponent: number): string => {
  const decimals = Math.max(0, exponent - Math.floor(Math.log10(step) + 1e-9))
  // 0 has no sign
  return (timesTenTo(value, -exponent) + 0).toFixed(Math.min(decimals, 20))
}

/** Widens the range of a constant, or of numbers that differ only by rounding, on both sides. */
const widened = (least: number, greatest: number): readonly [number, number] => {
  const size = Math.max(Math.abs(least), Math.abs(greatest))
  if (greatest - least > size * 1e-14) return [least, greatest]
  if (size === 0) return [-1, 1]
  const room = Math.max(size * 0.1, Number.MIN_VALUE * 4)
  return [clamped(least - room), clamped(greatest + room)]
}

/** Returns the operation on the labels, and the units: `×10³ Hz`, `×10⁻³ + 1000000 Hz`. */
export const titleOf = ({ base, exponent }: Scale, units: string, ascii: boolean): string => {
  const power = exponent === 0 ? "" : ascii ? `x10^${exponent}` : `×10${superscript(exponent)}`
  const added = base === 0 ? "" : `${base < 0 ? "-" : "+"} ${Math.abs(base)}`
  return [power, added, units].filter((one) => one !== "").join(" ")
}

const superscript = (number: number): string =>
  `${number}`.replace(/./g, (character) => (character === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(character)]!))
