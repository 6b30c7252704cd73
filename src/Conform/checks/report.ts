import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { type Device, sensorOf, setSensor, settableOf } from "../Device.ts"
import { holds } from "../judge.ts"
import { escaped } from "../Line.ts"
import {
  isReportOf,
  longest,
  nextReport,
  refuses,
  reportsNext,
  reportsNothing,
  sample,
  sampled,
  span
} from "./sampling.ts"

/** Connects a client with a strategy for a numeric sensor that was set to 10. */
const at10 = Effect.fnUntraced(function* (device: Device, ...strategy: ReadonlyArray<string>) {
  const sensor = yield* settableOf(device, "numeric")
  yield* Effect.scoped(Effect.flatMap(device.connect, (client) => setSensor(client, sensor, "10")))
  return { sensor, client: yield* sampled(device, sensor, ...strategy) }
})

/**
 * Seconds of the shortest period of a rate at which a check sees reports before the period is over. Not measured: it
 * must be long compared with the delays of a loaded machine.
 */
const shortest = 1

const check = (
  id: string,
  title: string,
  rows: string,
  run: Check["run"],
  more: Pick<Check, "needs" | "note"> = {}
): Check => ({ id, title, clause: "Rev 5.1 §7.2", rows, needs: { set: "numeric" }, ...more, run })

const rate = { needs: { set: "numeric", major: 5 } } as const

/** Changes a sensor, and expects or excludes a report. */
const changes = Effect.fnUntraced(function* (
  { client, sensor }: Effect.Success<ReturnType<typeof at10>>,
  ...steps: ReadonlyArray<readonly [value: string, isReported: boolean]>
) {
  for (const [value, isReported] of steps) {
    yield* setSensor(client, sensor, value)
    if (isReported) yield* reportsNext(client, sensor, value)
    else yield* reportsNothing(client, sensor, `${value} does not count as a change`)
  }
})

