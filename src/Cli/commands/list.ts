/** The sensors of a device as a table. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as flags from "../flags.ts"
import { checkFound, checkNames, idle, means, nameOf } from "../reach/chosen.ts"
import { callOptions, connect } from "../reach/connect.ts"
import { answer, readingsIn, sensorsOf } from "../reach/device.ts"
import { Failures, fromEach } from "../reach/several.ts"
import { type Aim, aimsOf } from "../reach/targets.ts"
import { ageText } from "../show/age.ts"
import { Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { type Shown, sensorRows } from "../show/reading.ts"
import { statusCell, timeCells, timeColumns, valueText } from "../show/sensors.ts"
import { type Cell, type Column, table } from "../show/table.ts"
import { zoneOf } from "../show/time.ts"
import { visible } from "../show/visible.ts"

const config = {
  words: flags.words("TARGET", flags.targets),
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
  { title: "units", shrinks: "first" },
  { title: "status" }
]
const age: Column = { title: "age", right: true }
const unread: Cell = { text: "" }

const handler = Effect.fnUntraced(function* (input: Input) {
  const aims = yield* aimsOf(input, input.words)
  const output = yield* Output
  const several = aims.length > 1
  const zone = zoneOf(input)
  const print = yield* printerOf(input, sensorRows(zone))
  const failures = new Failures(aims.length)
  const shown = (yield* fromEach(aims, failures, (aim) => Effect.scoped(sensorsIn(aim, input)))).flat()
  if (print !== undefined) yield* print(Stream.fromIterable(shown))
  else {
    const rows = shown.map(({ device, reading, received, sensor }) => [
      { text: nameOf(several, device, sensor.name) },
      { text: sensor.type.sensorType ?? sensor.type.name },
      { text: reading === undefined ? "" : valueText(sensor, reading.value) },
      { text: sensor.units },
      reading === undefined ? { text: "" } : statusCell(reading.status, output.paint),
      ...(input.times
        ? reading === undefined
          ? [unread, unread]
          : timeCells(reading, received, zone)
        : [{ text: reading === undefined ? "" : ageText(received - reading.timestamp) }])
    ])
    const all = [...columns, ...(input.times ? timeColumns : [age])]
    yield* Effect.forEach(table(all, rows, output.terminal()?.columns), output.line, { discard: true })
  }
  yield* failures.end
  yield* checkFound(aims, shown)
})

/** Returns the selected sensors with their readings. */
const sensorsIn = (aim: Aim, input: Input) =>
  Effect.gen(function* () {
    const { host } = aim
    const { note } = yield* Output
    const client = yield* connect(host, input)
    const all = yield* sensorsOf(client, host, callOptions(input))
    yield* checkNames(aim, all)
    const chosen = [...all.values()].filter(({ name }) => means(aim, name))
    for (const pattern of idle(aim, all)) yield* note(visible(`katcp: no sensor of ${host.text} matches ${pattern}`))
    // if a device cannot return all values at once, each sensor is requested
    const whole = yield* Effect.result(answer(client, host, "sensor-value", [], callOptions(input)))
    const informs =
      whole._tag === "Success"
        ? whole.success.informs
        : (yield* Effect.forEach(chosen, ({ name }) =>
            answer(client, host, "sensor-value", [name], callOptions(input))
          )).flatMap((one) => one.informs)
    const readings = readingsIn(informs, all, client)
    const received = (yield* Clock.currentTimeMillis) / 1000
    return chosen.map((sensor): Shown => ({ device: host.text, sensor, reading: readings.get(sensor.name), received }))
  })

/** `katcp list`. */
export const list = Command.make("list", config, handler).pipe(
  Command.withDescription("List the sensors of the device: type, units, value, status and age"),
  Command.withExamples([
    { command: "katcp list dish-7", description: "All sensors" },
    { command: "katcp list dish-7 'rx.*' /temp/", description: "Some of them" },
    { command: "katcp list 'm0*/rx.*'", description: "Sensors of several devices of the site file" }
  ])
)
