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
  if (Object.keys(fields).length < list.length) throw new TypeError("two arguments have one name")
  return fields
}

/** The protocol that a text names, as a device says it. Throws where it is none. */
export const protocolOf = (text: string): Protocol =>
  Option.getOrThrowWith(Protocol.parse(text), () => new TypeError(`${JSON.stringify(text)} is no protocol`))

/** The protocol that a request needs. Throws where there can be none such. */
const neededOf = (text: string): Protocol => {
  const { flags, major, minor } = protocolOf(text)
  return Protocol.make(major, minor, flags)
}

/** The request that a description is of. Throws where it makes no sense. */
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
  // as it is: a duration would round it
  return { ...request, timeoutHint }
}

/** The limits of a range, of the kind of number that the type takes. */
const rangeOf = (range: SensorDescription["nominal"], arg: Arg.Any): Sensor.Range<number | bigint> | undefined => {
  if (range === undefined) return undefined
  const limit = (limit: Arg.Limit): number | bigint => {
    const value = Arg.fromLimit(limit)
    const taken = !(arg.encode(value, Dialect.v5) instanceof Arg.Invalid)
    return taken || !Number.isInteger(value) ? value : BigInt(value)
  }
  return [limit(range[0]), limit(range[1])]
}

/** The sensor that a description is of. Throws where it makes no sense. */
export const sensorOf = (description: SensorDescription): Sensor.Any => {
  const { doc, initial, name, units } = description
  const type = Arg.fromDescription(description.type)
  const [nominal, warn] = [rangeOf(description.nominal, type), rangeOf(description.warn, type)]
  if (nominal === undefined && warn !== undefined) throw new TypeError("a warn range needs a nominal one")
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
 * The contract of a description, for servers and clients that need no types: it describes itself as it was described.
 * Values of types that were of somebody's own are bytes, those of enums their words; what only the device knows of its
 * sensors (how a status follows from a value, what `auto` stands for) is not in a description. Throws a `TypeError` or
 * `RangeError` where the description makes no sense; none that `ContractDescription` has decoded does that.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromDescription = (description: ContractDescription): Interface<string, Request.Any, Sensor.Any> =>
  assemble(description, [...description.requests.map(requestOf), ...description.sensors.map(sensorOf)])

/** What makes no sense in a description, and where. */
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
        if (names.has(item.name)) throw new TypeError(`${item.name} is there already`)
        names.add(item.name)
        make(item)
      })
    })
  }
  each("requests", description.requests, requestOf)
  each("sensors", description.sensors, sensorOf)
  return faults
}
