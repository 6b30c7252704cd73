import type { Arg } from "../Codec/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Rewrite } from "./SensorRule.ts"

/** The definition of a device's sensor under the name that a proxy gives it. It refers to the original. */
export class ServedDefinition implements Sensor.Sensor<string, unknown> {
  readonly _tag = "Sensor"
  readonly name: string
  readonly doc: string
  readonly units: string
  private readonly origin: Sensor.Sensor<string, unknown>

  constructor(name: string, origin: Sensor.Any, { doc = origin.doc, units = origin.units }: Rewrite) {
    this.name = name
    this.doc = doc
    this.units = units
    this.origin = origin
  }

  get type(): Arg.Arg<unknown> {
    return this.origin.type
  }

  get initial(): unknown {
    return this.origin.initial
  }

  /** `unknown`: nothing is known of a sensor before its first reading. */
  get status(): Sensor.Status {
    return "unknown"
  }

  get nominal(): Sensor.Sensor<string, unknown>["nominal"] {
    return this.origin.nominal
  }

  get warn(): Sensor.Sensor<string, unknown>["warn"] {
    return this.origin.warn
  }

  get parameters(): ReadonlyArray<string> {
    return this.origin.parameters
  }

  /** The site's strategy has decided already: every reading that came is one that a client may have. */
  get autoStrategy(): undefined {
    return undefined
  }

  statusOf(value: unknown): Sensor.Status {
    return this.origin.statusOf(value)
  }

  equals(one: unknown, other: unknown): boolean {
    return this.origin.equals(one, other)
  }
}
