import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Arg, Sensor } from "katcp"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, type TestDevice } from "../Site/network.ts"
import { steppedClock } from "../Testing/steppedClock.ts"
import { fleetOf, type TestRunner } from "./fleet.ts"

/** Devices d1, d2, … at ports of the network. */
const devicesOf = (count: number) =>
  Effect.gen(function* () {
    const all: Record<string, TestDevice> = {}
    for (let index = 1; index <= count; index++) {
      const one = yield* device(index)
      yield* one.set.add(Sensor.make("temp", { type: Arg.Float }))
      yield* one.set.add(Sensor.make("mode", { type: Arg.Text }))
      all[`d${index}`] = one
    }
    return all
  })

/** Lets seconds pass, in steps in which what is due comes to rest. */
const seconds = (count: number) => Effect.repeat(pass("250 millis"), { times: count * 4 - 1 })

const names = ({ own }: TestRunner) => [...own.devices.keys()].sort()
/** All devices that the runners hold, each as often as it is held. */
const heldBy = (...runners: ReadonlyArray<TestRunner>) => runners.flatMap(names).sort()

describe("a fleet", () => {
  it.effect("of one runner holds each wished device, under an epoch of its own", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(4)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* seconds(3)
      assert.deepStrictEqual(names(r1), ["d1", "d2", "d3", "d4"])
      assert.isTrue(r1.own.isSynced)
      assert.deepStrictEqual([...r1.runner.held().values()], [1, 1, 1, 1])
      const placed = r1.runner.directory.devices().get("d3")!
      assert.deepStrictEqual([placed.runner, placed.epoch, placed.state], ["r1", 1, "synced"])
      assert.strictEqual(r1.runner.directory.runners().get("r1")!.state, "up")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives a runner that joins its share, and each device stays with one runner", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(12)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* seconds(3)
      const r2 = yield* start("r2", 2)
      for (let step = 0; step < 40; step++) {
        yield* pass("100 millis")
        const held = heldBy(r1, r2)
        assert.strictEqual(new Set(held).size, held.length, "a device was held twice")
      }
      assert.strictEqual(heldBy(r1, r2).length, 12)
      assert.isAbove(names(r2).length, 1)
      assert.isAbove(names(r1).length, 1)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives the devices of a runner that ends to the others, with later epochs", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(8)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* seconds(5)
      const moved = names(r2)
      assert.isNotEmpty(moved)
      const before = new Map(r2.runner.held())
      yield* r2.stop
      assert.deepStrictEqual(names(r2), [])
      yield* seconds(3)
      assert.strictEqual(names(r1).length, 8)
      for (const name of moved) assert.isAbove(r1.runner.held().get(name)!, before.get(name)!)
      assert.strictEqual(r1.runner.directory.runners().get("r2")!.state, "gone")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("fences a runner that was frozen: what it signs is older than what its successor signs", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(8)
      const { start, store } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* seconds(5)
      const stale = new Map(r2.runner.held())
      assert.isNotEmpty([...stale])
      r2.freeze()
      yield* seconds(13)
      assert.strictEqual(names(r1).length, 8)
      // a report of the former holder changes nothing
      const [name, epoch] = [...stale][0]!
      yield* store.report([{ device: name, epoch, state: "away", error: "old" }])
      yield* seconds(4)
      const placed = r1.runner.directory.devices().get(name)!
      assert.deepStrictEqual([placed.runner, placed.state, placed.epoch > epoch], ["r1", "synced", true])
      // and it lets go when it sees that its locks are gone
      r2.thaw()
      yield* seconds(12)
      const held = heldBy(r1, r2)
      assert.strictEqual(held.length, new Set(held).size)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("follows the wish: devices are added, changed and removed while it runs", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(3)
      const { start, store } = yield* fleetOf(devices, { wished: ["d1", "d2"] })
      const r1 = yield* start("r1", 1)
      yield* seconds(3)
      assert.deepStrictEqual(names(r1), ["d1", "d2"])
      const { client } = r1.own.devices.get("d1")!
      yield* store.put([
        { device: "d3", section: "d3:7147", labels: { site: "a" } },
        { device: "d1", section: "d1:7147 temp", labels: {} }
      ])
      yield* seconds(3)
      assert.deepStrictEqual(names(r1), ["d1", "d2", "d3"])
      // another selection alone does not touch the connection
      assert.strictEqual(r1.own.devices.get("d1")!.client, client)
      assert.deepStrictEqual(
        Array.from(r1.own.devices.get("d1")!.rows, (row) => row.name),
        ["temp"]
      )
      assert.deepStrictEqual(yield* store.remove(["d2", "d9"]), ["d2"])
      yield* seconds(3)
      assert.deepStrictEqual(names(r1), ["d1", "d3"])
      // added again, its epoch goes on
      const before = r1.runner.directory.devices().get("d1")!.epoch
      yield* store.put([{ device: "d2", section: "d2:7147", labels: {} }])
      yield* seconds(3)
      assert.isAbove(r1.runner.held().get("d2")!, before)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("moves a device to the runner that it prefers, and back when that one returns", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(6)
      const { start, store } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* seconds(5)
      const moved = names(r1)[0]!
      assert.isTrue(yield* store.prefer(moved, "r2"))
      for (let step = 0; step < 40; step++) {
        yield* pass("100 millis")
        const held = heldBy(r1, r2)
        assert.strictEqual(new Set(held).size, held.length, "a device was held twice")
      }
      assert.include(names(r2), moved)
      // it fails over as any other device does
      yield* r2.stop
      yield* seconds(3)
      assert.include(names(r1), moved)
      const again = yield* start("r2", 2)
      yield* seconds(10)
      assert.include(names(again), moved)
      assert.strictEqual(heldBy(r1, again).length, 6)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("moves a device again although the time of day goes back", () =>
    Effect.gen(function* () {
      const { clock, step } = yield* steppedClock
      const devices = yield* devicesOf(6)
      const { start, store } = yield* fleetOf(devices)
      const startStepped = (name: string, port: number) => Effect.provideService(start(name, port), Clock.Clock, clock)
      const r1 = yield* startStepped("r1", 1)
      const r2 = yield* startStepped("r2", 2)
      yield* seconds(5)
      const moved = names(r1)[0]!
      for (const [to, runner] of [
        ["r2", r2],
        ["r1", r1],
        ["r2", r2]
      ] as const) {
        yield* store.prefer(moved, to)
        yield* seconds(6)
        assert.include(names(runner), moved)
        step(-3_600_000)
      }
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("drains a runner, which takes devices again when it is asked to", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(6)
      const { start, store } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* seconds(5)
      yield* store.want("r2", "drained")
      yield* seconds(5)
      assert.deepStrictEqual(names(r2), [])
      assert.strictEqual(names(r1).length, 6)
      assert.strictEqual(r2.runner.state(), "drained")
      assert.strictEqual(r1.runner.directory.runners().get("r2")!.state, "drained")
      yield* store.want("r2", "up")
      yield* seconds(6)
      assert.isNotEmpty(names(r2))
      assert.strictEqual(heldBy(r1, r2).length, 6)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("holds a device that no runner understands, and says why", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(2)
      const { start } = yield* fleetOf(devices, { refused: new Set(["d2"]) })
      const r1 = yield* start("r1", 1)
      yield* seconds(3)
      assert.deepStrictEqual(names(r1), ["d1"])
      const placed = r1.runner.directory.devices().get("d2")!
      assert.deepStrictEqual([placed.state, placed.error], ["refused", "d2 has no address here"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("refuses a runner whose name another one has, which keeps its devices", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(1)
      const { start } = yield* fleetOf(devices)
      yield* seconds(60)
      const r1 = yield* start("r1", 1)
      yield* seconds(3)
      // with Restart=always it comes again and again
      for (let time = 0; time < 3; time++) {
        const second = yield* Effect.forkChild(Effect.flip(start("r1", 2)))
        yield* seconds(4)
        const exit = second.pollUnsafe()
        const error = exit?._tag === "Success" ? exit.value : assert.fail("it waits")
        assert.strictEqual(error.why, "taken")
        assert.strictEqual(
          error.message,
          "the name r1 belongs to another runner of this fleet, at 10.0.0.1:1, since 1970-01-01T00:01:00Z. Give each runner a name of its own (fleet.name, --name), or stop that one first"
        )
      }
      assert.deepStrictEqual(names(r1), ["d1"])
      assert.strictEqual(r1.runner.state(), "up")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives the name of a runner that is not heard of to one at another address", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(1)
      const { start } = yield* fleetOf(devices)
      const former = yield* start("r1", 1)
      yield* seconds(3)
      former.freeze()
      const starting = yield* Effect.forkChild(start("r1", 2))
      yield* seconds(5)
      assert.isUndefined(starting.pollUnsafe())
      yield* seconds(10)
      const exit = starting.pollUnsafe()
      const next = exit?._tag === "Success" ? exit.value : assert.fail("it was not started")
      yield* seconds(5)
      assert.deepStrictEqual(names(next), ["d1"])
      former.thaw()
      yield* seconds(5)
      const error = yield* Effect.flip(former.runner.ended)
      assert.strictEqual(error.why, "replaced")
      assert.match(error.message, /started after this one, at 10\.0\.0\.1:2, since 1970/)
      assert.deepStrictEqual(names(former), [])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives the name of a runner that was killed back to it at once, at its address", () =>
    Effect.gen(function* () {
      const { start } = yield* fleetOf({})
      const former = yield* start("r1", 1)
      const next = yield* start("r1", 1)
      assert.isAbove(next.runner.epoch, former.runner.epoch)
      yield* seconds(3)
      assert.strictEqual((yield* Effect.flip(former.runner.ended)).why, "replaced")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("does a task at one runner at a time, each time under a later epoch", () =>
    Effect.gen(function* () {
      const { start } = yield* fleetOf({})
      const running = new Map<string, number>()
      const task = (runner: string) => ({
        name: "retention",
        run: ({ epoch, holds }: { readonly epoch: number; readonly holds: Effect.Effect<boolean, unknown> }) =>
          Effect.acquireUseRelease(
            Effect.sync(() => running.set(runner, epoch)),
            () => Effect.andThen(Effect.orDie(holds), Effect.never),
            () => Effect.sync(() => running.delete(runner))
          )
      })
      const r1 = yield* start("r1", 1, [task("r1")])
      yield* seconds(3)
      assert.deepStrictEqual([...running], [["r1", 1]])
      yield* start("r2", 2, [task("r2")])
      yield* seconds(3)
      assert.strictEqual(running.size, 1)
      yield* r1.stop
      yield* seconds(3)
      assert.deepStrictEqual([...running.keys()], ["r2"])
      assert.isAbove(running.get("r2")!, 1)
    }).pipe(Effect.scoped, onNetwork)
  )
})
