import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Sensor } from "katcp"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, type TestDevice } from "../Site/network.ts"
import { fleetOf, type TestRunner } from "./fleet.ts"

const devicesOf = (count: number) =>
  Effect.gen(function* () {
    const all: Record<string, TestDevice> = {}
    for (let index = 1; index <= count; index++) {
      const one = yield* device(index)
      yield* one.set.add(Sensor.make("temp", { type: Arg.Float }))
      all[`d${index}`] = one
    }
    return all
  })

const names = ({ own }: TestRunner) => [...own.devices.keys()].sort()
/** The devices that a runner is connected to. */
const connected = ({ own }: TestRunner) =>
  Array.from(own.devices.values())
    .filter(({ client }) => client.isConnected)
    .map(({ name }) => name)
const clients = ({ own }: TestRunner) => Array.from(own.devices.values(), ({ client }) => client)

/** Lets time pass in steps of 50 ms. Returns the longest time that a device was connected to nobody, in milliseconds. */
const watch = (milliseconds: number, count: number, ...runners: ReadonlyArray<TestRunner>) =>
  Effect.gen(function* () {
    const down = new Map<string, number>()
    let longest = 0
    for (let at = 0; at < milliseconds; at += 50) {
      yield* pass("50 millis")
      const held = runners.flatMap(names)
      assert.strictEqual(new Set(held).size, held.length, "a device was held twice")
      const live = runners.flatMap(connected)
      for (let index = 1; index <= count; index++) {
        const name = `d${index}`
        down.set(name, live.includes(name) ? 0 : (down.get(name) ?? 0) + 50)
        longest = Math.max(longest, down.get(name)!)
      }
    }
    return longest
  })

describe("a runner that hands devices over", () => {
  it.effect("keeps each connected until the next runner asks for it, when it ends", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(30)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* pass("6 seconds")
      assert.isAbove(names(r2).length, 3)
      const ending = yield* Effect.forkChild(r2.stop)
      const longest = yield* watch(4000, 30, r1, r2)
      assert.isDefined(ending.pollUnsafe())
      assert.strictEqual(names(r1).length, 30)
      assert.isAbove(longest, 0)
      assert.isAtMost(longest, 200)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("does so when another one joins, and when it is drained", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(12)
      const { start, store } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* pass("3 seconds")
      const r2 = yield* start("r2", 2)
      assert.isAtMost(yield* watch(5000, 12, r1, r2), 200)
      assert.isNotEmpty(names(r2))
      yield* store.want("r2", "drained")
      assert.isAtMost(yield* watch(6000, 12, r1, r2), 200)
      assert.strictEqual(names(r1).length, 12)
      assert.strictEqual(r2.runner.state(), "drained")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("ends at once if there is no other runner", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(3)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* pass("3 seconds")
      const ending = yield* Effect.forkChild(r1.stop)
      yield* pass("100 millis")
      assert.isDefined(ending.pollUnsafe())
      assert.deepStrictEqual(names(r1), [])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("keeps its devices connected when it loses its locks and gets them again", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(6)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* start("r2", 2)
      yield* pass("6 seconds")
      const [before, epochs] = [clients(r1), [...r1.runner.held()]]
      assert.isNotEmpty(before)
      r1.loseLocks()
      yield* pass("8 seconds")
      assert.deepStrictEqual([...r1.runner.held()], epochs)
      assert.sameMembers(clients(r1), before)
      assert.isTrue(r1.own.isSynced)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives them up when the database does not answer, before others count it as gone", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(6)
      const { start } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      const r2 = yield* start("r2", 2)
      yield* pass("6 seconds")
      assert.isNotEmpty(names(r2))
      r2.setAway(true)
      r2.freeze()
      // a silent runner counts as gone after ten seconds
      yield* watch(9000, 6, r1, r2)
      assert.deepStrictEqual(names(r2), [])
      yield* watch(4000, 6, r1, r2)
      assert.strictEqual(names(r1).length, 6)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives a device up that is removed meanwhile", () =>
    Effect.gen(function* () {
      const devices = yield* devicesOf(4)
      const { start, store } = yield* fleetOf(devices)
      const r1 = yield* start("r1", 1)
      yield* pass("3 seconds")
      r1.loseLocks()
      yield* store.remove(["d1"])
      yield* pass("3 seconds")
      assert.deepStrictEqual(names(r1), ["d2", "d3", "d4"])
    }).pipe(Effect.scoped, onNetwork)
  )
})
