import * as Effect from "effect/Effect"
import { encodeText, isMessage, KatcpSyntaxError, type Message } from "../Message/index.ts"
import { classes, copyOf, endOfLine, part } from "./bytes.ts"
import { Parser } from "./Parser.ts"
import type { ParserOptions } from "./ParserOptions.ts"

/**
 * Decodes one line, with or without its end (LF, CR or CRLF), as a message (Rev 5.1 §2.1). Text is encoded by
 * `encodeText`. Fails for a malformed or empty line, a line that is too long, and more than one line.
 *
 * @category parsing
 * @since 0.1.0
 */
export const decode = (text: Uint8Array | string, options?: ParserOptions): Effect.Effect<Message, KatcpSyntaxError> =>
  Effect.suspend(() => {
    const bytes = typeof text === "string" ? encodeText(text) : text
    let end = bytes.length
    if (end > 0 && bytes[end - 1] === 0x0a) end--
    if (end > 0 && bytes[end - 1] === 0x0d && (end === bytes.length || bytes[end] === 0x0a)) end--
    const line = new Uint8Array(end + 1)
    line.set(part(bytes, 0, end))
    line[end] = 0x0a
    const bad = (reason: string, at: number) =>
      Effect.fail(new KatcpSyntaxError({ reason, position: at + 1, raw: copyOf(bytes, 0, end) }))
    const inner = line.findIndex((byte) => classes[byte] === endOfLine)
    if (inner < end) return bad("Unexpected end of line", inner)
    const [found] = new Parser(options).push(line)
    if (found === undefined) return bad("Expected ?, ! or # at the beginning", end)
    return isMessage(found) ? Effect.succeed(found) : Effect.fail(found)
  })
