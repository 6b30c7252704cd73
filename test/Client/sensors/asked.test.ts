/** The subscriptions that are due, while requests wait for their answers. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Sampling, Sensor } from "katcp"
import { matcherOf } from "../../../src/Client/sensors/filter.ts"
import { Loss } from "../../../src/Client/sensors/Loss.ts"
import { MirroredSensor } from "../../../src/Client/sensors/MirroredSensor.ts"
import { Subscriptions } from "../../../src/Client/sensors/Subscriptions.ts"
import { Timers } from "../../../src/Sampling/index.ts"

const { Strategy } = Sampling
const losses = { era: 0, loss: new Loss(0), shown: new Map() }
const live = (name: string) => new MirroredSensor(Sensor.make(name, { type: Arg.Float, doc: "A sensor." }), 0, losses)

/** Returns the subscriptions of three sensors with one want, and the list of the due ones. */
const three = Effect.gen(function* () {
  // nothing is refused here, so no anomalies are counted
  const set = yield* Sensor.SensorSet.make
  const subscriptions = new Subscriptions(set, yield* Timers.make, undefined as never)
  const want = { matcher: matcherOf("*"), strategy: Strategy.auto, receiver: undefined }
  const sensors = ["a", "b", "c"].map((name) => live(name))
  for (const sensor of sensors) set.addNewUnsafe(sensor)
  subscriptions.add(want, sensors)
  const due = () => {
    const found = []
    for (let one = subscriptions.due.first; one !== undefined; one = one.after) found.push(one)
    return found
  }
  return { subscriptions, want, due, names: () => due().map(({ sensor }) => sensor.name) }
})

describe("subscriptions that wait for an answer", () => {
  it.effect(
    "are not due, so the search for the next request does not visit them, but are not settled either",
    Effect.fnUntraced(function* () {
      const { due, names, subscriptions } = yield* three
      const [a, b, c] = due()
      subscriptions.ask(a!)
      subscriptions.ask(b!)
      assert.deepStrictEqual(names(), ["c"])
      subscriptions.ask(c!)
      assert.deepStrictEqual(names(), [])
      assert.isFalse(subscriptions.isSettled)
      for (const one of [a!, b!, c!]) {
        one.take(Strategy.auto)
        assert.isFalse(subscriptions.isSettled)
        assert.isTrue(subscriptions.settle(one))
        assert.isFalse(subscriptions.settle(one))
        subscriptions.check(one)
      }
      assert.isTrue(subscriptions.isSettled)
    })
  )

  it.effect(
    "are due again if the answer is not what is wanted now",
    Effect.fnUntraced(function* () {
      const { due, names, subscriptions, want } = yield* three
      const [a] = due()
      subscriptions.ask(a!)
      subscriptions.remove(want)
      assert.deepStrictEqual(names(), [])
      assert.isFalse(subscriptions.isSettled)
      a!.take(Strategy.auto)
      subscriptions.settle(a!)
      subscriptions.check(a!)
      assert.deepStrictEqual(names(), ["a"])
    })
  )

  it.effect(
    "wait no more when their sensors are gone, or the connection is lost",
    Effect.fnUntraced(function* () {
      const { due, names, subscriptions } = yield* three
      for (const one of due()) subscriptions.ask(one)
      subscriptions.sensorRemoved("a")
      subscriptions.suspend()
      assert.deepStrictEqual(names(), ["b", "c"])
      subscriptions.sensorRemoved("b")
      subscriptions.sensorRemoved("c")
      assert.isTrue(subscriptions.isSettled)
    })
  )
})
