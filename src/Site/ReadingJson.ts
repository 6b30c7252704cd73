import * as Base64 from "effect/encoding/Base64"
import * as Schema from "effect/Schema"
import { type RemoteReading, WireReading } from "../Client/index.ts"
import { Dialect } from "../Codec/index.ts"
import { decodeText, encodeText } from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { Status } from "../Sensor/index.ts"
import { codeOf } from "./table/Row.ts"

/**
 * A value of a sensor in JSON. Numbers, booleans and text are themselves; other numbers are `"NaN"`, `"Infinity"` and
 * `"-Infinity"`; integers beyond 2^53 are decimal strings; text that is not UTF-8 is `{ "base64": … }`. The type of the
 * sensor tells which it is. The value is the Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ValueJson = Schema.Union([
  Schema.Finite,
  Schema.Boolean,
  Schema.String,
  Schema.Struct({ base64: Schema.String })
])

/**
 * A value of a sensor in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type ValueJson = typeof ValueJson.Type

/**
 * A sensor and its newest reading in JSON: the one form of the command's `--json`, NDJSON, HTTP and snapshots. The
 * value is the Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReadingJson = Schema.Struct({
  /** The name of the sensor within its device. */
  name: Schema.String,
  /** The type of its values, as on the wire. */
  type: Schema.Literals(["integer", "float", "boolean", "lru", "timestamp", "discrete", "address", "string"]),
  /** The units; absent for a sensor without units. */
  units: Schema.optionalKey(Schema.String),
  /** The value; absent before the first one. It is the last valid one unless the status is nominal, warn or error. */
  value: Schema.optionalKey(ValueJson),
  /** The status; absent without a reading. */
  status: Schema.optionalKey(Status),
  /** The time of the reading, by the clock of the device, in seconds since 1970. */
  timestamp: Schema.optionalKey(Schema.Finite),
  /** The name of the device, or its address. */
  device: Schema.optionalKey(Schema.String),
  /** The code of the status, 0 to 6. */
  code: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))),
  /** The time of its arrival, by the clock of this program, in seconds since 1970. */
  received: Schema.optionalKey(Schema.Finite)
})

/**
 * A sensor and its newest reading in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type ReadingJson = typeof ReadingJson.Type

/**
 * Returns a value of a sensor in JSON.
 *
 * @category json
 * @since 0.1.0
 */
export const valueJson = (definition: Sensor.Any, value: unknown): ValueJson => {
  switch (typeof value) {
    case "boolean":
      return value
    case "number":
      return Number.isFinite(value) ? value : String(value)
    case "bigint":
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
    case "string":
      return textJson(value)
    default: {
      const argument: unknown = definition.type.encode(value, Dialect.v5)
      return textJson(argument instanceof Uint8Array ? decodeText(argument) : String(argument))
    }
  }
}

const textJson = (text: string): ValueJson => (text.isWellFormed() ? text : { base64: Base64.encode(encodeText(text)) })

/**
 * The input of {@link readingJson}, such as a row of a table.
 *
 * @category models
 * @since 0.1.0
 */
export interface JsonSource {
  /** The name of the device, if there are several. */
  readonly device?: string | undefined
  readonly definition: Sensor.Any
  readonly reading: RemoteReading<unknown> | Sensor.Reading<unknown> | undefined
}

/**
 * Returns a sensor and its reading in JSON: a row of the table, or any definition and reading.
 *
 * @category json
 * @since 0.1.0
 */
export const readingJson = ({ definition, device, reading }: JsonSource): ReadingJson => {
  const place = device === undefined ? undefined : { device }
  // scripts cut fields by position: add new ones at the end
  return {
    name: definition.name,
    type: definition.type.sensorType!,
    ...(definition.units === "" ? undefined : { units: definition.units }),
    ...(reading === undefined
      ? place
      : {
          ...(hasValue(reading) ? { value: valueJson(definition, reading.value) } : undefined),
          status: reading.status,
          timestamp: reading.timestamp,
          ...place,
          code: codeOf(reading.status),
          ...("received" in reading ? { received: reading.received } : undefined)
        })
  }
}

const hasValue = (reading: Sensor.Reading<unknown>): boolean =>
  !(reading instanceof WireReading && reading.latin1 === undefined)
