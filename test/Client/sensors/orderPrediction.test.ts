/** Readings find their sensors by the order in which they came before: in whatever order they come. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OrderPrediction, type Predictable } from "../../../src/Client/sensors/OrderPrediction.ts"
import { fake } from "./fake.ts"
import { pass, rest } from "./site.ts"

class Item implements Predictable<Item> {
  next: Item | undefined = undefined
}

const which = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))
const Step = Schema.Struct({ what: Schema.Literals(["came", "came", "came", "gone"]), which })

describe("repeated sensors", () => {
  it.prop("are predicted in the order of the last time", { steps: Schema.Array(Step) }, ({ steps }) => {
    const items = Array.from({ length: 5 }, () => new Item())
    const prediction = new OrderPrediction<Item>()
    const followed = new Map<Item, Item>()
    let latest: Item | undefined
    for (const { what, which } of steps) {
      const item = items[which]!
      prediction[what](item)
      if (what === "came") {
        if (latest !== undefined) followed.set(latest, item)
        latest = item
      } else {
        followed.delete(item)
        if (latest === item) latest = undefined
      }
      assert.strictEqual(prediction.likely, latest && followed.get(latest))
    }
  })
})

describe("readings", () => {
  it.effect.prop(
    "reach the sensors that they name, in any order, even if sensors are replaced, removed and added again",
    {
      steps: Schema.Array(
        Schema.Struct({
          what: Schema.Literals(["report", "replace", "remove", "add"]),
          which: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })))
        })
      )
    },
    Effect.fnUntraced(function* ({ steps }) {
      const { client, device } = yield* fake()
      for (let index = 0; index < 6; index++) device.add(`s${index}`)
      yield* client.mirror("s*")
      yield* client.synced
      let value = 1
      for (const { what, which } of steps) {
        const names = which.map((index) => `s${index}`)
        const known = names.filter((name) => device.sensors.has(name))
        switch (what) {
          case "remove":
            for (const name of known) device.remove(name)
            yield* device.send("#interface-changed sensor-list")
            yield* rest
            break
          case "add":
          case "replace":
            for (const name of what === "add" ? names : known)
              device.add(name, what === "add" ? "doc \\@ integer" : "other \\@ integer", `nominal ${++value}`)
            yield* device.send("#interface-changed sensor-list")
            yield* rest
            break
          case "report":
            for (const name of known) device.sensors.get(name)!.reading = `warn ${++value}`
            yield* device.send(
              `#sensor-status 1 ${known.length}${known.map((name) => ` ${name} ${device.sensors.get(name)!.reading}`).join("")}`
            )
            yield* pass()
        }
        const wanted = Object.fromEntries([...device.sensors].sort().map(([name, { reading }]) => [name, reading]))
        const found = Object.fromEntries(
          client.device.sensors.values.map(({ name, status, value }) => [name, `${status} ${value}`])
        )
        assert.deepStrictEqual(found, wanted)
      }
    }),
    { arbitrary: { size: 12, runs: 40 } }
  )

  it.effect(
    "of a known sensor without consumers are accepted, too",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      device.add("a")
      device.add("b")
      yield* device.send("#interface-changed sensor-list")
      yield* rest
      yield* client.synced
      yield* device.send("#sensor-status 1 2 b warn 3 a error 4")
      yield* pass()
      assert.deepStrictEqual(
        client.device.sensors.values.map(({ name, status, value }) => [name, status, value]),
        [
          ["a", "error", 4],
          ["b", "warn", 3]
        ]
      )
    })
  )
})
