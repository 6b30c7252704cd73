import { Arg, Dialect } from "../Codec/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Row } from "../Site/index.ts"
import type { Rewrite } from "./SensorRule.ts"

/** The definition of a row's sensor under its name on a proxy. */
export class ServedDefinition implements Sensor.Sensor<string, unknown> {
  readonly _tag = "Sensor"
  readonly name: string
  readonly row: Row
  /** The changes of a rule; undefined without any. */
  readonly rewrite: Rewrite | undefined

  constructor(name: string, row: Row, rewrite: Rewrite | undefined) {
    this.name = name
    this.row = row
    this.rewrite = rewrite
  }

  get doc(): string {
    return this.rewrite?.doc ?? this.row.definition.doc
  }

  get units(): string {
    return this.rewrite?.units ?? this.row.definition.units
  }

  get type(): Arg.Arg<unknown> {
    return this.row.definition.type
  }

  get initial(): unknown {
    return this.row.definition.initial
  }

  /** `unknown`: the status before the first reading. */
  get status(): Sensor.Status {
    return "unknown"
  }

  get nominal(): Sensor.Sensor<string, unknown>["nominal"] {
    return this.row.definition.nominal
  }

  get warn(): Sensor.Sensor<string, unknown>["warn"] {
    return this.row.definition.warn
  }

  get parameters(): ReadonlyArray<string> {
    return this.row.definition.parameters
  }

  /** The strategy of the site applies already: clients may have every reading that arrives. */
  get autoStrategy(): undefined {
    return undefined
  }

  statusOf(value: unknown): Sensor.Status {
    return this.row.definition.statusOf(value)
  }

  equals(one: unknown, other: unknown): boolean {
    return this.row.definition.equals(one, other)
  }
}

/** The widest ranges: integers are those that every client can hold as a double. */
const widest = {
  integer: {
    nominal: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    parameters: rangeOf(Arg.Int, Number.MAX_SAFE_INTEGER)
  },
  float: { nominal: [-Number.MAX_VALUE, Number.MAX_VALUE], parameters: rangeOf(Arg.Float, Number.MAX_VALUE) }
} as const

function rangeOf(type: Arg.Arg<number> | Arg.Arg<number | bigint>, most: number): ReadonlyArray<string> {
  return [-most, most].map((limit) => String(type.encode(limit as never, Dialect.v4)))
}

/**
 * The definition for clients of version 4, in which a number must have a range (Rev 4 §6.2): the widest possible range
 * if the device gives no range.
 */
export class RangedDefinition extends ServedDefinition {
  override get nominal(): Sensor.Sensor<string, unknown>["nominal"] {
    return super.nominal ?? this.widest?.nominal
  }

  override get parameters(): ReadonlyArray<string> {
    const parameters = super.parameters
    return parameters.length > 0 ? parameters : (this.widest?.parameters ?? parameters)
  }

  private get widest() {
    const { sensorType } = this.type
    return sensorType === "integer" || sensorType === "float" ? widest[sensorType] : undefined
  }
}
