import * as Option from "effect/Option"
import { Arg, type ArgumentList, Dialect } from "../../Codec/index.ts"
import { errorText, Protocol } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import { assemble, type Interface } from "../Interface.ts"
import * as Request from "../Request.ts"
import type {
  ContractDescription,
  FieldDescription,
  RequestDescription,
  SensorDescription
} from "./ContractDescription.ts"

const valid = <A>(value: A | Arg.Invalid, what: string): A => {
  if (value instanceof Arg.Invalid) throw new TypeError(`${what}: ${value.message}`)
  return value
}

const fieldOf = ({ default: value, name, presence, type }: FieldDescription): ArgumentList.Field => {
  const arg = Arg.fromDescription(type)
  if (value !== undefined) {
    if (presence !== "optional") throw new TypeError(`${name}: only an optional argument has a default`)
    return Arg.withDefault(arg, valid(Arg.fromWireValue(arg, value), `the default of ${name}`))
  }
  if (presence === undefined) return arg
  return presence === "rest" ? Arg.rest(arg) : Arg.optional(arg)
}

const fieldsOf = (list: ReadonlyArray<FieldDescription>): ArgumentList.Fields => {
  const fields = Object.fromEntries(list.map((field) => [field.name, fieldOf(field)]))
  if (Object.keys(fields).length < list.length) throw new TypeError("two arguments have the same name")
  return fields
}

/** Returns the protocol of a text from a device. Throws if the text is malformed. */
export const protocolOf = (text: string): Protocol =>
  Option.getOrThrowWith(Protocol.parse(text), () => new TypeError(`${JSON.stringify(text)} is not a protocol`))

/** Returns the protocol that a request needs. Throws if no such protocol exists. */
const neededOf = (text: string): Protocol => {
  const { flags, major, minor } = protocolOf(text)
  return Protocol.make(major, minor, flags)
}

/** Returns the request of a description. Throws if the description is inconsistent. */
export const requestOf = (description: RequestDescription): Request.Any => {
  const { concurrency, doc, hidden, name, role, timeoutHint } = description
  const requires = description.requires === undefined ? undefined : neededOf(description.requires)
  const options = { doc, concurrency, requires, hidden, role }
  const request =
    description.kind === "raw"
      ? Request.raw(name, { ...options, usage: description.usage })
      : Request.make(name, {
          ...options,
          args: fieldsOf(description.args),
          reply: fieldsOf(description.reply),
          informs: fieldsOf(description.informs)
        })
  // unchanged: a duration would round it
  return { ...request, timeoutHint }
}

/** Returns the limits of a range, in the number type of the sensor. */
const rangeOf = (range: SensorDescription["nominal"], arg: Arg.Any): Sensor.Range<number | bigint> | undefined => {
  if (range === undefined) return undefined
  const limit = (limit: Arg.Limit): number | bigint => {
    const value = Arg.fromLimit(limit)
    const taken = !(arg.encode(value, Dialect.v5) instanceof Arg.Invalid)
    return taken || !Number.isInteger(value) ? value : BigInt(value)
  }
  return [limit(range[0]), limit(range[1])]
}

/** Returns the sensor of a description. Throws if the description is inconsistent. */
export const sensorOf = (description: SensorDescription): Sensor.Any => {
  const { doc, initial, name, units } = description
  const type = Arg.fromDescription(description.type)
  const [nominal, warn] = [rangeOf(description.nominal, type), rangeOf(description.warn, type)]
  if (nominal === undefined && warn !== undefined) throw new TypeError("a warn range needs a nominal range")
  const options = { doc, units, type, nominal, warn }
  return initial === undefined
    ? Sensor.remote(name, options)
    : Sensor.remote(name, {
        ...options,
        initial: valid(Arg.fromWireValue(type, initial.value), "initial"),
        status: initial.status
      })
}

/**
 * Returns the contract of a description, for servers and clients that need no types. Its own description equals the
 * given one. Values of custom types are bytes, and those of enums are their words. A description does not contain facts
 * that only the device knows (how a status follows from a value, the meaning of `auto`). Throws a `TypeError` or
 * `RangeError` for an inconsistent description. Descriptions that `ContractDescription` has decoded are consistent.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromDescription = (description: ContractDescription): Interface<string, Request.Any, Sensor.Any> =>
  assemble(description, [...description.requests.map(requestOf), ...description.sensors.map(sensorOf)])

/** Returns the inconsistencies of a description, each with its place. */
export const faultsOf = (description: Pick<ContractDescription, "requests" | "sensors">) => {
  const faults: Array<{ readonly path: ReadonlyArray<PropertyKey>; readonly issue: string }> = []
  const attempt = (path: ReadonlyArray<PropertyKey>, make: () => unknown): void => {
    try {
      make()
    } catch (error) {
      faults.push({ path, issue: errorText(error) })
    }
  }
  const each = <A extends { readonly name: string }>(
    key: string,
    items: ReadonlyArray<A>,
    make: (item: A) => unknown
  ) => {
    const names = new Set<string>()
    items.forEach((item, index) => {
      attempt([key, index], () => {
        if (names.has(item.name)) throw new TypeError(`${item.name} exists already`)
        names.add(item.name)
        make(item)
      })
    })
  }
  each("requests", description.requests, requestOf)
  each("sensors", description.sensors, sensorOf)
  return faults
}
