import type { Kind } from "./Message.ts"

/**
 * The first character of each kind of message (Rev 5.1 §2, A-110).
 *
 * @category constants
 * @since 0.1.0
 */
export const symbols: Readonly<Record<Kind, "?" | "!" | "#">> = { request: "?", reply: "!", inform: "#" }

/**
 * Returns the kind of a message from its first character, or `undefined` if no kind begins with it.
 *
 * @category constants
 * @since 0.1.0
 */
export const kindOf = (symbol: string): Kind | undefined => {
  switch (symbol) {
    case "?":
      return "request"
    case "!":
      return "reply"
    case "#":
      return "inform"
    default:
      return undefined
  }
}

/**
 * The return codes of replies in Rev 5.1 §2 (table 4, A-110). A device may use others, which count as failures.
 *
 * @category constants
 * @since 0.1.0
 */
export const codes = { ok: "ok", fail: "fail", invalid: "invalid" } as const
