import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Arg, Sampling, Sensor } from "katcp"
import { immediately } from "../connect.ts"
import { pass, site, subscriptionsOf } from "./site.ts"

const { Strategy } = Sampling

describe("a mirrored sensor", () => {
  it.effect(
    "emits its readings as they arrive, typed by the contract, and is unsubscribed without readers (A-400, A-402)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* site
      const seen: Array<number> = []
      const reader = yield* client.sensor.azimuth.sample().pipe(
        Stream.runForEach(({ value }) => Effect.sync(() => seen.push(value))),
        Effect.forkScoped(immediately)
      )
      yield* client.synced
      yield* pass(10)
      yield* sensors.azimuth.set(10)
      yield* sensors.azimuth.set(10)
      yield* sensors.azimuth.set(20)
      yield* pass(10)
      assert.deepStrictEqual(seen, [0, 10, 20])
      assert.strictEqual(client.sensor.azimuth.reading?.value, 20)
      assert.deepStrictEqual(yield* subscriptionsOf(client), { azimuth: "event" })
      yield* Fiber.interrupt(reader)
      yield* pass(10)
      yield* client.synced
      assert.deepStrictEqual(yield* subscriptionsOf(client), {})
    })
  )

  it.effect(
    "is subscribed once on the wire for all readers, each with its own strategy",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* site
      const every = (strategy: Sampling.Strategy.Strategy) =>
        Effect.gen(function* () {
          const seen: Array<number> = []
          yield* client.sensor.azimuth.sample(strategy).pipe(
            Stream.runForEach(({ value }) => Effect.sync(() => seen.push(value))),
            Effect.forkScoped(immediately)
          )
          return seen
        })
      const events = yield* every(Strategy.event)
      const slow = yield* every(Strategy.period("1 second"))
      const coarse = yield* every(Strategy.differential(5))
      yield* client.synced
      yield* pass(1)
      assert.deepStrictEqual(yield* subscriptionsOf(client), { azimuth: "event" })
      for (const value of [1, 2, 7, 7, 13]) {
        yield* sensors.azimuth.set(value)
        yield* pass(100)
      }
      assert.deepStrictEqual(events, [0, 1, 2, 7, 13])
      assert.deepStrictEqual(coarse, [0, 1, 7, 13])
      yield* pass("2 seconds")
      assert.deepStrictEqual(slow, [0, 13, 13])
    })
  )

  it.effect(
    "becomes unreachable once when the connection is lost, and continues when it is back (P-174, A-406)",
    Effect.fnUntraced(function* () {
      const { client, plug, sensors, unplug } = yield* site
      const seen: Array<string> = []
      yield* client.sensor.azimuth.sample().pipe(
        Stream.runForEach(({ status, value }) => Effect.sync(() => seen.push(`${status} ${value}`))),
        Effect.forkScoped(immediately)
      )
      yield* client.synced
      yield* sensors.azimuth.set(3)
      yield* pass(1)
      yield* unplug
      yield* pass(1)
      assert.isFalse(client.isConnected)
      yield* sensors.azimuth.set(4)
      yield* plug
      yield* pass("2 minutes")
      yield* client.synced
      assert.deepStrictEqual(seen, ["unknown 0", "nominal 3", "unreachable 3", "nominal 4"])
    })
  )

  it.effect(
    "may appear later, disappear and reappear",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* site
      const seen: Array<string> = []
      yield* client.watch("later*").pipe(
        Stream.runForEach((event) =>
          Effect.sync(() =>
            seen.push(`${event._tag} ${event.sensor.name}${event._tag === "Reading" ? ` ${event.reading.value}` : ""}`)
          )
        ),
        Effect.forkScoped(immediately)
      )
      yield* client.synced
      const later = yield* set.add(Sensor.make("later.on", { type: Arg.Int, initial: 1 }))
      yield* pass(100)
      yield* later.set(2)
      yield* pass(100)
      yield* set.remove("later.on")
      yield* pass(100)
      yield* set.add(Sensor.make("later.on", { type: Arg.Int, initial: 1 }))
      yield* pass(100)
      yield* client.synced
      assert.deepStrictEqual(seen, [
        "Added later.on",
        "Reading later.on 1",
        "Reading later.on 2",
        "Removed later.on",
        "Added later.on",
        "Reading later.on 1"
      ])
      assert.deepStrictEqual(yield* subscriptionsOf(client), { "later.on": "event" })
    })
  )

  it.effect(
    "is subscribed again after it was replaced by one with the same description",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* site
      const one = Sensor.make("same", { type: Arg.Int, initial: 1 })
      yield* set.add(one)
      yield* pass(100)
      yield* client.mirror("same")
      yield* client.synced
      yield* pass(100)
      const second = yield* set.add(one)
      yield* pass(100)
      yield* second.set(5)
      yield* pass(100)
      assert.strictEqual(client.device.sensors.get("same")?.value, 5)
      assert.deepStrictEqual(yield* subscriptionsOf(client), { same: "auto" })
    })
  )

  it.effect(
    "is queried by get, even outside the contract (B-157)",
    Effect.fnUntraced(function* () {
      const { client, sensors, set } = yield* site
      yield* sensors.azimuth.set(-3)
      assert.strictEqual((yield* client.sensor.azimuth.get()).value, -3)
      yield* set.add(Sensor.make("mode", { type: Arg.Discrete("a", "b"), initial: "b" }))
      assert.strictEqual((yield* client.sensorNamed("mode").get()).value, "b")
      const error = yield* Effect.flip(client.sensorNamed("none").get())
      assert.include(error.message, "none")
    })
  )

  it.effect(
    "waitFor misses no edge, and accepts the current reading",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* site
      const waiting = yield* Effect.forkScoped(client.sensor.azimuth.waitFor(5), immediately)
      yield* client.synced
      yield* sensors.azimuth.set(5)
      yield* sensors.azimuth.set(6)
      yield* pass(1)
      assert.strictEqual((yield* Fiber.join(waiting)).value, 5)
      assert.strictEqual((yield* client.sensor.azimuth.waitFor(({ value }) => value > 5)).value, 6)
      const late = yield* Effect.forkScoped(
        Effect.flip(client.sensor.azimuth.waitFor(5, { timeout: 100 })),
        immediately
      )
      yield* pass(100)
      assert.strictEqual((yield* Fiber.join(late)).reason._tag, "TimedOut")
    })
  )
})
