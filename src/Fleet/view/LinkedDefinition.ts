import type { Arg } from "../../Codec/index.ts"
import type * as Sensor from "../../Sensor/index.ts"

/** The definition of a sensor in the form of its device, made from that of another runner's proxy. */
export class LinkedDefinition implements Sensor.Sensor<string, unknown> {
  readonly _tag = "Sensor"
  readonly name: string
  private readonly served: Sensor.Any

  constructor(name: string, served: Sensor.Any) {
    this.name = name
    this.served = served
  }

  get doc(): string {
    return this.served.doc
  }

  get units(): string {
    return this.served.units
  }

  get type(): Arg.Arg<unknown> {
    return this.served.type
  }

  get initial(): unknown {
    return this.served.initial
  }

  get status(): Sensor.Status {
    return this.served.status
  }

  get nominal(): Sensor.Sensor<string, unknown>["nominal"] {
    return this.served.nominal
  }

  get warn(): Sensor.Sensor<string, unknown>["warn"] {
    return this.served.warn
  }

  get parameters(): ReadonlyArray<string> {
    return this.served.parameters
  }

  /** The strategy was decided at the runner of the device. */
  get autoStrategy(): undefined {
    return undefined
  }

  statusOf(value: unknown): Sensor.Status {
    return this.served.statusOf(value)
  }

  equals(one: unknown, other: unknown): boolean {
    return this.served.equals(one, other)
  }
}
