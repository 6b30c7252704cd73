/** Waits until a sensor fulfils a condition. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sensor from "../../Sensor/index.ts"
import { cannotRun, refused } from "../Failure.ts"
import * as flags from "../flags.ts"
import { checkFound, chosen, nameOf } from "../reach/chosen.ts"
import { sensorsOf } from "../reach/device.ts"
import { follow } from "../reach/following.ts"
import { withServer } from "../reach/host.ts"
import { Failures, fromEach } from "../reach/several.ts"
import { type Aim, aimsGiven } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { readingJson } from "../show/reading.ts"
import { statusColours, valueText } from "../show/sensors.ts"
import { visible } from "../show/visible.ts"
import { type Awaited, untilAll } from "./wait/awaited.ts"
import { parseCondition } from "./wait/condition.ts"
import { splitWords } from "./wait/words.ts"

const config = {
  words: flags.words(
    "TARGET CONDITION",
    "The device and a sensor, or sensors of several devices ('m0*/mode'), and the condition: VALUE, '> 5', '!= stow', 'status nominal,warn'; default: status nominal"
  ),
  ...flags.reaching,
  timeout: flags.duration("timeout", "Give up after this time, with exit code 1; default: never", "t"),
  any: Flag.Boolean("any").pipe(
    Flag.withDescription("Exit when the first of several sensors fulfils the condition"),
    Flag.withDefault(false)
  ),
  ...flags.reconnecting,
  json: flags.json
}

/** The number of sensors named in a timeout. Not measured: a line of a terminal or two. */
const shownSensors = 8

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const { condition, targets } = splitWords(withServer(input.words, process.env.KATCP_SERVER))
  const aims = yield* aimsIn(input, targets)
  if (aims.some(({ wanted }) => wanted.length === 0)) return yield* cannotRun("name a sensor to wait for")
  const reached = yield* reachAll(aims, input, condition)
  const all = reached.flatMap(({ sensors }) => sensors)
  const several = all.length > 1 || aims.length > 1
  const output = yield* Output
  const timeout = Option.getOrUndefined(input.timeout)
  const found = yield* output.busy(
    `waiting until ${nameAll(all)} ${input.any ? "is" : all.length > 1 ? "are" : "is"} ${all[0]!.condition.text}`,
    untilAll(reached, input.any).pipe(
      timeout === undefined
        ? (waiting) => waiting
        : Effect.timeoutOrElse({ duration: timeout, orElse: () => refused(lateText(all, timeout, several)) })
    )
  )
  for (const { device, reading, sensor } of found) {
    if (input.json) yield* output.json(readingJson({ device, sensor, reading, received: reading.received }))
    else {
      const name = nameOf(aims.length > 1, device, sensor.name)
      const status = output.paint(statusColours[reading.status], reading.status)
      yield* output.line(`${name} ${visible(valueText(sensor, reading.value))} ${status}`)
    }
  }
}, Effect.scoped)

/** Returns the devices of these words. Words of an unquoted condition look like targets: the error mentions it. */
const aimsIn = (input: Input, targets: ReadonlyArray<string>) =>
  Effect.mapError(aimsGiven(input, targets), (failure) =>
    targets.length > 1 && targets.some((word) => /^(?:status|value|[<>=!]+)$/.test(word))
      ? cannotRun(
          `${failure.message}; the condition is one word after the targets: write it in quotes, 'status nominal'`
        )
      : failure
  )

/**
 * Connects to all devices. With `--any` the reachable ones suffice; otherwise the first unreachable one ends the
 * command.
 */
const reachAll = (aims: ReadonlyArray<Aim>, input: Input, condition: string) =>
  Effect.gen(function* () {
    const failures = new Failures(aims.length)
    const reached = yield* fromEach(aims, failures, (aim) => reach(aim, input, condition))
    if (!input.any || reached.length === 0) yield* failures.end
    yield* checkFound(
      aims,
      reached.flatMap(({ sensors }) => sensors)
    )
    return reached
  })

const reach = (aim: Aim, input: Input, text: string) =>
  Effect.gen(function* () {
    const { host, wanted } = aim
    const { client, wants } = yield* follow(host, { ...input, timeout: Option.none() }, { json: input.json })
    const found = yield* chosen(aim, yield* sensorsOf(client, host))
    const sensors = yield* Effect.forEach(found, (sensor) =>
      Effect.map(
        Effect.fromResult(parseCondition(text, sensor)),
        (condition): Awaited => ({
          device: host.text,
          sensor,
          condition,
          last: undefined
        })
      )
    )
    wants(sensors.length === 0 ? [] : wanted)
    return { client, host, sensors }
  })

/** `katcp wait`. */
export const wait = Command.make("wait", config, handler).pipe(
  Command.withDescription("Wait until a sensor, or all of several, fulfil a condition"),
  Command.withExamples([
    { command: "katcp wait dish-7 mode stow --timeout 60s", description: "A value" },
    { command: "katcp wait dish-7 elevation '>= 15'", description: "A comparison" },
    { command: "katcp wait dish-7 rx.temperature status nominal", description: "A status" },
    { command: "katcp wait 'm0*/mode' stow --timeout 60s", description: "All of several devices" }
  ])
)

/** Returns the text of a timeout. */
const lateText = (all: ReadonlyArray<Awaited>, timeout: number, several: boolean): string => {
  const text = (one: Awaited): string => {
    const name = several ? `${one.device}/${one.sensor.name}` : `${one.sensor.name} of ${one.device}`
    return `${name} was not ${one.condition.text} within ${timeout / 1000} s${lastText(one.sensor, one.last)}`
  }
  const late = all.filter(({ condition, last }) => last === undefined || !condition.holds(last))
  const shown = late.slice(0, shownSensors).map(text)
  return [...shown, ...(late.length > shownSensors ? [`and ${late.length - shownSensors} more`] : [])].join("; ")
}

/** Returns the names of the sensors. */
const nameAll = (all: ReadonlyArray<Awaited>): string =>
  all.length === 1 ? `${all[0]!.sensor.name} of ${all[0]!.device}` : `${all.length} sensors`

/** Returns the sensor's actual state. */
const lastText = (sensor: Sensor.Any, last: Sensor.Reading<unknown> | undefined): string => {
  if (last === undefined) return "; no reading was received"
  const { status, value } = last
  return Sensor.isValid(status)
    ? `; it was ${valueText(sensor, value)}, ${status}`
    : `; its status was ${status}, so its value was not valid`
}
