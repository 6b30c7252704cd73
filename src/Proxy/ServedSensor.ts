import type { WireReading } from "../Client/index.ts"
import { Arg, Dialect } from "../Codec/index.ts"
import { LiveSensor, type Reading } from "../Sensor/index.ts"
import type { ServedDefinition } from "./ServedDefinition.ts"

/** The longest string that a lost sensor keeps, in characters. Given by the design: losses must cost clients little. */
const longestLost = 100

/**
 * A sensor of a proxy: the readings of a row, under a name of the proxy. Once the device is lost, its reading is
 * `unreachable` for requests, although samplers learn of it in slices, as the row's readers do.
 */
export class ServedSensor extends LiveSensor<unknown> {
  constructor(definition: ServedDefinition, timestamp: number) {
    super(definition, timestamp)
  }

  override get reading(): Reading<unknown> {
    const { row } = this.definition as ServedDefinition
    return row.loss === undefined ? super.reading : this.served(row.reading!)
  }

  /** Takes a reading of the row. */
  take(reading: WireReading): void {
    this.receive(this.served(reading))
  }

  /** Returns the reading for clients of the proxy. */
  private served(reading: WireReading): Reading<unknown> {
    const definition = this.definition as ServedDefinition
    const { rewrite } = definition
    if (!reading.lost && rewrite === undefined) return reading
    const { latin1, lost, status, timestamp } = reading
    const isLong = lost && latin1 !== undefined && latin1.length > longestLost
    if (isLong && definition.type.sensorType === "string") return { timestamp, status, value: "" }
    if (rewrite?.value === undefined) return reading
    try {
      const value = rewrite.value(reading.value)
      if (!(definition.type.encode(value, Dialect.v5) instanceof Arg.Invalid)) return { timestamp, status, value }
    } catch {
      // as for a value that does not fit the type
    }
    return { timestamp, status: "failure", value: definition.initial }
  }
}
