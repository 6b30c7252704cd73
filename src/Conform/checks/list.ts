import * as Effect from "effect/Effect"
import type { Check, Needs } from "../Check.ts"
import { type Device, sensorOf } from "../Device.ts"
import { formats, isHumanReadable, numberOf, typesOf } from "../formats.ts"
import { counted, deviates, duplicateIn, each, failed, holds, ok, refused } from "../judge.ts"
import type { Line } from "../Line.ts"
import { Inapplicable } from "../Verdict.ts"

/** Requests `?sensor-list`. */
const all = (device: Device) =>
  Effect.map(
    Effect.flatMap(device.connect, (client) => client.ask("?sensor-list")),
    ({ informs }) => informs
  )

const needs: Needs = { sensor: "any" }

/** Checks each sensor. */
const everySensor = (
  check: Omit<Check, "clause" | "needs" | "run"> & { readonly needs?: Needs; readonly clause?: string },
  so: (line: Line, major: number) => boolean,
  expected: string
): Check => ({
  clause: "Rev 5.1 §7.2",
  ...check,
  needs: { ...needs, ...check.needs },
  run: (device) =>
    Effect.flatMap(all(device), (lines) => each(lines, (line) => so(line, device.protocol.major), expected))
})

/**
 * Returns `true` for the parameters of a numeric type: a nominal range, optionally with a range of warning around it;
 * in version 5 also none.
 */
const areRanges = ({ args: [, , , type = "", ...parameters] }: Line, major: number): boolean => {
  const { holds } = formats[type]!
  if (parameters.length === 0) return major >= 5
  if (!parameters.every((parameter) => holds(parameter, []))) return false
  const [from = 0, to = 0, warnFrom = from, warnTo = to] = parameters.map(numberOf)
  return [2, 4].includes(parameters.length) && warnFrom <= from && from <= to && to <= warnTo
}

/** The check of the parameters of integers and of floats. */
const ranges = (id: string, type: "integer" | "float"): Check => ({
  id,
  title: `The parameters of ${type}s are a nominal range, optionally with a warning range around it; in version 5 they may be absent`,
  clause: "Rev 5.1 §7.2",
  rows: "P-175, P-194, P-312, Q-07",
  note: "Rev 4 has only the nominal range; a warning range after it is accepted there, too",
  needs: { sensor: type },
  run: (device) =>
    Effect.flatMap(all(device), (lines) =>
      each(
        lines,
        (line) => !isOf(type)(line) || areRanges(line, device.protocol.major),
        device.protocol.major >= 5
          ? `${type} [MIN MAX [WARN-MIN WARN-MAX]], of ${type}s`
          : `${type} MIN MAX [WARN-MIN WARN-MAX], of ${type}s`
      )
    )
})

const isOf =
  (...types: ReadonlyArray<string>) =>
  (line: Line) =>
    types.includes(line.args[3] ?? "")

/** Requests the sensors that a regular expression selects, if the device supports them; no revision has them. */
const selected = Effect.fnUntraced(function* (device: Device, request: string) {
  const { name } = yield* sensorOf(device, "any")
  const client = yield* device.connect
  const answer = yield* client.ask(`?${request} /./`)
  if (!answer.reply.isOk)
    return yield* new Inapplicable({
      reason: "the device takes no regular expressions, which are not in the specification"
    })
  return { answer, client, name }
})

