import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Arg, Client, Sampling, Sensor } from "katcp"
import { immediately } from "../connect.ts"
import { pass } from "../sensors/site.ts"
import { Dish, device, dial, onNetwork } from "./fleet.ts"

const { Resource } = Client
const { Strategy } = Sampling

const resource = (options?: Parameters<typeof Resource.make<never, never>>[1]) =>
  Effect.gen(function* () {
    const layer = yield* dial(7000)
    return yield* Effect.provide(Resource.make("dish", options), layer)
  })
const typed = (options?: Client.Policy) =>
  Effect.gen(function* () {
    const layer = yield* dial(7000)
    return yield* Effect.provide(Resource.make("dish", { contract: Dish, ...options }), layer)
  })

describe("a resource", () => {
  it.effect(
    "exists before its device is connected, and reports when it is synced (A-413, A-414, A-445)",
    Effect.fnUntraced(function* () {
      const dish = yield* typed()
      const synced: Array<boolean> = []
      yield* Effect.forkScoped(
        Stream.runForEach(dish.synced, (now) => Effect.sync(() => synced.push(now))),
        immediately
      )
      assert.isFalse(dish.isConnected)
      const { off } = yield* device(7000)
      yield* pass("1 second")
      assert.strictEqual((yield* dish.until((state) => state._tag === "Synced"))._tag, "Synced")
      assert.isTrue(dish.isConnected && dish.isSynced)
      yield* off
      yield* pass(1)
      assert.isFalse(dish.isSynced)
      assert.deepStrictEqual(synced, [false, true, false])
    }, onNetwork)
  )

  it.effect(
    "makes requests, typed or by the names of Python programs (A-389, A-396)",
    Effect.fnUntraced(function* () {
      yield* device(7000)
      const dish = yield* typed()
      yield* dish.until((state) => state._tag === "Synced")
      assert.strictEqual((yield* dish.request.add({ x: 1, y: 2 })).sum, 3)
      assert.deepStrictEqual((yield* dish.call("pick_fruit")).values, ["kiwi"])
      assert.strictEqual(dish.requests.get("add"), "Add. Usage: ?add x y")
      const error = yield* Effect.flip(dish.call("no-such"))
      assert.strictEqual(error._tag, "RequestInvalid")
    }, onNetwork)
  )

  it.effect(
    "makes only requests that its policy allows, and none while it is inactive (A-395, A-412)",
    Effect.fnUntraced(function* () {
      yield* device(7000)
      const dish = yield* typed({ controlled: false, alwaysAllowed: ["pick_fruit", "help"], alwaysExcluded: ["help"] })
      yield* dish.until((state) => state._tag === "Synced")
      assert.deepStrictEqual([...dish.requests.keys()], ["pick-fruit"])
      assert.strictEqual((yield* dish.request["pick-fruit"]()).fruit, "kiwi")
      const reasons: Array<string> = []
      for (const asked of [Effect.asVoid(dish.request.add({ x: 1, y: 2 })), dish.call("add"), dish.call("help")]) {
        const error = yield* Effect.flip(asked)
        assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "NotAllowed")
        reasons.push(error.message)
      }
      assert.include(reasons[0], "?add to dish: not sent: this device is not controlled from here")
      assert.include(reasons[2], "excluded")
      yield* dish.setActive(false)
      assert.include((yield* Effect.flip(dish.request["pick-fruit"]())).message, "not active")
      yield* dish.setActive(true)
      assert.isTrue(dish.isActive)
      assert.strictEqual((yield* dish.request["pick-fruit"]()).fruit, "kiwi")
    }, onNetwork)
  )

  it.effect(
    "answers requests that the device does not have, if configured (A-397)",
    Effect.fnUntraced(function* () {
      yield* device(7000)
      const dish = yield* resource({ dummyUnknownRequests: true })
      yield* dish.until((state) => state._tag === "Synced")
      assert.isTrue((yield* dish.call("no-such", [1])).ok)
      assert.deepStrictEqual((yield* dish.call("add", [1, 2])).values, ["3.0"])
    }, onNetwork)
  )

  it.effect(
    "lists its sensors, filtered, with all known facts (A-391, A-407)",
    Effect.fnUntraced(function* () {
      const { sensors } = yield* device(7000)
      const dish = yield* typed()
      yield* dish.until((state) => state._tag === "Synced")
      yield* sensors["rx.temp-1"].set(80, { status: "warn" })
      const [temp, ...others] = yield* dish.listSensors({ filter: "rx_temp_1" })
      assert.strictEqual(others.length, 0)
      assert.deepInclude(temp as object, {
        name: "rx.temp-1",
        escapedName: "rx_temp_1",
        type: "float",
        units: "K",
        reading: undefined,
        strategy: undefined
      })
      assert.deepStrictEqual(
        (yield* dish.listSensors({ refresh: true, status: ["warn"] })).map(({ name, reading }) => [
          name,
          reading?.value
        ]),
        [["rx.temp-1", 80]]
      )
      yield* dish.setSampling(/^m/, Strategy.event)
      assert.deepStrictEqual(
        (yield* dish.listSensors({ hasStrategy: true })).map(({ name, strategy }) => [name, strategy?._tag]),
        [["mode", "Event"]]
      )
      assert.deepStrictEqual(
        (yield* dish.listSensors()).map(({ name }) => name),
        ["mode", "rx.temp-1"]
      )
    }, onNetwork)
  )

  it.effect(
    "knows its address, its versions, and the time-out hints of its requests (A-387, A-396, A-420)",
    Effect.fnUntraced(function* () {
      yield* device(7000)
      const dish = yield* typed({ controlled: false, alwaysAllowed: ["pick_fruit", "slow"] })
      assert.deepStrictEqual([dish.host, dish.port, dish.address], ["127.0.0.1", 7000, "127.0.0.1:7000"])
      assert.deepStrictEqual([dish.lastConnect, dish.isDataSynced, dish.controlled], [undefined, false, false])
      yield* dish.dataSynced
      assert.isTrue(dish.isDataSynced)
      assert.isNumber(dish.lastConnect)
      assert.strictEqual(dish.versions.get("katcp-protocol")?.version, "5.1-BIMT")
      const pick = dish.requestNamed("pick_fruit")!
      assert.deepInclude(pick, { name: "pick-fruit", description: "Pick. Usage: ?pick-fruit", isActive: true })
      assert.strictEqual(pick.timeoutHint, undefined)
      assert.deepStrictEqual((yield* pick.call()).values, ["kiwi"])
      assert.strictEqual(dish.requestNamed("slow")?.timeoutHint, 30)
      assert.isUndefined(dish.requestNamed("add"))
      assert.isTrue(Option.isSome(yield* dish.findRequest("pick_fruit")))
      assert.isTrue(Option.isNone(yield* dish.findRequest("no-such")))
      assert.strictEqual(Option.getOrThrow(yield* dish.findSensor("rx_temp_1")).name, "rx.temp-1")
      assert.isTrue(Option.isNone(yield* dish.findSensor("no.such")))
      yield* dish.setActive(false)
      assert.isFalse(pick.isActive)
      assert.include((yield* Effect.flip(pick.call())).message, "not active")
    }, onNetwork)
  )

  it.effect(
    "filters by the names of Python programs, too: expressions and globs, unless configured otherwise (A-391)",
    Effect.fnUntraced(function* () {
      yield* device(7000)
      const dish = yield* typed()
      yield* dish.until((state) => state._tag === "Synced")
      const names = (filter: Client.SensorFilter, pythonNames?: boolean) =>
        Effect.map(dish.listSensors({ filter, pythonNames }), (all) => all.map(({ name }) => name))
      for (const filter of [/x_temp_/, /^rx_temp_1$/g, "rx_*", "rx?temp_1", "rx_temp_1", /x\.temp-1/, "rx.t*"])
        assert.deepStrictEqual(yield* names(filter), ["rx.temp-1"], String(filter))
      for (const filter of [/x_temp_/, "rx_*", "rx_temp_1"]) assert.deepStrictEqual(yield* names(filter, false), [])
      assert.deepStrictEqual([...(yield* dish.setSampling(/x_temp_/, Strategy.event)).keys()], ["rx.temp-1"])
      // two functions that read the same are two filters
      const only = (wanted: string) => (name: string) => name === wanted
      yield* dish.setSampling(only("mode"), Strategy.event)
      yield* dish.setSampling(only("rx.temp-1"), Strategy.auto)
      assert.strictEqual(dish.samplingOf("mode")?._tag, "Event")
    }, onNetwork)
  )

  it.effect(
    "keeps strategies for current and future sensors, across lost connections; the last one set holds (A-392, A-406)",
    Effect.fnUntraced(function* () {
      const first = yield* device(7000)
      const dish = yield* typed()
      const pending = yield* dish.setSampling("*", Strategy.event)
      assert.strictEqual(pending.size, 0)
      yield* dish.until((state) => state._tag === "Synced")
      const outcomes = yield* dish.setSampling("rx_temp_1", Strategy.period("5 seconds"))
      assert.deepStrictEqual(
        [...outcomes].map(([name, { _tag, strategy }]) => [name, _tag, strategy._tag]),
        [["rx.temp-1", "Set", "Period"]]
      )
      const strategyOf = Effect.fnUntraced(function* (name: string) {
        return (yield* dish.client.call("sensor-sampling", [name])).values.slice(1).join(" ")
      })
      assert.strictEqual(yield* strategyOf("rx.temp-1"), "period 5.0")
      assert.strictEqual(yield* strategyOf("mode"), "event")
      yield* first.set.add(Sensor.make("late", { type: Arg.Int }))
      yield* pass(100)
      yield* dish.until((state) => state._tag === "Synced")
      assert.strictEqual(yield* strategyOf("late"), "event")
      yield* first.off
      yield* pass(1)
      const second = yield* device(7000)
      yield* pass("2 minutes")
      yield* dish.until((state) => state._tag === "Synced")
      assert.strictEqual(yield* strategyOf("rx.temp-1"), "period 5.0")
      assert.strictEqual(dish.samplingOf("rx_temp_1")?._tag, "Period")
      yield* dish.forgetSampling("rx_temp_1")
      yield* dish.forgetSampling("*")
      yield* pass(10)
      assert.strictEqual((yield* second.server.stats).sampled, 0)
      assert.isUndefined(dish.samplingOf("mode"))
    }, onNetwork)
  )

  it.effect(
    "listens to sampled sensors, without sampling by itself (A-402, A-416)",
    Effect.fnUntraced(function* () {
      const { sensors, server } = yield* device(7000)
      const dish = yield* typed()
      const seen: Array<unknown> = []
      yield* Effect.forkScoped(
        Stream.runForEach(dish.listen("mode"), ({ reading }) => Effect.sync(() => seen.push(reading.value))),
        immediately
      )
      yield* dish.until((state) => state._tag === "Synced")
      yield* sensors.mode.set("track")
      yield* pass(10)
      assert.strictEqual((yield* server.stats).sampled, 0)
      assert.deepStrictEqual(seen, [])
      yield* dish.setSampling("mode", Strategy.event)
      yield* sensors.mode.set("stow")
      yield* pass(10)
      assert.deepStrictEqual(seen, ["track", "stow"])
    }, onNetwork)
  )

  it.effect(
    "waits for a sensor, by its own name or the escaped one (A-404)",
    Effect.fnUntraced(function* () {
      const { sensors } = yield* device(7000)
      const dish = yield* typed()
      yield* dish.until((state) => state._tag === "Synced")
      const waiting = yield* Effect.forkScoped(dish.sensorNamed("rx_temp_1").waitFor(77), immediately)
      yield* pass(10)
      yield* sensors["rx.temp-1"].set(77)
      yield* pass(10)
      assert.strictEqual((yield* Fiber.join(waiting)).value, 77)
    }, onNetwork)
  )
})
