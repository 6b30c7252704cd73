/** A mirror of more sensors than one request names: made and asked for in slices. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sampling } from "katcp"
import { fake, withBulk, withoutBulk } from "./fake.ts"
import { pass } from "./site.ts"

const sizes = (asked: ReadonlyArray<string>) => asked.map((args) => args.split(" ")[0]!.split(",").length)

describe("a large mirror", () => {
  it.effect(
    "subscribes the first sensors before it has created the last ones, and reports each slice once",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, withBulk)
      for (let index = 0; index < 4500; index++) device.add(`s${index}`)
      const asked: Array<number> = []
      client.device.sensors.onChange((changes) => {
        asked.push(changes.length)
      })
      // the device does not answer: what it was asked for is not asked for again with the next slice
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* client.mirror("*")
      yield* pass("1 second")
      assert.deepStrictEqual(asked, [2000, 2000, 500])
      assert.deepStrictEqual(sizes(device.askedFor("sensor-sampling")), [2000, 2000, 500])
    })
  )

  it.effect(
    "is requested again completely, each sensor once, if the device has not answered in time",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ syncTimeout: "2 seconds" }, withBulk)
      for (let index = 0; index < 4500; index++) device.add(`s${index}`)
      const asked = () => sizes(device.askedFor("sensor-sampling"))
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* client.mirror("*")
      yield* pass("1 second")
      assert.deepStrictEqual(asked(), [2000, 2000, 500])
      device.instead = () => undefined
      yield* pass("1 minute")
      yield* client.synced
      assert.deepStrictEqual(
        asked()
          .slice(3)
          .reduce((sum, size) => sum + size, 0),
        4500
      )
      assert.strictEqual(Object.keys(device.set).length, 4500)
    })
  )

  it.effect(
    "is complete after the connection was lost between two slices",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, withBulk)
      for (let index = 0; index < 4500; index++) device.add(`s${index}`)
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: ["cut"] } : undefined)
      yield* client.mirror("*")
      yield* pass("1 second")
      device.instead = () => undefined
      yield* pass("1 minute")
      yield* client.synced
      assert.isAbove(device.connections, 1)
      assert.strictEqual(client.device.sensors.size, 4500)
      assert.strictEqual(Object.keys(device.set).length, 4500)
      assert.isTrue(client.device.sensors.values.every(({ status }) => status === "nominal"))
    })
  )

  it.effect(
    "leaves no subscription if its last consumer ends before the device has answered",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, withBulk)
      for (let index = 0; index < 2500; index++) device.add(`s${index}`)
      const late: Array<string> = []
      device.instead = (one) => {
        if (one.name !== "sensor-sampling") return undefined
        late.push(...device.own(one))
        return { answer: undefined }
      }
      yield* Effect.scoped(Effect.andThen(client.mirror("*", Sampling.Strategy.event), pass()))
      device.instead = () => undefined
      yield* device.send(...late)
      yield* pass()
      yield* client.synced
      assert.deepStrictEqual(device.set, {})
      assert.strictEqual(client.device.sensors.size, 0)
    })
  )

  it.effect(
    "subscribes one by one, at most 64 at a time, if the device has no bulk sampling (P-233)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({}, withoutBulk)
      for (let index = 0; index < 4500; index++) device.add(`s${index}`)
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* client.mirror("*")
      yield* pass("1 second")
      assert.strictEqual(device.askedFor("sensor-sampling").length, 64)
    })
  )
})
