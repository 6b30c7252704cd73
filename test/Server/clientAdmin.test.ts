import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Sensor, Server } from "katcp"
import { say, start } from "./harness.ts"

const { ClientAdmin } = Interface

class Dish extends Interface.make("dish").add(...ClientAdmin.requests, Sensor.make("azimuth", { type: Arg.Float })) {}
const layer = (options?: Server.Options) =>
  Server.layer(Dish, options).pipe(
    Layer.provide(
      Dish.toLayer(
        Effect.gen(function* () {
          return { ...(yield* ClientAdmin.handlers({ info: Effect.succeed({ site: "Karoo", clients: "two" }) })) }
        })
      )
    )
  )

describe("the administration of clients (C-125)", () => {
  it.effect(
    "names clients, lists them, ends their sampling and disconnects them",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(layer())
      const admin = yield* connect
      const other = yield* connect
      yield* admin.settle
      yield* other.settle
      yield* say(other, "?client-rename[1] viewer", "?sensor-sampling[2] azimuth event")
      assert.deepStrictEqual((yield* other.settle).at(0), "!client-rename[1] ok")
      yield* say(admin, "?list-duplex[1]")
      const listed = yield* admin.settle
      assert.deepStrictEqual(listed, [
        "#list-duplex[1] 127.0.0.1:50001 127.0.0.1:50001 admin 127.0.0.1:7147",
        "#list-duplex[1] viewer 127.0.0.1:50002 admin 127.0.0.1:7147",
        "!list-duplex[1] ok 2"
      ])
      yield* say(admin, "?client-rename[2] viewer", "?client-rename[3] x nobody", "?client-rename[4] \\@")
      for (const line of yield* admin.settle) assert.match(line, /^!client-rename\[\d\] fail /)
      yield* say(admin, "?client-rename[5] 127.0.0.1:50002", "?client-config[6] nonsense viewer")
      for (const line of yield* admin.settle) assert.match(line, / fail /)
      yield* say(admin, "?client-config[7] sampling-none viewer")
      assert.deepStrictEqual(yield* admin.settle, ["!client-config[7] ok"])
      yield* say(other, "?sensor-sampling[3] azimuth")
      assert.deepStrictEqual(yield* other.settle, ["!sensor-sampling[3] ok azimuth none"])
      yield* say(admin, "?client-halt[8] viewer")
      assert.deepStrictEqual(yield* admin.settle, ["!client-halt[8] ok"])
      assert.deepStrictEqual(yield* other.settle, ["#disconnect Disconnected\\_by\\_127.0.0.1:50001."])
      // its name is free again
      yield* say(admin, "?client-rename[9] viewer", "?client-halt[10]")
      assert.deepStrictEqual(yield* admin.settle, [
        "!client-rename[9] ok",
        "!client-halt[10] ok",
        "#disconnect Disconnected\\_by\\_viewer."
      ])
    })
  )

  it.effect(
    "describes the server",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(layer())
      const admin = yield* connect
      yield* admin.settle
      yield* TestClock.adjust("90 seconds")
      // the uptime does not follow the time of day
      yield* TestClock.setTime(-3_600_000)
      yield* say(admin, "?system-info[1]")
      assert.deepStrictEqual(yield* admin.settle, [
        "#system-info[1] library katcp-typescript-0.1.0",
        "#system-info[1] protocol 5.1-BIMT",
        "#system-info[1] uptime 90.000",
        "#system-info[1] clients two",
        "#system-info[1] site Karoo",
        "!system-info[1] ok 5"
      ])
    })
  )

  it.effect(
    "needs the role admin, and is off by default",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(layer({ access: [{ role: "control" }] }))
      const client = yield* connect
      yield* client.settle
      for (const { name } of ClientAdmin.requests) yield* say(client, `?${name}`)
      const lines = yield* client.settle
      assert.strictEqual(lines.length, ClientAdmin.requests.length)
      for (const line of lines) assert.match(line, / fail .*admin/)
      const bare = Interface.make("bare")
      const { connect: other } = yield* start(Server.layer(bare).pipe(Layer.provide(bare.toLayer({}))))
      const plain = yield* other
      yield* plain.settle
      yield* say(plain, "?list-duplex")
      assert.match((yield* plain.settle)[0]!, /^!list-duplex invalid /)
    })
  )
})
