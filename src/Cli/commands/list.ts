/** The sensors of a device as a table. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import * as flags from "../flags.ts"
import { callOptions, connect, hostOf } from "../reach/connect.ts"
import { answer, filterOf, isName, readingsIn, sensorsOf, unknownSensor } from "../reach/device.ts"
import { ageText } from "../show/age.ts"
import { Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { type Shown, sensorRows } from "../show/reading.ts"
import { statusCell, timeCells, timeColumns, valueText } from "../show/sensors.ts"
import { type Cell, type Column, table } from "../show/table.ts"
import { zoneOf } from "../show/time.ts"

const config = {
  words: flags.words(
    "HOST PATTERN",
    "The device, and which sensors: names, globs (rx.*) or regular expressions (/temp/)"
  ),
  ...flags.reaching,
  ...flags.forms,
  times: flags.times,
  utc: flags.utc
}

type Input = Command.Command.Config.Infer<typeof config>

const columns: ReadonlyArray<Column> = [
  { title: "sensor" },
  { title: "type" },
  { title: "value", shrinks: "first" },
  { title: "units" },
  { title: "status" }
]
const age: Column = { title: "age", right: true }
const unread: Cell = { text: "" }

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest: patterns } = yield* hostOf(input, input.words)
  const output = yield* Output
  const filters = yield* Effect.forEach(patterns, filterOf)
  const zone = zoneOf(input)
  const print = yield* printerOf(input, sensorRows(zone))
  const client = yield* connect(host, input)
  const all = yield* sensorsOf(client, host, callOptions(input))
  const chosen = [...all.values()].filter(
    ({ name }) => filters.length === 0 || filters.some((filter) => Client.matches(filter, name))
  )
  for (const [at, filter] of filters.entries()) {
    if (isName(filter) && !all.has(filter)) return yield* unknownSensor(host, filter, all.keys())
    if (!chosen.some(({ name }) => Client.matches(filter, name)))
      yield* output.note(`katcp: no sensor of ${host.text} fits ${patterns[at]}`)
  }
  // a device that cannot tell all values at once is asked for each
  const whole = yield* Effect.result(answer(client, host, "sensor-value", [], callOptions(input)))
  const informs =
    whole._tag === "Success"
      ? whole.success.informs
      : (yield* Effect.forEach(chosen, ({ name }) =>
          answer(client, host, "sensor-value", [name], callOptions(input))
        )).flatMap((one) => one.informs)
  const readings = readingsIn(informs, all, client)
  const now = (yield* Clock.currentTimeMillis) / 1000
  const shown = chosen.map(
    (sensor): Shown => ({ device: host.text, sensor, reading: readings.get(sensor.name), received: now })
  )
  if (print !== undefined) return yield* print(Stream.fromIterable(shown))
  const rows = shown.map(({ reading, received, sensor }) => {
    return [
      { text: sensor.name },
      { text: sensor.type.sensorType ?? sensor.type.name },
      { text: reading === undefined ? "" : valueText(sensor, reading.value) },
      { text: sensor.units },
      reading === undefined ? { text: "" } : statusCell(reading.status, output.paint),
      ...(input.times
        ? reading === undefined
          ? [unread, unread]
          : timeCells(reading, received, zone)
        : [{ text: reading === undefined ? "" : ageText(received - reading.timestamp) }])
    ]
  })
  yield* Effect.forEach(
    table([...columns, ...(input.times ? timeColumns : [age])], rows, output.terminal()?.columns),
    output.line,
    { discard: true }
  )
}, Effect.scoped)

/** `katcp list`. */
export const list = Command.make("list", config, handler).pipe(
  Command.withDescription("The sensors of the device: type, units, value, status and age"),
  Command.withExamples([
    { command: "katcp list dish-7", description: "All sensors" },
    { command: "katcp list dish-7 'rx.*' /temp/", description: "Some of them" }
  ])
)
