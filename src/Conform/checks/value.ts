import * as Effect from "effect/Effect"
import type { Check, Needs, SensorNeed } from "../Check.ts"
import { type Device, sensorOf, setSensor, settableOf } from "../Device.ts"
import { formats, isInUnit, isTimestamp, numberOf, statusesOf } from "../formats.ts"
import { deviates, duplicateIn, each, holds } from "../judge.ts"
import { escaped, type Line } from "../Line.ts"
import { lookups } from "./list.ts"

const needs: Needs = { sensor: "any" }

/** A reading in an inform. */
export interface Reading {
  readonly line: Line
  readonly time: string
  readonly name: string
  readonly status: string
  readonly value: string
}

/** Returns `true` if an inform has a time, a number, and three arguments for each of that many readings. */
export const isReport = ({ args }: Line): boolean =>
  /^\d+$/.test(args[1] ?? "") && args.length === 2 + 3 * Number(args[1])

/** Returns the readings of well-formed informs. */
export const readingsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Reading> =>
  lines.filter(isReport).flatMap((line) =>
    Array.from({ length: Number(line.args[1]) }, (_, at) => ({
      line,
      time: line.args[0]!,
      name: line.args[2 + 3 * at]!,
      status: line.args[3 + 3 * at]!,
      value: line.args[4 + 3 * at]!
    }))
  )

/** Requests `?sensor-value`. */
const all = (device: Device) =>
  Effect.map(
    Effect.flatMap(device.connect, (client) => client.ask("?sensor-value")),
    ({ informs }) => informs
  )

/** Checks each reading. */
const everyReading = (
  id: string,
  title: string,
  rows: string,
  so: (reading: Reading, device: Device) => boolean,
  expected: string,
  more: Partial<Check> = {}
): Check => ({
  id,
  title,
  clause: "Rev 5.1 §7.2",
  rows,
  needs,
  run: (device) =>
    Effect.flatMap(all(device), (lines) => {
      const wrong = readingsOf(lines).find((reading) => !so(reading, device))
      return wrong === undefined ? Effect.void : deviates(`${expected}, of ${wrong.name}`, wrong.line)
    }),
  ...more
})

/** Expects the values of all sensors of a type to have the form of this type. */
const form = (id: string, type: SensorNeed & keyof typeof formats, rows: string): Check =>
  everyReading(
    id,
    `Values of type ${type} have the form of this type`,
    rows,
    ({ name, value }, { sensors }) => {
      const sensor = sensors.find((sensor) => sensor.name === name)
      return sensor === undefined || sensor.type !== type || formats[type]!.holds(value, sensor.parameters)
    },
    formats[type]!.expected,
    { clause: "Rev 5.1 §3", needs: { sensor: type } }
  )

/** Returns `true` if the value read equals the value set: a number may be written in another way. */
const same = (type: string, set: string, read: string): boolean =>
  set === read ||
  (type === "integer"
    ? formats.integer!.holds(read, []) && BigInt(read) === BigInt(set)
    : (type === "float" || type === "timestamp") && read !== "" && Number(read) === Number(set))

/** Sets values, and expects `?sensor-value` to return them. */
const roundTrips = (
  id: string,
  title: string,
  type: SensorNeed,
  rows: string,
  values: (device: Device, parameters: ReadonlyArray<string>) => ReadonlyArray<string>,
  more: Needs = {}
): Check => ({
  id,
  title,
  clause: "Rev 5.1 §3",
  rows,
  needs: { set: type, ...more },
  run: Effect.fnUntraced(function* (device) {
    const { parameters } = yield* sensorOf(device, type)
    const all = values(device, parameters)
    const sensor = yield* settableOf(device, type, escaped(all[0] ?? ""))
    const client = yield* device.connect
    for (const value of all) {
      yield* setSensor(client, sensor, escaped(value))
      const { informs } = yield* client.ask(`?sensor-value ${sensor.name}`)
      const [reading] = readingsOf(informs)
      yield* holds(
        reading !== undefined && reading.status === "nominal" && same(sensor.type, value, reading.value),
        `#sensor-value TIME 1 ${sensor.name} nominal ${escaped(value)}`,
        informs
      )
    }
  })
})

/** The year 2100 in the unit of the version, which exceeds 32 bits. */
const farTime = ({ dialect }: Device): string => dialect.formatTime(4_102_444_800)

/** Returns `true` if the ranges allow the status (Rev 5.1 §7.2). */
const agrees = ({ status, value }: Reading, parameters: ReadonlyArray<string>): boolean => {
  if (!["nominal", "warn", "error"].includes(status) || parameters.length < 2) return true
  const x = numberOf(value)
  // ranges apply to numbers only
  if (Number.isNaN(x)) return true
  const [from = 0, to = 0, warnFrom, warnTo] = parameters.map(numberOf)
  if (from <= x && x <= to) return status === "nominal"
  if (warnFrom === undefined || warnTo === undefined) return true
  return status === (warnFrom <= x && x <= warnTo ? "warn" : "error")
}

