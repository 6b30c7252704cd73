/** Contracts from a device's own lists. */
import { Arg, type Dialect, Encoder, Parser } from "../../Codec/index.ts"
import * as Message from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import { roleInHelp, roleText } from "../Role.ts"
import type { RequestDescription, SensorDescription } from "./ContractDescription.ts"
import { describeSensor } from "./describe.ts"

/**
 * The standard requests (Rev 5.1 §4 to §8), and `?sensor-sampling-clear` of katcp-python. They are not in a contract:
 * every server answers them.
 *
 * @category constants
 * @since 0.1.0
 */
export const standardRequests: ReadonlySet<string> = new Set([
  "client-list",
  "halt",
  "help",
  "log-level",
  "request-timeout-hint",
  "restart",
  "sensor-list",
  "sensor-sampling",
  "sensor-sampling-clear",
  "sensor-value",
  "version-list",
  "watchdog"
])

/**
 * A sensor as described by `#sensor-list`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorFromList {
  readonly sensor: SensorDescription
  /** The malformed parts, and how they were handled. */
  readonly notes: ReadonlyArray<string>
}

const isSensorType = (text: string): text is Arg.SensorType =>
  ["integer", "float", "boolean", "lru", "timestamp", "discrete", "address", "string"].includes(text)

/**
 * Returns the sensor of a `#sensor-list` inform (Rev 5.1 §7.2). Keeps as much as possible of a malformed one: bad
 * limits are left out, and an unknown type becomes an opaque one of strings. Returns `Invalid` if the inform has fewer
 * than four arguments, or a name that is not text.
 *
 * @category listings
 * @since 0.1.0
 */
export const sensorFromList = (inform: Message.Message, dialect: Dialect.Dialect): SensorFromList | Arg.Invalid => {
  if (inform.length < 4)
    return new Arg.Invalid(`#sensor-list with ${inform.length} arguments: name, description, units and type are needed`)
  const bytes = inform.bytes(0)!
  const name = Arg.Text.decode(bytes, 0, bytes.length, dialect)
  if (name instanceof Arg.Invalid) return new Arg.Invalid(`the name of a sensor: ${name.message}`)
  const texts = Array.from({ length: inform.length }, (_, index) => inform.text(index)!)
  const [, doc = "", units = "", type = "", ...parameters] = texts
  const notes: Array<string> = []
  const whole = Sensor.parseDescription(inform, dialect, (detail) => notes.push(detail))
  if (!(whole instanceof Arg.Invalid)) {
    if (parameters.length > 0 && whole.parameters.length === 0 && notes.length === 0)
      notes.push(`sensor ${name}: ${type} sensors have no parameters; ${parameters.join(" ")} is left out`)
    return { sensor: describeSensor(whole), notes }
  }
  const sensor: SensorDescription = {
    name,
    doc,
    units,
    type: {
      kind: "opaque",
      name: type,
      sensorType: isSensorType(type) ? type : "string",
      ...(parameters.length === 0 ? {} : { parameters })
    }
  }
  return { sensor, notes: [`${whole.message}: its values are taken as bytes`] }
}

const heading = /^([ \t]*)(?:Parameters|Params)[ \t]*\n\1-{3,}[ \t]*\n/m

/** Parses the help text of this library's servers: the description, then the synopsis. */
const ours = (name: string, help: string): { readonly doc: string; readonly usage: string } | undefined => {
  const mark = "Usage: "
  const at = help.lastIndexOf(`${mark}?${name}`)
  const usage = help.slice(at + mark.length)
  const [before, after] = [help[at - 1], usage[name.length + 1]]
  if (
    at === -1 ||
    (before !== " " && before !== "\n") ||
    (after !== undefined && after !== " ") ||
    usage.includes("\n")
  )
    return undefined
  return { doc: help.slice(0, at - 1), usage }
}

/**
 * Returns the synopsis in another server's help text: in brackets (`(?add x y)`), or from the section `Parameters` of
 * the Python libraries' help texts.
 */
const usageIn = (name: string, help: string): string | undefined => {
  const bracket = help.indexOf(`(?${name}`)
  if (bracket !== -1) {
    const after = help[bracket + name.length + 2]
    const end = help.indexOf(")", bracket)
    const usage = help.slice(bracket + 1, end)
    if ((after === " " || after === ")") && end !== -1 && !usage.includes("\n")) return usage
  }
  const section = heading.exec(help)
  if (section === null) return undefined
  const indent = section[1]!
  const parameters: Array<string> = []
  const lines = help.slice(section.index + section[0].length).split("\n")
  for (const [at, line] of lines.entries()) {
    if (/^\s*-{3,}\s*$/.test(lines[at + 1] ?? "")) break
    const found = line.startsWith(indent) ? /^([A-Za-z_][\w-]*)[ \t]*:(.*)$/.exec(line.slice(indent.length)) : null
    if (found !== null) parameters.push(/\boptional\b/.test(found[2]!) ? `[${found[1]}]` : found[1]!)
  }
  return [`?${name}`, ...parameters].join(" ")
}

/**
 * Returns the request of a `#help` inform (Rev 5.1 §4.1). It is always a raw one, because help texts are for people.
 * The synopsis comes from the text, in the forms of this library and the Python libraries; the role comes from it too,
 * in the form of this library.
 *
 * @category listings
 * @since 0.1.0
 */
export const requestFromHelp = (name: string, help: string): Extract<RequestDescription, { kind: "raw" }> => {
  const { doc, usage } = ours(name, help) ?? { doc: help, usage: usageIn(name, help) ?? `?${name} [argument ...]` }
  const role = roleInHelp(name, help)
  return role === undefined
    ? { kind: "raw", name, doc, usage }
    : { kind: "raw", name, doc: doc.replace(` ${roleText({ name, role })}`, ""), usage, role }
}

/** Returns sensors as they are read from the `#sensor-list` of a device of that dialect. */
export const asListed = (sensors: Iterable<Sensor.Any>, dialect: Dialect.Dialect): ReadonlyArray<SensorDescription> => {
  const encoder = new Encoder()
  const parser = new Parser({ maxLine: Number.MAX_SAFE_INTEGER })
  for (const sensor of sensors) Sensor.writeDescription(encoder, sensor, undefined, dialect)
  return encoder.take().flatMap((bytes) =>
    parser.push(bytes).flatMap((inform) => {
      const listed = Message.isMessage(inform) ? sensorFromList(inform, dialect) : inform
      return "sensor" in listed ? listed.sensor : []
    })
  )
}
