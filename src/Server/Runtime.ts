import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { Dialect, encode, joinBytes, Turn } from "../Codec/index.ts"
import { type DeviceShape, Recurrences } from "../Interface/index.ts"
import { inform, type Protocol } from "../Message/index.ts"
import type { Timers } from "../Sampling/index.ts"
import type { Resolved } from "./Options.ts"
import { Counts } from "./Stats.ts"

/**
 * Kinds of incidents that the log counts separately; all others count as one. Not measured: a kind takes some 100
 * bytes, and the texts of defects give any number of kinds, so any bound works. 100 is more than a person reads.
 */
const maxKinds = 100

/** The informs that greet a new client, and the versions in them. */
interface Greeting {
  readonly versions: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: Uint8Array
  readonly count: number
}

const greetingOf = (versions: Greeting["versions"], { versionConnect }: Dialect.Dialect): Greeting => {
  const [, version = "", build = ""] = versions.find(([role]) => role === "katcp-device") ?? []
  const informs = versionConnect
    ? versions.map((words) => inform("version-connect", words))
    : [inform("version", [version]), inform("build-state", [build])]
  return { versions, lines: joinBytes(informs.map(encode)), count: informs.length }
}

/**
 * The shared tools of all parts of a server: options, device, clocks, counters, the log, and the ways to run effects.
 * It knows neither clients nor requests.
 */
export class Runtime {
  readonly options: Resolved
  readonly device: DeviceShape
  readonly protocol: Protocol
  readonly dialect: Dialect.Dialect
  /** Returns the current lines of `#version-connect`, in order (Rev 5.1 §4.2). */
  readonly versions: () => ReadonlyArray<ReadonlyArray<string>>
  /** `true` if {@link launch} can rebuild the device after `?restart`. */
  readonly restartable: boolean
  /** `true` if a tracer is installed: requests have spans only then. */
  readonly traced: boolean
  readonly dispatcher: Scheduler.SchedulerDispatcher
  readonly turn: Turn
  /** The deadlines of all sampling. */
  readonly timers: Timers
  readonly counts = new Counts()
  readonly clock: Clock.Clock
  /** The scope of handlers that cannot be interrupted when their client is gone: the server waits for it last. */
  readonly uninterruptible: Scope.Scope
  /** Runs handlers with the services of the device, and its log. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Runs the server's own effects. Their log records are never sent to clients (P-159). */
  readonly runOwn: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  private lastGreeting: Greeting | undefined = undefined
  private readonly recurrences = new Recurrences({ maxKinds })

  constructor(options: {
    readonly options: Resolved
    readonly device: DeviceShape
    readonly versions: () => ReadonlyArray<ReadonlyArray<string>>
    readonly restartable: boolean
    readonly context: Context.Context<never>
    readonly uninterruptible: Scope.Scope
    readonly timers: Timers
  }) {
    const { context, device } = options
    // handlers have no Scope: the device's Scope would outlive them
    const services = Context.omit(Scope.Scope)(Context.merge(context, device.context))
    this.options = options.options
    this.device = device
    this.protocol = options.options.protocol
    this.dialect = options.options.dialect ?? Dialect.of(this.protocol)
    this.versions = options.versions
    this.restartable = options.restartable
    this.traced = Context.getOrUndefined(services, Tracer.Tracer) !== undefined
    this.dispatcher = Context.get(context, Scheduler.Scheduler).makeDispatcher()
    this.turn = new Turn(this.dispatcher)
    this.timers = options.timers
    this.clock = Context.get(context, Clock.Clock)
    this.uninterruptible = options.uninterruptible
    this.run = Effect.runForkWith(services)
    this.runOwn = Effect.runForkWith(context)
  }

  /** Returns the informs that greet a new client, as lines. They are formatted again when the versions change. */
  greeting(): Greeting {
    const versions = this.versions()
    if (this.lastGreeting?.versions !== versions) this.lastGreeting = greetingOf(versions, this.dialect)
    return this.lastGreeting
  }

  /** Returns the current time in wire form. */
  time(): string {
    return this.dialect.formatTime(this.clock.currentTimeMillisUnsafe() / 1000)
  }

  /** Returns the milliseconds of the monotonic clock. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** Logs an incident that may recur: the first few of a kind one by one, then occasionally their number. */
  report(level: "Warn" | "Error", kind: string, text: string, cause?: Cause.Cause<unknown>): void {
    const suffix = this.recurrences.note(kind, this.now())
    if (suffix === undefined) return
    const log = level === "Error" ? Effect.logError : Effect.logWarning
    this.runOwn(cause === undefined ? log(`${text}${suffix}`) : log(`${text}${suffix}`, cause))
  }
}
