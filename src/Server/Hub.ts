import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { Dialect, encode, Turn } from "../Codec/index.ts"
import { type DeviceShape, type LogRecord, Recurrences, type Role } from "../Interface/index.ts"
import {
  type ArgumentValue,
  errorText,
  isName,
  type Message,
  make as makeMessage,
  type Protocol
} from "../Message/index.ts"
import type { Timers } from "../Sampling/index.ts"
import type { SensorSetChange } from "../Sensor/index.ts"
import { Admission } from "./Admission.ts"
import { Arrivals } from "./Arrivals.ts"
import type { Visitor } from "./access/Access.ts"
import { AuditTrail } from "./audit/AuditTrail.ts"
import { ClientLogLevels } from "./ClientLogLevels.ts"
import { IdleClients } from "./IdleClients.ts"
import { Listeners } from "./Listeners.ts"
import type { Resolved } from "./Options.ts"
import { type Entry, type RequestTable, refusing } from "./RequestTable.ts"
import { Services } from "./Services.ts"
import type { Session } from "./Session.ts"
import { Stalls } from "./Stalls.ts"
import { Counts, type Stats } from "./Stats.ts"
import { Stop } from "./Stop.ts"
import { TotalBytes } from "./TotalBytes.ts"

/** So many kinds of incidents are told apart in the log: with the texts of defects in them, there may be any number. */
const reported = 100

const words = { Added: "added", Removed: "removed", Replaced: "modified", Modified: "modified" } as const

/**
 * What all clients of a server share: the device, the table of requests, the list of clients, and what is sent to all
 * of them.
 */
export class Hub {
  readonly options: Resolved
  readonly device: DeviceShape
  readonly protocol: Protocol
  readonly dialect: Dialect.Dialect
  readonly requests: RequestTable
  /** Makes the entry of a request that is not among them. */
  unhandled: (name: string) => Entry
  /** Makes the entry of a reply or inform, where somebody is interested in those. */
  readonly unasked: ((message: Message) => Entry) | undefined
  /** The roles of `#version-connect` as they are now, in their order (Rev 5.1 §4.2). */
  readonly versions: () => ReadonlyArray<ReadonlyArray<string>>
  /** Whether somebody builds the device anew after `?restart`. */
  readonly restartable: boolean
  /** Whether somebody installed a tracer: only then requests get spans. */
  readonly traced: boolean
  readonly turn: Turn
  /** The deadlines of all sampling. */
  readonly timers: Timers
  readonly clients = new Set<Session>()
  readonly counts = new Counts()
  /** The levels of single clients, where the device offers them. */
  readonly logLevels: ClientLogLevels | undefined
  readonly listeners = new Listeners(this)
  readonly services = new Services(this)
  readonly stop = new Stop(this)
  readonly stalls = new Stalls(this)
  readonly admission = new Admission(this)
  readonly totalBytes = new TotalBytes(this)
  private readonly idleClients = new IdleClients(this)
  private readonly recurrences = new Recurrences({ maxKinds: reported })
  /** Where handlers go on that cannot be interrupted when their client is gone. */
  readonly strays: Scope.Scope
  /** What clients are told when the server ends, from then on. */
  stopping: string | undefined = undefined
  /** Runs handlers: with the services of the device, and its log. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Runs what the server does by itself: what it logs is never sent to clients (P-159). */
  readonly runOwn: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Where requests that need more than `read` are recorded; undefined if they are not. */
  readonly audit: AuditTrail | undefined
  readonly clock: Clock.Clock
  private readonly arrivals: Arrivals
  private unobserve: (() => void) | undefined = undefined

  constructor(options: {
    readonly options: Resolved
    readonly device: DeviceShape
    readonly requests: RequestTable
    readonly unhandled: (name: string) => Entry
    readonly unasked: ((message: Message) => Entry) | undefined
    readonly versions: () => ReadonlyArray<ReadonlyArray<string>>
    readonly restartable: boolean
    readonly context: Context.Context<never>
    readonly strays: Scope.Scope
    readonly timers: Timers
  }) {
    const { context, device } = options
    const dispatcher = Context.get(context, Scheduler.Scheduler).makeDispatcher()
    // handlers have no Scope: that of the device would outlive them
    const services = Context.omit(Scope.Scope)(Context.merge(context, device.context))
    this.options = options.options
    this.device = device
    this.protocol = options.options.protocol
    this.dialect = options.options.dialect ?? Dialect.of(this.protocol)
    this.requests = options.requests
    this.unhandled = options.unhandled
    this.unasked = options.unasked
    this.logLevels = options.options.clientLogLevels ? new ClientLogLevels(device.log) : undefined
    this.versions = options.versions
    this.restartable = options.restartable
    this.traced = Context.getOrUndefined(services, Tracer.Tracer) !== undefined
    this.turn = new Turn(dispatcher)
    this.strays = options.strays
    this.timers = options.timers
    this.run = Effect.runForkWith(services)
    this.runOwn = Effect.runForkWith(context)
    this.clock = Context.get(context, Clock.Clock)
    this.arrivals = new Arrivals(this.clients, dispatcher)
    const { audit } = options.options
    this.audit = audit === false ? undefined : new AuditTrail({ ...audit, run: this.runOwn, clock: this.clock })
  }

