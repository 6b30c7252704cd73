import * as Duration from "effect/Duration"
import { Address, Arg } from "../../Codec/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import * as Request from "../Request.ts"
import type {
  ContractDescription,
  FieldDescription,
  RequestDescription,
  SensorDescription
} from "./ContractDescription.ts"
import { requestOf, sensorOf } from "./fromDescription.ts"
import { comment, field, layOut, list, literal, type Source, text } from "./source.ts"
import { typeSource } from "./typeSource.ts"

/** Returns a field of a record if it has a value. */
const given = <A>(name: string, value: A | undefined, source: (value: A) => Source): ReadonlyArray<Source> =>
  value === undefined ? [] : [field(name, source(value))]

/** Returns a number of seconds, in the first form of a duration that is exact. */
const duration = (seconds: number): Source => {
  const exact = (form: Duration.Input): boolean => {
    try {
      return Duration.toSeconds(form) === seconds
    } catch {
      return false
    }
  }
  return literal(exact(`${seconds} seconds`) ? `${seconds} seconds` : seconds * 1000)
}

/** Returns `true` if `Sensor.make` accepts the sensor. A sensor of another device may be one that it refuses. */
const isOwn = ({ doc, name, nominal, type, units, warn }: Sensor.Any): boolean => {
  try {
    Sensor.make(name, { doc, nominal, type, units, warn })
    return true
  } catch {
    return false
  }
}

/** Writes the items of a contract, and records the names of this library that they use. */
class Items {
  readonly used = new Set(["Interface"])

  request(description: RequestDescription): Source {
    const { concurrency, doc, hidden, name, requires, role, timeoutHint } = requestOf(description)
    this.used.add("Request")
    const lists = ["args", "reply", "informs"] as const
    const form =
      description.kind === "typed"
        ? lists.flatMap((key) => this.fields(key, description[key]))
        : given("usage", description.usage === Request.raw(name, { doc }).usage ? undefined : description.usage, text)
    return list(
      `Request.${description.kind === "typed" ? "make" : "raw"}(${text(name)}, { `,
      [
        field("doc", text(doc)),
        ...form,
        ...given("timeoutHint", timeoutHint, duration),
        ...given("concurrency", concurrency, text),
        ...given("requires", requires, ({ flags, major, minor }) => {
          this.used.add("Message")
          return `Message.Protocol.make(${major}, ${minor}${flags.length === 0 ? "" : `, ${text(flags.join(""))}`})`
        }),
        ...(hidden ? [field("hidden", "true")] : []),
        ...given("role", role, text)
      ],
      " })"
    )
  }

  sensor(description: SensorDescription): Source {
    const sensor = sensorOf(description)
    const { doc, name, nominal, status, type, units, warn } = sensor
    this.used.add("Sensor").add("Arg")
    const begins = description.initial !== undefined
    return list(
      `Sensor.${isOwn(sensor) ? "make" : "remote"}(${text(name)}, { `,
      [
        field("doc", text(doc)),
        field("type", typeSource(description.type)),
        ...given("units", units === "" ? undefined : units, text),
        ...given("nominal", nominal, literal),
        ...given("warn", warn, literal),
        ...(begins ? [field("initial", this.value(type, description.initial.value))] : []),
        // a sensor with an initial value is nominal by default
        ...given("status", begins && status !== "nominal" ? status : undefined, text)
      ],
      " })"
    )
  }

  private fields(key: string, all: ReadonlyArray<FieldDescription>): ReadonlyArray<Source> {
    if (all.length === 0) return []
    this.used.add("Arg")
    return [
      field(
        key,
        list(
          "{ ",
          all.map((one) => this.field(one)),
          " }"
        )
      )
    ]
  }

  private field({ default: value, name, presence, type }: FieldDescription): Source {
    const source = typeSource(type)
    if (value !== undefined)
      return field(name, list("Arg.withDefault(", [source, this.value(Arg.fromDescription(type), value)], ")"))
    return field(name, presence === undefined ? source : list(`Arg.${presence}(`, [source], ")"))
  }

  private value(arg: Arg.Any, wire: Arg.WireValue): Source {
    const value: unknown = Arg.fromWireValue(arg, wire)
    if (value instanceof Address) this.used.add("Codec")
    return literal(value)
  }
}

/** The names that the module imports, which its class cannot have. */
const taken = ["Arg", "Codec", "Interface", "Message", "Object", "Request", "Sensor"]

const classNameOf = (id: string): string => {
  const name = (id.match(/[A-Za-z0-9]+/g) ?? []).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
  return /^[A-Z]/.test(name) && !taken.includes(name) ? name : `${name}Contract`.replace(/^\d/, "_$&")
}

/**
 * The options of a generated module.
 *
 * @category models
 * @since 0.1.0
 */
export interface TypeScriptOptions {
  /** The name of the class. By default built from the contract's id: `m1-antenna` becomes `M1Antenna`. */
  readonly className?: string | undefined
}

/**
 * Returns the source text of a TypeScript module that exports the contract of a description as a class. It gives types
 * to clients and servers of a device that was only queried (`Client.importContract`), or of a contract in a file. The
 * description of the class equals the given one, except for the facts of a running device and timeout hints below a
 * nanosecond. A custom type becomes `Arg.opaque`. Names and texts of the description are only data in the source.
 *
 * Throws a `TypeError` if the class name is invalid, or the description is inconsistent. Descriptions that
 * `ContractDescription` has decoded are consistent.
 *
 * @example
 * ```ts
 * import { Arg, Interface, Sensor } from "katcp"
 *
 * const dish = Interface.make("dish").add(Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track") }))
 * const module = Interface.toTypeScript(Interface.describe(dish)) // export class Dish extends Interface.make("dish", …
 * if (!module.includes("export class Dish extends")) throw new Error(module)
 * ```
 *
 * @category generation
 * @since 0.1.0
 */
export const toTypeScript = (description: ContractDescription, options: TypeScriptOptions = {}): string => {
  const { build, device, id, requests, sensors, version } = description
  const className = options.className ?? classNameOf(id)
  if (!/^[A-Za-z_$][\w$]*$/.test(className)) throw new TypeError(`${JSON.stringify(className)} is not a class name`)
  const items = new Items()
  const all = [...requests.map((request) => items.request(request)), ...sensors.map((sensor) => items.sensor(sensor))]
  const head = (end: string): string =>
    layOut(
      list(
        `export class ${className} extends Interface.make(${text(id)}, { `,
        [field("version", text(version)), ...given("build", build === version ? undefined : build, text)],
        ` })${end}`
      )
    )
  return [
    comment(`Generated from the description of contract ${id}, version ${version}; edits are overwritten.`),
    ...(device?.notes ?? []).map((note) => comment(`Note: ${note}`)),
    `import { ${[...items.used].sort().join(", ")} } from ${text("katcp")}`,
    "",
    all.length === 0 ? head(" {}") : layOut({ open: head(".add("), items: all, close: ") {}" }),
    ""
  ].join("\n")
}
