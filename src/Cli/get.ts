/** Present readings of sensors. */
import * as Effect from "effect/Effect"
import * as Sensor from "../Sensor/index.ts"
import { refused, unasked } from "./Failure.ts"
import { callOptions, connect, hostOf, type Reaching } from "./reach/connect.ts"
import { answer, readingsIn, sensorsOf, unknownSensor } from "./reach/device.ts"
import { Output } from "./show/Output.ts"
import { sensorJson, statusCell, valueText } from "./show/sensors.ts"
import { type Column, table } from "./show/table.ts"

interface Input extends Reaching {
  readonly words: ReadonlyArray<string>
  readonly json: boolean
  readonly value: boolean
  readonly any: boolean
}

const columns: ReadonlyArray<Column> = [
  { title: "sensor" },
  { title: "value", shrinks: "first" },
  { title: "units" },
  { title: "status" }
]

/** `katcp get`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { host, rest: names } = yield* hostOf(input.words)
  if (names.length === 0) return yield* unasked("say which sensors; katcp list shows those that there are")
  const output = yield* Output
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
  const shown = yield* Effect.forEach(names, (name) => {
    const reading = readings.get(name)
    return reading === undefined
      ? Effect.fail(
          unasked(
            `the reading of ${name} that ${host.text} gives makes no sense; katcp call ${host.text} sensor-value ${name} shows it`
          )
        )
      : Effect.succeed({ sensor: sensors.get(name)!, reading })
  })
  if (input.json)
    return yield* Effect.forEach(shown, ({ reading, sensor }) => output.json(sensorJson(sensor, reading)), {
      discard: true
    })
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
  const rows = shown.map(({ reading, sensor }) => [
    { text: sensor.name },
    { text: valueText(sensor, reading.value) },
    { text: sensor.units },
    statusCell(reading.status, output.paint)
  ])
  const [, ...lines] = table(columns, rows, output.terminal()?.columns)
  yield* Effect.forEach(lines, output.line, { discard: true })
}, Effect.scoped)
