import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { KatcpSyntaxError, Message, TooLong } from "../Message/index.ts"
import { Encoder } from "./Encoder.ts"
import { LineParser, type LineParserOptions } from "./LineParser.ts"
import type { ParsedMessage } from "./ParsedMessage.ts"
import { Parser } from "./Parser.ts"
import type { ParserOptions } from "./ParserOptions.ts"

interface Reader<A> {
  readonly pending: number
  push(bytes: Uint8Array): Array<A>
}

const read =
  <A>(make: () => Reader<A>) =>
  <E, R>(self: Stream.Stream<Uint8Array, E, R>): Stream.Stream<A, E, R> =>
    Stream.suspend(() => {
      const reader = make()
      const atEnd = Effect.suspend(() =>
        reader.pending === 0
          ? Effect.void
          : Effect.logWarning(`the input ended within a line: dropped its ${reader.pending} bytes`)
      )
      return self.pipe(
        Stream.mapAccumArray(
          () => reader,
          (reader, chunks) => [
            reader,
            chunks.length === 1 ? reader.push(chunks[0]) : chunks.flatMap((bytes) => reader.push(bytes))
          ]
        ),
        Stream.onEnd(atEnd),
        // a socket always ends with a failure
        Stream.tapCause(() => atEnd)
      )
    })

/**
 * Decodes messages from a Stream of bytes that arrive in pieces of any size, for example `Socket.toStream(socket)` (Rev
 * 5.1 §2.1). A malformed or over-long line does not end the Stream: its error takes the place of the message. A line
 * that is unfinished when the input ends is dropped, with a warning in the log.
 *
 * A message keeps its chunk alive. Copy messages that you keep for long with `own()`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Codec } from "katcp"
 *
 * const bytes = new TextEncoder().encode("?watchdog\n!watch_dog\n#log in")
 * const program = Stream.make(bytes).pipe(Codec.decodeStream(), Stream.map(String), Stream.runCollect)
 * const [first, second] = await Effect.runPromise(program)
 * if (first !== "?watchdog" || !second?.includes("at character 7")) throw new Error("never")
 * ```
 *
 * @category streams
 * @since 0.1.0
 */
export const decodeStream = (
  options?: ParserOptions
): (<E, R>(self: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<ParsedMessage | KatcpSyntaxError, E, R>) =>
  read(() => new Parser(options))

/**
 * Cuts a Stream of bytes that arrive in pieces of any size into lines, for line protocols other than KATCP (see {@link
 * LineParser}). An over-long line does not end the Stream: its error takes the place of the line. A line that is
 * unfinished when the input ends is dropped, with a warning in the log.
 *
 * @category streams
 * @since 0.1.0
 */
export const lineStream = (
  options?: LineParserOptions
): (<E, R>(self: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<Uint8Array | TooLong, E, R>) =>
  read(() => new LineParser(options))

/**
 * Encodes a Stream of messages, each with its LF, as bytes for a socket (Rev 5.1 §2.1). Messages that arrive together
 * are written together.
 *
 * @category streams
 * @since 0.1.0
 */
export const encodeStream = <E, R>(self: Stream.Stream<Message, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.mapAccumArray(
    self,
    () => new Encoder(),
    (encoder, messages) => {
      for (const message of messages) encoder.message(message)
      return [encoder, encoder.take()]
    }
  )

const utf8 = new TextEncoder()

/**
 * Encodes lines as bytes for a socket, each with an LF, for line protocols other than KATCP. Text is sent as UTF-8. LF
 * and CR within a line are sent unchanged: the other end reads them as ends of lines.
 *
 * @category streams
 * @since 0.1.0
 */
export const encodeLineStream = <E, R>(
  self: Stream.Stream<Uint8Array | string, E, R>
): Stream.Stream<Uint8Array, E, R> =>
  Stream.mapAccumArray(
    self,
    () => new Encoder(),
    (encoder, lines) => {
      for (const line of lines) {
        encoder.lines(typeof line === "string" ? utf8.encode(line) : line)
        encoder.end()
      }
      return [encoder, encoder.take()]
    }
  )
