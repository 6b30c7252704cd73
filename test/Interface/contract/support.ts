/** Descriptions of any contract, for properties. All are as `describe` writes them. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Arg } from "katcp/Codec"
import type * as Interface from "katcp/Interface"
import * as Sensor from "katcp/Sensor"

type Type = Arg.TypeDescription

const { all, array, Constant, flatMap, map } = Arbitrary

export const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

/** One of several. */
export const oneOf = <A>(...choices: ReadonlyArray<Arbitrary.Arbitrary<A>>): Arbitrary.Arbitrary<A> =>
  flatMap(between(0, choices.length - 1), (choice) => choices[choice]!)

export const among = <const A>(...values: ReadonlyArray<A>) => oneOf(...values.map((value) => Constant(value)))

/** A record with or without a field. */
const maybe = <const Name extends string, A>(name: Name, value: Arbitrary.Arbitrary<A>) =>
  oneOf<{ readonly [K in Name]?: A }>(
    Constant({}),
    map(value, (value) => ({ [name]: value }) as { readonly [K in Name]: A })
  )

const hostile = [
  "",
  "`",
  "$" + "{x}",
  '"',
  "'",
  "*/",
  "/*",
  "//",
  "\\",
  "\n",
  "\r\n",
  "\u2028",
  "\u202e",
  "\t",
  "é",
  "\u{1f4e1}",
  "\0",
  " "
]
const plain = ["a", "b", "dish", "AZ", "0", "9", "-", ".", "_"]
const joined = (pieces: ReadonlyArray<string>, most: number) =>
  map(array(among(...pieces), { maxLength: most }), (chosen) => chosen.join(""))

/** Text of any kind. */
export const texts = joined([...hostile, ...plain, "katcp", "export "], 6)

/** So many that differ, without regard to case. */
const distinct = (text: Arbitrary.Arbitrary<string>, most: number) =>
  map(array(text, { minLength: 1, maxLength: most }), (chosen) => [
    ...new Map(chosen.map((one) => [one.toLowerCase(), one])).values()
  ])

const messageNames = map(joined(["a", "b", "Z", "7", "-"], 5), (tail) => `r${tail}`)
const sensorNames = oneOf(
  map(joined(plain, 5), (tail) => `s${tail}`),
  joined([...hostile, ...plain], 3)
)
const keys = oneOf(
  map(joined(plain, 3), (tail) => `k${tail}`),
  map(joined([...hostile, ...plain], 3), (tail) => `k${tail}`),
  among("constructor", "toString", "class", "default", "x y", "1a")
)

const bounds = <A extends Arg.Limit>(limits: Arbitrary.Arbitrary<readonly [A, A]>) =>
  flatMap(limits, ([minimum, maximum]) =>
    among<{ readonly minimum?: A; readonly maximum?: A }>({}, { minimum }, { maximum }, { minimum, maximum })
  )
const integers = map(all([between(-1000, 1000), between(0, 1000)]), ([low, size]) => [low, low + size] as const)
const huge = oneOf<readonly [Arg.Limit, Arg.Limit]>(integers, Constant([`-${"9".repeat(17)}`, `${"9".repeat(20)}`]))
const floats = oneOf<readonly [Arg.Limit, Arg.Limit]>(
  map(integers, ([low, high]) => [low / 8, high / 8]),
  among(["-inf", "inf"], [1e-7, 1e22], [-0.1, 0.3])
)

const patterns: ReadonlyArray<Type> = [
  { kind: "pattern", source: "^[a-z]+$" },
  { kind: "pattern", source: '\\/`"\\*', flags: "i" },
  { kind: "pattern", source: "(?:)", flags: "u" }
]

const simple = oneOf<Type>(
  among(
    { kind: "boolean" },
    { kind: "string" },
    { kind: "bytes" },
    { kind: "lru" },
    { kind: "timestamp-or-now" },
    { kind: "address" },
    { kind: "gaussian-integer" },
    ...patterns
  ),
  map(bounds(integers), (limits) => ({ kind: "safe-integer", ...limits })),
  map(bounds(huge), (limits) => ({ kind: "integer", ...limits })),
  map(bounds(huge), (limits) => ({ kind: "big-integer", ...limits })),
  map(bounds(floats), (limits) => ({ kind: "float", ...limits })),
  map(bounds(integers), (limits) => ({ kind: "timestamp", ...limits })),
  map(bounds(map(integers, ([, high]) => [0, Math.max(0, high)] as const)), (limits) => ({
    kind: "strict-timestamp",
    ...limits
  })),
  map(all({ kind: among("discrete", "discrete-any-case"), options: distinct(texts, 4) }), (type): Type => type),
  map(
    all({ options: distinct(joined(plain, 3), 4), all: among("all", "", "*"), separator: among(",", "; ") }),
    ({ options, ...rest }): Type => {
      const named = options.map((option) => `o${option}`)
      return { kind: "discrete-list", options: named, ...rest }
    }
  ),
  map(
    all({
      keys: distinct(keys, 4),
      codes: array(among("u8", "i16be", "f32le", "u64be", "bytes:3", "pad:2"), { minLength: 4, maxLength: 4 })
    }),
    ({ codes, keys }): Type => ({
      kind: "struct",
      fields: keys.map((name, at) => ({ name, packed: codes[at]! }))
    })
  )
)

