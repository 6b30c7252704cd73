/**
 * Records the messages of a connection in both directions.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Parser } from "../Codec/index.ts"
import { KatcpSyntaxError, type Kind, type Message } from "../Message/index.ts"
import { Journal } from "./Journal.ts"
import { wireText } from "./wireText.ts"

/**
 * A recorded message.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorded {
  /** The direction: sent or received by this end. */
  readonly direction: "sent" | "received"
  readonly message: Message
  /** The time in milliseconds since 1970, by the Clock. */
  readonly time: number
}

/**
 * A selection of messages. Omitted conditions match everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface Filter {
  /** Only those that this end has sent, or received. */
  readonly direction?: Recorded["direction"] | undefined
  /** Only requests, replies or informs. */
  readonly kinds?: ReadonlyArray<Kind> | undefined
  /** Only messages of these names. */
  readonly names?: ReadonlyArray<string> | undefined
  /** No messages of these names. */
  readonly except?: ReadonlyArray<string> | undefined
  /** Only messages whose wire line a regular expression matches: `/^#sensor-status .* azimuth /`. */
  readonly line?: RegExp | undefined
}

/**
 * Records all messages of the connections of a Socket.
 *
 * @category services
 * @since 0.1.0
 */
export class Recorder extends Context.Service<
  Recorder,
  {
    /** All messages so far. */
    readonly messages: (filter?: Filter) => ReadonlyArray<Recorded>
    /** The messages from now on, until the scope closes. */
    readonly record: (filter?: Filter) => Effect.Effect<Journal<Recorded>, never, Scope.Scope>
    /** The malformed lines so far, in either direction. */
    readonly badLines: ReadonlyArray<KatcpSyntaxError>
  }
>()("katcp/Testing/Recorder") {}

const isMeant = (filter: Filter, { direction, message }: Recorded): boolean =>
  (filter.direction === undefined || filter.direction === direction) &&
  (filter.kinds === undefined || filter.kinds.includes(message.kind)) &&
  (filter.names === undefined || filter.names.includes(message.name)) &&
  filter.except?.includes(message.name) !== true &&
  (filter.line === undefined || wireText(message).search(filter.line) !== -1)

const show = ({ direction, message, time }: Recorded): string =>
  `${time} ${direction === "sent" ? "->" : "<-"} ${wireText(message)}`

const encoder = new TextEncoder()

/** Records the traffic of a connection. */
class Recording {
  readonly messages: Array<Recorded> = []
  readonly badLines: Array<KatcpSyntaxError> = []
  readonly journals = new Set<{ readonly filter: Filter; readonly journal: Journal<Recorded> }>()
  private readonly clock: Clock.Clock

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** Returns a function that takes the bytes of one direction of a connection. */
  head(direction: Recorded["direction"]): (chunks: ReadonlyArray<Uint8Array | string>) => void {
    const parser = new Parser()
    return (chunks) => {
      const time = this.clock.currentTimeMillisUnsafe()
      for (const chunk of chunks)
        for (const found of parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk)) {
          if (found instanceof KatcpSyntaxError) this.badLines.push(found)
          else this.add({ direction, message: found.own(), time })
        }
    }
  }

  private add(recorded: Recorded): void {
    this.messages.push(recorded)
    for (const { filter, journal } of this.journals) if (isMeant(filter, recorded)) journal.add(recorded)
  }
}

/**
 * Wraps a Socket. Returns the wrapped Socket, and the recorder of its connections.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Socket from "effect/socket/Socket"
 * import { Client } from "katcp"
 * import { Recorder } from "katcp/Testing"
 *
 * export const recorded = Effect.gen(function* () {
 *   const [socket, recorder] = yield* Recorder.tap(yield* Socket.Socket)
 *   const client = yield* Effect.provideService(Client.make(), Socket.Socket, socket)
 *   const informs = yield* recorder.record({ kinds: ["inform"], names: ["sensor-status"] })
 *   yield* client.call("sensor-sampling", ["azimuth", "event"])
 *   return yield* informs.take(1)
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const tap = (socket: Socket.Socket): Effect.Effect<readonly [Socket.Socket, Recorder["Service"]]> =>
  Clock.clockWith((clock) => {
    const recording = new Recording(clock)
    const reader = Effect.map(socket.reader, ({ pull, upgrade }) => {
      const head = recording.head("received")
      return { upgrade, pull: Effect.tap(pull, (chunks) => Effect.sync(() => head(chunks))) }
    })
    const writer = Effect.map(socket.writer, ({ write, writeAll }): Socket.Writer => {
      const head = recording.head("sent")
      return {
        write: (chunk) =>
          Effect.suspend(() => {
            if (!Socket.isCloseEvent(chunk)) head([chunk])
            return write(chunk)
          }),
        writeAll: (chunks) =>
          Effect.suspend(() => {
            head(chunks)
            return writeAll(chunks)
          })
      }
    })
    const recorder = Recorder.of({
      messages: (filter = {}) => recording.messages.filter((recorded) => isMeant(filter, recorded)),
      record: (filter = {}) =>
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => {
              const entry = { filter, journal: new Journal<Recorded>("recorded messages", show) }
              recording.journals.add(entry)
              return entry
            }),
            (entry) => Effect.sync(() => recording.journals.delete(entry))
          ),
          ({ journal }) => journal
        ),
      get badLines() {
        return recording.badLines.slice()
      }
    })
    return Effect.succeed([{ ...socket, ...Socket.make({ reader, writer }) }, recorder] as const)
  })

/**
 * Inserts a recorder in front of the provided Socket.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Recorder | Socket.Socket, never, Socket.Socket> = Layer.effectContext(
  Effect.map(Effect.flatMap(Socket.Socket, tap), ([socket, recorder]) =>
    Context.make(Socket.Socket, socket).pipe(Context.add(Recorder, recorder))
  )
)
