/** The reaction of a client to a changed interface of a device. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Client, Sampling } from "katcp"
import { immediately } from "../connect.ts"
import { type FakeDevice, fake, version4 } from "./fake.ts"
import { pass, rest } from "./site.ts"

const { Strategy } = Sampling

/** The requests from now on, as they were sent. */
const heard = (device: FakeDevice) => {
  const from = device.asked.length
  return () => device.asked.slice(from).map(({ args, name }) => [name, ...args].join(" "))
}

describe("#interface-changed", () => {
  const forms: ReadonlyArray<readonly [inform: string, asked: ReadonlyArray<string>]> = [
    ["", ["help", "sensor-list"]],
    ["something else", ["help", "sensor-list"]],
    ["sensor", ["help", "sensor-list"]],
    ["sensor-list", ["sensor-list"]],
    ["request-list", ["help"]],
    ["sensor a added", ["sensor-list a"]],
    ["sensor a modified", ["sensor-list a"]],
    ["sensor a removed", ["sensor-list a"]],
    ["request sensor-list added", ["help sensor-list"]],
    ["request nothing removed", ["help nothing"]]
  ]
  for (const [inform, asked] of forms)
    it.effect(
      `${inform || "(without arguments)"}: reloads only the items that may have changed (P-129, A-371)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake({ inspect: true })
        device.add("a")
        device.add("b")
        yield* client.mirror("*")
        yield* client.synced
        yield* pass()
        const requests = heard(device)
        yield* device.send(`#interface-changed ${inform}`)
        yield* pass(9)
        assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Syncing")
        assert.deepStrictEqual(requests(), [])
        yield* pass(1)
        yield* client.synced
        // those that may have been replaced are subscribed to again
        const again = requests().filter((request) => request.startsWith("sensor-sampling"))
        assert.deepStrictEqual(
          requests().filter((request) => !request.startsWith("sensor-sampling")),
          asked
        )
        const replaced = asked.includes("sensor-list") ? ["a,b"] : asked.includes("sensor-list a") ? ["a"] : []
        assert.deepStrictEqual(
          again,
          replaced.map((names) => `sensor-sampling ${names} auto`)
        )
      })
    )

  it.effect(
    "#device-changed of older devices reloads everything",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      yield* client.synced
      const requests = heard(device)
      yield* device.send("#device-changed")
      yield* rest
      assert.deepStrictEqual(requests(), ["help", "sensor-list"])
    })
  )

  for (const strategy of [Strategy.auto, Strategy.none])
    it.effect(
      `has no effect without users; a later user gets the state at that time (${strategy._tag})`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake()
        device.add("a")
        const first = yield* Scope.make()
        yield* Scope.provide(client.mirror("*", strategy), first)
        yield* client.synced
        yield* Scope.close(first, Exit.void)
        yield* client.synced
        yield* pass()
        const requests = heard(device)
        device.remove("a")
        device.add("b")
        yield* device.send("#interface-changed sensor-list", "#interface-changed sensor b added")
        yield* rest
        assert.deepStrictEqual(requests(), [])
        yield* client.mirror("*")
        yield* client.synced
        assert.deepStrictEqual(client.device.sensors.names, ["b"])
      })
    )

  it.effect(
    "later users of all sensors get all, even if others use some by name",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      for (const name of ["a", "b", "c"]) device.add(name)
      const first = yield* Scope.make()
      yield* Scope.provide(client.mirror("*"), first)
      yield* client.mirror("a")
      yield* client.synced
      yield* Scope.close(first, Exit.void)
      yield* rest
      device.remove("b")
      device.add("d")
      const requests = heard(device)
      yield* device.send("#interface-changed sensor b removed", "#interface-changed sensor d added")
      yield* rest
      assert.deepStrictEqual(requests(), [])
      yield* client.mirror("*")
      yield* client.synced
      assert.deepStrictEqual(client.device.sensors.names, ["a", "c", "d"])
    })
  )

  const burst: ReadonlyArray<readonly [string, (index: number) => string, string]> = [
    ["of the whole list", () => "sensor-list", "sensor-list"],
    ["of many sensors by name", (index) => `sensor s${index} added`, "sensor-list"],
    ["of all", () => "", "sensor-list"]
  ]
  for (const [title, inform, asked] of burst)
    it.effect(
      `a burst of 1,000 ${title} costs one inspection (katsdpcontroller 2024-08)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake()
        yield* client.mirror("*")
        yield* client.synced
        yield* pass()
        const requests = heard(device)
        // over 100 milliseconds
        for (let tens = 0; tens < 20; tens++) {
          for (let index = 50 * tens; index < 50 * (tens + 1); index++) {
            device.add(`s${index}`)
            yield* device.send(`#interface-changed ${inform(index)}`)
          }
          yield* pass(5)
        }
        yield* rest
        yield* client.synced
        assert.strictEqual(client.device.sensors.size, 1000)
        assert.deepStrictEqual(
          requests().filter((request) => !request.startsWith("sensor-sampling")),
          [asked]
        )
        assert.strictEqual(Object.keys(device.set).length, 1000)
      })
    )

  for (const [names, asked] of [
    [400, 400],
    [401, 1]
  ] as const)
    it.effect(
      `${names} changes among 4,000 sensors cost ${asked === 1 ? "one list" : "a query each"}, whichever is cheaper`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake({ inspect: true })
        for (let index = 0; index < 4000; index++) device.add(`s${index}`)
        yield* client.mirror("s0")
        yield* client.synced
        yield* pass()
        const requests = heard(device)
        for (let index = 0; index < names; index++) device.add(`s${index}`, "doc \\@ float")
        yield* device.send(
          ...Array.from({ length: names }, (_, index) => `#interface-changed sensor s${index} modified`)
        )
        yield* rest
        yield* client.synced
        const lists = requests().filter((request) => request.startsWith("sensor-list"))
        assert.strictEqual(lists.length, asked)
        assert.strictEqual(client.device.sensors.get("s0")!.definition.type.sensorType, "float")
      })
    )

  it.effect(
    "a burst that never ends does not block the client for ever",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      yield* client.mirror("*")
      yield* client.synced
      device.add("a")
      for (let turn = 0; turn < 100; turn++) {
        yield* device.send("#interface-changed sensor-list")
        yield* pass(5)
      }
      assert.deepStrictEqual(client.device.sensors.names, ["a"])
      assert.isAtMost(device.askedFor("sensor-list").length, 5)
    })
  )
})

