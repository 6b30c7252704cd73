import { unprintable } from "../../Interface/index.ts"
import { showByte } from "../../Message/index.ts"

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!
  if (code >= 0xdc80 && code <= 0xdcff) return showByte(character)
  return named[character] ?? `\\u{${code.toString(16)}}`
}

/**
 * Escapes a device's text for a line of a terminal. The escaped characters would move the cursor, change colours, turn
 * the direction of writing, begin a line, or be invisible: control, format, tag and zero-width characters, variation
 * selectors, line separators, and bytes that are not text.
 */
export const visible = (text: string): string => text.replace(unprintable, escaped)

/** Escapes text of several lines: all lines but the first begin with `indent`. */
export const visibleLines = (text: string, indent = ""): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join(`\n${indent}`)

/** Escapes such characters in JSON by JSON's own escapes: the parsed value stays equal. */
export const visibleJson = (json: string): string =>
  json.replace(unprintable, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`
    ).join("")
  )