const opaque = map(
  all([
    texts,
    maybe("sensorType", among<Arg.SensorType>("integer", "discrete", "string")),
    maybe("parameters", distinct(texts, 3)),
    maybe("initial", among<Arg.WireValue>("x", { hex: "00ff" }))
  ]),
  ([name, ...rest]): Type => Object.assign({ kind: "opaque" as const, name }, ...rest)
)

/** Types that say what they are. */
export const ownTypes: Arbitrary.Arbitrary<Type> = oneOf(
  simple,
  simple,
  simple,
  map(array(simple, { minLength: 2, maxLength: 3 }), (members) => ({ kind: "union", members }))
)

export const types: Arbitrary.Arbitrary<Type> = oneOf(ownTypes, ownTypes, opaque)

/** The first value of a type; undefined if that is not a value of it, as with patterns. */
const first = (type: Type): Arg.WireValue | undefined => {
  const arg = Arg.fromDescription(type)
  const value = Arg.toWireValue(arg, arg.initial)
  return value instanceof Arg.Invalid || Arg.fromWireValue(arg, value) instanceof Arg.Invalid ? undefined : value
}

type Field = Interface.FieldDescription

/** First those that must be there, then those that need not, then perhaps a rest. */
export const fieldLists: Arbitrary.Arbitrary<ReadonlyArray<Field>> = map(
  all({
    names: distinct(keys, 4),
    types: array(types, { minLength: 4, maxLength: 4 }),
    required: between(0, 4),
    rest: among(true, false),
    defaults: among(true, false)
  }),
  ({ defaults, names, required, rest, types }) =>
    names.map((name, at): Field => {
      const type = types[at]!
      if (at < required) return { name, type }
      if (rest && at === names.length - 1) return { name, type, presence: "rest" }
      const value = defaults ? first(type) : undefined
      return { name, type, presence: "optional", ...(value === undefined ? {} : { default: value }) }
    })
)

const common = all([
  maybe("timeoutHint", among(0, 0.001, 0.25, 30, 1.1, 86400)),
  maybe("concurrency", among("concurrent", "serial")),
  maybe("requires", among("5.0", "5.1-BT", "4.0-M")),
  maybe("hidden", Constant(true)),
  maybe("role", among("read", "control", "admin"))
])

type Request = Interface.RequestDescription

const typedRequests = map(
  all([all({ name: messageNames, doc: texts, args: fieldLists, reply: fieldLists, informs: fieldLists }), common]),
  ([typed, rest]): Request => Object.assign({ kind: "typed" as const }, typed, ...rest)
)
const rawRequests = map(
  all([all({ name: messageNames, doc: texts, usage: texts }), common]),
  ([raw, rest]): Request => Object.assign({ kind: "raw" as const }, raw, ...rest)
)
export const requests = oneOf(typedRequests, typedRequests, rawRequests)

type Described = Interface.SensorDescription

/** A sensor, with what it begins with where that is not what it begins with anyway. */
const sensor = (begun: Omit<Described, "initial">, status: Sensor.Status): Described => {
  const value = first(begun.type)
  return status === "unknown" || value === undefined ? begun : { ...begun, initial: { value, status } }
}

const isSensorType = (type: Type): boolean =>
  Arg.fromDescription(type).sensorType !== undefined && first(type) !== undefined

export const sensors: Arbitrary.Arbitrary<Described> = map(
  all({
    name: sensorNames,
    doc: texts,
    units: among("", "", "deg", "m/s", "`"),
    type: types,
    range: floats,
    whole: integers,
    ranges: between(0, 2),
    status: among(...Sensor.statuses)
  }),
  ({ doc, name, range, ranges, status, type, units, whole }) => {
    const kind = isSensorType(type) ? type : ({ kind: "float" } as const)
    const nominal = kind.kind === "float" ? range : whole
    const bounded = "minimum" in kind || "maximum" in kind
    const withRanges = ranges > 0 && !bounded && ["float", "integer", "safe-integer", "big-integer"].includes(kind.kind)
    return sensor(
      {
        name,
        doc,
        units,
        type: kind,
        ...(withRanges ? { nominal } : {}),
        ...(withRanges && ranges > 1 ? { warn: nominal } : {})
      },
      status
    )
  }
)

/** The first of each name. */
const unique = <A extends { readonly name: string }>(items: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(items.map((item) => [item.name, item] as const).reverse()).values()
]

/** Contracts with an item or more. */
export const contracts: Arbitrary.Arbitrary<Interface.ContractDescription> = map(
  all([
    all({ id: texts, version: texts, build: texts }),
    maybe("protocol", among("5.1-BIMT", "5.0-IM", "4.0")),
    array(requests, { minLength: 1, maxLength: 4 }),
    array(sensors, { minLength: 1, maxLength: 4 })
  ]),
  ([names, protocol, requests, sensors]) => ({
    format: "katcp-contract-1",
    ...names,
    ...protocol,
    requests: unique(requests),
    sensors: unique(sensors)
  })
)
