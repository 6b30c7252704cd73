import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

/** A live float sensor outside any set. */
export const float = (name: string, initial?: number): Effect.Effect<Sensor.LiveSensor<number>> =>
  Sensor.LiveSensor.make(Sensor.make(name, { type: Arg.Float, initial }))

/** A live boolean sensor outside any set. */
export const boolean = (name: string, initial?: boolean): Effect.Effect<Sensor.LiveSensor<boolean>> =>
  Sensor.LiveSensor.make(Sensor.make(name, { type: Arg.Boolean, initial }))

/** How many observers a sensor has: nothing public tells. */
export const observersOf = (sensor: Sensor.LiveSensor<unknown>): number =>
  (sensor as unknown as { readonly observers: { readonly size: number } | undefined }).observers?.size ?? 0

/** How many listeners a set has: nothing public tells. */
export const listenersOf = (set: Sensor.SensorSet): number =>
  (set as unknown as { readonly listeners: ReadonlyArray<unknown> }).listeners.length

/** Value and status. */
export const shown = <A>({ reading }: Sensor.LiveSensor<A>): readonly [value: A, status: Sensor.Status] => [
  reading.value,
  reading.status
]

/** Keeps all readings that a sensor gets from now on. */
export const recorded = <A>(sensor: Sensor.LiveSensor<A>): Array<Sensor.Reading<A>> => {
  const readings: Array<Sensor.Reading<A>> = []
  sensor.observe((reading) => readings.push(reading))
  return readings
}

/** Runs an effect and keeps what it logs, as `Level logger: text`. */
export const logging = <A, E, R>(effect: (lines: ReadonlyArray<string>) => Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    const { logger: name } = fiber.getRef(References.CurrentLogAnnotations)
    lines.push(`${logLevel}${name === undefined ? "" : ` ${name}`}: ${message}`)
  })
  return Effect.provide(effect(lines), Logger.layer([logger]))
}