/** The checks that `?sensor-list` and `?sensor-value` have in common. */
export const lookups = (
  request: "sensor-list" | "sensor-value",
  ids: readonly [all: string, one: string, unknown: string, empty: string, matches: string, none: string, bad: string],
  rows: readonly [all: string, one: string],
  nameOf: (line: Line) => string | undefined
): ReadonlyArray<Check> => [
  {
    id: ids[0],
    title: `?${request} sends an inform for each sensor, and counts them`,
    clause: "Rev 5.1 §7.2",
    rows: `P-060, P-061, ${rows[0]}`,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* counted(yield* client.ask(`?${request}`))
    })
  },
  {
    id: ids[1],
    title: `?${request} NAME sends one inform, of that sensor`,
    clause: "Rev 5.1 §7.2",
    rows: rows[1],
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const { name } of device.sensors.slice(0, 100)) {
        const answer = yield* client.ask(`?${request} ${name}`)
        yield* ok(answer, "1")
        yield* holds(
          answer.informs.length === 1 && nameOf(answer.informs[0]!) === name,
          `#${request} of ${name}, once`,
          answer.informs
        )
      }
    })
  },
  {
    id: ids[2],
    title: `?${request} of an unknown sensor is answered with fail and a text`,
    clause: "Rev 5.1 §7.2",
    rows: rows[1],
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* failed(yield* client.ask(`?${request} no-such-sensor`), "fail")
    })
  },
  {
    id: ids[3],
    title: `?${request} of an empty name is answered with fail, not with all sensors`,
    clause: "Rev 5.1 §2.1, §7.2",
    rows: `P-027, ${rows[1]}`,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* refused(yield* client.ask(`?${request} \\@`), "fail")
    })
  },
  {
    id: ids[4],
    title: `?${request} /EXPRESSION/ selects the sensors whose name it matches, and counts them`,
    clause: "Rev 5.1 §7.2",
    rows: "P-192, Q-21",
    note: "Regular expressions are in no revision; a device need not support them",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { answer, client, name } = yield* selected(device, request)
      yield* counted(answer)
      const one = yield* client.ask(`?${request} /^${name.replace(/[.]/g, "[.]")}$/`)
      yield* ok(one, "1")
      yield* each(one.informs, (line) => nameOf(line) === name, `#${request} of ${name}`)
    })
  },
  {
    id: ids[5],
    title: `?${request} of an expression that matches nothing counts nothing`,
    clause: "Rev 5.1 §7.2",
    rows: "P-192, Q-21",
    note: "Regular expressions are in no revision; a device need not support them",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client } = yield* selected(device, request)
      yield* ok(yield* client.ask(`?${request} /no-such-sensor/`), "0")
    })
  },
  {
    id: ids[6],
    title: `?${request} of a bad expression fails, with a text`,
    clause: "Rev 5.1 §7.2",
    rows: "P-192, Q-21",
    note: "Regular expressions are in no revision; a device need not support them",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client } = yield* selected(device, request)
      yield* failed(yield* client.ask(`?${request} /[/`))
    })
  }
]

export const checks: ReadonlyArray<Check> = [
  ...lookups(
    "sensor-list",
    ["list-001", "list-002", "list-003", "list-004", "list-005", "list-006", "list-007"],
    ["P-190", "P-191"],
    ({ args }) => args[0]
  ),
  everySensor(
    { id: "list-008", title: "#sensor-list has a name, a description, units and a type", rows: "P-190" },
    ({ args }) => args.length >= 4,
    "#sensor-list NAME DESCRIPTION UNITS TYPE [PARAMETER ...]"
  ),
  everySensor(
    {
      id: "list-009",
      title: "Names of sensors consist of letters, digits, dots, dashes and underscores",
      clause: "Rev 5.1 §7",
      rows: "P-170",
      needs: { major: 5 }
    },
    ({ args }) => /^[A-Za-z0-9._-]+$/.test(args[0] ?? ""),
    "a name of a-z A-Z 0-9 . - _"
  ),
  {
    id: "list-010",
    title: "Names of sensors are unique",
    clause: "Rev 5.1 §7",
    rows: "P-170",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const twice = duplicateIn((yield* all(device)).map(({ args }) => args[0] ?? ""))
      if (twice !== undefined) return yield* deviates("each sensor once", `#sensor-list ${twice} twice`)
    })
  },
  everySensor(
    {
      id: "list-011",
      title: "Types are those of the version",
      clause: "Rev 5.1 §3, §7",
      rows: "P-084, P-315",
      note: "Addresses are new in version 5"
    },
    ({ args }, major) => typesOf(major).includes(args[3] ?? ""),
    "a type of the version's table 6"
  ),
  everySensor(
    {
      id: "list-012",
      title: "Descriptions and units are for people",
      clause: "Rev 5.1 §2, §7.2",
      rows: "P-014, P-193"
    },
    ({ args }) => isHumanReadable(args[1] ?? "") && isHumanReadable(args[2] ?? ""),
    "texts of printable ASCII, tabs and line ends"
  ),
  ranges("list-013", "integer"),
  ranges("list-014", "float"),
  everySensor(
    {
      id: "list-015",
      title: "The parameters of discrete sensors are their options, each once",
      rows: "P-195",
      needs: { sensor: "discrete" }
    },
    (line) => !isOf("discrete")(line) || (line.args.length > 4 && duplicateIn(line.args.slice(4)) === undefined),
    "discrete OPTION ..., each once"
  ),
  everySensor(
    { id: "list-016", title: "Other types have no parameters", rows: "P-196", needs: { sensor: "not numeric" } },
    (line) => !isOf("boolean", "lru", "timestamp", "address", "string")(line) || line.args.length === 4,
    "no parameter"
  ),
  {
    id: "list-017",
    title: "?sensor-list NAME says the same as the list of all",
    clause: "Rev 5.1 §7.2",
    rows: "P-191",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const known = new Set(device.sensors.map(({ name }) => name))
      const lines = (yield* client.ask("?sensor-list")).informs.filter(({ args }) => known.has(args[0] ?? ""))
      for (const line of lines.slice(0, 100)) {
        const { informs } = yield* client.ask(`?sensor-list ${line.args[0]}`)
        yield* holds(informs.length === 1 && informs[0]!.args.join("\n") === line.args.join("\n"), `${line}`, informs)
      }
    })
  }
]
