/** The status of a sensor: its code, its word, and its severity. */

/** The words by code, as everywhere in a site. */
export const statusWords = ["unknown", "nominal", "warn", "error", "failure", "unreachable", "inactive"] as const

/** A code: the sensor has no reading yet. */
export const noReading = -1

/** The codes, worst first: the order for people. */
export const codesByGravity = [4, 5, 3, 2, 0, 1, 6] as const

/** The position of each code in {@link codesByGravity}. */
const gravity = statusWords.map((_, code) => codesByGravity.indexOf(code as never))

/** Returns the word of a code. */
export const statusWord = (code: number): string => statusWords[code] ?? "no reading"

/** Returns the position of a code in the order of severity: 0 is the worst. */
export const gravityOf = (code: number): number => gravity[code] ?? statusWords.length

/** `true` if the value of a reading with this code is fresh: nominal, warn and error. */
export const isFresh = (code: number): boolean => code >= 1 && code <= 3

/** Returns the code of a word, or undefined. */
export const codeOf = (word: string): number | undefined => {
  const code = statusWords.indexOf(word as never)
  return code === -1 ? undefined : code
}
