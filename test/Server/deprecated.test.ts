import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Client, Interface, Message, RequestFailed, RequestInvalid, Sensor, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"
import { say, start } from "./harness.ts"

const { Deprecated } = Interface
class Jammed extends Schema.TaggedError<Jammed>("test/Jammed")("Jammed", { message: Schema.String }) {}

/** The device of Rev 5.1 §10 and §11. */
class Dish extends Interface.make("dish").add(
  Deprecated.configure({ option: Arg.Discrete("ntp", "log"), values: Arg.rest(Arg.Text) }),
  Deprecated.mode("idle", "track", "stow", "broken", "refused"),
  Sensor.Modes.sensor("idle", "track", "stow", "broken", "refused", "fault"),
  Sensor.make("state", { doc: "State", type: Arg.Discrete("local", "remote"), initial: "remote" })
) {}

const lab = () => {
  const events: Array<string> = []
  const note = (what: string) => Effect.sync(() => void events.push(what))
  const live = Dish.toLayer(
    Effect.gen(function* () {
      const sensors = yield* Dish.sensors
      const modes = yield* Sensor.Modes.make(sensors.mode, {
        idle: {},
        track: { enter: Effect.andThen(Effect.sleep("2 seconds"), note("motors on")), leave: note("motors off") },
        stow: {},
        broken: { enter: Effect.fail(new Jammed({ message: "it is jammed" })) },
        refused: { enter: Effect.fail(new RequestInvalid({ message: "not from here" })) }
      })
      return {
        configure: ({ option, values }) =>
          option === "log" ? Effect.fail(new RequestFailed({ message: "no disk" })) : note(`${option}=${values}`),
        mode: Deprecated.changeMode(modes)
      }
    })
  )
  return {
    take: () => events.splice(0),
    layer: (options?: Server.Options) => Server.layer(Dish, options).pipe(Layer.provide(live))
  }
}

describe("the deprecated modules", () => {
  it.effect(
    "are off by default: ?configure and ?mode are invalid (P-300, P-301, A-266)",
    Effect.fnUntraced(function* () {
      const bare = Interface.make("bare")
      const { connect } = yield* start(Server.layer(bare).pipe(Layer.provide(bare.toLayer({}))))
      const client = yield* connect
      yield* say(client, "?configure[1] ntp x", "?mode[2] idle", "?help mode", "?sensor-list mode")
      const [configure, mode, help, sensor] = yield* client.settle
      assert.match(configure ?? "", /^!configure\[1\] invalid Unknown/)
      assert.match(mode ?? "", /^!mode\[2\] invalid Unknown/)
      assert.match(help ?? "", /^!help fail /)
      assert.match(sensor ?? "", /^!sensor-list fail Unknown\\_sensor/)
    })
  )

  it.effect(
    "?configure accepts the device's own parameters, any number of times; the reply is ok alone or a failure (P-300)",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { connect } = yield* start(layer())
      const client = yield* connect
      yield* say(client, "?configure[1] ntp a.example b.example", "?configure ntp", "?configure log /", "?configure x")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines.slice(0, 3), ["!configure[1] ok", "!configure ok", "!configure fail no\\_disk"])
      assert.match(lines[3] ?? "", /^!configure fail /)
      assert.deepStrictEqual(take(), ["ntp=a.example,b.example", "ntp="])
    })
  )

  it.effect(
    "?mode changes the mode, and replies ok when it is in force; the sensors mode and state are discrete (P-301, P-302, C-131)",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { connect } = yield* start(layer())
      const client = yield* connect
      yield* say(client, "?sensor-list mode", "?sensor-list state", "?sensor-sampling mode event", "?mode[1] track")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-list mode Mode\\_of\\_the\\_device. \\@ discrete idle track stow broken refused fault",
        "!sensor-list ok 1",
        "#sensor-list state State \\@ discrete local remote",
        "!sensor-list ok 1",
        "#sensor-status 0.0 1 mode nominal idle",
        "!sensor-sampling ok mode event"
      ])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 2.0 1 mode nominal track", "!mode[1] ok"])
      yield* say(client, "?mode stow", "?mode stow")
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 2.0 1 mode nominal stow", "!mode ok", "!mode ok"])
      assert.deepStrictEqual(take(), ["motors on", "motors off"])
    })
  )

  it.effect(
    "?mode accepts a subset of the sensor's values; a failed entry fails with its reason (P-301)",
    Effect.fnUntraced(function* () {
      const { layer } = lab()
      const { connect } = yield* start(layer())
      const client = yield* connect
      yield* say(client, "?mode fault", "?mode", "?mode broken", "?mode refused", "?sensor-value mode")
      const lines = yield* client.settle
      assert.match(lines[0] ?? "", /^!mode fail .*idle/)
      assert.match(lines[1] ?? "", /^!mode fail /)
      assert.deepStrictEqual(lines.slice(2), [
        "!mode fail it\\_is\\_jammed",
        "!mode invalid not\\_from\\_here",
        "#sensor-value 0.0 1 mode unknown idle",
        "!sensor-value ok 1"
      ])
    })
  )

  it.effect(
    "are the same at version 4, and typed for clients (P-300, P-301)",
    Effect.fnUntraced(function* () {
      const { layer } = lab()
      const context = yield* Layer.build(
        layer({ protocol: Message.Protocol.make(4, 0, "M") }).pipe(Layer.provideMerge(MemoryNetwork.layer))
      )
      const dish = yield* Client.make(Dish).pipe(
        Effect.provide(MemoryNetwork.layerClient),
        Effect.provideContext(context)
      )
      yield* dish.request.mode({ name: "stow" })
      yield* dish.request.configure({ option: "ntp", values: ["a"] })
      const failure = yield* Effect.flip(dish.request.mode({ name: "broken" }))
      assert.strictEqual(failure.message, "it is jammed")
    })
  )
})