export const checks: ReadonlyArray<Check> = [
  ...lookups(
    "sensor-value",
    ["value-001", "value-002", "value-003", "value-004", "value-005", "value-006", "value-007"],
    ["P-250", "P-251"],
    ({ args }) => args[2]
  ),
  {
    id: "value-008",
    title: "#sensor-value has a time, a count, and the name, status and value of as many sensors",
    clause: "Rev 5.1 §7.2",
    rows: "P-250, P-252",
    needs,
    run: (device) =>
      Effect.flatMap(all(device), (lines) => each(lines, isReport, "#sensor-value TIME COUNT [NAME STATUS VALUE ...]"))
  },
  {
    id: "value-009",
    title: "?sensor-value has each sensor of ?sensor-list once",
    clause: "Rev 5.1 §7, §7.2",
    rows: "P-177, P-250",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const list = Effect.map(client.ask("?sensor-list"), ({ informs }) => new Set(informs.map(({ args }) => args[0]!)))
      const before = yield* list
      const names = readingsOf((yield* client.ask("?sensor-value")).informs).map(({ name }) => name)
      const after = yield* list
      const values = new Set(names)
      // a sensor that comes or goes meanwhile may be in one of them
      const wrong =
        [...before].find((name) => after.has(name) && !values.has(name)) ??
        names.find((name) => !before.has(name) && !after.has(name))
      if (wrong !== undefined) return yield* deviates(`${wrong} in both lists`, "it is in one of them")
      const twice = duplicateIn(names)
      if (twice !== undefined) return yield* deviates("each sensor once", `#sensor-value of ${twice} twice`)
    })
  },
  everyReading(
    "value-010",
    "Times consist of digits, with an optional fraction",
    "P-077, P-252",
    ({ time }) => isTimestamp(time),
    "a time without sign or exponent",
    { clause: "Rev 5.1 §3, §7.2" }
  ),
  everyReading(
    "value-011",
    "Times are in seconds, in version 4 in milliseconds",
    "P-077, P-078, P-311",
    ({ time }, { protocol }) => isInUnit(time, protocol.major),
    "a time in the unit of the version",
    { clause: "Rev 5.1 §3, §7.2" }
  ),
  everyReading(
    "value-012",
    "Statuses are those of the version",
    "P-172, P-255, P-313, Q-06",
    ({ status }, { protocol }) => statusesOf(protocol.major).includes(status),
    "a status of the version's table 8",
    { clause: "Rev 5.1 §7" }
  ),
  form("value-013", "integer", "P-071"),
  form("value-014", "float", "P-073, Q-03"),
  form("value-015", "boolean", "P-075"),
  form("value-016", "lru", "P-076"),
  form("value-017", "timestamp", "P-077"),
  form("value-018", "discrete", "P-079"),
  form("value-019", "address", "P-080"),
  everyReading(
    "value-020",
    "The status of a number agrees with its ranges",
    "P-175",
    (reading, { sensors }) => {
      const sensor = sensors.find(({ name }) => name === reading.name)
      return sensor === undefined || !/^(integer|float)$/.test(sensor.type) || agrees(reading, sensor.parameters)
    },
    "nominal inside the nominal range; with a range of warning, warn inside that and error outside",
    { needs: { sensor: "numeric", major: 5 } }
  ),
  roundTrips("value-021", "Integers of any size come back exactly", "integer", "P-071, P-072", () => [
    ...["7", "-2147483649", "9007199254740993", `1${"0".repeat(30)}1`]
  ]),
  roundTrips("value-022", "Floats come back as the same numbers", "float", "P-073, P-074", () => [
    ...["0.1", "-1.5", "1e-07", "1e+22", "123456789.12345679", "5e-324"]
  ]),
  roundTrips("value-023", "Both booleans come back", "boolean", "P-075", () => ["1", "0"]),
  roundTrips("value-024", "Both states of an lru come back", "lru", "P-076", () => ["error", "nominal"]),
  roundTrips("value-025", "Each option of a discrete sensor comes back", "discrete", "P-079", (_, options) => options),
  roundTrips(
    "value-026",
    "Strings with blanks, line ends and backslashes come back, and so do empty ones",
    "string",
    "P-070, P-081",
    () => [...["two words", "a\\b\n\tc\r\x1b", ""]]
  ),
  roundTrips(
    "value-027",
    "Addresses of both kinds come back",
    "address",
    "P-080",
    () => [...["192.168.1.1", "10.0.0.1:7147", "[::1]:80", "[2001:db8::1]"]],
    { major: 5 }
  ),
  roundTrips("value-028", "Times beyond 2038 come back", "timestamp", "P-078", (device) => [farTime(device)]),
  {
    id: "value-029",
    title: "Each status of the version is returned as it was set",
    clause: "Rev 5.1 §7",
    rows: "P-172, P-173",
    needs: { set: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* settableOf(device, "any")
      const client = yield* device.connect
      for (const status of statusesOf(device.protocol.major)) {
        yield* setSensor(client, sensor, escaped(sensor.settable!.value), status)
        const { informs } = yield* client.ask(`?sensor-value ${sensor.name}`)
        yield* holds(
          readingsOf(informs)[0]?.status === status,
          `#sensor-value TIME 1 ${sensor.name} ${status} VALUE`,
          informs
        )
      }
    })
  },
  {
    id: "value-030",
    title: "The time is that of the reading",
    clause: "Rev 5.1 §7.2",
    rows: "P-078, P-171, P-252, P-311",
    note: "Whole seconds suffice: a device may store a time with less precision than it received",
    needs: { set: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* settableOf(device, "any")
      const client = yield* device.connect
      for (const seconds of [1_234_567_890.5, 4_102_444_800]) {
        const time = device.dialect.formatTime(seconds)
        yield* setSensor(client, sensor, escaped(sensor.settable!.value), "nominal", time)
        const { informs } = yield* client.ask(`?sensor-value ${sensor.name}`)
        const inSeconds = device.dialect.toSeconds(Number(readingsOf(informs)[0]?.time))
        yield* holds(Math.abs(inSeconds - seconds) <= 1, `#sensor-value ${time} 1 ${sensor.name} ...`, informs)
      }
    })
  }
]
