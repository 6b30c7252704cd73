import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import type * as Stream from "effect/Stream"
import type { ParsedMessage } from "../../Codec/index.ts"
import { Recurrences } from "../../Interface/index.ts"
import type { KatcpSyntaxError, Message } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import { Broadcast } from "./Broadcast.ts"
import type { Fault } from "./Negotiation.ts"

/**
 * A protocol anomaly: a message that the device should not have sent, or that nobody takes. The client never answers one;
 * it counts and logs it (Rev 5.1 §2). Of each kind and sensor the first five are logged one by one. Later ones are logged
 * as a number, each time that the number has doubled.
 *
 * - `BadLine`: a line that is no message (logged at Warn);
 * - `CutLine`: the connection ended within a line, after so many bytes of it (Warn);
 * - `UnexpectedReply`: a reply that no request waits for: an unknown id or name, or a second reply (Warn);
 * - `LateReply`: a reply to a request that was given up, timed out or sent by `send` (Debug);
 * - `UnexpectedInform`: an inform with an id that no request waits for (Debug);
 * - `UnknownRequest`: a request of the device without a handler, which is answered `invalid` (Debug);
 * - `LostInforms`: a subscriber is too slow, and so many informs were dropped since the last report (Warn);
 * - `ProtocolFault`: the device contradicts the preset protocol (Warn);
 * - `BadDescription`: an inform of `?sensor-list` that makes no sense. A sensor of unknown type is taken for text. A sensor
 *   with bad limits keeps its type and has no limits (Warn);
 * - `BadReading`: a reading that makes no sense, or is not of the sensor's type. It is dropped (Warn);
 * - `SamplingRefused`: a strategy that does not fit a sensor, or that the device refuses for it (Warn);
 * - `BadInform`: an inform that does not fit the fields of its typed handler, which is not called (Warn);
 * - `BadHint`: a time-out hint that is no time, negative or longer than ten days. It is not used (Warn).
 *
 * @category models
 * @since 0.1.0
 */
export type Anomaly =
  | { readonly _tag: "BadLine"; readonly error: KatcpSyntaxError }
  | { readonly _tag: "CutLine"; readonly bytes: number }
  | { readonly _tag: "UnexpectedReply"; readonly message: Message }
  | { readonly _tag: "LateReply"; readonly message: Message }
  | { readonly _tag: "UnexpectedInform"; readonly message: Message }
  | { readonly _tag: "UnknownRequest"; readonly message: Message }
  | { readonly _tag: "LostInforms"; readonly name: string | undefined; readonly count: number }
  | { readonly _tag: "ProtocolFault"; readonly fault: Fault }
  | { readonly _tag: "BadDescription"; readonly sensor: string; readonly detail: string }
  | { readonly _tag: "BadReading"; readonly sensor: string; readonly detail: string }
  | {
      readonly _tag: "SamplingRefused"
      readonly sensor: string
      readonly strategy: Strategy.Strategy
      readonly detail: string
    }
  | { readonly _tag: "BadInform"; readonly message: Message; readonly detail: string }
  | { readonly _tag: "BadHint"; readonly request: string; readonly hint: string }

/**
 * The number of anomalies of each kind, and a Stream of those to come. See {@link Anomaly}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnomalyReport {
  /** The number of each kind since the client was made. `LostInforms` counts informs. */
  readonly counts: Readonly<Record<Anomaly["_tag"], number>>
  /** The anomalies from now on. At most 1024 wait for a slow reader; then the oldest are dropped. It ends with the client. */
  readonly stream: Stream.Stream<Anomaly>
}

const levels: Record<Anomaly["_tag"], LogLevel.Severity> = {
  BadLine: "Warn",
  CutLine: "Warn",
  UnexpectedReply: "Warn",
  LateReply: "Debug",
  UnexpectedInform: "Debug",
  UnknownRequest: "Debug",
  LostInforms: "Warn",
  ProtocolFault: "Warn",
  BadDescription: "Warn",
  BadReading: "Warn",
  SamplingRefused: "Warn",
  BadInform: "Warn",
  BadHint: "Warn"
}

/**
 * Sensors whose anomalies are counted apart; all others count as one. Not measured: a bound for memory, more than a
 * person reads.
 */
const maxSensors = 100
/** Bytes of a bad line that are shown. Not measured: two lines of a terminal. */
const shown = 200
const decoder = new TextDecoder("latin1")

/**
 * Counts, logs and publishes anomalies. A device can send nonsense for ever, so the log is bounded by `Recurrences`: of each
 * kind and sensor the first few are logged, then their number now and then.
 */
