import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { sensorOf, settableOf } from "../Device.ts"
import { isInUnit, isTimestamp, statusesOf } from "../formats.ts"
import { each, failed, holds } from "../judge.ts"
import {
  isReportOf,
  nextReport,
  queried,
  refuses,
  reportsNothing,
  type Strategy,
  sample,
  sampled,
  sensorWith,
  span,
  strategies,
  tells
} from "./sampling.ts"
import { isReport } from "./value.ts"

const needsOf = ({ major, need }: Strategy): Pick<Check, "needs"> => ({
  needs: { sensor: need, ...(major === undefined ? {} : { major }) }
})

/** The reply when a strategy is set, and when it is queried. */
const replies = (id: string, name: string): Check => ({
  id,
  title: `Setting ${name} returns it in the reply, and a query returns it, too`,
  clause: "Rev 5.1 §7.2",
  rows: "P-212, P-213",
  note: "Numbers may come back in another notation",
  ...needsOf(strategies[name]!),
  run: Effect.fnUntraced(function* (device) {
    const strategy = strategies[name]!
    const sensor = yield* sensorWith(device, strategy)
    const client = yield* device.connect
    const words = [name, ...strategy.quiet(device)]
    yield* tells(yield* sample(client, sensor, ...words), sensor.name, ...words)
    yield* queried(client, sensor, ...words)
  })
})

