import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import { every } from "./every.ts"
import type { LiveSensor } from "./LiveSensor.ts"
import { repeatedly } from "./poll.ts"
import { make, type Sensor } from "./Sensor.ts"
import type { SensorSet } from "./SensorSet.ts"
import type { Status } from "./Status.ts"

/**
 * The states of a clock, as named by the Linux kernel: synchronised (`ok`), a leap second to be inserted (`ins`) or
 * deleted (`del`) at the end of the day, in progress (`oop`), just over (`wait`), not synchronised (`error`).
 *
 * @category constants
 * @since 0.1.0
 */
export const clockStates = ["ok", "ins", "del", "oop", "wait", "error"] as const

/**
 * A state of a clock: one of `clockStates`.
 *
 * @category models
 * @since 0.1.0
 */
export type ClockState = (typeof clockStates)[number]

const statusOf: { readonly [S in ClockState]: Status } = {
  ok: "nominal",
  ins: "nominal",
  del: "nominal",
  oop: "warn",
  wait: "warn",
  error: "error"
}

/**
 * The synchronisation state of the host's clock.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClockReading {
  readonly state: ClockState
  /** The largest possible error, in seconds, or `undefined` if unknown. */
  readonly maxerror: number | undefined
  /** The estimated error, in seconds, or `undefined` if unknown. */
  readonly esterror: number | undefined
}

/**
 * The clock's state should be available but cannot be read.
 *
 * @category errors
 * @since 0.1.0
 */
export class TimeSyncFailed extends Schema.TaggedError<TimeSyncFailed>("katcp/TimeSyncFailed")("TimeSyncFailed", {
  /** The reason. */
  message: Schema.String
}) {}

/**
 * The definitions of the sensors of a clock, under a prefix.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClockSensors<Prefix extends string> {
  readonly state: Sensor<`${Prefix}state`, ClockState>
  readonly maxerror: Sensor<`${Prefix}maxerror`, number>
  readonly esterror: Sensor<`${Prefix}esterror`, number>
}

/**
 * The source of the host clock's synchronisation state (Rev 5.1 appendix A.1.2 requires NTP). On Node there is a layer
 * that asks chrony. {@link TimeSync.layerInactive} has no source.
 *
 * @category services
 * @since 0.1.0
 */
export class TimeSync extends Context.Service<
  TimeSync,
  {
    /** Reads the state of the clock. Returns `undefined` if this host has no source for it. */
    readonly read: Effect.Effect<ClockReading | undefined, TimeSyncFailed>
  }
>()("katcp/Sensor/TimeSync") {
  /** A layer without a source: the sensors are `inactive`. */
  static readonly layerInactive: Layer.Layer<TimeSync> = Layer.succeed(
    TimeSync,
    TimeSync.of({ read: Effect.undefined })
  )

  /**
   * Returns the definitions of the sensors `state`, `maxerror` and `esterror` under a prefix such as `ntp.`, for
   * contracts.
   */
  static readonly sensors = <const Prefix extends string>(prefix: Prefix): ClockSensors<Prefix> => ({
    state: make(`${prefix}state` as const, {
      type: Arg.Discrete(...clockStates),
      doc: "State of the host's clock: ok, leap second (ins, del, oop, wait) or error (not synchronised).",
      statusFrom: (state) => statusOf[state]
    }),
    maxerror: make(`${prefix}maxerror` as const, {
      type: Arg.Float,
      units: "s",
      doc: "Largest possible error of the host's clock."
    }),
    esterror: make(`${prefix}esterror` as const, {
      type: Arg.Float,
      units: "s",
      doc: "Estimated error of the host's clock."
    })
  })

  /**
   * Updates any of the three sensors with the state of the clock until the Scope ends: at once, then by the schedule,
   * every 10 seconds by default. The sensors are `inactive` if there is no source. They are `failure` if the state
   * cannot be read, with the reason in the log. An unknown error is shown as `unknown`.
   */
  static readonly poll = (
    sensors: {
      readonly state?: LiveSensor<ClockState> | undefined
      readonly maxerror?: LiveSensor<number> | undefined
      readonly esterror?: LiveSensor<number> | undefined
    },
    when: Schedule.Schedule<unknown> = every("10 seconds")
  ): Effect.Effect<void, never, TimeSync | Scope.Scope> => {
    const { esterror, maxerror, state } = sensors
    const all = [state, maxerror, esterror].filter((sensor) => sensor !== undefined)
    const inactive = Effect.forEach(
      all,
      (sensor: LiveSensor<unknown>) =>
        sensor.status === "inactive" ? Effect.void : sensor.set(sensor.value, { status: "inactive" }),
      { discard: true }
    )
    const set = (reading: ClockReading | undefined) => {
      if (reading === undefined) return inactive
      return Effect.all(
        [
          state?.set(reading.state) ?? Effect.void,
          setError(maxerror, reading.maxerror),
          setError(esterror, reading.esterror)
        ],
        { discard: true }
      )
    }
    return repeatedly(
      Effect.flatMap(TimeSync, ({ read }) => read),
      set,
      all,
      when
    )
  }

  /** Adds the three sensors to a set under a prefix, and updates them as {@link poll} does. */
  static readonly addTo = (
    set: SensorSet,
    prefix: string,
    when?: Schedule.Schedule<unknown>
  ): Effect.Effect<void, never, TimeSync | Scope.Scope> =>
    Effect.gen(function* () {
      const definitions = TimeSync.sensors(prefix)
      const state = yield* set.add(definitions.state)
      const maxerror = yield* set.add(definitions.maxerror)
      const esterror = yield* set.add(definitions.esterror)
      yield* TimeSync.poll({ state, maxerror, esterror }, when)
    })
}

const setError = (sensor: LiveSensor<number> | undefined, error: number | undefined): Effect.Effect<void> => {
  if (sensor === undefined) return Effect.void
  return error === undefined ? sensor.set(sensor.value, { status: "unknown" }) : sensor.set(error)
}
