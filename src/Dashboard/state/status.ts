/** The status of a sensor: its code, its word, and how grave it is. */

/** The words by code, as everywhere in a site. */
export const statusWords = ["unknown", "nominal", "warn", "error", "failure", "unreachable", "inactive"] as const

/** A code: the sensor has no reading yet. */
export const noReading = -1

/** The codes from the gravest on: the order in which people want to see them. */
export const codesByGravity = [4, 5, 3, 2, 0, 1, 6] as const

/** The place of each code in {@link codesByGravity}. */
const gravity = statusWords.map((_, code) => codesByGravity.indexOf(code as never))

/** Returns the word of a code. */
export const statusWord = (code: number): string => statusWords[code] ?? "no reading"

/** Returns the place of a code in the order of gravity: 0 is the gravest. */
export const gravityOf = (code: number): number => gravity[code] ?? statusWords.length

/** `true` if the value of a reading with this code is fresh: nominal, warn and error. */
export const isFresh = (code: number): boolean => code >= 1 && code <= 3

/** Returns the code of a word, or undefined. */
export const codeOf = (word: string): number | undefined => {
  const code = statusWords.indexOf(word as never)
  return code === -1 ? undefined : code
}
