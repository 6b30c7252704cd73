import * as Effect from "effect/Effect"
import type { Check, Needs } from "../Check.ts"
import type { Connection } from "../Connection.ts"
import { type Device, type SensorFacts, suits } from "../Device.ts"
import { holds, refused } from "../judge.ts"
import { Inapplicable } from "../Verdict.ts"
import { isReportOf, nextReport, queried, refuses, sample, span, tells } from "./sampling.ts"

const needs: Needs = { flag: "B", sensor: "any" }

/** Connects a client and finds two sensors, both at none. */
const pair = Effect.fnUntraced(function* (device: Device) {
  const [one, other] = device.sensors
  if (one === undefined || other === undefined)
    return yield* new Inapplicable({ reason: "the device does not have two sensors" })
  return { client: yield* device.connect, names: `${one.name},${other.name}`, sensors: [one, other] }
})

/** Sets a strategy for a list of names, if the device supports it. */
const set = Effect.fnUntraced(function* (client: Connection, names: string, ...strategy: ReadonlyArray<string>) {
  const answer = yield* client.ask(`?sensor-sampling ${names} ${strategy.join(" ")}`)
  yield* tells(answer, names, ...strategy)
})

/** Expects all sensors at none. */
const notSampled = (client: Connection, sensors: ReadonlyArray<SensorFacts>) =>
  Effect.forEach(sensors, (sensor) => queried(client, sensor, "none"), { discard: true })

/** A list that fails, and leaves the strategies of all. */
const atomic = (
  id: string,
  title: string,
  names: (one: string, other: string) => string,
  strategy = "auto"
): Check => ({
  id,
  title: `${title} fails, and no strategy is set`,
  clause: "Rev 5.1 §7.2",
  rows: "P-230",
  needs,
  run: Effect.fnUntraced(function* (device) {
    const { client, sensors } = yield* pair(device)
    yield* refuses(client, names(sensors[0]!.name, sensors[1]!.name), strategy)
    yield* notSampled(client, sensors)
  })
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "bulk-001",
    title: "A strategy for a list of sensors is answered with the list and the strategy",
    clause: "Rev 5.1 §7.2",
    rows: "P-230",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names } = yield* pair(device)
      yield* set(client, names, "auto")
    })
  },
  {
    id: "bulk-002",
    title: "Afterwards each sensor of the list has the strategy",
    clause: "Rev 5.1 §7.2",
    rows: "P-230",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names, sensors } = yield* pair(device)
      yield* set(client, names, "auto")
      for (const sensor of sensors) yield* queried(client, sensor, "auto")
    })
  },
  {
    id: "bulk-003",
    title: "Each sensor of the list is reported at once",
    clause: "Rev 5.1 §7.1, §7.2",
    rows: "P-214, P-234, Q-14",
    note: "Before or after the reply",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names, sensors } = yield* pair(device)
      yield* set(client, names, "auto")
      for (const sensor of sensors) yield* nextReport(client, sensor)
    })
  },
  {
    id: "bulk-004",
    title: "None for a list sets all to none, and reports nothing",
    clause: "Rev 5.1 §7.1, §7.2",
    rows: "P-219, P-230",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names, sensors } = yield* pair(device)
      for (const sensor of sensors) yield* sample(client, sensor, "auto")
      yield* client.exchange("")
      yield* set(client, names, "none")
      yield* notSampled(client, sensors)
    })
  },
  atomic("bulk-005", "A list that ends with an unknown sensor", (one, other) => `${one},${other},no-such-sensor`),
  atomic("bulk-006", "A list that begins with an unknown sensor", (one, other) => `no-such-sensor,${one},${other}`),
  atomic("bulk-007", "A list with an empty name", (one, other) => `${one},,${other}`),
  atomic("bulk-008", "An unknown strategy for a list", (one, other) => `${one},${other}`, "no-such-strategy"),
  atomic("bulk-009", "An invalid parameter for a list", (one, other) => `${one},${other}`, "period often"),
  {
    id: "bulk-010",
    title: "A strategy that does not fit one sensor of the list fails, and none is set",
    clause: "Rev 5.1 §7.2",
    rows: "P-223, P-230",
    needs: { ...needs, sensor: "numeric" },
    run: Effect.fnUntraced(function* (device) {
      const number = device.sensors.find((sensor) => suits(sensor, "numeric"))
      const other = device.sensors.find((sensor) => suits(sensor, "not numeric"))
      if (number === undefined || other === undefined)
        return yield* new Inapplicable({ reason: "all sensors of the device are numeric" })
      const client = yield* device.connect
      yield* sample(client, number, "differential", "5")
      yield* sample(client, number, "none")
      for (const names of [`${number.name},${other.name}`, `${other.name},${number.name}`]) {
        yield* refuses(client, names, "differential", "5")
        yield* notSampled(client, [number, other])
      }
    })
  },
  {
    id: "bulk-011",
    title: "The strategies of a list cannot be queried",
    clause: "Rev 5.1 §7.2",
    rows: "P-231",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names } = yield* pair(device)
      yield* refused(yield* client.ask(`?sensor-sampling ${names}`))
    })
  },
  {
    id: "bulk-012",
    title: "A sensor that is named twice is refused, or gets the strategy",
    clause: "Rev 5.1 §7.2",
    rows: "P-232, Q-11",
    note: "Not specified: both pass",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, sensors } = yield* pair(device)
      const [{ name }] = sensors as [SensorFacts]
      const answer = yield* client.ask(`?sensor-sampling ${name},${name} auto`)
      if (answer.reply.isOk) yield* tells(answer, `${name},${name}`, "auto")
      else yield* refused(answer)
      yield* queried(client, sensors[0]!, answer.reply.isOk ? "auto" : "none")
    })
  },
  {
    id: "bulk-013",
    title: "All sensors of the device in one list are reported at once",
    clause: "Rev 5.1 §7.2",
    rows: "P-230, P-234",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* set(client, device.sensors.map(({ name }) => name).join(","), "auto")
      const lines = yield* client.exchange("")
      const missing = device.sensors.find((sensor) => !lines.some(isReportOf(sensor)))
      yield* holds(missing === undefined, `#sensor-status of ${missing?.name}`, lines)
    })
  },
  {
    id: "bulk-014",
    title: "Parameters apply to each sensor of the list",
    clause: "Rev 5.1 §7.2",
    rows: "P-213, P-230",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const { client, names, sensors } = yield* pair(device)
      yield* sample(client, sensors[0]!, "period", span(device, 3600))
      yield* set(client, names, "period", span(device, 1800))
      for (const sensor of sensors) yield* queried(client, sensor, "period", span(device, 1800))
    })
  },
  {
    id: "bulk-015",
    title: "Without flag B a list is an unknown sensor",
    clause: "Rev 5.1 §7.2",
    rows: "P-233",
    needs: { without: "B", sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const { client, names, sensors } = yield* pair(device)
      yield* refuses(client, names, "auto")
      yield* notSampled(client, sensors)
    })
  }
]
