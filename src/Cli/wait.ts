/** Waits until a sensor is as it should be. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sensor from "../Sensor/index.ts"
import { parseCondition } from "./condition.ts"
import { refused, unasked } from "./Failure.ts"
import { hostOf, type Lasting } from "./reach/connect.ts"
import { sensorsOf, unknownSensor } from "./reach/device.ts"
import { follow } from "./reach/following.ts"
import { Output } from "./show/Output.ts"
import { sensorJson, statusColours, valueText } from "./show/sensors.ts"
import { visible } from "./show/visible.ts"

interface Input extends Lasting {
  readonly words: ReadonlyArray<string>
  readonly json: boolean
}

/** `katcp wait`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input.words)
  const [name, ...words] = rest
  if (name === undefined) return yield* unasked("say which sensor to wait for")
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
        : unasked(`${host.text}: ${error.message}`)
    )
  )
  if (input.json) return yield* output.json(sensorJson(sensor, found))
  yield* output.line(
    `${name} ${visible(valueText(sensor, found.value))} ${output.paint(statusColours[found.status], found.status)}`
  )
}, Effect.scoped)

/** What the sensor was instead. */
const lastText = (sensor: Sensor.Any, last: Sensor.Reading<unknown> | undefined): string => {
  if (last === undefined) return "; no reading came"
  const { status, value } = last
  return Sensor.isValid(status)
    ? `; it was ${valueText(sensor, value)}, ${status}`
    : `; its status was ${status}, so its value did not count`
}
