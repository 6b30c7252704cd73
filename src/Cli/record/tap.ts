/** Stands between clients and a device. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"
import { ParsedMessage, Parser } from "../../Codec/index.ts"
import { KatcpSyntaxError } from "../../Message/index.ts"
import { NodeClient } from "../../Node/index.ts"
import { causeOf, unasked } from "../Failure.ts"
import { hostOf } from "../reach/connect.ts"
import { listen } from "../reach/listen.ts"
import { messageJson, messageText } from "../show/messages.ts"
import { Output } from "../show/Output.ts"
import { timeText } from "../show/sensors.ts"
import { type Entry, encodeEntry } from "./recording.ts"

interface Input {
  readonly words: ReadonlyArray<string>
  readonly record: Option.Option<string>
  readonly json: boolean
}

const encoder = new TextEncoder()

/** `katcp tap`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const [at, ...rest] = input.words
  if (at === undefined) return yield* unasked("say where to listen: PORT or HOST:PORT")
  const { host, rest: more } = yield* hostOf(rest)
  if (more.length > 0) return yield* unasked(`one device only: ${more.join(" ")} is too much`)
  const output = yield* Output
  const write = yield* recorder(input.record)
  const server = yield* listen(at)
  yield* input.json
    ? output.json({ event: "listening", at: server.text, device: host.text })
    : output.note(`katcp: clients of ${server.text} reach ${host.text}`)
  let connections = 0
  // both directions of all connections write to the same file and terminal: one line at a time
  const turn = yield* Semaphore.make(1)

  const show = (entry: Entry) => turn.withPermit(shown(entry))
  const shown = (entry: Entry) =>
    Effect.gen(function* () {
      yield* write(entry)
      const { connection, from, time } = entry
      const arrow = from === "client" ? output.paint("cyan", ">") : output.paint("magenta", "<")
      const head = `${output.paint("grey", timeText(time))} ${connection} ${arrow}`
      if (!("message" in entry))
        return yield* input.json
          ? output.json({ time, connection, from, event: entry.event })
          : output.line(`${head} ${output.paint("grey", entry.event)}`)
      const { message } = entry
      if (message instanceof KatcpSyntaxError)
        yield* input.json
          ? output.json({ time, connection, from, malformed: message.message })
          : output.line(`${head} ${output.paint("red", message.message)}`)
      else
        yield* input.json
          ? output.json({ time, connection, from, ...messageJson(message) })
          : output.line(`${head} ${messageText(message, output.paint)}`)
    })
  const now = Effect.map(Clock.currentTimeMillis, (milliseconds) => milliseconds / 1000)

  /** Passes on what one side says, as it is, and shows it. */
  const pump = Effect.fnUntraced(function* (
    connection: number,
    from: "client" | "device",
    pull: Socket.Reader["pull"],
    { writeAll }: Socket.Writer
  ) {
    const parser = new Parser()
    while (true) {
      const chunks = (yield* pull).map((chunk) => (typeof chunk === "string" ? encoder.encode(chunk) : chunk))
      const time = yield* now
      for (const chunk of chunks) {
        parser.feed(chunk)
        for (let next = parser.next(); next !== undefined; next = parser.next())
          yield* show({ time, connection, from, message: next instanceof ParsedMessage ? next.own() : next })
      }
      // behind that, so that what is answered is shown before its answer
      const [first, ...others] = chunks
      if (first !== undefined) yield* writeAll([first, ...others])
    }
  })

  const serve = (socket: Socket.Socket) =>
    Effect.gen(function* () {
      const connection = ++connections
      const near = yield* socket.reader
      const nearWriter = yield* socket.writer
      yield* show({ time: yield* now, connection, from: "client", event: "connected" })
      const device = yield* Layer.build(NodeClient.tcp({ host: host.host, port: host.port }))
      const far = yield* Effect.provideContext(Socket.Socket, device)
      const talk = Effect.gen(function* () {
        const { pull } = yield* far.reader
        const farWriter = yield* far.writer
        // whoever ends first ends it for the other
        return yield* Effect.raceFirst(
          pump(connection, "client", near.pull, farWriter),
          pump(connection, "device", pull, nearWriter)
        )
      })
      const error = yield* Effect.flip(Effect.scoped(talk))
      const time = yield* now
      yield* show({ time, connection, from: "device", event: endOf(error) })
    }).pipe(Effect.scoped, Effect.ignore)

  return yield* Effect.mapError(server.run(serve), (error) =>
    unasked(`cannot listen at ${server.text}: ${error.message}`)
  )
}, Effect.scoped)

/** How a connection has ended, in words. */
const endOf = (error: unknown): string => {
  if (!Socket.isSocketError(error)) return `lost: ${causeOf(error)}`
  if (error.reason._tag === "SocketCloseError") return "closed"
  return error.reason._tag === "SocketOpenError" ? `not reached: ${causeOf(error)}` : `lost: ${causeOf(error)}`
}

/** What writes entries to the file; nothing where there is none. */
const recorder = (file: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(file)) return () => Effect.void
    const files = yield* FileSystem.FileSystem
    const handle = yield* Effect.mapError(files.open(file.value, { flag: "w" }), (error) =>
      unasked(`cannot write to ${file.value}: ${causeOf(error)}`)
    )
    return (entry: Entry) => Effect.orDie(handle.writeAll(encoder.encode(`${encodeEntry(entry)}\n`)))
  })