  /** The role of a client that has just come; `none` if the rules cannot be read. */
  roleOf(visitor: Visitor): Role {
    try {
      return this.options.roleOf(visitor)
    } catch (defect) {
      const why = errorText(defect)
      this.report("Error", "access", `the rules of access cannot be read, nobody is let in: ${why}`)
      return "none"
    }
  }

  /** The time now, as it stands on the wire. */
  time(): string {
    return this.dialect.formatTime(this.clock.currentTimeMillisUnsafe() / 1000)
  }

  /** Logs an incident that may happen again and again: the first few of a kind, then their number now and then. */
  report(level: "Warn" | "Error", kind: string, text: string, cause?: Cause.Cause<unknown>): void {
    const suffix = this.recurrences.note(kind, this.now())
    if (suffix === undefined) return
    const log = level === "Error" ? Effect.logError : Effect.logWarning
    this.runOwn(cause === undefined ? log(`${text}${suffix}`) : log(`${text}${suffix}`, cause))
  }

  /** Milliseconds of a clock that never jumps. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** How many pairs of client and sensor are sampled. */
  get sampled(): number {
    return this.sum((client) => client.sampled)
  }

  /** How many requests run. */
  get inFlight(): number {
    return this.sum((client) => client.inFlight)
  }

  /** How many bytes wait for clients. */
  get queuedBytes(): number {
    return this.sum((client) => client.backlog)
  }

  get stats(): Stats {
    return {
      clients: this.clients.size,
      sampled: this.sampled,
      inFlight: this.inFlight,
      queuedBytes: this.queuedBytes,
      requests: new Map(Array.from(this.requests.values(), ({ count, name }) => [name, count])),
      ...this.counts
    }
  }

  private sum(of: (client: Session) => number): number {
    let sum = 0
    for (const client of this.clients) sum += of(client)
    return sum
  }

  /** A client has connected: the others are told; without flag M it takes the place of the one before (Rev 5.1 §8, §9). */
  join(session: Session): void {
    const { multiClient } = this.protocol
    const replaced = multiClient ? [] : [...this.clients]
    if (multiClient) session.arrival = this.arrivals.add(session.address)
    // nobody listens to the log while there is no client
    if (this.clients.size === 0) this.unobserve = this.device.log.observe(this.publish, this.logLevels?.level)
    this.clients.add(session)
    this.idleClients.watch()
    this.logLevels?.join(session)
    for (const other of replaced) other.dismiss(`New client connected from ${session.address}.`)
    if (this.stopping !== undefined) session.dismiss(this.stopping)
  }

  /** A client has gone; false where it never came. */
  leave(session: Session): boolean {
    const joined = this.clients.delete(session)
    if (joined && this.clients.size === 0) this.unobserve?.()
    this.logLevels?.leave(session)
    return joined
  }

  /** The lines of an asynchronous inform, if it may be one. Throws a `TypeError` where it may not. */
  lines(name: string, values: ReadonlyArray<ArgumentValue>): Uint8Array {
    if (!isName(name)) throw new TypeError(`${JSON.stringify(name)} is no message name`)
    if (this.requests.has(name))
      throw new TypeError(`#${name}: an asynchronous inform must not bear the name of a request (Rev 5.1 §2.3)`)
    return encode(makeMessage("inform", name, values))
  }

  /** Sends whole lines to all clients. */
  broadcast(lines: Uint8Array): void {
    this.arrivals.tell()
    for (const client of this.clients) client.send(lines)
  }

  /** Tells all clients that sensors came, went or were replaced (Rev 5.1 §4.2), where the version has it. */
  sensorsChanged(changes: ReadonlyArray<SensorSetChange>): void {
    if (!this.dialect.interfaceChanged || this.clients.size === 0) return
    if (this.options.interfaceChanged !== "each")
      return this.broadcast(encode(makeMessage("inform", "interface-changed", ["sensor-list"])))
    for (const { _tag, name } of changes)
      this.broadcast(encode(makeMessage("inform", "interface-changed", ["sensor", name, words[_tag]])))
  }

  /** Waits until no request is in flight. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.forEach([...this.clients], (client) => client.idle, { concurrency: "unbounded", discard: true })
    )
  }

  /** The server stops: whatever is requested from now on fails, and clients that come are told so. */
  refuseAll(reason: string): void {
    this.stopping = reason
    this.unhandled = (name) => refusing(name, "fail", "Request refused: the device stops.")
    // the entries stay those that are counted
    for (const entry of this.requests.values()) entry.handle = this.unhandled(entry.name).handle
  }

  /** Fails what is in flight. */
  cancelAll(): void {
    this.arrivals.tell()
    for (const client of this.clients) client.cancel("Request cancelled: the device stops.")
  }

  /** Says goodbye to all clients, whose connections then close. */
  dismissAll(reason: string): void {
    for (const client of this.clients) client.dismiss(reason)
  }

  /** Sends a record of the device's log to all clients (Rev 5.1 §6). */
  private readonly publish = ({ message, name, severity, timestamp }: LogRecord): void => {
    const line = encode(makeMessage("inform", "log", [severity, this.dialect.formatTime(timestamp), name, message]))
    if (this.logLevels === undefined) return this.broadcast(line)
    this.arrivals.tell()
    for (const client of this.clients) if (this.logLevels.lets(client, severity)) client.send(line)
  }
}
