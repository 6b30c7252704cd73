import type { Kind } from "./Message.ts"

/**
 * The character that each kind of message begins with (Rev 5.1 §2, A-110).
 *
 * @category constants
 * @since 0.1.0
 */
export const symbols: Readonly<Record<Kind, "?" | "!" | "#">> = { request: "?", reply: "!", inform: "#" }

/**
 * Returns the kind of a message that begins with a character; undefined if no message does.
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
 * The return codes that Rev 5.1 §2 gives replies (table 4, A-110). A device may have others, which count as failures.
 *
 * @category constants
 * @since 0.1.0
 */
export const codes = { ok: "ok", fail: "fail", invalid: "invalid" } as const
