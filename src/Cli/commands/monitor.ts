/** Readings of sensors, live. */

import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as flags from "../flags.ts"
import { nameOf } from "../reach/chosen.ts"
import { until } from "../reach/following.ts"
import { strategyFlag, watchReadings } from "../reach/readings.ts"
import { Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { readingJson, readingRows, type Shown } from "../show/reading.ts"
import { delayText, statusColours, valueText } from "../show/sensors.ts"
import { timeText, zoneOf } from "../show/time.ts"
import { visible } from "../show/visible.ts"
import { live } from "./monitor/live.ts"

const config = {
  words: flags.words("TARGET", flags.targets),
  strategy: strategyFlag,
  count: Flag.Int("count").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Exit after this many readings"),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is not a number of readings: write 1 or more`
    ),
    Flag.optional
  ),
  for: flags.duration("for", "Exit after this time"),
  lines: Flag.Boolean("lines").pipe(
    Flag.withDescription("Print a line for each reading even on a terminal, instead of a live table"),
    Flag.withDefault(false)
  ),
  ...flags.reaching,
  ...flags.reconnecting,
  ...flags.forms,
  times: flags.times,
  utc: flags.utc
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  const zone = zoneOf(input)
  const rows = readingRows(zone)
  const print = yield* printerOf(input, {
    ...rows,
    json: (shown: Shown) => ({ event: "reading", ...readingJson(shown) })
  })
  const asTable = print === undefined && !input.lines && output.terminal() !== undefined
  const { end, readings, says, several } = yield* watchReadings(input, { json: input.json, quiet: asTable })
  const counted = Option.isSome(input.count) ? Stream.take(readings, input.count.value) : readings
  const shown =
    print !== undefined
      ? print(counted)
      : asTable
        ? live(counted, { says, times: input.times ? zone : undefined, several })
        : Stream.runForEach(counted, ({ device, reading, received, sensor }) => {
            const units = sensor.units === "" ? "" : ` ${sensor.units}`
            const status = output.paint(statusColours[reading.status], reading.status)
            const name = nameOf(several, device, sensor.name)
            const text = visible(`${name} ${valueText(sensor, reading.value)}${units}`)
            const came = input.times ? `received ${timeText(received, zone)}` : delayText(reading, received)
            const behind = came === "" ? "" : output.paint("grey", ` (${came})`)
            return Effect.flatMap(Clock.currentTimeMillis, (now) =>
              output.line(
                `${output.paint("grey", timeText(reading.timestamp, zone, now / 1000))} ${text} ${status}${behind}`
              )
            )
          })
  yield* until(shown, Option.getOrUndefined(input.for))
  yield* end
}, Effect.scoped)

/** `katcp monitor`. */
export const monitor = Command.make("monitor", config, handler).pipe(
  Command.withDescription("Follow readings of sensors, across reconnections"),
  Command.withExamples([
    { command: "katcp monitor dish-7 'rx.*'", description: "Every change" },
    { command: "katcp monitor 'm0*/rx.*' anc/wind.speed", description: "Several devices of the site file" },
    {
      command: 'katcp monitor --strategy "period 1" --for 10s dish-7 azimuth',
      description: "Ten seconds, once a second"
    }
  ])
)
