import { quoteText } from "../../Message/index.ts"
import { utf8 } from "../bytes.ts"
import { Invalid } from "./Arg.ts"

/**
 * Characters of a text that are shown in errors. Not measured: a line of a terminal holds them and what was
 * expected.
 */
const shownText = 60
/** Words of a list that are shown in errors. Not measured: more are not read. */
const shownWords = 20

const quoted = (text: string): string => quoteText(text.length > shownText ? `${text.slice(0, shownText)}...` : text)

/** Bytes are not what they should be. */
export const expected = (what: string, bytes: Uint8Array, start: number, end: number): Invalid =>
  // four bytes a character at the most
  new Invalid(`expected ${what}, got ${quoted(utf8(bytes, start, Math.min(end, start + 4 * (shownText + 1))))}`)

/** A value is not what it should be. */
export const expectedValue = (what: string, value: unknown): Invalid =>
  new Invalid(`expected ${what}, got ${shownValue(value)}`)

/** A value in an error: never long, never an exception. */
export const shownValue = (value: unknown): string => {
  if (typeof value === "string") return quoted(value)
  if (typeof value === "function") return "a function"
  if (typeof value !== "object" || value === null) return String(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return Array.isArray(value) ? "a list" : "an object"
}

/** The words that may stand somewhere. */
export const oneOf = (words: ReadonlyArray<string>): string =>
  `one of ${words.slice(0, shownWords).join(", ")}${words.length > shownWords ? ", ..." : ""}`
