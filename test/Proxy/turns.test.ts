/** A proxy of a large device: how many sensors it takes in one turn of the event loop, and what others have of it meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import type { Proxy } from "katcp/Proxy"
import { Site } from "katcp/Site"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, client as reconnecting, siteOf } from "../Site/network.ts"
import { clientOf, rawOf, serveProxy, socketOf } from "./network.ts"

const large = 3000
/** Given by the proxy: the sensors that it takes in one turn at most. */
const perTurn = 256

/** A device of many sensors that the test plays. */
const largeDevice = () => {
  const fake = new FakeDevice()
  for (let n = 0; n < large; n++) fake.add(`s${n}`)
  return fake
}

/** Options that count the sensors that are taken in each turn of the event loop. */
const counting = () => {
  const turns: Array<number> = []
  let now = 0
  const rewrite = () => {
    if (now++ === 0)
      setImmediate(() => {
        turns.push(now)
        now = 0
      })
    return {}
  }
  const options: Proxy.ProxyOptions = { sensors: [{ match: "*", rewrite }], figuresEvery: "1 day" }
  return { options, turns }
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((one, other) => one + other, 0)

/** Lets turns of the event loop pass until something holds. */
const turnsUntil = (holds: () => boolean) =>
  Effect.gen(function* () {
    while (!holds()) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  })

const changes = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("#interface-changed"))

describe("a proxy of a device with 3,000 sensors", () => {
  it.effect("adds them in parts; meanwhile another client is answered, and receives one inform for all of them", () =>
    Effect.gen(function* () {
      const { options, turns } = counting()
      const site = yield* siteOf({})
      yield* serveProxy(site, 9, options)
      const raw = yield* rawOf(9)
      yield* pass()
      // one request after the other, by another client: how many sensors there were when it was answered
      const answered: Array<number> = []
      const other = yield* rawOf(9)
      yield* pass()
      yield* raw.settle
      const asking = Effect.gen(function* () {
        yield* other.send("?watchdog\n")
        while ((yield* other.next) !== "!watchdog ok") {}
        answered.push(sum(turns))
      })
      yield* Effect.forkScoped(Effect.forever(asking))
      yield* site.add("m000", yield* fakeAt(1, largeDevice()))
      yield* turnsUntil(() => sum(turns) >= large)
      assert.isAtMost(Math.max(...turns), perTurn)
      assert.isAbove(new Set(answered.filter((taken) => taken > 0 && taken < large)).size, 3)
      yield* pass("2 seconds")
      assert.deepStrictEqual(changes(yield* raw.settle), ["#interface-changed sensor-list"])
      yield* raw.send("?sensor-list /m000/\n")
      yield* pass()
      assert.include(yield* raw.settle, `!sensor-list ok ${large}`)
      // and they go in parts, too
      assert.isTrue(yield* site.remove("m000"))
      for (let turn = 0; turn < 5; turn++) yield* pass()
      assert.deepStrictEqual(changes(yield* raw.settle), ["#interface-changed sensor-list"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("adds them in parts when it starts after the site", () =>
    Effect.gen(function* () {
      const { options, turns } = counting()
      const site = yield* siteOf({})
      yield* site.add("m000", yield* fakeAt(1, largeDevice()))
      yield* pass("1 second")
      assert.isTrue(site.isSynced)
      yield* serveProxy(site, 9, options)
      yield* turnsUntil(() => sum(turns) >= large)
      assert.isAtMost(Math.max(...turns), perTurn)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("makes a mirroring client, and a proxy behind it, reload the whole list only for each change", () =>
    Effect.gen(function* () {
      const near = yield* siteOf({})
      yield* serveProxy(near, 8, { figuresEvery: "1 day" })
      const far = yield* Site.make({
        devices: { p: { socket: Layer.succeed(Socket.Socket, yield* socketOf(8)), client: reconnecting } }
      })
      yield* serveProxy(far, 9, { figuresEvery: "1 day" })
      const client = yield* clientOf(9)
      const raw = yield* rawOf(8)
      yield* pass("1 second")
      yield* raw.settle
      yield* near.add("m000", yield* fakeAt(1, largeDevice()))
      const all = () => client.device.sensors.names.filter((name) => name.startsWith("p.m000.")).length
      for (let second = 0; second < 20 && all() < large; second++) yield* pass("1 second")
      assert.strictEqual(all(), large)
      assert.deepStrictEqual(changes(yield* raw.settle), ["#interface-changed sensor-list"])
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a proxy of a device whose list of sensors is incomplete", () => {
  it.effect("informs clients of the known sensors after a second", () =>
    Effect.gen(function* () {
      const fake = largeDevice()
      // sensors come in two lists, and the strategies of the first are refused an answer
      fake.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      const site = yield* siteOf({})
      yield* serveProxy(site, 9, { figuresEvery: "1 day" })
      const raw = yield* rawOf(9)
      yield* pass()
      yield* raw.settle
      yield* site.add("m000", yield* fakeAt(1, fake, () => "#version-connect katcp-protocol 5.1-M\n"))
      yield* pass("100 millis")
      assert.strictEqual(changes(yield* raw.settle).length, 0)
      yield* pass("2 seconds")
      assert.deepStrictEqual(changes(yield* raw.settle), ["#interface-changed sensor-list"])
      yield* raw.send("?sensor-value m000.s0\n")
      yield* pass()
      assert.isTrue((yield* raw.settle).some((line) => line.startsWith("#sensor-value")))
    }).pipe(Effect.scoped, onNetwork)
  )
})
