/**
 * The number of columns of text on a terminal: two for the wide characters of East Asia (Unicode Standard Annex 11) and
 * for emoji, zero for combining marks. Escape a device's text first.
 */

/** Wide and full-width characters, by blocks; emoji are known by their property. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|(?!\p{Regional_Indicator})\p{Emoji_Presentation}/u
const none = /[\p{Mn}\p{Me}\u1160-\u11ff]/u
const ascii = /^[ -~]*$/

const columnsOf = (character: string): number => (none.test(character) ? 0 : wide.test(character) ? 2 : 1)

/** Returns the columns of a text. */
export const widthOf = (text: string): number => {
  if (ascii.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** Returns the text, cut with an ellipsis if it exceeds this many columns. */
export const cutTo = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text
  let width = 0
  let cut = ""
  for (const character of text) {
    width += columnsOf(character)
    if (width > columns - 1) break
    cut += character
  }
  return `${cut}…`
}

/** Returns the text, padded with blanks to this many columns. */
export const padTo = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)))
