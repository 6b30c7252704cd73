/** Readings of sensors as they come. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Client from "../Client/index.ts"
import { Arg } from "../Codec/index.ts"
import { Strategy } from "../Sampling/index.ts"
import { unasked } from "./Failure.ts"
import { callOptions, hostOf, type Lasting } from "./reach/connect.ts"
import { filterOf, isName, sensorsOf, unknownSensor } from "./reach/device.ts"
import { follow, until } from "./reach/following.ts"
import { live } from "./show/live.ts"
import { Output } from "./show/Output.ts"
import { sensorJson, statusColours, timeText, valueText } from "./show/sensors.ts"
import { visible } from "./show/visible.ts"

interface Input extends Lasting {
  readonly words: ReadonlyArray<string>
  readonly strategy: string
  readonly count: Option.Option<number>
  readonly for: Option.Option<number>
  readonly lines: boolean
  readonly json: boolean
}

/** `katcp monitor`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input.words)
  const patterns = rest.length === 0 ? ["*"] : rest
  const strategy = Strategy.fromText(input.strategy)
  if (strategy instanceof Arg.Invalid)
    return yield* unasked(`--strategy ${JSON.stringify(input.strategy)}: ${strategy.message}`)
  const filters = yield* Effect.forEach(patterns, filterOf)
  const output = yield* Output
  const asTable = !input.json && !input.lines && output.terminal() !== undefined
  const { client, reason, wants } = yield* follow(host, input, { json: input.json, quiet: asTable })
  // a name that the device does not have is mistyped; what a pattern stands for may still come
  const sensors = yield* sensorsOf(client, host, callOptions(input))
  for (const [at, filter] of filters.entries()) {
    if (isName(filter) && !sensors.has(filter)) return yield* unknownSensor(host, filter, sensors.keys())
    if (!asTable && ![...sensors.keys()].some((name) => Client.matches(filter, name)))
      yield* output.note(`katcp: no sensor of ${host.text} fits ${patterns[at]} yet`)
  }
  const names = [...sensors.keys()]
  const there = filters.map((filter, at) => ({ pattern: patterns[at]!, filter }))
  wants(there.filter(({ filter }) => names.some((name) => Client.matches(filter, name))))
  const only =
    filters.length === 1 ? filters[0]! : (name: string) => filters.some((filter) => Client.matches(filter, name))
  const events = client.watch(only, { strategy })
  const readings = Stream.filter(events, (event) => event._tag === "Reading")
  const counted = Option.isSome(input.count) ? Stream.take(readings, input.count.value) : readings
  const shown = asTable
    ? live(counted, client, host.text, reason, output)
    : Stream.runForEach(counted, ({ reading, sensor }) => {
        const { definition } = sensor
        if (input.json)
          return output.json({ event: "reading", ...sensorJson(definition, reading), received: reading.received })
        const units = definition.units === "" ? "" : ` ${definition.units}`
        const status = output.paint(statusColours[reading.status], reading.status)
        const text = visible(`${sensor.name} ${valueText(definition, reading.value)}${units}`)
        return Effect.flatMap(Clock.currentTimeMillis, (now) =>
          output.line(`${output.paint("grey", timeText(reading.timestamp, now / 1000))} ${text} ${status}`)
        )
      })
  yield* Effect.mapError(until(shown, Option.getOrUndefined(input.for)), (error) =>
    unasked(`${host.text}: ${error.message}`)
  )
}, Effect.scoped)
