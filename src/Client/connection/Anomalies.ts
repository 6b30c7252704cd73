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
 * A protocol anomaly: a message that the device should not have sent, or that has no receiver. The client never answers
 * one; it counts and logs it (Rev 5.1 §2). The first five of each kind and sensor are logged one by one. Later ones are
 * logged as a number, each time the number has doubled.
 *
 * - `BadLine`: a line that is not a message (logged at Warn);
 * - `CutLine`: the connection ended within a line, after this many bytes of it (Warn);
 * - `UnexpectedReply`: a reply without a waiting request: an unknown id or name, or a second reply (Warn);
 * - `LateReply`: a reply to a request that was abandoned, timed out or sent by `send` (Debug);
 * - `UnexpectedInform`: an inform with an id of no waiting request (Debug);
 * - `UnknownRequest`: a request of the device without a handler, which is answered with `invalid` (Debug);
 * - `LostInforms`: a subscriber is too slow, and this many informs were dropped since the last report (Warn);
 * - `ProtocolFault`: the device contradicts the preset protocol (Warn);
 * - `BadDescription`: a malformed inform of `?sensor-list`. A sensor of unknown type is treated as text. A sensor with
 *   bad limits keeps its type and has no limits (Warn);
 * - `BadReading`: a reading that is malformed, or not of the sensor's type. It is dropped (Warn);
 * - `SamplingRefused`: a strategy that does not fit a sensor, or that the device refuses for it (Warn);
 * - `BadInform`: an inform that does not fit the fields of its typed handler, which is not called (Warn);
 * - `BadHint`: a timeout hint that is not a time, is negative or longer than ten days. It is not used (Warn).
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
 * The number of anomalies of each kind, and a Stream of new ones. See {@link Anomaly}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnomalyReport {
  /** The number of each kind since the client was created. `LostInforms` counts informs. */
  readonly counts: Readonly<Record<Anomaly["_tag"], number>>
  /**
   * The anomalies from now on. At most 1024 wait for a slow reader; then the oldest are dropped. Ends with the client.
   */
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
 * Sensors whose anomalies are counted separately; all others count as one. Not measured: a bound for memory, more than
 * a person reads.
 */
const maxSensors = 100
/** Bytes of a bad line that are shown. Not measured: two lines of a terminal. */
const shown = 200
const decoder = new TextDecoder("latin1")

/**
 * Counts, logs and publishes anomalies. A device can send nonsense for ever, so `Recurrences` bounds the log: it logs
 * the first few of each kind and sensor, then occasionally their number.
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

  /** Adds an anomaly with a message. Copies the message only if it is read or logged. */
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

  /** Logs a recurring event: the first few of a kind, then occasionally their number. */
  again(level: LogLevel.Severity, kind: string, text: () => string): void {
    this.recurring(level, this.kinds, kind, text)
  }

  private recurring(level: LogLevel.Severity, recurrences: Recurrences, kind: string, text: () => string): void {
    if (LogLevel.isGreaterThan(this.minimum, level)) return
    const suffix = recurrences.note(kind, Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6)
    if (suffix !== undefined) this.log(level, () => `${text()}${suffix}`)
  }

  /** Logs a text, which is built only if its level is logged. */
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
      return `a line that is not a message: ${error.message}: ${JSON.stringify(decoder.decode(error.raw.subarray(0, shown)))}`
    }
    case "CutLine":
      return `the connection ended within a line; its ${anomaly.bytes} bytes are lost`
    case "UnexpectedReply":
      return `a reply without a waiting request: ${anomaly.message}`
    case "LateReply":
      return `a late reply: ${anomaly.message}`
    case "UnexpectedInform":
      return `an inform without a waiting request: ${anomaly.message}`
    case "UnknownRequest":
      return `a request of the device without a handler: ${anomaly.message}`
    case "LostInforms":
      return `${anomaly.count} informs${anomaly.name === undefined ? "" : ` #${anomaly.name}`} were dropped: their reader is too slow`
    case "ProtocolFault":
      return anomaly.fault.message
    case "BadDescription":
      return `the description of sensor ${anomaly.sensor} is malformed: ${anomaly.detail}`
    case "BadReading":
      return `a reading of sensor ${anomaly.sensor} is malformed: ${anomaly.detail}`
    case "SamplingRefused":
      return `sensor ${anomaly.sensor} cannot be sampled by ${Strategy.toText(anomaly.strategy)}: ${anomaly.detail}`
    case "BadInform":
      return `an inform does not fit its handler: ${anomaly.message}: ${anomaly.detail}`
    case "BadHint":
      return `the timeout hint of ?${anomaly.request} is malformed and not used: ${JSON.stringify(anomaly.hint)}`
  }
}
