/** Waits until a sensor is as it should be. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sensor from "../../Sensor/index.ts"
import { cannotRun, refused } from "../Failure.ts"
import * as flags from "../flags.ts"
import { hostOf } from "../reach/connect.ts"
import { sensorsOf, unknownSensor } from "../reach/device.ts"
import { follow } from "../reach/following.ts"
import { Output } from "../show/Output.ts"
import { readingJson } from "../show/reading.ts"
import { statusColours, valueText } from "../show/sensors.ts"
import { visible } from "../show/visible.ts"
import { parseCondition } from "./wait/condition.ts"

const config = {
  words: flags.words(
    "HOST SENSOR CONDITION",
    "The device, a sensor, and what is waited for: VALUE, '> 5', '!= stow', 'status nominal,warn'; status nominal by default"
  ),
  ...flags.reaching,
  timeout: flags.duration("timeout", "Give up after that time, with exit code 1; never by default", "t"),
  ...flags.reconnecting,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input, input.words)
  const [name, ...words] = rest
  if (name === undefined) return yield* cannotRun("say which sensor to wait for")
  const output = yield* Output
  const { client, wants } = yield* follow(host, { ...input, timeout: Option.none() }, { json: input.json })
  const sensors = yield* sensorsOf(client, host)
  const sensor = sensors.get(name)
  if (sensor === undefined) return yield* unknownSensor(host, name, sensors.keys())
  const condition = yield* Effect.fromResult(parseCondition(words.join(" "), sensor))
  wants([{ pattern: name, filter: name }])
  const timeout = Option.getOrUndefined(input.timeout)
  let last: Sensor.Reading<unknown> | undefined
  const holds = (reading: Sensor.Reading<unknown>) => {
    last = reading
    return condition.holds(reading)
  }
  const found = yield* output.busy(
    `waiting until ${name} of ${host.text} is ${condition.text}`,
    Effect.mapError(client.sensorNamed(name).waitFor(holds, { timeout }), (error) =>
      error.reason._tag === "TimedOut"
        ? refused(
            `${name} of ${host.text} was not ${condition.text} within ${error.reason.timeout / 1000} s${lastText(sensor, last)}`
          )
        : cannotRun(`${host.text}: ${error.message}`)
    )
  )
  if (input.json)
    return yield* output.json(readingJson({ device: host.text, sensor, reading: found, received: found.received }))
  yield* output.line(
    `${name} ${visible(valueText(sensor, found.value))} ${output.paint(statusColours[found.status], found.status)}`
  )
}, Effect.scoped)

/** `katcp wait`. */
export const wait = Command.make("wait", config, handler).pipe(
  Command.withDescription("Wait until a sensor is as it should be"),
  Command.withExamples([
    { command: "katcp wait dish-7 mode stow --timeout 60s", description: "A value" },
    { command: "katcp wait dish-7 elevation '>= 15'", description: "A comparison" },
    { command: "katcp wait dish-7 rx.temperature status nominal", description: "A status" }
  ])
)

/** What the sensor was instead. */
const lastText = (sensor: Sensor.Any, last: Sensor.Reading<unknown> | undefined): string => {
  if (last === undefined) return "; no reading came"
  const { status, value } = last
  return Sensor.isValid(status)
    ? `; it was ${valueText(sensor, value)}, ${status}`
    : `; its status was ${status}, so its value did not count`
}
