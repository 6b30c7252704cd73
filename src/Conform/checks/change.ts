import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { atEnd, type Device, done } from "../Device.ts"
import { each, holds, ok, refused } from "../judge.ts"
import type { Line } from "../Line.ts"

const requests = ["add-sensor", "remove-sensor"]

const isChange = (line: Line) => line.isInform("interface-changed")

/** Returns `true` for a valid form of `#interface-changed`. */
const isForm = ({ args: [what, name, how], args }: Line): boolean =>
  args.length === 0 ||
  (args.length === 1 && (what === "sensor-list" || what === "request-list")) ||
  (args.length === 3 &&
    (what === "sensor" || what === "request") &&
    name !== "" &&
    ["added", "removed", "modified"].includes(how!))

/** Connects a client that has added a sensor, which is removed when the check ends. */
const withSensor = Effect.fnUntraced(function* (device: Device, name: string) {
  yield* atEnd(device, `?remove-sensor ${name}`)
  const client = yield* device.connect
  yield* done(client, `?add-sensor ${name}`)
  return client
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "change-001",
    title: "#interface-changed is sent when a sensor is added",
    clause: "Rev 5.1 §4.2",
    rows: "P-129, P-130, Q-05, Q-13",
    note: "To the client that added it; the specification does not clearly require it for others",
    needs: { requests, major: 5 },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* withSensor(device, "conform.change-001")
      const line = yield* client.take("#interface-changed", isChange)
      yield* holds(isForm(line), "#interface-changed [sensor-list | sensor NAME added]", line)
    })
  },
  {
    id: "change-002",
    title: "#interface-changed is sent when a sensor is removed",
    clause: "Rev 5.1 §4.2",
    rows: "P-129, P-130, Q-05, Q-13",
    note: "To the client that removed it; the specification does not clearly require it for others",
    needs: { requests, major: 5 },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* withSensor(device, "conform.change-002")
      yield* client.take("#interface-changed", isChange)
      yield* client.exchange("")
      yield* done(client, "?remove-sensor conform.change-002")
      const line = yield* client.take("#interface-changed", isChange)
      yield* holds(isForm(line), "#interface-changed [sensor-list | sensor NAME removed]", line)
    })
  },
  {
    id: "change-003",
    title: "A sensor that was added is listed, read and sampled",
    clause: "Rev 5.1 §7",
    rows: "P-177",
    needs: { requests },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* withSensor(device, "conform.change-003")
      for (const request of ["sensor-list", "sensor-value"])
        yield* ok(yield* client.ask(`?${request} conform.change-003`), "1")
      yield* ok(yield* client.ask("?sensor-sampling conform.change-003 auto"), "conform.change-003", "auto")
    })
  },
  {
    id: "change-004",
    title: "A sensor that was removed is unknown, and is no longer reported",
    clause: "Rev 5.1 §7, §7.2",
    rows: "P-177, P-235",
    needs: { requests },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* withSensor(device, "conform.change-004")
      yield* ok(yield* client.ask("?sensor-sampling conform.change-004 auto"), "conform.change-004", "auto")
      yield* done(client, "?remove-sensor conform.change-004")
      yield* client.exchange("")
      for (const request of ["sensor-list", "sensor-value", "sensor-sampling"])
        yield* refused(yield* client.ask(`?${request} conform.change-004`))
      yield* each(yield* client.exchange(""), (line) => !line.isInform("sensor-status"), "no #sensor-status")
    })
  },
  {
    id: "change-005",
    title: "A new sensor with the name of a removed one starts with the strategy none",
    clause: "Rev 5.1 §7.1",
    rows: "P-210, P-235",
    needs: { requests },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const name = "conform.change-005"
      const client = yield* withSensor(device, name)
      yield* ok(yield* client.ask(`?sensor-sampling ${name} auto`), name, "auto")
      yield* done(client, `?remove-sensor ${name}`)
      yield* done(client, `?add-sensor ${name}`)
      yield* ok(yield* client.ask(`?sensor-sampling ${name}`), name, "none")
    })
  },
  {
    id: "change-006",
    title: "A device of version 4 sends no #interface-changed",
    clause: "Rev 4 §4.2",
    rows: "P-130, P-310",
    needs: { requests, major: 4 },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* withSensor(device, "conform.change-006")
      yield* each(
        yield* client.exchange(""),
        (line) => !isChange(line),
        "no #interface-changed, which is new in version 5"
      )
    })
  }
]
