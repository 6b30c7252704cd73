import { showByte } from "../../Message/index.ts"

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * Text of a device as it may stand in a line of a terminal: what would move the cursor, change colours or turn the direction
 * of writing is shown as an escape, and so is a byte that is not UTF-8 (`\xff`).
 */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu,
    (control) =>
      named[control] ??
      (/[\udc80-\udcff]/.test(control) ? showByte(control) : undefined) ??
      `\\u{${control.codePointAt(0)!.toString(16)}}`
  )

/** The same of text that may have several lines: the further ones begin with `indent`. */
export const visibleLines = (text: string, indent = ""): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join(`\n${indent}`)
