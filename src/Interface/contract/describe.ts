import * as Equal from "effect/Equal"
import { Arg, type ArgumentList } from "../../Codec/index.ts"
import type { Protocol } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type * as Request from "../Request.ts"
import type {
  ContractDescription,
  FieldDescription,
  RequestDescription,
  SensorDescription
} from "./ContractDescription.ts"
import { sensorOf } from "./fromDescription.ts"

const describeField = (name: string, field: ArgumentList.Field): FieldDescription => {
  if (!("_tag" in field)) return { name, type: field.description }
  const type = field.arg.description
  if (field._tag === "Rest") return { name, type, presence: "rest" }
  if (field._tag === "Optional") return { name, type, presence: "optional" }
  // a list of arguments refuses a default that is not of its type
  return { name, type, presence: "optional", default: Arg.toWireValue(field.arg, field.value) as Arg.WireValue }
}

const describeFields = ({ fields }: ArgumentList.ArgumentList<ArgumentList.Fields>): ReadonlyArray<FieldDescription> =>
  Object.entries(fields).map(([name, field]) => describeField(name, field))

/** Returns a request as plain JSON. */
export const describeRequest = (request: Request.Any): RequestDescription => {
  const { concurrency, doc, hidden, name, requires, role, timeoutHint } = request
  const options = {
    // an infinite hint is omitted
    ...(timeoutHint !== undefined && timeoutHint >= 0 && Number.isFinite(timeoutHint) ? { timeoutHint } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(requires === undefined ? {} : { requires: requires.toString() }),
    ...(hidden ? { hidden } : {}),
    ...(role === undefined ? {} : { role })
  }
  return request._tag === "RawRequest"
    ? { kind: "raw", name, doc, usage: request.usage, ...options }
    : {
        kind: "typed",
        name,
        doc,
        args: describeFields(request.args),
        reply: describeFields(request.reply),
        informs: describeFields(request.informs),
        ...options
      }
}

/** Returns a sensor as plain JSON. */
export const describeSensor = (sensor: Sensor.Any): SensorDescription => {
  const { doc, name, nominal, parameters, type, units, warn } = sensor
  const { description } = type
  const range = ([min, max]: Sensor.Range<number | bigint>): readonly [Arg.Limit, Arg.Limit] => [
    Arg.toLimit(min),
    Arg.toLimit(max)
  ]
  const whole: SensorDescription =
    description.kind === "opaque"
      ? // only the type itself can write its limits
        { name, doc, units, type: parameters.length === 0 ? description : { ...description, parameters } }
      : {
          name,
          doc,
          units,
          type: description,
          ...(nominal === undefined ? {} : { nominal: range(nominal) }),
          ...(nominal === undefined || warn === undefined ? {} : { warn: range(warn) })
        }
  const value = Arg.toWireValue(type, sensor.initial)
  const initial = value instanceof Arg.Invalid ? undefined : { value, status: sensor.status }
  return initial === undefined || isFirst(whole, initial) ? whole : { ...whole, initial }
}

/** Returns `true` if a sensor has this initial reading by default. */
const isFirst = (
  description: SensorDescription,
  { status, value }: NonNullable<SensorDescription["initial"]>
): boolean => {
  if (status !== "unknown") return false
  const { initial, type } = sensorOf(description)
  return Equal.equals(Arg.toWireValue(type, initial), value)
}

/**
 * The requests and sensors of a contract by name. Every `Interface` has them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContractItems {
  readonly requests: ReadonlyMap<string, Request.Any>
  readonly sensorTypes: ReadonlyMap<string, Sensor.Any>
}

/**
 * Returns a contract as plain JSON: for files, comparison and other languages. `protocol` is the protocol of its
 * servers, if that is fixed. A custom type is described by its name (see `Arg.make`), and so are types built from it.
 *
 * @example
 * ```ts
 * import { Arg, Interface, Request } from "katcp"
 *
 * class Dish extends Interface.make("dish").add(Request.make("point", { doc: "Point.", args: { az: Arg.Float } })) {}
 *
 * const json = JSON.stringify(Interface.describe(Dish), undefined, 2)
 * ```
 *
 * @category descriptions
 * @since 0.1.0
 */
export const describe = (
  contract: ContractItems & { readonly id: string; readonly version: string; readonly build: string },
  options: { readonly protocol?: Protocol | undefined } = {}
): ContractDescription => ({
  format: "katcp-contract-1",
  id: contract.id,
  version: contract.version,
  build: contract.build,
  ...(options.protocol === undefined ? {} : { protocol: options.protocol.toString() }),
  requests: Array.from(contract.requests.values(), describeRequest),
  sensors: Array.from(contract.sensorTypes.values(), describeSensor)
})
