/** Inspection on demand: also of what came without `#interface-changed`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Client } from "katcp"
import { immediately } from "../connect.ts"
import { fake } from "./fake.ts"
import { pass } from "./site.ts"

describe("inspection on demand", () => {
  for (const inspect of [true, false])
    it.effect(
      `returns the current items of the device, ${inspect ? "and keeps them" : "with a client that keeps nothing"} (A-368, A-369, A-370)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake({ inspect })
        device.add("a")
        yield* client.inspectSensors()
        const changes: Array<string> = []
        yield* Effect.forkScoped(
          Stream.runForEach(client.device.changes, ({ sensors }) =>
            Effect.sync(() => changes.push(`+${sensors.added} -${sensors.removed}`))
          ),
          immediately
        )
        device.add("silent", "came\\_late K float")
        const found = yield* client.inspectSensors("silent")
        assert.deepStrictEqual(
          [...found.values()].map(({ doc, name, units }) => [name, doc, units]),
          [["silent", "came late", "K"]]
        )
        assert.strictEqual(client.device.sensors.has("silent"), inspect)
        device.remove("a")
        assert.deepStrictEqual([...(yield* client.inspectSensors("a"))], [])
        assert.deepStrictEqual([...(yield* client.inspectSensors()).keys()], ["silent"])
        assert.deepStrictEqual(changes, inspect ? ["+silent -", "+ -a"] : [])
        const { requests, sensors } = yield* client.inspect
        assert.deepStrictEqual([...requests.keys()], ["help", "sensor-list"])
        assert.deepStrictEqual([...sensors.keys()], ["silent"])
        assert.deepStrictEqual([...(yield* client.inspectRequests("help")).keys()], ["help"])
        assert.deepStrictEqual([...(yield* client.inspectRequests("nothing"))], [])
        yield* client.synced
      })
    )

  it.effect(
    "samples an awaited sensor that appeared without an inform (A-375)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({})
      const waiting = yield* Effect.forkScoped(client.sensorNamed("silent").waitFor(1), immediately)
      yield* pass("1 second")
      device.add("silent", "doc \\@ integer", "nominal 1")
      yield* pass("10 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      assert.isTrue((yield* client.inspectSensors("silent")).has("silent"))
      assert.strictEqual((yield* Fiber.join(waiting)).value, 1)
    })
  )

  it.effect(
    "finds sensors and requests, and queries only unknown ones (A-375, A-376)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      device.add("a")
      yield* client.inspectSensors()
      const before = device.asked.length
      assert.isTrue(Option.isSome(yield* client.findSensor("a")))
      assert.isTrue(Option.isSome(yield* client.findRequest("help")))
      assert.strictEqual(device.asked.length, before)
      assert.isTrue(Option.isNone(yield* client.findSensor("b")))
      assert.isTrue(Option.isNone(yield* client.findRequest("b")))
      device.add("b")
      assert.strictEqual(Option.getOrThrow(yield* client.findSensor("b")).name, "b")
    })
  )

  it.effect(
    "fails if the device refuses its list, and while it is not connected",
    Effect.fnUntraced(function* () {
      for (const inspect of [true, false]) {
        const { client, device } = yield* fake({ inspect })
        yield* client.synced
        device.instead = (asked) =>
          asked.name === "sensor-list" ? { answer: [`!${asked.head} fail busy`] } : undefined
        assert.include((yield* Effect.flip(client.inspectSensors())).message, "busy")
        yield* client.close
        assert.include((yield* Effect.flip(client.inspect)).message, "closed")
      }
    })
  )
})

describe("data_synced (A-364)", () => {
  it.effect(
    "is set when everything is known, even while subscriptions are pending",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true, connecting: "background" })
      device.add("a")
      device.instead = (asked) => (asked.name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* client.mirror("a")
      const known = yield* Effect.forkScoped(client.dataSynced, immediately)
      yield* pass("1 second")
      yield* Fiber.join(known)
      assert.isTrue(client.device.sensors.has("a"))
      const state = SubscriptionRef.getUnsafe(client.state)
      assert.isTrue(state._tag === "Syncing" && state.dataSynced && Client.isDataSynced(state))
      device.instead = (asked) => (asked.name === "sensor-list" ? { answer: undefined } : undefined)
      yield* Effect.forkScoped(client.inspectSensors("b"), immediately)
      assert.isFalse(Client.isDataSynced(SubscriptionRef.getUnsafe(client.state)))
    })
  )
})
