/** A recorder of a device's messages, over any Socket, built from the codec's Streams and Schemas. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { Codec, Message } from "katcp"

/** A received message, and its time in milliseconds since 1970. */
export const Entry = Schema.Struct({ time: Schema.Finite, message: Codec.MessageSchema })
export type Entry = typeof Entry.Type

/** An entry as a line of JSON: `{"time":0,"message":"#log info 0.0 dish there"}`. */
const Line = Schema.fromJsonString(Schema.toCodecJson(Entry))
const encode = Schema.encodeEffect(Line)
const decode = Schema.decodeEffect(Line)

/**
 * Streams everything received over a socket, until its end. Sends the requests first. Use it with the end of the socket
 * that dialled. A malformed line is logged, and the rest continues.
 */
export const record = (
  socket: Socket.Socket,
  requests: ReadonlyArray<Message.Message> = []
): Stream.Stream<Entry, Socket.SocketError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      // the reader comes first: it opens the connection
      const reader = yield* Socket.readerBytes(socket)
      const { writeAll } = yield* socket.writer
      const bytes = Codec.encodeStream(Stream.fromIterable(requests))
      yield* Effect.forkScoped(Stream.runForEachArray(bytes, writeAll), { startImmediately: true })
      return Stream.fromPull(Effect.succeed(reader)).pipe(
        Codec.decodeStream(),
        // a message keeps its chunk alive
        Stream.mapEffect((found) =>
          Message.isMessage(found)
            ? Effect.map(Clock.currentTimeMillis, (time) => [{ time, message: found.own() }])
            : Effect.as(Effect.logWarning(found.message), [])
        ),
        Stream.flattenIterable,
        // every end of a socket is a failure: the orderly one ends the recording
        Stream.catchIf(
          ({ reason }) => reason._tag === "SocketCloseError" && reason.code === 1000,
          () => Stream.empty
        )
      )
    })
  )

/** Encodes entries as the lines of a file. */
export const toLines = <E, R>(entries: Stream.Stream<Entry, E, R>) =>
  Stream.mapEffect(entries, (entry) => encode(entry))

/** Decodes the lines of a file as entries. */
export const fromLines = <E, R>(lines: Stream.Stream<string, E, R>) => Stream.mapEffect(lines, (line) => decode(line))
