/** The connection is lost at each point of looking at a device and subscribing to its sensors. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Sampling } from "katcp"
import { immediately } from "../connect.ts"
import { type Answer, type FakeDevice, fake, neverSyncedAlone, withBulk, withoutBulk, withoutIds } from "./fake.ts"
import { pass, rest, siteWith, subscriptionsOf } from "./site.ts"

const { Strategy } = Sampling

/** Cuts the connection within the n-th answer to requests of a name: after so many of its lines. */
const cutWithin = (device: FakeDevice, name: string, nth: number, lines: number): void => {
  let left = nth
  device.instead = (asked) => {
    if (asked.name !== name || --left !== 0) return undefined
    const own = device.own(asked)
    const cut: Answer = [...own.slice(0, lines < 0 ? own.length + lines : lines), "cut"]
    return { answer: cut }
  }
}

/** The point of the loss: within an answer, before one of its lines. */
const points = [
  ["?help, before any of it", "help", 1, 0],
  ["?help, amid its informs", "help", 1, 1],
  ["?sensor-list, before any of it", "sensor-list", 1, 0],
  ["?sensor-list, amid its informs", "sensor-list", 1, 2],
  ["?sensor-list, before its reply", "sensor-list", 1, -1],
  ["?sensor-sampling, before any of it", "sensor-sampling", 1, 0],
  ["?sensor-sampling, amid its informs", "sensor-sampling", 1, 1],
  ["?sensor-sampling, before its reply", "sensor-sampling", 1, -1],
  ["the second ?sensor-sampling", "sensor-sampling", 2, 0],
  ["the last ?sensor-sampling, behind its reply", "sensor-sampling", 3, 99]
] as const

describe("a connection that is lost during", () => {
  for (const hello of [withBulk, withoutBulk, withoutIds])
    for (const [title, name, nth, lines] of points)
      it.effect(
        `${title}: everything is requested again on the next one (${hello.split(" ")[2]!.trim()})`,
        Effect.fnUntraced(function* () {
          const { client, device } = yield* fake({ inspect: true, connecting: "background" }, hello)
          for (const name of ["a", "b", "c"]) device.add(name)
          cutWithin(device, name, nth, lines)
          yield* client.mirror("*")
          yield* client.mirror("b", Strategy.event)
          yield* rest
          assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Synced")
          // the point where it is lost was reached
          const sampled = hello === withBulk ? 2 : 3
          assert.strictEqual(device.connections, name === "sensor-sampling" && nth > sampled ? 1 : 2)
          assert.deepStrictEqual(device.set, { a: "auto", b: "event", c: "auto" })
          assert.deepStrictEqual(
            client.device.sensors.values.map(({ name, status, value }) => [name, status, value]),
            ["a", "b", "c"].map((name) => [name, "nominal", 1])
          )
          assert.deepStrictEqual([...client.device.requests.keys()], ["help", "sensor-list"])
        })
      )

  it.effect(
    "a reload of changes: it is not forgotten",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      yield* client.mirror("*")
      yield* client.synced
      yield* pass()
      cutWithin(device, "sensor-list", 1, 1)
      device.add("b")
      device.remove("a")
      yield* device.send("#interface-changed sensor b added", "#interface-changed sensor a removed")
      yield* rest
      assert.strictEqual(device.connections, 2)
      yield* client.synced
      assert.deepStrictEqual(client.device.sensors.names, ["b"])
      assert.deepStrictEqual(device.set, { b: "auto" })
    })
  )

  it.effect(
    "an unsubscription: the sensor is not subscribed again",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      device.add("b")
      yield* client.mirror("b")
      const scope = yield* Scope.make()
      yield* Scope.provide(client.mirror("a"), scope)
      yield* client.synced
      yield* pass()
      cutWithin(device, "sensor-sampling", 1, 0)
      yield* Scope.close(scope, Exit.void)
      yield* rest
      assert.strictEqual(device.connections, 2)
      assert.deepStrictEqual(device.set, { b: "auto" })
      assert.deepStrictEqual(client.device.sensors.names, ["b"])
    })
  )
})

describe("the state", () => {
  // aiokatcp 2025-07: a disconnect between the last update and "synced" left it synced for ever
  it.effect(
    "is never synced without a connection, whenever it is lost during a synchronization",
    Effect.fnUntraced(function* () {
      for (let turns = 0; turns < 120; turns++) {
        const { client, cut } = yield* siteWith({ connecting: "background" })
        yield* neverSyncedAlone(client)
        yield* client.mirror("*")
        yield* client.watch("az*").pipe(Stream.runDrain, Effect.forkScoped(immediately))
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* cut
        for (let turn = 0; turn < 100; turn++) yield* Effect.yieldNow
        const state = SubscriptionRef.getUnsafe(client.state)
        assert.strictEqual(state._tag === "Synced", client.isConnected && state._tag === "Synced", `${turns}`)
        yield* pass("1 minute")
        yield* client.synced
        assert.deepStrictEqual(yield* subscriptionsOf(client), { azimuth: "event", busy: "auto" }, `${turns}`)
      }
    })
  )
})
