import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, Sensor } from "katcp"

const stow = Request.make("stow", { doc: "Stow." })
const mode = Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })

describe("Interface.make and add", () => {
  it("keep their items in order (P-110, A-214, A-272)", () => {
    const contract = Interface.make("dish", { version: "dish-1.2", build: "dish-1.2.3" })
      .add(stow, mode)
      .add(Request.raw("other", { doc: "Other." }))
    assert.deepStrictEqual([...contract.requests.keys()], ["stow", "other"])
    assert.deepStrictEqual([...contract.sensorTypes.keys()], ["mode"])
    assert.strictEqual(contract.requests.get("stow"), stow)
    assert.deepStrictEqual([contract.id, contract.version, contract.build], ["dish", "dish-1.2", "dish-1.2.3"])
  })

  it("version and build have defaults (A-244, A-245, A-246)", () => {
    const bare = Interface.make("dish")
    assert.deepStrictEqual([bare.version, bare.build], ["dish-0.1", "dish-0.1"])
    const versioned = Interface.make("dish", { version: "dish-2.0" })
    assert.deepStrictEqual([versioned.version, versioned.build], ["dish-2.0", "dish-2.0"])
  })

  it("do not change the contract that they extend", () => {
    const one = Interface.make("dish").add(stow)
    const two = one.add(mode)
    assert.strictEqual(one.sensorTypes.size, 0)
    assert.strictEqual(two.requests.size, 1)
  })

  it("refuse a name that exists already in its kind", () => {
    const contract = Interface.make("dish").add(stow, mode)
    assert.throws(() => contract.add(Request.raw("stow", { doc: "Again." })), TypeError, /stow already/)
    assert.throws(() => contract.add(mode), TypeError, /mode already/)
    assert.throws(() => Interface.make("dish").add(stow, stow), TypeError)
    // requests and sensors are distinguished
    assert.strictEqual(contract.add(Request.make("mode", { doc: "The mode." })).requests.size, 2)
  })

  it("make a class that can be extended, with a short name", () => {
    class Dish extends Interface.make("dish").add(stow) {}
    assert.strictEqual(Dish.name, "Dish")
    assert.strictEqual(Dish.id, "dish")
    class More extends Dish.add(mode) {}
    assert.strictEqual(More.requests.size, 1)
    assert.strictEqual(More.sensorTypes.size, 1)
  })
})

describe("toLayer", () => {
  class Dish extends Interface.make("dish").add(stow, mode) {}

  it.effect(
    "accepts handlers, or an effect that makes them, with the device's sensors (A-248)",
    Effect.fnUntraced(function* () {
      for (const layer of [
        Dish.toLayer({ stow: () => Effect.void }),
        Dish.toLayer(Effect.succeed({ stow: () => Effect.void }))
      ]) {
        const context = yield* Layer.build(layer)
        const { handlers, sensors } = Context.get(context, Dish.device)
        assert.deepStrictEqual(Object.keys(handlers), ["stow"])
        assert.deepStrictEqual(sensors.names, ["mode"])
        const byName = yield* Effect.provideContext(Dish.sensors, context)
        assert.strictEqual<unknown>(byName.mode, sensors.get("mode"))
        assert.strictEqual(yield* Effect.provideContext(Dish.sensorSet, context), sensors)
      }
    })
  )

  it.effect(
    "makes a new device each time it is built",
    Effect.fnUntraced(function* () {
      const layer = Dish.toLayer({ stow: () => Effect.void })
      const [one, two] = [yield* Effect.scoped(Layer.build(layer)), yield* Effect.scoped(Layer.build(layer))]
      assert.notStrictEqual(Context.get(one, Dish.device).sensors, Context.get(two, Dish.device).sensors)
      assert.notStrictEqual(Context.get(one, Dish.device).log, Context.get(two, Dish.device).log)
    })
  )

  it.effect(
    "has the Scope of the device: fibers forked into it end with the layer (B-123)",
    Effect.fnUntraced(function* () {
      let ticks = 0
      const layer = Dish.toLayer(
        Effect.gen(function* () {
          const tick = Effect.sync(() => {
            ticks++
          })
          yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep("1 second"), tick)))
          return { stow: () => Effect.void }
        })
      )
      yield* Effect.scoped(Effect.andThen(Layer.build(layer), TestClock.adjust("3 seconds")))
      assert.strictEqual(ticks, 3)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(ticks, 3)
    })
  )

  it.effect(
    "uses the sensors of layerSensors if they are provided",
    Effect.fnUntraced(function* () {
      const sensors = yield* Layer.build(Dish.layerSensors)
      const device = yield* Layer.build(Dish.toLayer({ stow: () => Effect.void })).pipe(Effect.provideContext(sensors))
      assert.strictEqual(
        Context.get(device, Dish.device).sensors,
        yield* Effect.provideContext(Dish.sensorSet, sensors)
      )
    })
  )

  it.effect(
    "gives the sensors their initial values, and the current time (P-174, Q-22)",
    Effect.fnUntraced(function* () {
      yield* TestClock.setTime(5000)
      const context = yield* Layer.build(Dish.layerSensors)
      const { mode } = yield* Effect.provideContext(Dish.sensors, context)
      assert.deepStrictEqual(mode.reading, { timestamp: 5, status: "nominal", value: "stow" })
    })
  )
})
