/** The loss of a device with many sensors: everybody sees it at once, and is notified in slices. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import { Arg, Sensor } from "katcp"
import { WireReading } from "katcp/Client"
import { Dialect } from "katcp/Codec"
import type { Core } from "../../../src/Client/Core.ts"
import { Mirrored } from "../../../src/Client/sensors/Mirrored.ts"
import type { Subscriptions } from "../../../src/Client/sensors/Subscriptions.ts"
import { Turn } from "../../../src/Codec/index.ts"
import { Table } from "../../../src/Site/table/Table.ts"

const perTurn = 2
const limits = {
  sensors: 100,
  sensorsPerDevice: 100,
  removals: 100,
  removalAge: 1e6,
  ringChanges: 10_000,
  ringBytes: 1e6
}

/** A turn of the event loop. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** The sensors of a device that the test plays, and their table. */
const lab = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const table = Table.makeUnsafe(clock, new Turn((yield* Scheduler.Scheduler).makeDispatcher()), limits)
  const context = yield* Effect.context<never>()
  const core = {
    options: {
      inspect: true,
      mirrorObserver: {
        added: (definition: Sensor.Any) => table.add("m000", definition),
        removed: (definition: Sensor.Any) => table.remove("m000", definition),
        lost: (loss: Parameters<Table["lose"]>[1]) => table.lose("m000", loss),
        reading: (definition: Sensor.Any, reading: WireReading) => table.receive("m000", definition, reading)
      }
    },
    run: Effect.runForkWith(context)
  } as unknown as Core
  const subscriptions = {
    wantsOf: () => [],
    sensorAdded: () => {},
    sensorRemoved: () => {}
  } as unknown as Subscriptions
  const set = yield* Sensor.SensorSet.make
  const mirrored = new Mirrored(core, subscriptions, { set, clock, contract: new Map(), sensorsPerTurn: perTurn })
  const add = (name: string) => mirrored.add([Sensor.make(name, { type: Arg.Int })])
  let value = 0
  const read = (name: string) => {
    const sensor = set.get(name)
    if (sensor === undefined) return
    const time = ++value
    mirrored.receive(sensor, new WireReading(sensor.definition, time, "nominal", time, `${time}`, Dialect.v5))
  }
  return { add, mirrored, read, set, table }
})

const Step = Schema.Struct({
  what: Schema.Literals(["read", "read", "lose", "turn", "add", "remove"]),
  sensor: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
})

describe("the loss of a device, in any order with readings, changes of sensors, and turns", () => {
  it.effect.prop(
    "is visible to all at once, and reported once by each sensor, before its next reading",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.gen(function* () {
        const { add, mirrored, read, set, table } = yield* lab
        const names = Array.from({ length: 10 }, (_, index) => `s${index}`)
        for (const name of names) add(name)
        for (const name of names.slice(0, 8)) read(name)
        /** The expected view of a reader: the status of each existing sensor. */
        const seen = new Map<string, Sensor.Status>(
          names.map((name, index) => [name, index < 8 ? "nominal" : "unknown"])
        )
        /** The readings of each sensor since its addition. */
        const told = new Map<string, Array<Sensor.Status>>(names.map((name) => [name, []]))
        const valued = new Map<string, Array<Sensor.Status>>(names.map((name) => [name, []]))
        table.onSensor((row) => {
          if (row.removed) return
          told.set(row.name, [])
          valued.set(row.name, [])
        })
        table.onReading((row, reading) => {
          told.get(row.name)!.push(reading.status)
          if (reading.latin1 !== undefined) valued.get(row.name)!.push(reading.status)
          assert.strictEqual(row.reading, reading, "a notified reader finds the reading in the row")
        })
        const observed = new Map<string, Array<Sensor.Status>>()
        const observe = (name: string) => {
          const statuses: Array<Sensor.Status> = []
          observed.set(name, statuses)
          set.get(name)!.observe((reading) => void statuses.push(reading.status))
        }
        for (const name of names) observe(name)
        const check = () => {
          assert.deepStrictEqual(set.names, [...seen.keys()].sort())
          for (const [name, status] of seen) {
            const row = table.get("m000", name)!
            assert.strictEqual(row.status, status, `the row of ${name}`)
            assert.strictEqual(row.reading?.status ?? "unknown", status, `the reading of ${name}`)
            assert.strictEqual(row.fresh, status === "nominal")
            assert.strictEqual(row.timestamp, row.reading?.timestamp)
            const sensor = set.get(name)!
            // a sensor without a reading has nothing that could be wrong
            const hasValue = row.value !== undefined
            assert.strictEqual(sensor.status, hasValue ? status : "unknown", `the sensor ${name}`)
            if (hasValue) assert.strictEqual(sensor.value, row.value)
          }
        }
        for (const { sensor, what } of steps) {
          const name = `s${sensor}`
          if (what === "turn") yield* turn
          else if (what === "lose") {
            mirrored.lose()
            for (const name of seen.keys()) seen.set(name, "unreachable")
          } else if (what === "add") {
            if (!seen.has(name)) {
              add(name)
              observe(name)
              seen.set(name, "unknown")
            }
          } else if (what === "remove") {
            mirrored.remove([name])
            seen.delete(name)
          } else {
            read(name)
            if (seen.has(name)) seen.set(name, "nominal")
          }
          check()
        }
        for (let turns = 0; turns < 12; turns++) yield* turn
        check()
        for (const [name, status] of seen) {
          const statuses = told.get(name)!
          assert.isFalse(
            statuses.some((status, at) => status === "unreachable" && statuses[at - 1] === status),
            `${name} is lost once: ${statuses}`
          )
          if (status === "unreachable") assert.strictEqual(statuses.at(-1), "unreachable")
          // observers of the sensor get the same, but for a loss of a value that was never there
          assert.deepStrictEqual(observed.get(name), valued.get(name))
        }
      }),
    { arbitrary: { runs: 300, size: 40 } }
  )
})
