/** A client of the notification protocol that `server.ts` serves. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { Codec, Message } from "katcp"
import type { Kind } from "./Notifier.ts"

/** The server deviated from the protocol, or disconnected. */
export class NotificationError extends Schema.TaggedError<NotificationError>()("NotificationError", {
  message: Schema.String
}) {}

const encoder = new TextEncoder()

/**
 * Connects. Commands run one after another. While `notifications` is read, the server is in notification mode: taking a
 * notification acknowledges the previous one with `OK`, and ending the stream sends `stop_notif`.
 */
export const make = Effect.gen(function* () {
  const socket = yield* Socket.Socket
  const pull = yield* Socket.readerBytes(socket)
  const writer = yield* socket.writer
  // bounded: a server that sends without being asked is not read
  const lines = yield* Queue.bounded<string, NotificationError>(64)
  const parser = new Codec.LineParser({ maxLine: 65536 })
  const decoder = new TextDecoder()
  yield* pull.pipe(
    Effect.flatMap((chunks) =>
      Queue.offerAll(
        lines,
        chunks
          .flatMap((chunk) => parser.push(chunk))
          .map((line) => (line instanceof Message.TooLong ? line.message : decoder.decode(line)))
      )
    ),
    Effect.forever,
    Effect.catch((error) => Queue.fail(lines, new NotificationError({ message: error.message }))),
    Effect.forkScoped
  )
  const turn = yield* Semaphore.make(1)
  const send = (line: string) =>
    Effect.mapError(
      writer.write(encoder.encode(`${line}\n`)),
      (error) => new NotificationError({ message: error.message })
    )
  const ask = (command: string) => Semaphore.withPermit(turn, Effect.andThen(send(command), Queue.take(lines)))
  const expect = Effect.fnUntraced(function* (line: string, ...wanted: ReadonlyArray<string>) {
    if (!wanted.includes(line))
      return yield* new NotificationError({ message: `expected ${wanted.join(" or ")}, got ${line}` })
  })

  const enter = Effect.gen(function* () {
    yield* Semaphore.take(turn, 1)
    yield* send("notif")
    yield* expect(yield* Queue.take(lines), "will send notifs", "notif: OK")
  })
  // notifications may be in transit when the server reads this
  const leave = Effect.gen(function* () {
    yield* send("stop_notif")
    while ((yield* Queue.take(lines)) !== "OK");
  }).pipe(Effect.timeoutOption("5 seconds"), Effect.ignore, Effect.ensuring(Semaphore.release(turn, 1)))
  const notification = Effect.gen(function* () {
    const line = yield* Queue.take(lines)
    yield* expect(line, "notif: random", "notif: classified")
    return line.slice("notif: ".length) as Kind
  })

  return {
    /** A random number. */
    random: Effect.map(ask("random?"), Number),
    /** The ads that were not read yet. */
    classified: ask("classified?"),
    /** The notifications of the server. */
    notifications: Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(enter, () => leave),
        Stream.concat(
          Stream.fromEffect(notification),
          Stream.fromEffectRepeat(Effect.andThen(send("OK"), notification))
        )
      )
    ) as Stream.Stream<Kind, NotificationError>
  }
})
