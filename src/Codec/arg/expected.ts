import { quoteText } from "../../Message/index.ts"
import { utf8 } from "../bytes.ts"
import { Invalid } from "./Arg.ts"

/** Characters of a text that errors show. Not measured: a line of a terminal holds them and the expected form. */
const shownText = 60
/** Words of a list that errors show. Not measured: more are not read. */
const shownWords = 20

/** The least integer that is too long to be shown. Given by {@link shownText}. */
const longInteger = 10n ** BigInt(shownText)

const quoted = (text: string): string => quoteText(text.length > shownText ? `${text.slice(0, shownText)}...` : text)

/** Returns the error for bytes that do not have the expected form. */
export const expected = (what: string, bytes: Uint8Array, start: number, end: number): Invalid =>
  // at most four bytes a character
  new Invalid(`expected ${what}, got ${quoted(utf8(bytes, start, Math.min(end, start + 4 * (shownText + 1))))}`)

/** Returns the error for a value that does not have the expected form. */
export const expectedValue = (what: string, value: unknown): Invalid =>
  new Invalid(`expected ${what}, got ${shownValue(value)}`)

/** Returns a short form of a value for errors. Never throws. */
export const shownValue = (value: unknown): string => {
  if (typeof value === "string") return quoted(value)
  if (typeof value === "function") return "a function"
  if (typeof value === "bigint" && (value >= longInteger || value <= -longInteger))
    return `an integer of more than ${shownText} digits`
  if (typeof value !== "object" || value === null) return String(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return Array.isArray(value) ? "a list" : "an object"
}

/** Returns the list of allowed words for errors. */
export const oneOf = (words: ReadonlyArray<string>): string =>
  `one of ${words.slice(0, shownWords).join(", ")}${words.length > shownWords ? ", ..." : ""}`
