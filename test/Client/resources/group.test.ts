import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Client, Sampling } from "katcp"
import { immediately } from "../connect.ts"
import { pass } from "../sensors/site.ts"
import { Dish, device, dial, onNetwork } from "./fleet.ts"

const { Container } = Client

const synced = (state: Client.ClientState) => state._tag === "Synced"

/** A container of devices at these ports; those that are on run. */
const fleet = (on: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const devices = yield* Effect.forEach(on, device)
    const child = (port: number) => Effect.map(dial(port), (socket) => ({ contract: Dish, socket }))
    const site = yield* Container.make({
      name: "site",
      clients: { one: yield* child(7001), two: yield* child(7002), three: yield* child(7003) },
      groups: { all: ["one", "two", "three"], odd: ["one", "three"] }
    })
    return { devices, site }
  })

describe("a container of devices", () => {
  it.effect(
    "connects to all of them, and reports their states (A-424…A-432)",
    Effect.fnUntraced(function* () {
      const { devices, site } = yield* fleet([7001, 7002])
      const now: Array<boolean> = []
      yield* Effect.forkScoped(
        Stream.runForEach(site.synced, (all) => Effect.sync(() => now.push(all))),
        immediately
      )
      assert.include(["one", "two"], yield* site.untilAny(synced))
      assert.isFalse(site.isSynced)
      const third = yield* device(7003)
      yield* pass("1 second")
      yield* site.untilAll(synced)
      assert.isTrue(site.isSynced && site.isConnected)
      yield* devices[0]!.off
      yield* pass(1)
      assert.isFalse(site.isConnected)
      assert.deepStrictEqual(now, [false, true, false])
      assert.deepStrictEqual([...site.children.keys()], ["one", "two", "three"])
      assert.strictEqual(site.child.two.parent, "site")
      yield* third.off
    }, onNetwork)
  )

  it.effect(
    "has the sensors and requests of its devices under its own names (A-425, A-433)",
    Effect.fnUntraced(function* () {
      const { devices, site } = yield* fleet([7001, 7002, 7003])
      yield* site.untilAll(synced)
      assert.strictEqual((yield* site.child.one.request.add({ x: 1, y: 1 })).sum, 2)
      const names = (yield* site.listSensors()).map(({ name }) => name)
      assert.deepStrictEqual(names.slice(0, 3), ["one_mode", "one_rx.temp-1", "two_mode"])
      yield* devices[1]!.sensors["rx.temp-1"].set(5)
      assert.strictEqual((yield* site.sensorNamed("two_rx_temp_1")!.get()).value, 5)
      assert.isUndefined(site.sensorNamed("four_mode"))
      assert.strictEqual(site.requestNamed("three_add")?.request, "add")
      const outcomes = yield* site.setSampling("*_mode", Sampling.Strategy.event)
      assert.deepStrictEqual(
        [...outcomes].map(([name, each]) => [name, each.get("mode")?._tag]),
        [
          ["one", "Set"],
          ["two", "Set"],
          ["three", "Set"]
        ]
      )
      yield* site.setActive(false)
      assert.include((yield* Effect.flip(site.child.two.call("watchdog"))).message, "not active")
    }, onNetwork)
  )

  it.effect(
    "sets and clears the sampling of sensors by its own names, child_sensor (A-392, A-433)",
    Effect.fnUntraced(function* () {
      const { site } = yield* fleet([7001, 7002, 7003])
      yield* site.untilAll(synced)
      const strategies = () => [...site.children.values()].map((child) => child.samplingOf("rx.temp-1")?._tag)
      const outcomesOf = (filter: Client.SensorFilter, strategy: Sampling.Strategy.Strategy) =>
        Effect.map(site.setSampling(filter, strategy), (outcomes) =>
          [...outcomes].map(([name, each]) => [name, ...each.keys()].join(" "))
        )
      assert.deepStrictEqual(yield* outcomesOf("two_rx.temp-1", Sampling.Strategy.event), ["two rx.temp-1"])
      assert.deepStrictEqual(strategies(), [undefined, "Event", undefined])
      assert.deepStrictEqual(yield* outcomesOf("two_rx_temp_1", Sampling.Strategy.auto), ["two rx.temp-1"])
      assert.deepStrictEqual(yield* outcomesOf(/^(one|three)_rx_temp/, Sampling.Strategy.event), [
        "one rx.temp-1",
        "three rx.temp-1"
      ])
      assert.deepStrictEqual(strategies(), ["Event", "Auto", "Event"])
      assert.deepStrictEqual(yield* outcomesOf("mode", Sampling.Strategy.event), [])
      // what is said again with the same filter replaces what was said before, and nothing else
      const isOne = (name: string) => name === "one_rx.temp-1"
      yield* site.setSampling(isOne, Sampling.Strategy.auto)
      yield* site.setSampling(/^(one|three)_rx_temp/, Sampling.Strategy.none)
      yield* site.setSampling(isOne, Sampling.Strategy.auto)
      assert.deepStrictEqual(strategies(), ["Auto", "Auto", "None"])
      yield* site.forgetSampling(isOne)
      yield* site.forgetSampling(/^(one|three)_rx_temp/)
      assert.deepStrictEqual(strategies(), [undefined, "Auto", undefined])
      const listed = yield* site.listSensors({ filter: /_rx_temp/, hasStrategy: true })
      assert.deepStrictEqual(
        listed.map(({ name }) => name),
        ["two_rx.temp-1"]
      )
      assert.strictEqual((yield* site.listSensors({ filter: "three_mode" })).length, 1)
      assert.strictEqual((yield* site.listSensors({ filter: /_rx_temp/, pythonNames: false })).length, 0)
    }, onNetwork)
  )

  it.effect(
    "reports the readings of all its devices, including one that is added later (A-416, A-433)",
    Effect.fnUntraced(function* () {
      const { devices, site } = yield* fleet([7001, 7002, 7003])
      yield* site.untilAll(synced)
      const seen: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(site.listen("*_mode"), ({ child, name, reading }) =>
          Effect.sync(() => seen.push(`${child} ${name} ${reading.value}`))
        ),
        immediately
      )
      yield* site.setSampling("*_mode", Sampling.Strategy.event)
      yield* pass(1)
      assert.deepStrictEqual(seen.splice(0).sort(), ["one one_mode stow", "three three_mode stow", "two two_mode stow"])
      // one that is closed ends nothing of the others: its last reading is that it is unreachable
      yield* site.child.three.client.close
      yield* pass(1)
      assert.deepStrictEqual(seen.splice(0), ["three three_mode stow"])
      yield* devices[0]!.sensors.mode.set("track")
      yield* pass(1)
      assert.deepStrictEqual(seen.splice(0), ["one one_mode track"])
      const { sensors } = yield* device(7004)
      const four = yield* site.addChild("four", { contract: Dish, socket: yield* dial(7004) })
      yield* four.until(synced)
      yield* four.setSampling("mode", Sampling.Strategy.event)
      yield* sensors.mode.set("track")
      yield* pass(1)
      assert.deepStrictEqual(seen.splice(0), ["four four_mode stow", "four four_mode track"])
    }, onNetwork)
  )

  it.effect(
    "accepts further devices and groups (A-427, A-428)",
    Effect.fnUntraced(function* () {
      const { site } = yield* fleet([7001, 7002, 7003])
      yield* device(7004)
      const four = yield* site.addChild("four", { contract: Dish, socket: yield* dial(7004) })
      yield* four.until(synced)
      const pair = yield* site.addGroup("pair", ["one", "four"])
      yield* site.untilAll(synced)
      assert.isTrue(pair.isConnected)
      assert.isTrue((yield* pair.call("watchdog")).succeeded)
      assert.isTrue(Exit.hasDies(yield* Effect.exit(site.addGroup("bad", ["nobody"]))))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(site.addChild("one", { socket: yield* dial(1) }))))
    }, onNetwork)
  )
})

