/** Waiting for a reading. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { immediately } from "../connect.ts"
import { fake } from "./fake.ts"
import { reader, set, valuesOf } from "./readers.ts"
import { pass, rest } from "./site.ts"

describe("waitFor", () => {
  it.effect(
    "misses no reading, however many arrive at once",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const wait = (value: number) => Effect.forkScoped(client.sensorNamed("a").waitFor(value), immediately)
      const waiting = yield* Effect.forEach([2, 777, 5000], wait)
      yield* client.synced
      yield* set(device, "a", ...Array.from({ length: 6000 }, (_, index) => index))
      yield* pass()
      const found = yield* Effect.forEach(waiting, Fiber.join)
      assert.deepStrictEqual(
        found.map(({ value }) => value),
        [2, 777, 5000]
      )
      // and nothing is left behind
      yield* client.synced
      assert.deepStrictEqual(device.set, {})
      assert.deepStrictEqual(client.anomalies.counts.LostInforms, 0)
    })
  )

  it.effect(
    "does not accept a reading from before the sensor was sampled",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      device.add("a")
      yield* client.sensorNamed("a").waitFor(1)
      yield* client.synced
      yield* rest
      assert.strictEqual(client.sensorNamed("a").reading?.value, 1)
      device.sensors.get("a")!.reading = "nominal 2"
      const waiting = yield* Effect.forkScoped(client.sensorNamed("a").waitFor(1), immediately)
      yield* rest
      assert.isUndefined(waiting.pollUnsafe())
      yield* set(device, "a", 1)
      yield* pass()
      assert.strictEqual((yield* Fiber.join(waiting)).value, 1)
    })
  )

  it.effect(
    "accepts only valid values; a function sees all readings",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a", "doc \\@ integer", "unknown 1")
      const { waitFor } = client.sensorNamed("a")
      const value = yield* Effect.forkScoped(waitFor(1), immediately)
      const status = yield* Effect.forkScoped(
        waitFor(({ status }) => status === "unknown"),
        immediately
      )
      yield* client.synced
      yield* pass()
      assert.strictEqual((yield* Fiber.join(status)).status, "unknown")
      assert.isUndefined(value.pollUnsafe())
      yield* device.send("#sensor-status 1 1 a failure 1", "#sensor-status 1 1 a warn 1")
      yield* pass()
      assert.strictEqual((yield* Fiber.join(value)).status, "warn")
    })
  )

  it.effect(
    "waits for a future sensor, across lost connections; interrupted, it leaves nothing behind",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      const found = yield* Effect.forkScoped(client.sensorNamed("a").waitFor(3), immediately)
      const given = yield* Effect.forkScoped(client.sensorNamed("a").waitFor(9), immediately)
      yield* pass()
      yield* device.connection!.reset
      yield* rest
      device.add("a", undefined, "nominal 3")
      yield* device.send("#interface-changed sensor a added")
      yield* rest
      assert.strictEqual((yield* Fiber.join(found)).value, 3)
      assert.deepStrictEqual(device.set, { a: "event" })
      yield* Fiber.interrupt(given)
      yield* rest
      assert.deepStrictEqual(device.set, {})
    })
  )

  it.effect(
    "dies if the condition throws",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const other = yield* reader(valuesOf(client, "a"))
      const exit = yield* Effect.exit(
        client.sensorNamed("a").waitFor(() => {
          throw new TypeError("no such field")
        })
      )
      assert.isTrue(Exit.hasDies(exit))
      yield* pass()
      assert.deepStrictEqual(other.seen, [1])
    })
  )

  it.effect(
    "that ends by its timeout says what the sensor was",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      device.add("azimuth", "doc \\@ integer", "nominal 7")
      device.add("mode", "doc \\@ discrete stow track", "unknown stow")
      yield* client.synced
      const late = Effect.fnUntraced(function* (name: string, condition: unknown) {
        const wait = Effect.flip(client.sensorNamed(name).waitFor(condition, { timeout: "400 millis" }))
        const waiting = yield* Effect.forkScoped(wait, immediately)
        yield* pass()
        yield* pass("400 millis")
        const { message, reason } = yield* Fiber.join(waiting)
        assert.strictEqual(reason._tag, "TimedOut")
        return message
      })
      for (const [name, condition, wanted] of [
        ["azimuth", 12, "azimuth was not 12.0 within 400 ms; it was 7.0, nominal"],
        ["azimuth", () => false, "no reading of azimuth was accepted within 400 ms; the last was 7.0, nominal"],
        ["mode", "track", "mode was not track within 400 ms; it was unknown, without a valid value"],
        [
          "azimut",
          12,
          "no reading of azimut was received within 400 ms: perhaps the device has no such sensor; did you mean azimuth?"
        ]
      ] as const)
        assert.strictEqual(yield* late(name, condition), wanted)
    })
  )
})
