/** What a client asks of `?sensor-sampling`, and what it does with devices that refuse it or have less of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sampling } from "katcp"
import { fake, version4, withBulk, withoutBulk, withoutIds } from "./fake.ts"
import { readings } from "./readers.ts"
import { pass, rest } from "./site.ts"

const { Strategy } = Sampling

describe("the strategies on the wire", () => {
  it.effect(
    "one serves all consumers of a sensor; it follows their changes, and becomes none after the last",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const slow = yield* readings(client, "a", Strategy.period("2 seconds"))
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "period 2.0" })
      const fast = yield* readings(client, "a", Strategy.period("1 second"))
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "period 1.0" })
      const events = yield* readings(client, "a", Strategy.event)
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "event" })
      // who wants what is there costs nothing
      const asked = device.asked.length
      const second = yield* readings(client, "a", Strategy.event)
      assert.deepStrictEqual(second.seen, ["nominal 1"])
      yield* client.synced
      yield* second.leave
      yield* client.synced
      assert.strictEqual(device.asked.length, asked)
      yield* events.leave
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "period 1.0" })
      yield* fast.leave
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "period 2.0" })
      yield* slow.leave
      yield* client.synced
      assert.deepStrictEqual(device.set, {})
      assert.deepStrictEqual(client.device.sensors.names, [])
    })
  )

  it.effect(
    "a consumer served by the strategy of others continues until its own is set, and loses no reading",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const events = yield* readings(client, "a", Strategy.event)
      const second = yield* readings(client, "a", Strategy.period("1 second"))
      const third = yield* readings(client, "a", Strategy.period("3 seconds"))
      yield* client.synced
      yield* pass()
      // the device takes its time to set the period
      device.instead = (asked) => (asked.args[1] === "period" ? { answer: undefined } : undefined)
      yield* events.leave
      yield* pass(500)
      yield* device.send("#sensor-status 1 1 a nominal 2", "#sensor-status 1 1 a nominal 3")
      yield* pass()
      assert.deepStrictEqual(second.seen, ["nominal 1"])
      yield* pass(500)
      assert.deepStrictEqual(second.seen, ["nominal 1", "nominal 3"])
      device.instead = () => undefined
      const asked = device.asked.at(-1)!
      yield* device.send(device.own(asked).at(-1)!)
      yield* client.synced
      // from now on each report of the device is one for the second; the third keeps its grid
      for (const value of [4, 5]) {
        yield* device.send(`#sensor-status 1 1 a nominal ${value}`)
        yield* pass(1000)
      }
      assert.deepStrictEqual(second.seen.slice(2), ["nominal 4", "nominal 5"])
      assert.deepStrictEqual(third.seen, ["nominal 1", "nominal 5"])
    })
  )

  it.effect(
    "a consumer that comes while the last one leaves is served",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const first = yield* readings(client, "a", Strategy.event)
      yield* client.synced
      device.instead = (asked) => {
        if (asked.args[1] !== "none") return undefined
        return { answer: undefined }
      }
      yield* first.leave
      yield* pass()
      const second = yield* readings(client, "a", Strategy.event)
      yield* pass("20 seconds")
      yield* rest
      device.instead = () => undefined
      yield* pass("20 seconds")
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "event" })
      yield* device.send("#sensor-status 1 1 a nominal 2")
      yield* pass()
      assert.deepStrictEqual(second.seen, ["nominal 1", "nominal 2"])
    })
  )

  it.effect(
    "in bulk if the device has flag B: at most 2,000 sensors in a request, grouped by strategy (P-230)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, withBulk)
      for (let index = 0; index < 4500; index++) device.add(`s${index}`)
      device.add("odd,name")
      device.add("t1")
      yield* client.mirror(/^s|^odd/)
      yield* client.mirror("t1", Strategy.event)
      yield* client.synced
      const sizes = device.askedFor("sensor-sampling").map((args) => args.split(" ")[0]!.split(",").length)
      // the name with a comma stands alone, in a list it would be two; the sensor with another strategy does too
      assert.deepStrictEqual(
        sizes.sort((one, other) => one - other),
        [1, 2, 501, 1999, 2000]
      )
      assert.strictEqual(Object.keys(device.set).length, 4502)
      assert.strictEqual(device.set["odd,name"], "auto")
      assert.strictEqual(device.set.t1, "event")
    })
  )

  it.effect(
    "one by one without flag B, and one after the other without ids (P-233)",
    Effect.fnUntraced(function* () {
      for (const hello of [withoutBulk, withoutIds]) {
        const { client, device } = yield* fake({}, hello)
        for (let index = 0; index < 100; index++) device.add(`s${index}`)
        device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
        yield* client.mirror("*")
        let largest = 0
        for (let answered = 0; answered < 100; ) {
          yield* pass()
          const open = device.asked.filter(({ name }) => name === "sensor-sampling").slice(answered)
          largest = Math.max(largest, open.length)
          answered += open.length
          yield* device.send(...open.flatMap((asked) => device.own(asked)))
        }
        yield* pass()
        yield* client.synced
        assert.strictEqual(largest, hello === withoutBulk ? 64 : 1)
        assert.strictEqual(Object.keys(device.set).length, 100)
      }
    })
  )

  it.effect(
    "a device of version 4 has no rates: it is asked for events, times are in milliseconds, and the client does the rest",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, version4)
      for (const name of ["a", "b", "c", "d"]) device.add(name)
      const { seen } = yield* readings(client, "a", Strategy.eventRate("1 second", "10 seconds"))
      yield* readings(client, "b", Strategy.period("1.5 seconds"))
      yield* readings(client, "c", Strategy.differentialRate(5, "1 second", "10 seconds"))
      yield* readings(client, "d", Strategy.differential(5))
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "event", b: "period 1500", c: "event", d: "differential 5" })
      for (const value of [2, 3, 4]) yield* device.send(`#sensor-status 1000 1 a nominal ${value}`)
      yield* pass(999)
      assert.deepStrictEqual(seen, ["nominal 1"])
      yield* pass(1)
      assert.deepStrictEqual(seen, ["nominal 1", "nominal 4"])
      yield* pass("10 seconds")
      assert.deepStrictEqual(seen, ["nominal 1", "nominal 4", "nominal 4"])
    })
  )
})
