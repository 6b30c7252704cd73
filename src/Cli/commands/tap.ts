/** Relays and shows the messages between clients and a device. */

import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"
import { ParsedMessage, Parser } from "../../Codec/index.ts"
import { causeOf, KatcpSyntaxError } from "../../Message/index.ts"
import { Ending } from "../Ending.ts"
import { stopwatch } from "../elapsed.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { disconnectFirst } from "../reach/disconnectFirst.ts"
import { listen } from "../reach/listen.ts"
import { hostOf } from "../reach/targets.ts"
import type { Entry } from "../recording.ts"
import { messageJson, messageText } from "../show/messages.ts"
import { Output } from "../show/Output.ts"
import { timeText, zoneOf } from "../show/time.ts"
import { openRecorder } from "./tap/recorder.ts"

const config = {
  words: flags.words("LISTEN HOST", "The address to listen on, PORT or HOST:PORT, and the device behind it"),
  record: Flag.String("record").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Record all traffic in a file, one JSON object a line, for katcp replay"),
    Flag.optional
  ),
  access: flags.access,
  utc: flags.utc,
  ...flags.dialling,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

type Side = "client" | "device"

const encoder = new TextEncoder()

const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  const [at, ...rest] = input.words
  if (at === undefined) return yield* cannotRun("give the address to listen on: PORT or HOST:PORT")
  const { host, rest: more } = yield* hostOf(input, rest)
  if (more.length > 0) return yield* cannotRun(`too many arguments: ${more.join(" ")}; expected one device`)
  const output = yield* Output
  const zone = zoneOf(input)
  const elapsed = yield* stopwatch
  const record = Option.isNone(input.record) ? () => Effect.void : yield* openRecorder(input.record.value)
  const server = yield* listen(at, input.access)
  yield* input.json
    ? output.json({ event: "listening", at: server.text, device: host.text })
    : output.note(`katcp: clients of ${server.text} reach ${host.text}`)
  yield* output.flush
  yield* (yield* Ending).serves
  let connections = 0
  // both directions of all connections share a file and a terminal: one line at a time
  const turn = yield* Semaphore.make(1)

  const show = (entry: Entry) => turn.withPermit(shown(entry))
  const shown = (entry: Entry) =>
    Effect.gen(function* () {
      yield* record(entry)
      const { connection, from, time } = entry
      const arrow = from === "client" ? output.paint("cyan", ">") : output.paint("magenta", "<")
      const head = `${output.paint("grey", timeText(time, zone))} ${connection} ${arrow}`
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
  const now = Effect.map(Clock.currentTimeMillis, (milliseconds) => ({
    time: milliseconds / 1000,
    elapsed: elapsed()
  }))

  /**
   * Passes on the bytes of one side unchanged, and shows its messages. Ends when that side ends its half of the
   * connection.
   */
  const pump = Effect.fnUntraced(function* (
    connection: number,
    from: Side,
    parser: Parser,
    pull: Socket.Reader["pull"],
    { writeAll }: Socket.Writer
  ) {
    while (true) {
      const pulled = yield* Effect.catchIf(pull, isEnd, () => Effect.undefined)
      if (pulled === undefined) return
      const chunks = pulled.map((chunk) => (typeof chunk === "string" ? encoder.encode(chunk) : chunk))
      const when = yield* now
      for (const chunk of chunks) {
        parser.feed(chunk)
        for (let next = parser.next(); next !== undefined; next = parser.next())
          yield* show({ ...when, connection, from, message: next instanceof ParsedMessage ? next.own() : next })
      }
      // the rest follows after that, so a request is shown before its answer
      const [first, ...others] = chunks
      if (first !== undefined) yield* writeAll([first, ...others])
    }
  })

  const serve = (socket: Socket.Socket) =>
    Effect.gen(function* () {
      const connection = ++connections
      const near = yield* socket.reader
      const nearWriter = yield* half(socket)
      yield* show({ ...(yield* now), connection, from: "client", event: "connected" })
      const device = yield* Layer.build(host.dial)
      const far = yield* Effect.provideContext(Socket.Socket, device)
      const spoken = new Parser()
      const ended = new Set<Side>()
      /** Relays one half of the connection to its end, which is passed on. */
      const passOn = (from: Side, parser: Parser, pull: Socket.Reader["pull"], { end, writer }: PeerSocket) =>
        Effect.gen(function* () {
          yield* pump(connection, from, parser, pull, writer)
          if (ended.add(from).size === 1) yield* show({ ...(yield* now), connection, from, event: "ended" })
          yield* end
        })
      const relay = Effect.gen(function* () {
        const { pull } = yield* far.reader
        const farWriter = yield* half(far)
        yield* Effect.all(
          [passOn("client", new Parser(), near.pull, farWriter), passOn("device", spoken, pull, nearWriter)],
          { concurrency: 2 }
        )
      })
      const ending = yield* disconnectFirst(Effect.exit(Effect.scoped(relay)), "The tap has ended.", {
        // within a line of the device it would not be a message
        write: (chunk) => (spoken.pending > 0 ? Effect.void : nearWriter.writer.write(chunk))
      })
      yield* show({ ...(yield* now), connection, from: "device", event: endOf(ending, ended) })
    }).pipe(Effect.scoped, Effect.ignore)

  return yield* Effect.mapError(server.run(serve), (error) =>
    cannotRun(`cannot listen on ${server.text}: ${error.message}`)
  )
}, Effect.scoped)

/** `katcp tap`. */
export const tap = Command.make("tap", config, handler).pipe(
  Command.withDescription("Relay between clients and a device, and show the messages of both"),
  Command.withExamples([
    { command: "katcp tap 7148 dish-7", description: "Clients of port 7148 reach dish-7" },
    { command: "katcp tap 7148 dish-7 --record session.ndjson", description: "Record it" }
  ])
)

/** Returns `true` for an orderly end of input: the other half of the connection may continue. */
const isEnd = ({ reason }: Socket.SocketError): boolean => reason._tag === "SocketCloseError" && reason.code === 1000

interface PeerSocket {
  readonly writer: Socket.Writer
  /** Ends the outgoing half: the other end sees the end of its input. */
  readonly end: Effect.Effect<void>
}

/** The outgoing half of a connection. */
const half = (socket: Socket.Socket): Effect.Effect<PeerSocket, Socket.SocketError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const writer = yield* Scope.provide(socket.writer, scope)
    return { writer, end: Scope.close(scope, Exit.void) }
  })

/** Returns the end of a connection in words. */
const endOf = (exit: Exit.Exit<unknown, unknown>, ended: ReadonlySet<Side>): string => {
  if (exit._tag === "Success") return "closed"
  const error = Cause.squash(exit.cause)
  if (!Socket.isSocketError(error)) return `lost: ${causeOf(error)}`
  if (error.reason._tag === "SocketOpenError") return `not reached: ${causeOf(error)}`
  // a client that has closed does not read later messages of the device
  return error.reason._tag === "SocketCloseError" || ended.has("client") ? "closed" : `lost: ${causeOf(error)}`
}