export class Anomalies {
  readonly counts: Record<Anomaly["_tag"], number> = {
    BadLine: 0,
    CutLine: 0,
    UnexpectedReply: 0,
    LateReply: 0,
    UnexpectedInform: 0,
    UnknownRequest: 0,
    LostInforms: 0,
    ProtocolFault: 0,
    BadDescription: 0,
    BadReading: 0,
    SamplingRefused: 0,
    BadInform: 0,
    BadHint: 0
  }
  private readonly readers = new Broadcast<Anomaly>()
  private readonly kinds = new Recurrences()
  private readonly sensors = new Recurrences({ maxKinds: maxSensors })
  private readonly clock: Clock.Clock
  private readonly minimum: LogLevel.LogLevel
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>

  constructor(options: {
    readonly context: Context.Context<never>
    readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  }) {
    this.minimum = Context.get(options.context, References.MinimumLogLevel)
    this.clock = Context.get(options.context, Clock.Clock)
    this.run = options.run
  }

  /** Adds an anomaly with a message. The message is copied only if somebody reads or logs it. */
  message(tag: "UnexpectedReply" | "LateReply" | "UnexpectedInform" | "UnknownRequest", message: ParsedMessage): void {
    if (this.watched(tag)) this.add({ _tag: tag, message: message.own() })
    else this.counts[tag]++
  }

  add(anomaly: Anomaly): void {
    const tag = anomaly._tag
    this.counts[tag] += tag === "LostInforms" ? anomaly.count : 1
    this.readers.publish(anomaly)
    const text = () => describe(anomaly)
    if ("sensor" in anomaly) this.recurring(levels[tag], this.sensors, `${tag} ${anomaly.sensor}`, text)
    else this.recurring(levels[tag], this.kinds, tag, text)
  }

  /** Logs a recurring event: the first few of a kind, then their number now and then. */
  again(level: LogLevel.Severity, kind: string, text: () => string): void {
    this.recurring(level, this.kinds, kind, text)
  }

  private recurring(level: LogLevel.Severity, recurrences: Recurrences, kind: string, text: () => string): void {
    if (LogLevel.isGreaterThan(this.minimum, level)) return
    const suffix = recurrences.note(kind, Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6)
    if (suffix !== undefined) this.log(level, () => `${text()}${suffix}`)
  }

  /** Logs a text, which is made only if its level is logged. */
  log(
    level: LogLevel.Severity,
    text: () => string,
    annotated: (log: Effect.Effect<void>) => Effect.Effect<void> = identity
  ): void {
    if (LogLevel.isGreaterThan(this.minimum, level)) return
    this.run(annotated(Effect.logWithLevel(level)(text())))
  }

  get stream(): Stream.Stream<Anomaly> {
    return this.readers.stream
  }

  end(): void {
    this.readers.end()
  }

  private watched(tag: Anomaly["_tag"]): boolean {
    return this.readers.watched || !LogLevel.isGreaterThan(this.minimum, levels[tag])
  }
}

const describe = (anomaly: Anomaly): string => {
  switch (anomaly._tag) {
    case "BadLine": {
      const { error } = anomaly
      return `a line that is no message: ${error.message}: ${JSON.stringify(decoder.decode(error.raw.subarray(0, shown)))}`
    }
    case "CutLine":
      return `the connection ended within a line, ${anomaly.bytes} bytes of it are lost`
    case "UnexpectedReply":
      return `a reply that nobody waits for: ${anomaly.message}`
    case "LateReply":
      return `a reply that comes too late: ${anomaly.message}`
    case "UnexpectedInform":
      return `an inform that no request waits for: ${anomaly.message}`
    case "UnknownRequest":
      return `a request of the device that has no handler: ${anomaly.message}`
    case "LostInforms":
      return `${anomaly.count} informs${anomaly.name === undefined ? "" : ` #${anomaly.name}`} were dropped: their reader is too slow`
    case "ProtocolFault":
      return anomaly.fault.message
    case "BadDescription":
      return `the description of sensor ${anomaly.sensor} makes no sense: ${anomaly.detail}`
    case "BadReading":
      return `a reading of sensor ${anomaly.sensor} makes no sense: ${anomaly.detail}`
    case "SamplingRefused":
      return `sensor ${anomaly.sensor} cannot be sampled by ${Strategy.toText(anomaly.strategy)}: ${anomaly.detail}`
    case "BadInform":
      return `an inform does not fit its handler: ${anomaly.message}: ${anomaly.detail}`
    case "BadHint":
      return `the time-out hint of ?${anomaly.request} makes no sense and is not used: ${JSON.stringify(anomaly.hint)}`
  }
}
