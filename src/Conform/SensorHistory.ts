import type { SensorFacts } from "./Device.ts"

/**
 * The sensors of a device over a run. Sensors may come and go, which is not a deviation: checks use only those found by
 * every query.
 */
export class SensorHistory {
  /** The sensors found by every query. */
  stable: ReadonlyArray<SensorFacts>
  /** The names found by one query and missing in another. */
  readonly unstable = new Set<string>()
  private last: ReadonlySet<string>

  constructor(sensors: ReadonlyArray<SensorFacts>) {
    this.stable = sensors
    this.last = new Set(sensors.map(({ name }) => name))
  }

  /** Processes a new list. Returns `true` if sensors have come or gone since the last one. */
  look(listed: ReadonlyArray<SensorFacts>): boolean {
    const now = new Map(listed.map((sensor) => [sensor.name, sensor]))
    const moved = [...this.last].filter((name) => !now.has(name))
    for (const name of now.keys()) if (!this.last.has(name)) moved.push(name)
    for (const name of moved) this.unstable.add(name)
    this.last = new Set(now.keys())
    this.stable = this.stable.flatMap(({ name, settable }) => {
      const sensor = now.get(name)
      return sensor === undefined ? [] : [{ ...sensor, settable }]
    })
    return moved.length > 0
  }
}
