/** Present readings of sensors. */

import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Sensor from "../../Sensor/index.ts"
import { cannotRun, refused } from "../Failure.ts"
import * as flags from "../flags.ts"
import { callOptions, connect, hostOf } from "../reach/connect.ts"
import { answer, readingsIn, sensorsOf, unknownSensor } from "../reach/device.ts"
import { Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { readingRows, type Shown } from "../show/reading.ts"
import { statusCell, timeCells, timeColumns, valueText } from "../show/sensors.ts"
import { type Column, table } from "../show/table.ts"
import { zoneOf } from "../show/time.ts"

const config = {
  words: flags.words("HOST SENSOR", "The device, and names of sensors"),
  ...flags.reaching,
  ...flags.forms,
  times: flags.times,
  utc: flags.utc,
  value: Flag.Boolean("value").pipe(
    Flag.withDescription("The values alone, a line each; exit code 1 if the status says that one does not count"),
    Flag.withDefault(false)
  ),
  any: Flag.Boolean("any").pipe(Flag.withDescription("With --value: values of any status"), Flag.withDefault(false))
}

type Input = Command.Command.Config.Infer<typeof config>

const columns: ReadonlyArray<Column> = [
  { title: "sensor" },
  { title: "value", shrinks: "first" },
  { title: "units" },
  { title: "status" }
]

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest: names } = yield* hostOf(input, input.words)
  if (names.length === 0) return yield* cannotRun("say which sensors; katcp list shows those that there are")
  const output = yield* Output
  const zone = zoneOf(input)
  const print = yield* printerOf(input, readingRows(zone))
  const client = yield* connect(host, input)
  const sensors = yield* sensorsOf(client, host, callOptions(input))
  const missing = names.find((name) => !sensors.has(name))
  if (missing !== undefined) return yield* unknownSensor(host, missing, sensors.keys())
  const answers = yield* Effect.forEach(names, (name) =>
    answer(client, host, "sensor-value", [name], callOptions(input))
  )
  const readings = readingsIn(
    answers.flatMap(({ informs }) => informs),
    sensors,
    client
  )
  const received = (yield* Clock.currentTimeMillis) / 1000
  const shown = yield* Effect.forEach(names, (name) => {
    const reading = readings.get(name)
    return reading === undefined
      ? Effect.fail(
          cannotRun(
            `the reading of ${name} that ${host.text} gives makes no sense; katcp call ${host.text} sensor-value ${name} shows it`
          )
        )
      : Effect.succeed({ device: host.text, sensor: sensors.get(name)!, reading, received } satisfies Shown)
  })
  if (print !== undefined) return yield* print(Stream.fromIterable(shown))
  if (input.value) {
    const bad = input.any ? undefined : shown.find(({ reading }) => !Sensor.isValid(reading.status))
    if (bad !== undefined)
      return yield* refused(
        `${bad.sensor.name} of ${host.text} is ${bad.reading.status}, so its value does not count; --any gives it all the same`
      )
    return yield* Effect.forEach(shown, ({ reading, sensor }) => output.plain(valueText(sensor, reading.value)), {
      discard: true
    })
  }
  const rows = shown.map(({ reading, received, sensor }) => [
    { text: sensor.name },
    { text: valueText(sensor, reading.value) },
    { text: sensor.units },
    statusCell(reading.status, output.paint),
    ...(input.times ? timeCells(reading, received, zone) : [])
  ])
  const all = input.times ? [...columns, ...timeColumns] : columns
  const [head = "", ...lines] = table(all, rows, output.terminal()?.columns)
  // two times beside each other need names
  yield* Effect.forEach(input.times ? [head, ...lines] : lines, output.line, { discard: true })
}, Effect.scoped)

/** `katcp get`. */
export const get = Command.make("get", config, handler).pipe(
  Command.withDescription("The present readings of sensors"),
  Command.withExamples([
    { command: "katcp get dish-7 azimuth elevation", description: "Two sensors" },
    { command: "katcp get --value dish-7 mode", description: "For a script" }
  ])
)
