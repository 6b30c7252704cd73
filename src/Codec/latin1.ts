import { latin1 } from "./bytes.ts"

/**
 * Returns bytes as text with one character for each byte, U+0000 to U+00FF. For tests, tools and logs that show or
 * compare bytes.
 *
 * @category bytes
 * @since 0.1.0
 */
export const toLatin1 = (bytes: Uint8Array): string => latin1(bytes, 0, bytes.length)

/**
 * Returns the bytes of text that has one character for each byte, as {@link toLatin1} returns it. Other characters keep
 * only their lowest eight bits.
 *
 * @category bytes
 * @since 0.1.0
 */
export const fromLatin1 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
