/** Devices that refuse a strategy, or do not answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Sampling } from "katcp"
import { immediately } from "../connect.ts"
import { type FakeDevice, fake } from "./fake.ts"
import { readings } from "./readers.ts"
import { pass, rest } from "./site.ts"

const { Strategy } = Sampling

/** Refuses strategies for sensors, until this is changed. */
const refuse = (device: FakeDevice, refused: (name: string, strategy: string) => boolean): void => {
  device.instead = ({ args: [names = "", strategy = ""], head, name }) =>
    name === "sensor-sampling" && names.split(",").some((one) => refused(one, strategy))
      ? { answer: [`!${head} fail no`] }
      : undefined
}

describe("a device that refuses", () => {
  it.effect(
    "a list with a removed sensor is asked in halves: all others are subscribed",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      for (let index = 0; index < 1000; index++) device.add(`s${index}`)
      // between the list and the subscription
      device.instead = (asked) => {
        if (asked.name !== "sensor-sampling") return undefined
        device.instead = () => undefined
        device.remove("s77")
        return undefined
      }
      yield* client.mirror("*")
      yield* client.synced
      assert.strictEqual(Object.keys(device.set).length, 999)
      assert.isAtMost(device.askedFor("sensor-sampling").length, 24)
      assert.strictEqual(client.samplingOf("s77")?._tag, "Refused")
      assert.strictEqual(client.samplingOf("s78")?._tag, "Set")
      assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Synced")
      yield* device.send("#interface-changed sensor s77 removed")
      yield* rest
      assert.strictEqual(client.device.sensors.size, 999)
    })
  )

  it.effect(
    "a strategy is asked for auto, which every device must have, and the client derives the wanted strategy",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      refuse(device, (_, strategy) => strategy !== "auto" && strategy !== "none")
      const { seen } = yield* readings(client, "a", Strategy.event)
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "auto" })
      assert.deepStrictEqual(client.samplingOf("a"), { _tag: "Set", strategy: Strategy.auto })
      assert.strictEqual(client.anomalies.counts.SamplingRefused, 1)
      for (const value of [1, 2, 2, 3]) yield* device.send(`#sensor-status 1 1 a nominal ${value}`)
      yield* pass()
      assert.deepStrictEqual(seen, ["nominal 1", "nominal 2", "nominal 3"])
    })
  )

  it.effect(
    "all strategies of a sensor leaves it without readings, and is asked again when the sensor may have changed",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      device.add("b")
      refuse(device, (name) => name === "a")
      const { seen } = yield* readings(client, "a", Strategy.event)
      yield* client.mirror("*")
      yield* client.synced
      yield* rest
      assert.deepStrictEqual(device.set, { b: "auto" })
      assert.strictEqual(client.samplingOf("a")?._tag, "Refused")
      const asked = device.asked.length
      yield* pass("1 hour")
      assert.strictEqual(device.asked.length, asked)
      device.instead = () => undefined
      yield* device.send("#interface-changed sensor a modified")
      yield* rest
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "event", b: "auto" })
      assert.deepStrictEqual(seen, ["nominal 1"])
    })
  )

  it.effect(
    "a strategy for some sensors does not affect the others: a strategy for numbers on all sensors",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("number")
      device.add("text", "doc \\@ string", "nominal on")
      const events: Array<string> = []
      yield* client.watch("*", { strategy: Strategy.differential(2) }).pipe(
        Stream.runForEach(({ _tag, sensor }) => Effect.sync(() => events.push(`${_tag} ${sensor.name}`))),
        Effect.forkScoped(immediately)
      )
      yield* client.synced
      yield* pass()
      assert.deepStrictEqual(events, ["Added number", "Added text", "Reading number"])
      assert.deepStrictEqual(client.samplingOf("text"), { _tag: "Refused", strategy: Strategy.differential(2) })
      assert.strictEqual(client.anomalies.counts.SamplingRefused, 1)
      // nor does it hear what others have asked for
      yield* client.mirror("*", Strategy.event)
      yield* client.synced
      assert.deepStrictEqual(device.set, { number: "event", text: "event" })
      assert.deepStrictEqual(events.slice(3), [])
    })
  )

  it.effect(
    "to answer is asked again after the time-out, with growing delays, and is not synced meanwhile",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ syncTimeout: "2 seconds" })
      device.add("a")
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* client.mirror("a")
      for (let turn = 0; turn < 12; turn++) {
        yield* pass("1 second")
        assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Syncing")
      }
      assert.isAtLeast(device.askedFor("sensor-sampling").length, 3)
      assert.isAtMost(device.askedFor("sensor-sampling").length, 5)
      device.instead = () => undefined
      yield* pass("10 seconds")
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "auto" })
      // the list was answered and is not asked for again
      assert.deepStrictEqual(device.askedFor("sensor-list"), ["a"])
    })
  )
})
