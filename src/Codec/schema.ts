/** Messages as Schemas, for APIs that take Schemas: queues, files, RPC, configuration. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { decodeText, isMessage, type Message } from "../Message/index.ts"
import { part } from "./bytes.ts"
import { decode } from "./decode.ts"
import { encode } from "./Encoder.ts"

const read = (line: Uint8Array | string): Effect.Effect<Message, SchemaIssue.Issue> =>
  Effect.mapError(decode(line), ({ message }) => new SchemaIssue.InvalidValue({ message }))

/** Returns the text of a message's line, without the LF. */
const write = (message: Message): string => {
  const line = encode(message)
  return decodeText(part(line, 0, line.length - 1))
}

/**
 * A message as a Schema. Its JSON form (`Schema.toCodecJson`) is the line as text, as in {@link MessageFromText}, so a
 * message can be a field of a Schema that is sent as JSON.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageSchema: Schema.declare<Message> = Schema.declare(isMessage, {
  expected: "a KATCP message",
  toCodecJson: () =>
    Schema.link<Message>()(
      Schema.String,
      SchemaTransformation.transformEffect({
        decode: (text: string) => read(text),
        encode: (message: Message) => Effect.succeed(write(message))
      })
    )
})

/**
 * A line of bytes as a message (Rev 5.1 §2.1): the Schema of {@link decode} and {@link encode}. Lines are written with
 * LF and read with or without an end of line. Decoding copies the line, so the message can be kept. Fails for input
 * that is not exactly one line, and for malformed and over-long lines.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, Message } from "katcp"
 *
 * const bytes = Schema.encodeSync(Codec.MessageFromBytes)(Message.request("track", [10.5, "M 31"]))
 * const message = await Effect.runPromise(Schema.decodeEffect(Codec.MessageFromBytes)(bytes))
 * if (message.text(1) !== "M 31") throw new Error(message.toString())
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageFromBytes: Schema.Codec<Message, Uint8Array> = Schema.Uint8Array.pipe(
  Schema.decodeTo(
    MessageSchema,
    SchemaTransformation.transformEffect({
      decode: (bytes: Uint8Array) => read(bytes),
      encode: (message: Message) => Effect.succeed(encode(message))
    })
  )
)

/**
 * A line of text as a message, for files of lines, JSON and queues of text. Written without an end of line, read with
 * or without one. Bytes that are not UTF-8 are lone surrogates in the text (see `Message.decodeText`). JSON preserves
 * lone surrogates, but a file written as UTF-8 does not: use {@link MessageFromBytes} for such files.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageFromText: Schema.Codec<Message, string> = Schema.String.pipe(
  Schema.decodeTo(
    MessageSchema,
    SchemaTransformation.transformEffect({
      decode: (text: string) => read(text),
      encode: (message: Message) => Effect.succeed(write(message))
    })
  )
)
