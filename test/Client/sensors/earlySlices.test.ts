/** The first mirror of many sensors: their readings are requested while the list of sensors still arrives. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type FakeDevice, fake, withBulk, withoutBulk } from "./fake.ts"
import { pass, rest } from "./site.ts"

const sizes = (device: FakeDevice) =>
  device.askedFor("sensor-sampling").map((args) => args.split(" ")[0]!.split(",").length)

/** A client of a device with 4500 sensors. */
const large = Effect.fnUntraced(function* (hello = withBulk) {
  const all = yield* fake({}, hello)
  for (let index = 0; index < 4500; index++) all.device.add(`s${index}`)
  return all
})

/** Holds back the answer to the first list after so many lines. Returns the lines that are held back. */
const holdBack = (device: FakeDevice, lines: number): ReadonlyArray<string> => {
  const held: Array<string> = []
  device.instead = (asked) => {
    if (asked.name !== "sensor-list") return undefined
    device.instead = () => undefined
    const own = device.own(asked)
    held.push(...own.slice(lines))
    return { answer: own.slice(0, lines) }
  }
  return held
}

describe("a list of many sensors", () => {
  it.effect(
    "is followed while it arrives, and is synced when all of it is followed",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* large()
      const heldBack = holdBack(device, 2500)
      yield* client.mirror("*")
      yield* pass()
      assert.deepStrictEqual(sizes(device), [2000])
      assert.strictEqual(client.device.sensors.size, 2000)
      assert.isTrue(client.device.sensors.values.every(({ status }) => status === "nominal"))
      assert.deepInclude(SubscriptionRef.getUnsafe(client.state), { _tag: "Syncing", dataSynced: false })
      yield* device.send(...heldBack)
      yield* client.synced
      assert.deepStrictEqual(sizes(device), [2000, 2000, 500])
      assert.strictEqual(client.device.sensors.size, 4500)
      assert.strictEqual(Object.keys(device.set).length, 4500)
      assert.isTrue(client.device.sensors.values.every(({ status }) => status === "nominal"))
    })
  )

  it.effect(
    "is followed when it is complete, if the device has no bulk sampling (P-233)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* large(withoutBulk)
      holdBack(device, 2500)
      yield* client.mirror("*")
      yield* pass()
      assert.deepStrictEqual(sizes(device), [])
      assert.strictEqual(client.device.sensors.size, 0)
    })
  )

  it.effect(
    "that ends with the connection is replaced by the next one, without the sensors that are gone",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* large()
      holdBack(device, 2500)
      yield* client.mirror("*")
      yield* pass()
      assert.strictEqual(client.device.sensors.size, 2000)
      device.remove("s1")
      device.add("s10", "doc V integer")
      yield* device.connection!.reset
      yield* rest
      yield* client.synced
      assert.strictEqual(device.connections, 2)
      const { sensors } = client.device
      assert.strictEqual(sensors.size, 4499)
      assert.isFalse(sensors.has("s1"))
      assert.strictEqual(sensors.get("s10")!.definition.units, "V")
      assert.strictEqual(Object.keys(device.set).length, 4499)
      assert.isTrue(sensors.values.every(({ status }) => status === "nominal"))
    })
  )

  it.effect(
    "is requested again if its reply counts more sensors than it has",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* large()
      device.instead = (asked) => {
        if (asked.name !== "sensor-list") return undefined
        device.instead = () => undefined
        return { answer: [...device.own(asked).slice(0, 2500), `!${asked.head} ok 4500`] }
      }
      yield* client.mirror("*")
      yield* pass()
      assert.strictEqual(client.device.sensors.size, 2000)
      yield* rest
      yield* client.synced
      assert.strictEqual(client.device.sensors.size, 4500)
      assert.strictEqual(Object.keys(device.set).length, 4500)
    })
  )

  it.effect(
    "describes some sensors twice: the second description counts",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* large()
      device.instead = (asked) => {
        if (asked.name !== "sensor-list") return undefined
        device.instead = () => undefined
        const own = device.own(asked)
        const twice = ["s0", "s999"].map((name) => `#${asked.head} ${name} doc V integer`)
        return { answer: [...own.slice(0, -1), ...twice, `!${asked.head} ok 4502`] }
      }
      yield* client.mirror("*")
      yield* client.synced
      const { sensors } = client.device
      assert.strictEqual(sensors.size, 4500)
      for (const name of ["s0", "s999"]) {
        assert.strictEqual(sensors.get(name)!.definition.units, "V")
        assert.strictEqual(sensors.get(name)!.status, "nominal")
      }
      assert.strictEqual(Object.keys(device.set).length, 4500)
    })
  )
})