/** The report that follows at once. */
const reportsAtOnce = (id: string, name: string): Check => ({
  id,
  title: `Setting ${name} reports the reading at once`,
  clause: "Rev 5.1 §7.1",
  rows: "P-214, P-228, Q-14",
  note: "Before or after the reply; Rev 4 does not require it",
  needs: { ...needsOf(strategies[name]!).needs, major: 5 },
  run: Effect.fnUntraced(function* (device) {
    const strategy = strategies[name]!
    const sensor = yield* sensorWith(device, strategy)
    const client = yield* device.connect
    yield* sample(client, sensor, name, ...strategy.quiet(device))
    yield* nextReport(client, sensor)
  })
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "sample-001",
    title: "Nothing is reported before it is asked for",
    clause: "Rev 5.1 §7.1",
    rows: "P-210",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const lines = yield* client.exchange("?sensor-list\n?sensor-value\n", 2)
      yield* Effect.sleep("300 millis")
      const later = yield* client.exchange("")
      yield* each([...lines, ...later], (line) => !line.isInform("sensor-status"), "no #sensor-status")
    })
  },
  {
    id: "sample-002",
    title: "For a new client every strategy is `none`",
    clause: "Rev 5.1 §7.1, §8",
    rows: "P-211, P-212",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const sensor of device.sensors.slice(0, 100)) yield* queried(client, sensor, "none")
    })
  },
  {
    id: "sample-003",
    title: "A query changes nothing and reports nothing",
    clause: "Rev 5.1 §7.2",
    rows: "P-212",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* device.connect
      yield* queried(client, sensor, "none")
      yield* reportsNothing(client, sensor, "it was only asked for")
      yield* queried(client, sensor, "none")
    })
  },
  {
    id: "sample-004",
    title: "Every sensor accepts auto",
    clause: "Rev 5.1 §7.2",
    rows: "P-218",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const sensor of device.sensors.slice(0, 100))
        yield* tells(yield* sample(client, sensor, "auto"), sensor.name, "auto")
    })
  },
  {
    id: "sample-005",
    title: "Every sensor accepts none",
    clause: "Rev 5.1 §7.2",
    rows: "P-219",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const sensor of device.sensors.slice(0, 100))
        yield* tells(yield* sample(client, sensor, "none"), sensor.name, "none")
    })
  },
  replies("sample-006", "event"),
  replies("sample-007", "period"),
  replies("sample-008", "differential"),
  replies("sample-009", "event-rate"),
  replies("sample-010", "differential-rate"),
  reportsAtOnce("sample-011", "auto"),
  reportsAtOnce("sample-012", "event"),
  reportsAtOnce("sample-013", "period"),
  reportsAtOnce("sample-014", "differential"),
  reportsAtOnce("sample-015", "event-rate"),
  reportsAtOnce("sample-016", "differential-rate"),
  {
    id: "sample-017",
    title: "Setting none reports nothing",
    clause: "Rev 5.1 §7.1",
    rows: "P-214, P-219",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* device.connect
      yield* sample(client, sensor, "none")
      yield* reportsNothing(client, sensor, "the strategy is `none`")
    })
  },
  {
    id: "sample-018",
    title: "Setting the same strategy again reports the reading again",
    clause: "Rev 5.1 §7.1",
    rows: "P-214, P-215",
    needs: { sensor: "any", major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* sampled(device, sensor, "auto")
      // a device that reports more than once must not pass this way
      yield* client.exchange("")
      yield* sample(client, sensor, "auto")
      yield* nextReport(client, sensor)
    })
  },
  {
    id: "sample-019",
    title: "#sensor-status has the form of #sensor-value",
    clause: "Rev 5.1 §7.3",
    rows: "P-254, P-311",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { major } = device.protocol
      for (const sensor of device.sensors.slice(0, 100)) yield* sample(client, sensor, "auto")
      const lines = (yield* client.exchange("")).filter((line) => line.isInform("sensor-status"))
      yield* each(lines, isReport, "#sensor-status TIME COUNT [NAME STATUS VALUE ...]")
      yield* each(
        lines,
        ({ args: [time = "", , , status = ""] }) =>
          isTimestamp(time) && isInUnit(time, major) && statusesOf(major).includes(status),
        "a time in the unit of the version, and one of its statuses"
      )
    })
  },
  {
    id: "sample-020",
    title: "The reported reading is that of ?sensor-value",
    clause: "Rev 5.1 §7.2, §7.3",
    rows: "P-214, P-254",
    note: "A sensor that changes meanwhile is skipped",
    needs: { sensor: "any", major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const sensor of device.sensors.slice(0, 100)) {
        const before = (yield* client.ask(`?sensor-value ${sensor.name}`)).informs[0]
        yield* sample(client, sensor, "auto")
        const { line } = yield* nextReport(client, sensor)
        const after = (yield* client.ask(`?sensor-value ${sensor.name}`)).informs[0]
        if (before?.raw === after?.raw)
          yield* holds(line.args.join("\n") === before?.args.join("\n"), `#sensor-status as ${before}`, line)
        yield* sample(client, sensor, "none")
      }
    })
  },
  {
    id: "sample-021",
    title: "None ends the reports of a period",
    clause: "Rev 5.1 §7.2",
    rows: "P-216, P-220",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* sampled(device, sensor, "period", span(device, 0.1))
      yield* nextReport(client, sensor)
      yield* sample(client, sensor, "none")
      client.forget(isReportOf(sensor))
      yield* Effect.sleep("500 millis")
      yield* reportsNothing(client, sensor, "the strategy is `none` again")
    })
  },
  {
    id: "sample-022",
    title: "A strategy belongs to one client: other clients have their own",
    clause: "Rev 5.1 §8",
    rows: "P-211",
    needs: { sensor: "any", several: true },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const one = yield* device.connect
      const other = yield* device.connect
      yield* sample(one, sensor, "auto")
      yield* queried(other, sensor, "none")
      yield* reportsNothing(other, sensor, "another client has asked for it")
      yield* sample(other, sensor, "none")
      yield* queried(one, sensor, "auto")
    })
  },
  {
    id: "sample-023",
    title: "A strategy ends with its client",
    clause: "Rev 5.1 §7.1, §8",
    rows: "P-211",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      yield* Effect.scoped(Effect.flatMap(device.connect, (client) => sample(client, sensor, "auto")))
      const client = yield* device.connect
      yield* queried(client, sensor, "none")
      yield* reportsNothing(client, sensor, "it was asked for on another connection")
    })
  },
  {
    id: "sample-024",
    title: "A strategy belongs to one sensor: no other sensor is reported",
    clause: "Rev 5.1 §7.2",
    rows: "P-211, P-214",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* device.connect
      yield* sample(client, sensor, "auto")
      const lines = (yield* client.exchange("")).filter((line) => line.isInform("sensor-status"))
      yield* each(lines, isReportOf(sensor), `#sensor-status of ${sensor.name} alone`)
    })
  },
  {
    id: "sample-025",
    title: "An unknown strategy fails, and leaves the strategy unchanged",
    clause: "Rev 5.1 §7.2",
    rows: "P-217, P-229",
    needs: { sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* device.connect
      yield* sample(client, sensor, "auto")
      yield* refuses(client, sensor.name, "no-such-strategy")
      yield* queried(client, sensor, "auto")
    })
  },
  {
    id: "sample-026",
    title: "A strategy for an unknown sensor fails, with a text",
    clause: "Rev 5.1 §7.2",
    rows: "P-229",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* failed(yield* client.ask("?sensor-sampling no-such-sensor auto"))
    })
  },
  {
    id: "sample-027",
    title: "A query of an unknown sensor fails, with a text",
    clause: "Rev 5.1 §7.2",
    rows: "P-229",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* failed(yield* client.ask("?sensor-sampling no-such-sensor"))
    })
  },
  {
    id: "sample-028",
    title: "?sensor-sampling-clear sets all strategies of the client to none",
    clause: "Rev 5.1 §4.1",
    rows: "P-236",
    note: "The request is katcp-python's own; a request without reply arguments is answered with ok alone",
    needs: { sensor: "any", requests: ["sensor-sampling-clear"] },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const sensors = device.sensors.slice(0, 3)
      for (const sensor of sensors) yield* sample(client, sensor, "auto")
      const { reply } = yield* client.ask("?sensor-sampling-clear")
      yield* holds(reply.isOk && reply.args.length === 1, "!sensor-sampling-clear ok", reply)
      for (const sensor of sensors) yield* queried(client, sensor, "none")
    })
  },
  {
    id: "sample-029",
    title: "A shortest period above the longest gets one reply of any kind, and the connection continues",
    clause: "Rev 5.1 §7.2",
    rows: "P-003, P-226, Q-10",
    note: "The behaviour is undefined: the device may accept such periods, refuse them or change them",
    ...needsOf(strategies["event-rate"]!),
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* device.connect
      // a device without the strategy refuses it for another reason
      yield* sample(client, sensor, "event-rate", ...strategies["event-rate"]!.quiet(device))
      yield* sample(client, sensor, "none")
      yield* client.ask(`?sensor-sampling ${sensor.name} event-rate 5 1`)
      const more = (yield* client.exchange("")).filter((line) => line.kind === "reply")
      yield* holds(more.length === 0, "one reply", more)
    })
  },
  {
    id: "sample-030",
    title: "A strategy replaces the previous one",
    clause: "Rev 5.1 §7.2, §8",
    rows: "P-213, P-215",
    needs: { set: "any" },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* settableOf(device, "any")
      const client = yield* sampled(device, sensor, "period", span(device, 0.1))
      yield* sample(client, sensor, "auto")
      yield* queried(client, sensor, "auto")
      yield* client.exchange("")
      yield* Effect.sleep("500 millis")
      yield* reportsNothing(client, sensor, "auto has taken the place of the period")
    })
  }
]