describe("a group of devices", () => {
  it.effect(
    "sends a request to all at once, and returns the answer of each (A-436, A-437)",
    Effect.fnUntraced(function* () {
      const { site } = yield* fleet([7001, 7002, 7003])
      yield* site.untilAll(synced)
      const all = site.groups.get("all")!
      const sums = yield* all.request.add!({ x: 1, y: 2 })
      assert.isTrue(sums.succeeded)
      const { results, succeeded } = yield* all.call("fails")
      assert.isFalse(succeeded)
      assert.deepStrictEqual(
        [...results].map(([name, result]) => [name, Result.isSuccess(result)]),
        [
          ["one", false],
          ["two", true],
          ["three", false]
        ]
      )
      const nobody = yield* all.call("no-such")
      assert.deepStrictEqual([nobody.succeeded, nobody.results.size], [false, 0])
    }, onNetwork)
  )

  it.effect(
    "waits for a quorum of its devices, and briefly for the others (A-439)",
    Effect.fnUntraced(function* () {
      const { devices, site } = yield* fleet([7001, 7002, 7003])
      yield* site.untilAll(synced)
      const all = site.groups.get("all")!
      const wait = (options: Parameters<typeof all.waitFor>[2]) =>
        Effect.forkScoped(all.waitFor("mode", "track", options), immediately)
      const two = yield* wait({ quorum: 2 })
      const share = yield* wait({ quorum: { share: 0.5 } })
      const everybody = yield* wait({})
      yield* pass(10)
      yield* devices[0]!.sensors.mode.set("track")
      yield* pass(10)
      yield* devices[2]!.sensors.mode.set("track")
      yield* pass("900 millis")
      assert.isUndefined(two.pollUnsafe())
      yield* pass("100 millis")
      const reached = yield* Fiber.join(two)
      assert.deepStrictEqual(
        [...reached.results],
        [
          ["one", true],
          ["two", false],
          ["three", true]
        ]
      )
      assert.isTrue(reached.reached && (yield* Fiber.join(share)).reached)
      assert.isUndefined(everybody.pollUnsafe())
      yield* pass("5 seconds")
      assert.isFalse((yield* Fiber.join(everybody)).reached)
      assert.isTrue((yield* all.waitFor("mode", "track", { quorum: 0, timeout: 0 })).reached)
      for (const quorum of [1.5, -1, { share: 1.1 }])
        assert.isTrue(Exit.hasDies(yield* Effect.exit(all.waitFor("mode", "track", { quorum }))))
    }, onNetwork)
  )
})

describe("200 devices", () => {
  it.effect(
    "are connected in batches",
    Effect.fnUntraced(function* () {
      const ports = Array.from({ length: 200 }, (_, index) => 8000 + index)
      yield* Effect.forEach(ports, device, { discard: true })
      const sockets = yield* Effect.forEach(ports, dial)
      const clients = Object.fromEntries(ports.map((port, at) => [`d${port}`, { socket: sockets[at]! }]))
      const site = yield* Container.make({ name: "site", clients, concurrency: 8 })
      yield* site.untilAll(synced)
      assert.strictEqual((yield* site.listSensors()).length, 400)
    }, onNetwork)
  )
})
