/**
 * Text for people on the wire (Rev 5.1 §2).
 *
 * @since 0.1.0
 */
import { showByte } from "../Message/index.ts"

const plain = /^[\t\n\r -~]*$/
const notAscii = /[^\t\n\r -~]/gu

/**
 * Matches each invisible character: control, format (zero-width, bidirectional), tag and ignorable characters,
 * variation selectors, line and paragraph separators, and halves of surrogate pairs.
 *
 * @category text
 * @since 0.1.0
 */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const shown = (character: string): string => {
  const code = character.codePointAt(0)!
  if (code >= 0xdc80 && code <= 0xdcff) return showByte(character)
  if (character === "\t" || character === "\n" || character === "\r") return character
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`
}

/**
 * Returns a text in the form of "human-readable" arguments (Rev 5.1 §2, P-014): other characters are shown by number,
 * as `\x1b` or `\u{2603}`, and bytes that are not UTF-8 as `\xff`. These are the characters that {@link unprintable}
 * matches, except tab, line feed and carriage return. With `ascii`, for texts that quote a peer, they include
 * everything outside ASCII.
 *
 * @category text
 * @since 0.1.0
 */
export const printable = (text: string, charset: "ascii" | "unicode"): string =>
  plain.test(text) ? text : text.replace(charset === "ascii" ? notAscii : unprintable, shown)
