/** The characters of plots. */

/**
 * The characters that the terminal supports: `braille` (2 × 4 dots in a cell), `blocks` (half blocks, for fonts without
 * braille), or `ascii`.
 */
export const charsets = ["braille", "blocks", "ascii"] as const

/** One of {@link charsets}. */
export type Charset = (typeof charsets)[number]

/**
 * Returns the characters that a terminal supports according to its environment: ASCII for `TERM=dumb` and for a locale
 * that is not UTF-8, blocks for the Linux console, whose fonts have no braille. Without a locale, UTF-8 is assumed.
 */
export const charsetOf = (environment: Readonly<Record<string, string | undefined>>): Charset => {
  const { LANG, LC_ALL, LC_CTYPE, TERM } = environment
  const locale = [LC_ALL, LC_CTYPE, LANG].find((one) => one !== undefined && one !== "")
  if (TERM === "dumb" || (locale !== undefined && !/utf-?8/i.test(locale))) return "ascii"
  return TERM === "linux" ? "blocks" : "braille"
}
