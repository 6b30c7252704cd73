/**
 * A mark of a fleet's token, which is kept in its database: it shows if a runner has another token, and does not show the
 * token.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

const markWith = (salt: string, token: string): string =>
  `${salt} ${createHmac("sha256", salt).update(`katcp-fleet token ${token}`).digest("hex")}`

/** Makes a mark of a token. */
export const markOf = (token: string): string => markWith(randomBytes(16).toString("hex"), token)

/** Returns `true` if a mark is that of a token. */
export const isMarkOf = (mark: string, token: string): boolean => {
  const own = Buffer.from(markWith(mark.split(" ", 1)[0]!, token))
  const other = Buffer.from(mark)
  return own.length === other.length && timingSafeEqual(own, other)
}
