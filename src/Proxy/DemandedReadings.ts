import * as Effect from "effect/Effect"
import type { LiveSensor, ObservedSensors, SensorSet } from "../Sensor/index.ts"
import type { Guard } from "../Server/index.ts"
import type { Demand, Row } from "../Site/index.ts"
import type { ServedSensors } from "./ServedSensors.ts"

/**
 * Readings that a proxy gets only while a client wants them: those of the view of a fleet. A sensor needs its readings
 * while a client samples it; a client that reads a sensor once waits for the reading.
 */
export class DemandedReadings implements ObservedSensors {
  private readonly demand: Demand
  private readonly set: SensorSet
  private readonly sensors: Pick<ServedSensors, "rowOf">
  private readonly needed = new Map<LiveSensor<unknown>, () => void>()

  constructor(demand: Demand, set: SensorSet, sensors: Pick<ServedSensors, "rowOf">) {
    this.demand = demand
    this.set = set
    this.sensors = sensors
  }

  observed(sensor: LiveSensor<unknown>, isObserved: boolean): void {
    this.needed.get(sensor)?.()
    this.needed.delete(sensor)
    const row = isObserved ? this.rowOf(sensor) : undefined
    if (row !== undefined) this.needed.set(sensor, this.demand.need(row))
  }

  /** Delays requests for readings until the readings are there. It refuses nothing. */
  readonly guard: Guard = (_, request) => {
    const { name } = request
    if (name !== "sensor-value" && name !== "sensor-sampling") return undefined
    const names = request.text(0)
    if (name === "sensor-sampling")
      return request.length < 2 || request.text(1) === "none" ? undefined : this.fetch(this.named(names!.split(",")))
    if (names === undefined) return this.fetch(this.set.values)
    return names.startsWith("/")
      ? this.set.select(names).pipe(
          // the request itself reports the fault of the expression
          Effect.orElseSucceed(() => []),
          Effect.flatMap((found) => this.fetch(found) ?? Effect.void)
        )
      : this.fetch(this.named([names]))
  }

  private named(names: ReadonlyArray<string>): ReadonlyArray<LiveSensor<unknown>> {
    return names.map((name) => this.set.get(name)).filter((live) => live !== undefined)
  }

  /** Waits for the readings of sensors. A sensor without one has the status `unknown` then. */
  private fetch(sensors: ReadonlyArray<LiveSensor<unknown>>): Effect.Effect<void> | undefined {
    const lacking: Array<readonly [LiveSensor<unknown>, Row]> = []
    for (const live of sensors) {
      const row = this.rowOf(live)
      if (row !== undefined && row.reading === undefined) lacking.push([live, row])
    }
    if (lacking.length === 0) return undefined
    return Effect.andThen(
      this.demand.fetch(lacking.map(([, row]) => row)),
      Effect.sync(() => {
        for (const [live, { reading }] of lacking)
          if (reading === undefined)
            live.receive({ timestamp: live.reading.timestamp, status: "unknown", value: live.value })
      })
    )
  }

  private rowOf({ name }: LiveSensor<unknown>): Row | undefined {
    return this.sensors.rowOf(name)
  }
}

/** Returns a guard that asks two guards in turn. */
export const bothGuards = (first: Guard | undefined, second: Guard): Guard =>
  first === undefined
    ? second
    : (client, request) => {
        const verdict = first(client, request)
        if (verdict === undefined) return second(client, request)
        if (!Effect.isEffect(verdict)) return verdict
        return Effect.flatMap(verdict, (found) => {
          const next = found === undefined ? second(client, request) : found
          return Effect.isEffect(next) ? next : Effect.succeed(next)
        })
      }
