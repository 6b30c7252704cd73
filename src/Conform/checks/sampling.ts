/** The building blocks of the checks of `?sensor-sampling`. */
import * as Effect from "effect/Effect"
import type { SensorNeed } from "../Check.ts"
import type { Answer, Connection } from "../Connection.ts"
import { type Device, type SensorFacts, sensorOf } from "../Device.ts"
import { holds, refused } from "../judge.ts"
import type { Line } from "../Line.ts"
import { type Deviation, Inapplicable } from "../Verdict.ts"
import { readingsOf } from "./value.ts"

/**
 * Seconds of a step of a check that waits for reports. Not measured: long beside the delays of a network, and short
 * enough for all checks to take a minute.
 */
const tick = 0.2

/** Seconds longer than any check. Not measured: an hour is longer than any run. */
export const longest = 3600

/** A strategy of table 9. */
export interface Strategy {
  readonly name: string
  /** The sensors that it is for. */
  readonly need: SensorNeed
  /** `true` if every device has it. */
  readonly required: boolean
  readonly major?: 5
  /** Parameters with which it reports nothing by itself during a check. */
  readonly quiet: (device: Device) => ReadonlyArray<string>
}

/** Returns a duration in the unit of the version: seconds, or milliseconds. */
export const span = ({ dialect }: Device, seconds: number): string => dialect.formatTime(seconds)

/** The strategies of Rev 5.1 §7.2, table 9. */
export const strategies: Readonly<Record<string, Strategy>> = {
  none: { name: "none", need: "any", required: true, quiet: () => [] },
  auto: { name: "auto", need: "any", required: true, quiet: () => [] },
  event: { name: "event", need: "any", required: false, quiet: () => [] },
  period: { name: "period", need: "any", required: false, quiet: (device) => [span(device, longest)] },
  differential: { name: "differential", need: "numeric", required: false, quiet: () => ["5"] },
  "event-rate": {
    name: "event-rate",
    need: "any",
    required: false,
    major: 5,
    quiet: (device) => [span(device, tick), span(device, longest)]
  },
  "differential-rate": {
    name: "differential-rate",
    need: "numeric",
    required: false,
    major: 5,
    quiet: (device) => ["5", span(device, tick), span(device, longest)]
  }
}

/** Sets a strategy that the device may lack: the check then does not apply. */
export const sample = Effect.fnUntraced(function* (
  client: Connection,
  sensor: SensorFacts,
  ...strategy: ReadonlyArray<string>
): Effect.fn.Return<Answer, Deviation | Inapplicable> {
  const answer = yield* client.ask(`?sensor-sampling ${sensor.name} ${strategy.join(" ")}`)
  const { reply } = answer
  if (!reply.isOk && strategies[strategy[0]!]?.required !== true)
    return yield* new Inapplicable({ reason: `the device does not offer ${answer.request}: ${reply}` })
  yield* holds(reply.isOk, `!sensor-sampling ok, for ${answer.request}`, reply)
  return answer
})

/** Connects a client with a newly set strategy for a sensor; its first report is taken. */
export const sampled = Effect.fnUntraced(function* (
  device: Device,
  sensor: SensorFacts,
  ...strategy: ReadonlyArray<string>
) {
  const client = yield* device.connect
  yield* sample(client, sensor, ...strategy)
  // Rev 4 does not require a report at once
  if (device.protocol.major >= 5 && strategy[0] !== "none") yield* nextReport(client, sensor)
  else yield* client.exchange("")
  return client
})

/** Returns a sensor for a strategy. */
export const sensorWith = (device: Device, { need }: Strategy) => sensorOf(device, need)

/** Returns `true` if a line reports a sensor. */
export const isReportOf =
  ({ name }: SensorFacts) =>
  (line: Line): boolean =>
    line.isInform("sensor-status") && readingsOf([line]).some((report) => report.name === name)

/** Waits for the next report of a sensor and returns its reading. */
export const nextReport = (client: Connection, sensor: SensorFacts, what = "") =>
  Effect.map(
    client.take(`#sensor-status of ${sensor.name}${what}`, isReportOf(sensor)),
    (line) => readingsOf([line]).find((report) => report.name === sensor.name)!
  )

/** Expects the next report to have that value, and that status if one is given. */
export const reportsNext = Effect.fnUntraced(function* (
  client: Connection,
  sensor: SensorFacts,
  value: string,
  status?: string
) {
  const wanted = `#sensor-status TIME 1 ${sensor.name} ${status ?? "STATUS"} ${value}`
  const report = yield* nextReport(client, sensor, `: ${wanted}`)
  const same = report.value === value || (sensor.type === "float" && Number(report.value) === Number(value))
  yield* holds(same && (status === undefined || report.status === status), wanted, report.line)
})

/** Expects no report of a sensor so far. */
export const reportsNothing = Effect.fnUntraced(function* (client: Connection, sensor: SensorFacts, why: string) {
  const lines = (yield* client.exchange("")).filter(isReportOf(sensor))
  yield* holds(lines.length === 0, `no #sensor-status of ${sensor.name}: ${why}`, lines)
})

/** Returns `true` if a reply has a strategy with its parameters: numbers may be written in another way. */
const isStrategy = (args: ReadonlyArray<string>, strategy: ReadonlyArray<string>): boolean =>
  args.length === strategy.length &&
  strategy.every((word, at) => args[at] === word || (at > 0 && args[at] !== "" && Number(args[at]) === Number(word)))

/** Expects `?sensor-sampling` to return a strategy, when it was set or queried. */
export const tells = (
  { reply, request }: Answer,
  names: string,
  ...strategy: ReadonlyArray<string>
): Effect.Effect<void, Deviation> =>
  holds(
    reply.isOk && reply.args[1] === names && isStrategy(reply.args.slice(2), strategy),
    `!sensor-sampling ok ${names} ${strategy.join(" ")}, for ${request}`,
    reply
  )

/** Expects `?sensor-sampling NAME` to return a strategy. */
export const queried = (client: Connection, { name }: SensorFacts, ...strategy: ReadonlyArray<string>) =>
  Effect.flatMap(client.ask(`?sensor-sampling ${name}`), (answer) => tells(answer, name, ...strategy))

/** Expects a strategy to be refused. */
export const refuses = (client: Connection, names: string, ...strategy: ReadonlyArray<string>) =>
  Effect.flatMap(client.ask(`?sensor-sampling ${[names, ...strategy].join(" ")}`), (answer) => refused(answer))
