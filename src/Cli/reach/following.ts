/** Commands that continue while a device is away, and report it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Client from "../../Client/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { again, connect, type Reconnecting } from "./connect.ts"
import type { Host } from "./host.ts"
import { type Wanted, waitingFor } from "./waiting.ts"

/** A client that has connected once and reconnects from then on, and reports changes of its connection. */
export interface Followed {
  readonly client: Client.Client<never, never>
  /** Sets the sensors to report as missing if the device comes back without them. */
  readonly wants: (wanted: ReadonlyArray<Wanted>) => void
  /** The reason why there are no readings now. */
  readonly reason: () => string | undefined
}

/** Connects to a device, or fails; then reconnects whenever needed, and reports what it waits for. */
export const follow = (
  host: Host,
  reaching: Reconnecting,
  options: { readonly json: boolean; readonly quiet?: boolean | undefined }
): Effect.Effect<Followed, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* connect(host, reaching, again(reaching))
    let wanted: ReadonlyArray<Wanted> = []
    const waiting = waitingFor(
      client,
      host,
      () => wanted,
      ({ event, more, text }) =>
        options.json
          ? output.json({ event, host: host.text, ...more })
          : options.quiet === true
            ? Effect.void
            : output.note(visible(`katcp: ${text}`))
    )
    yield* Effect.forkScoped(waiting.run, { startImmediately: true })
    if (options.quiet !== true)
      yield* Effect.forkScoped(
        client.anomalies.stream.pipe(
          Stream.filter((anomaly) => anomaly._tag === "SamplingRefused" || anomaly._tag === "BadReading"),
          // only the first of each sensor: the anomaly repeats with each reading
          Stream.filter(firstOf(({ sensor }) => sensor)),
          Stream.zipWithIndex,
          Stream.takeWhile(([, index]) => index <= anomalies),
          Stream.runForEach(([anomaly, index]) =>
            output.note(
              index === anomalies ? "katcp: …, and more of this kind" : visible(`katcp: ${anomalyText(anomaly)}`)
            )
          )
        ),
        { startImmediately: true }
      )
    return {
      client,
      reason: waiting.reason,
      wants: (sensors) => {
        wanted = sensors
      }
    }
  })

/** Anomalies of sensors that are shown one by one. Not measured: people read no more. */
const anomalies = 8

type SensorAnomaly = Extract<Client.Anomaly, { readonly _tag: "SamplingRefused" | "BadReading" }>

/** Returns why a sensor has no readings, which otherwise would go unnoticed. */
const anomalyText = (anomaly: SensorAnomaly): string =>
  anomaly._tag === "SamplingRefused"
    ? `${anomaly.sensor} cannot be sampled by ${Strategy.toText(anomaly.strategy)}: ${anomaly.detail}`
    : `a reading of ${anomaly.sensor} is malformed: ${anomaly.detail}`

/** Returns a function that is `true` for the first item of each key. */
const firstOf = <A>(keyOf: (value: A) => string) => {
  const seen = new Set<string>()
  return (value: A): boolean => {
    const before = seen.size
    return seen.add(keyOf(value)).size > before
  }
}

/** Ends normally after a time, if one is given. */
export const until = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  milliseconds: number | undefined
): Effect.Effect<void, E, R> =>
  milliseconds === undefined ? Effect.asVoid(effect) : Effect.asVoid(Effect.timeoutOption(effect, milliseconds))
