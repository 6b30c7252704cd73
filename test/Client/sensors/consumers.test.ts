/** Those who read mirrored sensors: slow ones, late ones, and those who throw. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Sampling } from "katcp"
import { logged } from "../connect.ts"
import { fake } from "./fake.ts"
import { reader, set, valuesOf } from "./readers.ts"
import { pass, rest } from "./site.ts"

const { Strategy } = Sampling

describe("a reader", () => {
  it.effect(
    "that is too slow loses the oldest readings, which are counted; others lose nothing",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const open = Latch.makeUnsafe(false)
      const slow = yield* reader(valuesOf(client, "a"), open)
      const watching = yield* reader(client.watch("a", { capacity: 10 }), open)
      const quick = yield* reader(client.watch("a"))
      yield* client.synced
      yield* pass()
      const values = Array.from({ length: 2000 }, (_, index) => index + 2)
      yield* set(device, "a", ...values)
      yield* pass()
      yield* open.open
      yield* pass()
      assert.strictEqual(slow.seen.at(-1), 2001)
      // one was in its hands, 1024 waited
      assert.strictEqual(slow.seen.length, 1025)
      assert.strictEqual(watching.seen.length, 11)
      assert.strictEqual(quick.seen.length, 2002)
      const lost = 2001 - 1025 + (2002 - 11)
      yield* Fiber.interrupt(slow.fiber)
      yield* Fiber.interrupt(watching.fiber)
      assert.strictEqual(client.anomalies.counts.LostInforms, lost)
    })
  )

  it.effect(
    "that comes late gets the current reading at once, even while the first one is in flight",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      device.instead = (asked) =>
        asked.name === "sensor-sampling" ? { answer: device.own(asked).slice(0, -1) } : undefined
      const first = yield* reader(valuesOf(client, "a"))
      yield* pass()
      assert.deepStrictEqual(first.seen, [1])
      // the strategy is set, and the reply is not there
      const second = yield* reader(valuesOf(client, "a"))
      assert.deepStrictEqual(second.seen, [1])
      yield* device.send("!sensor-sampling[2] ok a event")
      yield* set(device, "a", 2)
      yield* pass()
      yield* client.synced
      assert.deepStrictEqual(
        [first.seen, second.seen],
        [
          [1, 2],
          [1, 2]
        ]
      )
    })
  )

  it.effect(
    "ends with the client, fails when the client gives up, and before that sees the sensor unreachable",
    Effect.fnUntraced(function* () {
      for (const end of ["close", "drain", "lose"] as const) {
        const { client, device } = yield* fake({ reconnect: Schedule.recurs(0) })
        device.add("a")
        const { fiber, seen } = yield* reader(valuesOf(client, "a"))
        const mirrored = yield* client.mirror("*")
        yield* client.synced
        yield* pass()
        if (end === "lose") yield* device.connection!.reset
        else yield* client[end]
        yield* pass()
        const exit = yield* Fiber.await(fiber)
        assert.strictEqual(Exit.isSuccess(exit), end !== "lose")
        assert.deepStrictEqual(seen, [1, "unreachable"], end)
        assert.strictEqual(mirrored.get("a")?.status, "unreachable")
        // who comes after that
        assert.strictEqual(Exit.isSuccess(yield* Effect.exit(Stream.runDrain(client.watch("a")))), end !== "lose")
        const error = yield* Effect.flip(client.sensorNamed("a").waitFor(1))
        assert.strictEqual(error.reason._tag, "Disconnected")
      }
    })
  )

  it.effect(
    "with a strategy of its own sees a loss once, and continues with the first new reading",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const events = yield* reader(valuesOf(client, "a"))
      const period = yield* reader(
        Stream.map(
          client.sensorNamed("a").sample(Strategy.period("1 second")),
          ({ status, value }) => `${status} ${value}`
        )
      )
      yield* client.synced
      yield* pass()
      yield* device.connection!.reset
      yield* pass()
      device.instead = () => ({ answer: undefined })
      yield* pass(500)
      yield* pass("4 seconds")
      assert.deepStrictEqual(events.seen, [1, "unreachable"])
      assert.deepStrictEqual(period.seen, ["nominal 1", "unreachable 1"])
      device.instead = () => undefined
      yield* set(device, "a", 2)
      yield* client.reconnect
      yield* pass()
      yield* client.synced
      assert.deepStrictEqual(events.seen, [1, "unreachable", 2])
      yield* pass("1 second")
      assert.deepStrictEqual(period.seen.slice(2), ["nominal 2", "nominal 2"])
    })
  )

  it.effect(
    "of a sensor that is unreachable at its device keeps its strategy, as with any other status",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a", "doc \\@ integer", "unreachable 1")
      yield* reader(valuesOf(client, "a"))
      const { seen } = yield* reader(client.sensorNamed("a").sample(Strategy.period("1 second")))
      yield* client.synced
      yield* pass("1 second")
      yield* pass("1 second")
      assert.strictEqual(seen.length, 3)
    })
  )
})

describe("a listener that throws", () => {
  it.effect(
    "costs no other listener a sensor or a reading, and is logged",
    Effect.fnUntraced(function* () {
      const test = Effect.gen(function* () {
        const { client, device } = yield* fake()
        device.add("a")
        device.add("b")
        const sensors = yield* client.mirror("*", Strategy.event)
        const scope = yield* Scope.make()
        yield* Scope.provide(
          client.mirror((name) => {
            if (name === "a") throw new TypeError("filter")
            return true
          }),
          scope
        )
        yield* client.synced
        yield* pass()
        sensors.onChange(() => {
          throw new TypeError("listener")
        })
        sensors.get("a")!.attach({
          update: () => {
            throw new TypeError("observer")
          },
          ended: () => {
            throw new TypeError("end")
          }
        })
        yield* device.send("#sensor-status 1 2 a nominal 5 b nominal 6")
        yield* pass()
        assert.deepStrictEqual(
          sensors.values.map(({ value }) => value),
          [5, 6]
        )
        device.remove("a")
        device.add("c")
        yield* device.send("#interface-changed sensor-list")
        yield* rest
        yield* client.synced
        assert.deepStrictEqual(sensors.names, ["b", "c"])
        assert.deepStrictEqual(device.set, { b: "event", c: "event" })
        sensors.get("b")!.observe(() => {
          throw new TypeError("loss")
        })
        yield* device.connection!.reset
        yield* pass()
        assert.deepStrictEqual(
          sensors.values.map(({ status }) => status),
          ["unreachable", "unreachable"]
        )
        yield* rest
        yield* client.synced
        yield* Scope.close(scope, Exit.void)
      })
      const { records } = yield* logged(test)
      for (const what of ["filter", "listener", "observer", "end", "loss"])
        assert.isTrue(
          records.some((record) => record.startsWith("Error") && record.includes(`TypeError: ${what}`)),
          what
        )
    })
  )
})
