import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { Arg, Sensor } from "katcp"
import type { Proxy } from "katcp/Proxy"
import { Allow, Site } from "katcp/Site"
import { pass } from "../Client/sensors/site.ts"
import { client, device, onNetwork } from "../Site/network.ts"
import { clientOf, serveProxy, socketOf } from "./network.ts"

/** A site of what is served at ports, by name, and a proxy of it at a port. */
const proxyOf = (ports: Readonly<Record<string, number>>, port: number, options?: Proxy.ProxyOptions) =>
  Effect.gen(function* () {
    const sockets = yield* Effect.forEach(Object.entries(ports), ([name, port]) =>
      Effect.map(socketOf(port), (socket) => [name, { socket: Layer.succeed(Socket.Socket, socket), client }] as const)
    )
    const site = yield* Site.make({ devices: Object.fromEntries(sockets) })
    yield* serveProxy(site, port, options)
    return site
  })

describe("proxies of proxies", () => {
  it.effect("three deep: sensors, requests and losses pass through, and the path has all ids", () =>
    Effect.gen(function* () {
      const dish = yield* device(1)
      const temp = yield* dish.set.add(Sensor.make("temp", { type: Arg.Float }))
      yield* proxyOf({ dish: 1 }, 2, { id: "one", requests: Allow.only("*/track") })
      yield* proxyOf({ p1: 2 }, 3, { id: "two", requests: Allow.only("*/dish-track") })
      yield* proxyOf({ p2: 3 }, 4, { id: "three", requests: Allow.only("*/p1-dish-track") })
      const far = yield* clientOf(4)
      yield* pass("3 seconds")
      const { sensors } = far.device
      yield* temp.set(7.5)
      for (let hop = 0; hop < 4; hop++) yield* pass()
      assert.strictEqual(sensors.get("p2.p1.dish.temp")!.value, 7.5)
      assert.strictEqual(sensors.get("proxy.path")!.value, "three two one")
      assert.isTrue((yield* far.call("p2-p1-dish-track")).ok)
      yield* Effect.forkChild(dish.off)
      for (let hop = 0; hop < 4; hop++) yield* pass()
      const { status, value } = sensors.get("p2.p1.dish.temp")!
      assert.deepStrictEqual([status, value], ["unreachable", 7.5])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("in a loop: a link is closed, the proxy says so, and the rest continues", () =>
    Effect.gen(function* () {
      const dish = yield* device(1)
      const temp = yield* dish.set.add(Sensor.make("temp", { type: Arg.Float }))
      const one = yield* proxyOf({ dish: 1, two: 3 }, 2, { id: "one" })
      yield* pass("1 second")
      const two = yield* proxyOf({ one: 2 }, 3, { id: "two" })
      const near = yield* clientOf(2)
      for (let second = 0; second < 10; second++) yield* pass("1 second")
      // one of the two links is closed: whichever proxy saw its own id first
      assert.strictEqual(Number(one.devices.has("two")) + Number(two.devices.has("one")), 1)
      assert.isTrue(one.devices.has("dish"))
      yield* temp.set(3)
      yield* pass()
      yield* pass()
      assert.strictEqual(near.device.sensors.get("dish.temp")!.value, 3)
      const closed = one.devices.has("two") ? yield* clientOf(3) : near
      yield* pass("1 second")
      const loops = closed.device.sensors.get("proxy.loops")!
      assert.deepStrictEqual([loops.value, loops.status], [one.devices.has("two") ? "one" : "two", "error"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect(
    "in a ring of three: a link is closed, names do not grow without end, and no device is lost for its own proxy",
    () =>
      Effect.gen(function* () {
        const dish = yield* device(1)
        const temp = yield* dish.set.add(Sensor.make("temp", { type: Arg.Float }))
        const sites = [
          yield* proxyOf({ dish: 1, n: 3 }, 2, { id: "one" }),
          yield* proxyOf({ n: 4 }, 3, { id: "two" }),
          yield* proxyOf({ n: 2 }, 4, { id: "three" })
        ]
        const clients = [yield* clientOf(2), yield* clientOf(3), yield* clientOf(4)]
        for (let second = 0; second < 20; second++) yield* pass("1 second")
        const closed = sites.map((site) => !site.devices.has("n"))
        assert.include(closed, true)
        for (const [index, { device }] of clients.entries()) {
          assert.strictEqual(device.sensors.get("proxy.loops")!.value, closed[index] ? "n" : "")
          assert.isUndefined(device.sensors.names.find((name) => name.startsWith("n.n.n.")))
        }
        yield* temp.set(3)
        for (let hop = 0; hop < 4; hop++) yield* pass()
        assert.strictEqual(clients[0]!.device.sensors.get("dish.temp")!.value, 3)
      }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("of itself: the link is closed", () =>
    Effect.gen(function* () {
      const site = yield* proxyOf({ me: 2 }, 2, { id: "one" })
      const near = yield* clientOf(2)
      for (let second = 0; second < 5; second++) yield* pass("1 second")
      assert.strictEqual(site.devices.size, 0)
      assert.strictEqual(near.device.sensors.get("proxy.loops")!.value, "me")
      assert.deepStrictEqual(
        near.device.sensors.names.filter((name) => name.startsWith("me.")),
        []
      )
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a proxy refuses at start", () => {
  const refusal = (devices: ReadonlyArray<string>, options: Proxy.ProxyOptions) =>
    Effect.gen(function* () {
      const site = yield* Site.make({
        devices: Object.fromEntries(
          yield* Effect.forEach(devices, (name, index) =>
            Effect.map(socketOf(index + 20), (socket) => [
              name,
              { socket: Layer.succeed(Socket.Socket, socket), client }
            ])
          )
        )
      })
      return (yield* Effect.flip(serveProxy(site, 9, options))).message
    }).pipe(Effect.scoped, onNetwork)

  it.effect("a device called proxy", () =>
    Effect.map(refusal(["proxy"], {}), (message) => assert.include(message, "no device of a proxy may be called proxy"))
  )

  it.effect("two requests with the same name, and names their origins", () =>
    Effect.map(refusal(["a", "a-b"], { requests: Allow.only("a/b-c", "a-b/c") }), (message) =>
      assert.include(message, "a/b-c and a-b/c would both be ?a-b-c")
    )
  )

  it.effect("a request that would change its own subscriptions", () =>
    Effect.map(refusal(["a"], { requests: Allow.only("a/track", "a/sensor-sampling") }), (message) =>
      assert.include(message, "a/sensor-sampling cannot be allowed")
    )
  )

  it.effect("two sensors with the same name, and names their origins", () =>
    Effect.map(refusal(["a", "b"], { sensors: [{ match: "*/temp", as: "temp" }] }), (message) =>
      assert.include(message, "a/temp and b/temp would both be temp")
    )
  )

  it.effect("invalid rules and ids", () =>
    Effect.gen(function* () {
      assert.include(
        yield* refusal(["a"], { sensors: [{ match: "a/x", as: "{dev}.x" }] }),
        "rule 1 of the proxy's sensors (a/x): {dev} in the name"
      )
      assert.include(yield* refusal(["a"], { sensors: [{ match: "/(/", as: "x" }] }), "is not a regular expression")
      assert.include(yield* refusal(["a"], { id: "a b" }), 'the id "a b" is malformed')
      assert.include(yield* refusal(["a", "b"], { transparent: "a" }), "a transparent proxy serves one device, a")
    })
  )
})

describe("a transparent proxy", () => {
  it.effect("has the names of its one device, and its own standard requests", () =>
    Effect.gen(function* () {
      const dish = yield* device(1)
      const temp = yield* dish.set.add(Sensor.make("temp", { type: Arg.Float }))
      yield* dish.set.add(Sensor.deviceStatus)
      yield* proxyOf({ dish: 1 }, 2, { transparent: "dish", requests: Allow.only("*") })
      const near = yield* clientOf(2)
      yield* pass("2 seconds")
      yield* temp.set(5)
      yield* pass()
      yield* pass()
      const { requests, sensors } = near.device
      assert.deepStrictEqual(
        sensors.names.filter((name) => !name.startsWith("proxy.")),
        ["device-status", "temp"]
      )
      assert.strictEqual(sensors.get("temp")!.value, 5)
      assert.isTrue(requests.has("track"))
      assert.isTrue((yield* near.call("track")).ok)
      assert.notInclude(requests.get("help"), "Passed on")
      assert.strictEqual(sensors.get("proxy.conflicts")!.value, "")
    }).pipe(Effect.scoped, onNetwork)
  )
})
