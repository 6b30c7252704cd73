/** Numbers in words: two's complement, fixed point, fields of bits. Pure functions. */
import type { Field } from "./Registers.ts"

/** Returns the value of a field in a word. */
export const valueIn = (word: number, { binaryPoint, lowest, signed, width }: Omit<Field, "name">): number => {
  const raw = width === 32 ? word >>> 0 : (word >>> lowest) & (2 ** width - 1)
  const value = signed && raw >= 2 ** (width - 1) ? raw - 2 ** width : raw
  return value / 2 ** binaryPoint
}

/** Returns the smallest and the largest value of a field. */
export const rangeOf = ({
  binaryPoint,
  signed,
  width
}: Omit<Field, "name">): readonly [minimum: number, maximum: number] => {
  const scale = 2 ** binaryPoint
  return signed ? [-(2 ** (width - 1)) / scale, (2 ** (width - 1) - 1) / scale] : [0, (2 ** width - 1) / scale]
}

/**
 * Returns the word with a field set to a value, rounded to the nearest step, halves away from zero; `undefined` if the
 * value is out of range.
 */
export const wordWith = (word: number, value: number, field: Omit<Field, "name">): number | undefined => {
  const { binaryPoint, lowest, width } = field
  const scaled = Math.sign(value) * Math.round(Math.abs(value) * 2 ** binaryPoint)
  const [minimum, maximum] = rangeOf({ ...field, binaryPoint: 0 })
  if (!(scaled >= minimum && scaled <= maximum)) return undefined
  const raw = scaled < 0 ? scaled + 2 ** width : scaled
  if (width === 32) return raw >>> 0
  const mask = (2 ** width - 1) * 2 ** lowest
  return ((word & ~mask) | (raw * 2 ** lowest)) >>> 0
}
