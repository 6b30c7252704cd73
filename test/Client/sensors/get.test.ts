/** `?sensor-value` of one sensor, and what becomes of its answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Client } from "katcp"
import { immediately } from "../connect.ts"
import { type FakeDevice, fake, version4 } from "./fake.ts"
import { pass } from "./site.ts"

type Failure = Effect.Error<ReturnType<Client.Client<never, never>["call"]>>

/** Answers `?sensor-value` with lines in place of its own; `@` stands for the head. */
const answers = (device: FakeDevice, ...lines: ReadonlyArray<string>) => {
  device.instead = ({ head, name }) =>
    name === "sensor-value" ? { answer: lines.map((line) => line.replaceAll("@", head)) } : undefined
}
const reasonOf = (error: Failure) => (error._tag === "KatcpError" ? error.reason._tag : error._tag)

describe("get", () => {
  it.effect(
    "requests the current reading of the device, with its time of arrival (A-400, B-157, P-256)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("azimuth", "doc deg float", "warn 1.5")
      device.add("mode", "doc \\@ discrete on off", "nominal on")
      yield* pass(2500)
      assert.deepStrictEqual(yield* client.sensor.azimuth.get(), {
        timestamp: 1,
        status: "warn",
        value: 1.5,
        received: 2.5
      })
      assert.strictEqual((yield* client.sensorNamed("mode").get()).value, "on")
      // only the type of a sensor that is not known is asked for
      assert.deepStrictEqual(device.askedFor("sensor-list"), ["mode"])
      yield* client.mirror("mode")
      yield* client.synced
      assert.strictEqual((yield* client.sensorNamed("mode").get()).value, "on")
      assert.deepStrictEqual(device.askedFor("sensor-list"), ["mode", "mode"])
    })
  )

  it.effect(
    "reads the times of version 4 in milliseconds (P-311, P-317)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, version4)
      device.add("azimuth", "doc deg float", "nominal 1.5")
      assert.strictEqual((yield* client.sensor.azimuth.get()).timestamp, 0.001)
    })
  )

  it.effect(
    "fails as the device does if it has no such sensor (P-251)",
    Effect.fnUntraced(function* () {
      const { client } = yield* fake()
      for (const sensor of [client.sensor.azimuth, client.sensorNamed("none")]) {
        const error = yield* Effect.flip(sensor.get())
        assert.strictEqual(error._tag, "RequestFailed")
        assert.include(error.message, "Unknown sensor")
      }
    })
  )

  it.effect(
    "fails for a malformed answer: no reading, that of another sensor, several, or one of another type",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("azimuth", "doc deg float")
      for (const [answer, detail] of [
        [["!@ ok 0"], "without an inform"],
        [["#@ 1 1 busy nominal 1", "!@ ok 1"], "no reading of azimuth"],
        [["#@ 1 1 azimuth nominal east", "!@ ok 1"], "value"],
        [["#@ 1 1 azimuth well 1", "!@ ok 1"], "status"],
        [["#@ x 1 azimuth nominal 1", "!@ ok 1"], "timestamp"],
        [["#@ 1 2 azimuth nominal 1", "!@ ok 1"], "count"]
      ] as const) {
        answers(device, ...answer)
        const error = yield* Effect.flip(client.sensor.azimuth.get())
        assert.strictEqual(reasonOf(error), "MalformedReply", detail)
        assert.include(error.message, detail)
      }
    })
  )

  it.effect(
    "of a sampled sensor is a reading like any other, in the order of arrival",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("azimuth", "doc deg float")
      yield* client.mirror("azimuth")
      yield* client.synced
      answers(device, "#@ 1 1 azimuth nominal 5", "!@ ok 1\n#sensor-status 2 1 azimuth nominal 6")
      assert.strictEqual((yield* client.sensor.azimuth.get()).value, 5)
      // in one chunk: the newer one is not overwritten
      yield* pass()
      assert.strictEqual(client.sensor.azimuth.reading?.value, 6)
      answers(device, "#@ 3 1 azimuth nominal 7", "!@ ok 1")
      yield* client.sensor.azimuth.get()
      assert.strictEqual(client.sensor.azimuth.reading?.value, 7)
    })
  )

  it.effect(
    "has a timeout, and waits for a connection, like any request",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ onDisconnected: "wait" })
      device.add("mode", "doc \\@ discrete on off", "nominal on")
      yield* device.connection!.reset
      yield* pass()
      const waiting = yield* Effect.forkScoped(client.sensorNamed("mode").get(), immediately)
      yield* pass("1 second")
      yield* pass()
      assert.strictEqual((yield* Fiber.join(waiting)).value, "on")
      device.instead = () => ({ answer: undefined })
      const late = yield* Effect.forkScoped(Effect.flip(client.sensorNamed("mode").get({ timeout: 100 })), immediately)
      yield* pass(100)
      assert.strictEqual(reasonOf(yield* Fiber.join(late)), "TimedOut")
    })
  )

  it.effect(
    "and all others select the sensor of exactly this name, even if it looks like a glob",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a*")
      device.add("ab")
      yield* Effect.forkScoped(client.sensorNamed("a*").waitFor(5), immediately)
      yield* client.synced
      assert.deepStrictEqual(device.set, { "a*": "event" })
      assert.strictEqual((yield* client.sensorNamed("a*").get()).value, 1)
    })
  )
})
