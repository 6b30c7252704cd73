import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"
import { Dialect, encode, type Turn } from "../Codec/index.ts"
import type { DeviceShape, LogRecord } from "../Interface/index.ts"
import { type ArgumentValue, make as makeMessage, type Protocol } from "../Message/index.ts"
import type { SensorSetChange } from "../Sensor/index.ts"
import type { Resolved } from "./Options.ts"
import type { Entry, RequestTable } from "./RequestTable.ts"
import type { Session } from "./Session.ts"

/** How long a client may take to read its last informs before the connection is cut, in milliseconds. */
const goodbye = 1000

const words = { Added: "added", Removed: "removed", Replaced: "modified" } as const

/** Why a server ended. */
export type Ending = "halt" | "restart"

/**
 * What all clients of a server share: the device, the table of requests, the list of clients, and what is sent to all
 * of them.
 */
export class Hub {
  readonly options: Resolved
  readonly device: DeviceShape
  readonly protocol: Protocol
  readonly dialect: Dialect.Dialect
  readonly turn: Turn
  readonly clock: Clock.Clock
  /** Whether somebody installed a tracer: only then requests get spans. */
  readonly traced: boolean
  /** The roles of `#version-connect`, in their order (Rev 5.1 §4.2). */
  readonly versions: ReadonlyArray<ReadonlyArray<string>>
  /** Makes the entry of a request that nobody knows. */
  readonly unhandled: ((name: string) => Entry) | undefined
  /** Whether somebody builds the device anew after `?restart`. */
  readonly restartable: boolean
  readonly clients = new Set<Session>()
  /** Set when `?halt`, `?restart` or the owner ends it. */
  readonly ending = Deferred.makeUnsafe<Ending>()
  requests: RequestTable = new Map()
  /** Whether new clients are turned away. */
  stopping = false
  /** Runs handlers and writes: with the services of the device, and its log. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Runs what the server does by itself: what it logs is never sent to clients (P-159). */
  private readonly runOwn: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

  constructor(options: {
    readonly options: Resolved
    readonly device: DeviceShape
    readonly versions: ReadonlyArray<ReadonlyArray<string>>
    readonly unhandled: ((name: string) => Entry) | undefined
    readonly context: Context.Context<never>
    readonly restartable: boolean
    readonly turn: Turn
  }) {
    this.options = options.options
    this.device = options.device
    this.protocol = options.options.protocol
    this.dialect = options.options.dialect ?? Dialect.of(this.protocol)
    this.turn = options.turn
    this.clock = Context.get(options.context, Clock.Clock)
    this.traced = Context.getOrUndefined(options.context, Tracer.Tracer) !== undefined
    this.versions = options.versions
    this.unhandled = options.unhandled
    this.restartable = options.restartable
    this.run = Effect.runForkWith(Context.merge(options.context, options.device.context))
    this.runOwn = Effect.runForkWith(options.context)
  }

  /** The time now, as it stands on the wire. */
  time(): string {
    return this.dialect.formatTime(this.clock.currentTimeMillisUnsafe() / 1000)
  }

  /** Writes a record to the server's own log, which is never sent to clients (P-159). */
  log(effect: Effect.Effect<void>): void {
    this.runOwn(effect)
  }

  /** An asynchronous inform to all clients, but for one. Formatted once. */
  broadcast(name: string, values: ReadonlyArray<ArgumentValue>, except?: Session): void {
    if (this.clients.size === 0) return
    const lines = encode(makeMessage("inform", name, values))
    for (const client of this.clients) if (client !== except) client.send(lines)
  }

  /** Sends a record of the device's log to all clients (Rev 5.1 §6). */
  readonly publish = (record: LogRecord): void => {
    this.broadcast("log", [record.severity, this.dialect.formatTime(record.timestamp), record.name, record.message])
  }

  /** Tells all clients that sensors came, went or were replaced (Rev 5.1 §4.2), where the version has it. */
  sensorsChanged(changes: ReadonlyArray<SensorSetChange>): void {
    if (!this.dialect.interfaceChanged) return
    if (this.options.interfaceChanged !== "each") return this.broadcast("interface-changed", ["sensor-list"])
    for (const { _tag, name } of changes) this.broadcast("interface-changed", ["sensor", name, words[_tag]])
  }

  /** Gives up a client that does not read, without a word: it would not read that either. */
  abandon(client: Session, why: string): void {
    if (!client.alive) return
    client.alive = false
    this.log(Effect.logWarning(`disconnecting ${client.address}: ${why}`))
    client.cut()
  }

  /** Sends `#disconnect`, waits a little until it is read, and closes the connection (Rev 5.1 §4.2). */
  disconnect(client: Session, reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!client.alive) return Effect.void
      client.write("inform", "disconnect", undefined, [reason])
      client.alive = false
      const leaving = Effect.map(Effect.timeoutOption(client.drained, goodbye), (drained) =>
        drained._tag === "Some" ? client.close() : client.cut()
      )
      // in a fiber of its own, since a request of this very client may be what asks for it
      this.runOwn(leaving)
      return Effect.void
    })
  }

  /** Ends the server: fails what is in flight, says goodbye to all clients, closes their connections. */
  stop(reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.stopping = true
      const clients = [...this.clients]
      for (const client of clients) client.cancel("Request cancelled: the device stops.")
      return Effect.andThen(
        Effect.forEach(clients, (client) => this.disconnect(client, reason), { discard: true }),
        Effect.forEach(clients, (client) => Fiber.await(client.fiber), { discard: true, concurrency: "unbounded" })
      )
    })
  }
}