describe("a client's knowledge of requests and sensors", () => {
  it.effect(
    "is requested once, however many consumers want it meanwhile",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true })
      for (const name of ["a", "b"]) device.add(name)
      for (const filter of ["*", "a", /b/]) yield* client.mirror(filter)
      yield* client.synced
      yield* rest
      assert.deepStrictEqual(device.askedFor("sensor-list"), [""])
      assert.deepStrictEqual(device.set, { a: "auto", b: "auto" })
    })
  )

  it.effect(
    "is reported as changes: added, removed, modified (A-367)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true, connecting: "background" })
      const told: Array<Client.InterfaceChange["sensors"]> = []
      yield* client.device.changes.pipe(
        Stream.runForEach(({ sensors }) => Effect.sync(() => told.push({ ...sensors }))),
        Effect.forkScoped(immediately)
      )
      for (const name of ["a", "b", "c"]) device.add(name)
      yield* pass()
      device.add("d")
      device.remove("b")
      device.add("c", "doc m float")
      yield* device.send("#interface-changed")
      yield* pass(10)
      yield* device.send("#interface-changed")
      yield* rest
      assert.deepStrictEqual(told, [
        { added: ["a", "b", "c"], removed: [], changed: [] },
        { added: ["d"], removed: ["b"], changed: ["c"] }
      ])
      assert.deepStrictEqual(client.device.sensors.names, ["a", "c", "d"])
      assert.deepStrictEqual(device.askedFor("sensor-sampling"), [])
    })
  )

  it.effect(
    "is requested by name later from a device of version 4, which does not announce changes",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake({ inspect: true }, version4)
      device.add("a")
      yield* client.mirror("a")
      yield* client.synced
      device.add("b")
      yield* client.mirror("b", Strategy.event)
      yield* client.synced
      assert.deepStrictEqual(device.set, { a: "auto", b: "event" })
      // and without a connection, that is all
      yield* client.mirror("c")
      yield* client.synced
      assert.deepStrictEqual(device.askedFor("sensor-list").slice(1), ["b", "c"])
    })
  )
})
