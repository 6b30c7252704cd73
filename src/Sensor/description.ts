import { Arg, type Dialect, type Encoder } from "../Codec/index.ts"
import type { Message } from "../Message/index.ts"
import type { Range } from "./ranges.ts"
import { type Any, remote } from "./Sensor.ts"

const empty = new Uint8Array(0)

/**
 * Writes `#sensor-list name description units type [params …]` (Rev 5.1 §7.2). Version 4 has no addresses: they are
 * written as strings (P-315). It has no limits of `warn`: only the nominal ones are written (P-312).
 *
 * @category wire
 * @since 0.1.0
 */
export const writeDescription = (
  encoder: Encoder,
  sensor: Any,
  id: number | undefined,
  dialect: Dialect.Dialect
): void => {
  encoder.begin("inform", "sensor-list", id)
  encoder.text(sensor.name)
  encoder.text(sensor.doc)
  if (sensor.units === "") encoder.bytes(empty)
  else encoder.text(sensor.units)
  encoder.word(dialect.sensorType(sensor.type.sensorType!))
  const { parameters } = sensor
  const count = sensor.warn === undefined || dialect.warnLimits ? parameters.length : 2
  for (let at = 0; at < count; at++) encoder.text(parameters[at]!)
  encoder.end()
}

/**
 * Parses the `#sensor-list` inform of another device, whose sensor may have any name. Accepts zero, two or four limits
 * in any version, and ignores parameters of types without parameters.
 *
 * Calls `onAnomaly` for each parameter that is malformed and left out: limits that are not of the sensor's type, one,
 * three or more than four limits (the sensor then has no limits), or a duplicate option of a discrete sensor. Returns
 * `Invalid` if arguments are missing, the type is unknown, or a discrete sensor has no options (Rev 5.1 §7.2).
 *
 * @category wire
 * @since 0.1.0
 */
export const parseDescription = (
  inform: Message,
  dialect: Dialect.Dialect,
  onAnomaly?: (detail: string) => void
): Any | Arg.Invalid => {
  const name = inform.text(0)
  const doc = inform.text(1)
  const units = inform.text(2)
  const type = inform.text(3)
  if (name === undefined || doc === undefined || units === undefined || type === undefined)
    return new Arg.Invalid(`#sensor-list with ${inform.length} arguments: name, description, units and type are needed`)
  switch (type) {
    case "integer": {
      const { nominal, warn } = limitsOf(Arg.Int, inform, dialect, onAnomaly)
      return remote(name, { doc, units, type: Arg.Int, nominal, warn })
    }
    case "float": {
      const { nominal, warn } = limitsOf(Arg.Float, inform, dialect, onAnomaly)
      return remote(name, { doc, units, type: Arg.Float, nominal, warn })
    }
    case "boolean":
      return remote(name, { doc, units, type: Arg.Boolean })
    case "lru":
      return remote(name, { doc, units, type: Arg.Lru })
    case "timestamp":
      return remote(name, { doc, units, type: Arg.Timestamp })
    case "address":
      return remote(name, { doc, units, type: Arg.Address })
    case "string":
      return remote(name, { doc, units, type: Arg.Text })
    case "discrete": {
      const listed = Array.from({ length: inform.length - 4 }, (_, index) => inform.text(index + 4)!)
      const options = [...new Set(listed)]
      if (options.length === 0) return new Arg.Invalid(`discrete sensor ${name} has no options`)
      if (options.length < listed.length)
        onAnomaly?.(`an option of discrete sensor ${name} is listed twice: ${listed.slice(0, 100).join(" ")}`)
      return remote(name, { doc, units, type: Arg.DiscreteOf(options) })
    }
    default:
      return new Arg.Invalid(`sensor ${name} is of unknown type ${JSON.stringify(type)}`)
  }
}

interface Limits<A> {
  readonly nominal: Range<A> | undefined
  readonly warn: Range<A> | undefined
}
const noLimits = { nominal: undefined, warn: undefined }

const limitsOf = <A>(
  type: Arg.Arg<A>,
  inform: Message,
  dialect: Dialect.Dialect,
  onAnomaly: ((detail: string) => void) | undefined
): Limits<A> => {
  const count = inform.length - 4
  if (count === 0) return noLimits
  const limits: Array<A> = []
  for (let index = 4; index < inform.length; index++) {
    const limit = Arg.decodeArgument(type, inform.bytes(index)!, dialect)
    if (limit instanceof Arg.Invalid) {
      onAnomaly?.(`range of sensor ${inform.text(0)}: ${limit.message}; its limits are left out`)
      return noLimits
    }
    limits.push(limit)
  }
  if (count === 2) return { nominal: [limits[0]!, limits[1]!], warn: undefined }
  if (count === 4) return { nominal: [limits[0]!, limits[1]!], warn: [limits[2]!, limits[3]!] }
  onAnomaly?.(`sensor ${inform.text(0)} has ${count} limits instead of 0, 2 or 4; they are left out`)
  return noLimits
}

/**
 * Returns `true` if two sensors of a name have the same description: type with its parameters, units and text.
 *
 * @category getters
 * @since 0.1.0
 */
export const sameDescription = (one: Any, other: Any): boolean =>
  one.type.sensorType === other.type.sensorType &&
  one.doc === other.doc &&
  one.units === other.units &&
  one.parameters.length === other.parameters.length &&
  one.parameters.every((parameter, index) => parameter === other.parameters[index])