export const checks: ReadonlyArray<Check> = [
  check(
    "report-001",
    "Auto reports an update",
    "P-218",
    Effect.fnUntraced(function* (device) {
      yield* changes(yield* at10(device, "auto"), ["20", true])
    }),
    { needs: { set: "numeric" }, note: "When convenient: any time within the reply timeout of the check" }
  ),
  check(
    "report-002",
    "Event reports each change",
    "P-221",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "event")
      for (const value of ["11", "12", "13", "14", "15"]) yield* setSensor(lab.client, lab.sensor, value)
      for (const value of ["11", "12", "13", "14", "15"]) yield* reportsNext(lab.client, lab.sensor, value)
    })
  ),
  check(
    "report-003",
    "Event reports a change of the status",
    "P-221",
    Effect.fnUntraced(function* (device) {
      const { client, sensor } = yield* at10(device, "event")
      yield* setSensor(client, sensor, "10", "warn")
      yield* reportsNext(client, sensor, "10", "warn")
    }),
    { needs: { set: "numeric" }, note: "The reading is time, status and value (§7)" }
  ),
  check(
    "report-004",
    "Event does not report a reading that has not changed",
    "P-221",
    Effect.fnUntraced(function* (device) {
      yield* changes(yield* at10(device, "event"), ["10", false], ["10", false], ["11", true])
    })
  ),
  check(
    "report-005",
    "Event reports changes of a discrete sensor",
    "P-221",
    Effect.fnUntraced(function* (device) {
      const sensor = yield* settableOf(device, "discrete")
      const client = yield* sampled(device, sensor, "event")
      const others = sensor.parameters.filter((option) => option !== sensor.settable!.value)
      for (const option of others) {
        yield* setSensor(client, sensor, escaped(option))
        yield* reportsNext(client, sensor, option)
      }
    }),
    { needs: { set: "discrete" } }
  ),
  check(
    "report-006",
    "After none, changes are not reported",
    "P-216, P-219",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "auto")
      yield* sample(lab.client, lab.sensor, "none")
      yield* changes(lab, ["20", false], ["30", false])
    })
  ),
  check(
    "report-007",
    "A period reports about as often as it says, even if the reading does not change",
    "P-220, P-311, Q-17",
    Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, "any")
      const client = yield* sampled(device, sensor, "period", span(device, 0.2))
      yield* Effect.sleep("1100 millis")
      const lines = (yield* client.exchange("")).filter(isReportOf(sensor))
      yield* holds(
        lines.length >= 3 && lines.length <= 8,
        "five #sensor-status, about, in 1.1 s at a period of 0.2 s",
        lines
      )
    }),
    { needs: { sensor: "any" }, note: "Three to eight reports pass; five or six are expected" }
  ),
  check(
    "report-008",
    "A period reports the reading of that moment",
    "P-220",
    Effect.fnUntraced(function* (device) {
      const { client, sensor } = yield* at10(device, "period", span(device, 0.2))
      yield* setSensor(client, sensor, "20")
      client.forget(isReportOf(sensor))
      yield* reportsNext(client, sensor, "20")
    })
  ),
  check(
    "report-009",
    "Differential does not report a change of exactly the difference",
    "P-223",
    Effect.fnUntraced(function* (device) {
      yield* changes(yield* at10(device, "differential", "5"), ["15", false], ["5", false])
    })
  ),
  check(
    "report-010",
    "Differential reports a change of more than the difference, in both directions",
    "P-223",
    Effect.fnUntraced(function* (device) {
      yield* changes(yield* at10(device, "differential", "5"), ["16", true], ["10", true])
    })
  ),
  check(
    "report-011",
    "Differential compares with the last reported value: small changes add up",
    "P-223, P-228",
    Effect.fnUntraced(function* (device) {
      yield* changes(yield* at10(device, "differential", "5"), ["13", false], ["16", true], ["12", false], ["10", true])
    })
  ),
  check(
    "report-012",
    "Event-rate holds a change back for the shortest period, and then reports the reading of that moment",
    "P-224, P-228",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "event-rate", span(device, shortest), span(device, longest))
      yield* changes(lab, ["20", false], ["30", false])
      yield* reportsNext(lab.client, lab.sensor, "30")
      yield* reportsNothing(lab.client, lab.sensor, "both changes were reported")
    }),
    rate
  ),
  check(
    "report-013",
    "Event-rate reports a change at once when the shortest period has passed",
    "P-224",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "event-rate", span(device, 0.1), span(device, longest))
      yield* Effect.sleep("300 millis")
      yield* changes(lab, ["20", true])
    }),
    rate
  ),
  check(
    "report-014",
    "Event-rate reports when the longest period has passed without a change",
    "P-224",
    (device) => repeats(device, "event-rate", span(device, 0.1), span(device, 0.3)),
    rate
  ),
  check(
    "report-015",
    "Differential-rate does not report a change of exactly the difference",
    "P-227",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "differential-rate", "5", span(device, 0.1), span(device, longest))
      yield* setSensor(lab.client, lab.sensor, "15")
      yield* Effect.sleep("300 millis")
      yield* reportsNothing(lab.client, lab.sensor, "15 does not count as a change")
    }),
    rate
  ),
  check(
    "report-016",
    "Differential-rate holds a change of more than the difference back for the shortest period",
    "P-227",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "differential-rate", "5", span(device, shortest), span(device, longest))
      yield* changes(lab, ["20", false])
      yield* reportsNext(lab.client, lab.sensor, "20")
    }),
    rate
  ),
  check(
    "report-017",
    "Differential-rate reports when the longest period has passed without a change",
    "P-227",
    (device) => repeats(device, "differential-rate", "5", span(device, 0.1), span(device, 0.3)),
    rate
  ),
  check(
    "report-018",
    "Reports go only to the client that asked for them",
    "P-211, P-273",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "auto")
      const other = yield* device.connect
      yield* changes(lab, ["20", true])
      yield* reportsNothing(other, lab.sensor, "it was asked for on another connection")
    }),
    { needs: { set: "numeric", several: true } }
  ),
  check(
    "report-019",
    "A strategy continues after another one was refused",
    "P-217",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "auto")
      yield* refuses(lab.client, lab.sensor.name, "no-such-strategy")
      yield* refuses(lab.client, lab.sensor.name, "period", "often")
      yield* changes(lab, ["20", true])
    })
  ),
  check(
    "report-020",
    "A report has the time and the status of the reading",
    "P-171, P-254, P-311",
    Effect.fnUntraced(function* (device) {
      const { client, sensor } = yield* at10(device, "auto")
      yield* setSensor(client, sensor, "20", "error", device.dialect.formatTime(1_234_567_890.5))
      const { line, status, time } = yield* nextReport(client, sensor)
      const seconds = device.dialect.toSeconds(Number(time))
      yield* holds(
        status === "error" && Math.abs(seconds - 1_234_567_890.5) <= 1,
        `#sensor-status ${device.dialect.formatTime(1_234_567_890.5)} 1 ${sensor.name} error 20`,
        line
      )
    }),
    {
      needs: { set: "numeric" },
      note: "Whole seconds suffice: a device may store a time with less precision than it received"
    }
  ),
  check(
    "report-021",
    "Two clients may have different strategies for one sensor",
    "P-211",
    Effect.fnUntraced(function* (device) {
      const lab = yield* at10(device, "auto")
      const other = yield* sampled(device, lab.sensor, "differential", "100")
      yield* changes(lab, ["20", true])
      yield* reportsNothing(other, lab.sensor, "10 to 20 is not a change of more than 100")
      yield* changes(lab, ["200", true])
      yield* reportsNext(other, lab.sensor, "200")
    }),
    { needs: { set: "numeric", several: true } }
  )
]

/** Expects a strategy to report an unchanged sensor repeatedly. */
const repeats = Effect.fnUntraced(function* (device: Device, ...strategy: ReadonlyArray<string>) {
  const { client, sensor } = yield* at10(device, ...strategy)
  yield* nextReport(client, sensor, ", after the longest period")
  yield* nextReport(client, sensor, ", after the longest period again")
})
