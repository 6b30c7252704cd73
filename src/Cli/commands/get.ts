/** Current readings of sensors. */

import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Sensor from "../../Sensor/index.ts"
import { cannotRun, refused } from "../Failure.ts"
import * as flags from "../flags.ts"
import { checkFound, chosen, nameOf } from "../reach/chosen.ts"
import { callOptions, connect } from "../reach/connect.ts"
import { answer, readingsIn, sensorsOf } from "../reach/device.ts"
import { Failures, fromEach } from "../reach/several.ts"
import { type Aim, aimsOf } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { readingRows, type Shown } from "../show/reading.ts"
import { statusCell, timeCells, timeColumns, valueText } from "../show/sensors.ts"
import { type Column, table } from "../show/table.ts"
import { zoneOf } from "../show/time.ts"

const config = {
  words: flags.words("TARGET", flags.targets),
  ...flags.reaching,
  ...flags.forms,
  times: flags.times,
  utc: flags.utc,
  value: Flag.Boolean("value").pipe(
    Flag.withDescription("Print only the values, one a line; exit code 1 if a status makes a value invalid"),
    Flag.withDefault(false)
  ),
  any: Flag.Boolean("any").pipe(
    Flag.withDescription("With --value: accept values of any status"),
    Flag.withDefault(false)
  )
}

type Input = Command.Command.Config.Infer<typeof config>

const columns: ReadonlyArray<Column> = [
  { title: "sensor" },
  { title: "value", shrinks: "first" },
  { title: "units", shrinks: "first" },
  { title: "status" }
]

const handler = Effect.fnUntraced(function* (input: Input) {
  const aims = yield* aimsOf(input, input.words)
  const whole = aims.find(({ wanted }) => wanted.length === 0)
  if (whole !== undefined)
    return yield* cannotRun(
      aims.length === 1
        ? "name one or more sensors; katcp list shows them"
        : `name one or more sensors of ${whole.host.text}; katcp list shows them`
    )
  const output = yield* Output
  const several = aims.length > 1
  const zone = zoneOf(input)
  const print = yield* printerOf(input, readingRows(zone))
  const failures = new Failures(aims.length)
  const found = yield* fromEach(aims, failures, (aim) => Effect.scoped(readingsOf(aim, input, print === undefined)))
  const shown = found.flat()
  if (print !== undefined) yield* print(Stream.fromIterable(shown))
  else if (input.value)
    yield* Effect.forEach(shown, ({ reading, sensor }) => output.plain(valueText(sensor, reading.value)), {
      discard: true
    })
  else {
    const rows = shown.map(({ device, reading, received, sensor }) => [
      { text: nameOf(several, device, sensor.name) },
      { text: valueText(sensor, reading.value) },
      { text: sensor.units },
      statusCell(reading.status, output.paint),
      ...(input.times ? timeCells(reading, received, zone) : [])
    ])
    const all = input.times ? [...columns, ...timeColumns] : columns
    const [head = "", ...lines] = table(all, rows, output.terminal()?.columns)
    // two times in one line need column names
    yield* Effect.forEach(input.times ? [head, ...lines] : lines, output.line, { discard: true })
  }
  yield* failures.end
  yield* checkFound(aims, shown)
})

/** Returns the readings of the selected sensors, in order. */
const readingsOf = (aim: Aim, input: Input, forPeople: boolean) =>
  Effect.gen(function* () {
    const { host } = aim
    const client = yield* connect(host, input)
    const sensors = yield* sensorsOf(client, host, callOptions(input))
    const wanted = yield* chosen(aim, sensors)
    const answers = yield* Effect.forEach(wanted, ({ name }) =>
      answer(client, host, "sensor-value", [name], callOptions(input))
    )
    const readings = readingsIn(
      answers.flatMap(({ informs }) => informs),
      sensors,
      client
    )
    const received = (yield* Clock.currentTimeMillis) / 1000
    const shown = yield* Effect.forEach(wanted, (sensor) => {
      const reading = readings.get(sensor.name)
      return reading === undefined
        ? Effect.fail(
            cannotRun(
              `the reading of ${sensor.name} from ${host.text} is malformed; katcp call ${host.text} sensor-value ${sensor.name} shows it`
            )
          )
        : Effect.succeed({ device: host.text, sensor, reading, received } satisfies Shown)
    })
    const bad = input.any ? undefined : shown.find(({ reading }) => !Sensor.isValid(reading.status))
    if (input.value && forPeople && bad !== undefined)
      return yield* refused(
        `${bad.sensor.name} of ${host.text} is ${bad.reading.status}, so its value is not valid; use --any to print it`
      )
    return shown
  })

/** `katcp get`. */
export const get = Command.make("get", config, handler).pipe(
  Command.withDescription("Show the current readings of sensors"),
  Command.withExamples([
    { command: "katcp get dish-7 azimuth elevation", description: "Two sensors" },
    { command: "katcp get 'm0*/rx.temp' anc/wind.speed", description: "Several devices of the site file" },
    { command: "katcp get --value dish-7 mode", description: "For a script" }
  ])
)
