import { type AddressInfo, createServer } from "node:net"
import { Arg, Interface, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import { connect, container, resource, serve } from "katcp/promise"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

class Dish extends Interface.make("dish").add(
  Request.make("point", { doc: "Point at a place.", args: { az: Arg.Float }, reply: { eta: Arg.Float } }),
  Request.make("count", { doc: "Count.", args: { to: Arg.Int }, informs: { n: Arg.Int } }),
  Request.make("hang", { doc: "Never answers." }),
  Sensor.make("azimuth", { type: Arg.Float, units: "deg" })
) {}

const aborted: Array<string> = []
const start = (port = 0) =>
  serve(Dish, {
    host: "127.0.0.1",
    port,
    handlers: (sensors) => ({
      point: async ({ az }) => {
        if (az < 0) throw new RequestInvalid({ message: "no such place" })
        if (az > 360) throw new Error("out of range")
        sensors.azimuth.set(az)
        return { eta: az / 2 }
      },
      count: ({ to }, { inform }) => {
        for (let n = 1; n <= Number(to); n++) inform({ n })
      },
      hang: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted.push("hang")
            resolve()
          })
        })
    })
  })

describe("the promise form", () => {
  it("makes requests, and reports refusals by errors with tags", async () => {
    await using server = await start()
    await using client = await connect(Dish, { port: server.port })
    assert.strictEqual((await client.request.point({ az: 10 })).eta, 5)
    const error = await client.request.point({ az: -1 }).catch((error: unknown) => error)
    assert.deepInclude(error as object, { _tag: "RequestInvalid", message: "no such place" })
    const failed = await client.request.point({ az: 361 }).catch((error: unknown) => error)
    assert.deepInclude(failed as object, { _tag: "RequestFailed", message: "out of range" })
    const { informs } = await client.request.count({ to: 3 })
    assert.deepStrictEqual(
      informs.map(({ n }) => n),
      [1, 2, 3]
    )
    const pieces: Array<string> = []
    for await (const piece of client.callStream("count", [2])) pieces.push(piece._tag)
    assert.deepStrictEqual(pieces, ["Inform", "Inform", "Reply"])
    const late = await client.request.hang({}, { timeout: 20 }).catch((error: unknown) => error)
    assert.deepInclude(late as object, { _tag: "KatcpError" })
    const controller = new AbortController()
    const waiting = client.request.hang({}, { signal: controller.signal }).catch((error: unknown) => error)
    controller.abort("enough")
    assert.strictEqual(await waiting, "enough")
  })

  it("reads, awaits and mirrors sensors", async () => {
    await using server = await start()
    await using client = await connect(Dish, { port: server.port })
    const seen: Array<number> = []
    const reading = (async () => {
      for await (const { value } of client.sensor.azimuth.sample("event")) {
        seen.push(value)
        if (value === 3) break
      }
    })()
    const waiting = client.sensor.azimuth.waitFor(2)
    await client.synced()
    for (const value of [1, 2, 3]) server.sensors.azimuth.set(value)
    assert.strictEqual((await waiting).value, 2)
    await reading
    assert.deepStrictEqual(seen, [0, 1, 2, 3])
    assert.strictEqual((await client.sensor.azimuth.get()).value, 3)
    const mirror = client.mirror("*")
    await client.synced()
    assert.strictEqual(mirror.sensors.get("azimuth")?.value, 3)
    mirror.end()
    assert.throws(() => client.sensor.azimuth.sample("sometimes"), /sometimes/)
    assert.throws(() => server.sensors.azimuth.set("x" as never))
  })

  it("adds and removes requests, whose handlers see the request (A-293, P-129)", async () => {
    await using server = await start()
    await using client = await connect({ port: server.port })
    const gain = Request.make("gain", { doc: "Set the gain.", args: { dB: Arg.Float }, reply: { text: Arg.Text } })
    assert.throws(() => server.addRequest(gain, undefined as never), /not a function/)
    server.addRequest(gain, async ({ dB }, { message }) => ({ text: `${dB} of ${message.text(0)}` }))
    assert.deepStrictEqual((await client.call("gain", ["1.50"])).values, ["1.5 of 1.50"])
    assert.isTrue(server.removeRequest("gain"))
    assert.isFalse(server.removeRequest("gain"))
    const error = await client.call("gain", [1]).catch((error: unknown) => error)
    assert.match(String(error), /Unknown request gain/)
    // the call above is the first frame
    assert.match((error as Error).stack!, /Unknown request gain[^\n]*\n\s+at [^\n]*promise\.test\.ts/)
  })

  it("reconnects by itself, and notifies handlers when their request is cancelled", async () => {
    aborted.length = 0
    const port = await freePort()
    let server = await start(port)
    await using client = await connect(Dish, { port, reconnect: { initial: 10 }, deviceLog: false })
    const statuses: Array<string> = []
    const reading = (async () => {
      for await (const { status } of client.sensor.azimuth.sample()) {
        statuses.push(status)
        if (statuses.length === 3) break
      }
    })()
    const hanging = client.request.hang().catch((error: unknown) => error)
    await client.synced()
    await server.close()
    assert.include(String(await hanging), "is stopping")
    assert.deepStrictEqual(aborted, ["hang"])
    server = await start(port)
    await reading
    assert.deepStrictEqual(statuses, ["unknown", "unreachable", "unknown"])
    await server.close()
  })

  it("gives up if configured to", async () => {
    const error = await connect({ port: 1, connecting: "fail" }).catch((error: unknown) => error)
    assert.deepInclude(error as object, { _tag: "KatcpError" })
    const early = await connect({ port: 1, signal: AbortSignal.timeout(20), reconnect: { initial: 5000 } }).catch(
      (error: unknown) => error
    )
    assert.strictEqual((early as Error).name, "TimeoutError")
  })

  it("controls access: rules, a guard, hooks and the audit (P-404, P-405)", async () => {
    const events: Array<string> = []
    let gone = () => {}
    const left = new Promise<void>((resolve) => {
      gone = resolve
    })
    class Small extends Interface.make("small").add(
      Request.make("set", { doc: "Set.", args: { value: Arg.Float } }),
      Request.make("secure", { doc: "For few.", role: "admin" })
    ) {}
    await using server = await serve(Small, {
      port: 0,
      access: [{ role: "control", network: "127.0.0.0/8" }],
      audit: { logLevel: "None" },
      drain: "1 second",
      slowClient: "conflate",
      guard: async ({ role }, request) => {
        if (request.text(0) === "1.0") return new RequestFailed({ message: `not for ${role}` })
        if (request.text(0) === "2.0") throw new Error("no list")
        return undefined
      },
      onConnect: (client, { signal }) => {
        events.push(`connected ${client.role} ${client.certificate}`)
        signal.addEventListener("abort", () => events.push("aborted"))
      },
      onDisconnect: async (_, { how }) => {
        events.push(how)
        gone()
      },
      handlers: { set: () => {}, secure: () => {} }
    })
    const records: Array<string> = []
    const reading = (async () => {
      for await (const { outcome, request } of server.audit()) {
        records.push(`${request} ${outcome}`)
        if (records.length === 4) break
      }
    })()
    const client = await connect(Small, { port: server.port })
    const said = (call: Promise<unknown>) =>
      call.then(
        () => "ok",
        (error: unknown) => (error as Error).message
      )
    assert.strictEqual(await said(client.request.set({ value: 1 })), "not for control")
    assert.strictEqual(await said(client.request.set({ value: 2 })), "no list")
    assert.strictEqual(await said(client.request.set({ value: 3 })), "ok")
    assert.match(await said(client.request.secure()), /^\?secure needs the role admin; .* has control\.$/)
    await reading
    assert.deepStrictEqual(records, ["set refused", "set refused", "set ok", "secure refused"])
    await client.close()
    await left
    assert.deepStrictEqual(events.slice(0, 2), ["connected control undefined", "closed"])
  })
})

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe("connecting in the promise form", () => {
  it("gives up an absent device, by default after a timeout, with the reason", async () => {
    const port = await freePort()
    const error = await connect({ port, connectTimeout: 200 }).catch((error: unknown) => error)
    assert.deepInclude(error as object, { _tag: "KatcpError" })
    assert.include(String(error), `127.0.0.1:${port}`)
    assert.include(String(error), "nothing listens on that port")
  })

  it("gives up a device that does not answer at all", async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
    const { port } = silent.address() as AddressInfo
    const error = await connect({ port, connectTimeout: 50 }).catch((error: unknown) => error)
    assert.include(String(error), "not reached within 50 ms")
    silent.close()
  })

  it("finds a device that appears within the timeout, or at any time with wait: true", async () => {
    const port = await freePort()
    const connecting = [
      connect({ port, reconnect: { initial: 10, longest: 20 }, deviceLog: false }),
      connect({ port, reconnect: { initial: 10, longest: 20 }, connectTimeout: 1, wait: true, deviceLog: false })
    ]
    await using server = await start(port)
    for (const client of await Promise.all(connecting)) {
      assert.isTrue((await client.call("watchdog")).ok)
      assert.strictEqual(client.remoteAddress?._tag, "InetAddressV4")
      await client.close()
    }
    assert.strictEqual(server.port, port)
  })

  it("dials from the given local address", async () => {
    await using server = await start()
    await using client = await connect({ port: server.port, localAddress: "127.0.0.9" })
    assert.isTrue(client.isConnected)
    assert.match([...server.clients].map(({ address }) => address).join(), /^127\.0\.0\.9:\d+$/)
  })
})

describe("resources, groups and containers in the promise form (A-441)", () => {
  it("a resource keeps its policy, its strategies and its names", async () => {
    await using server = await start()
    await using dish = await resource("dish", {
      contract: Dish,
      port: server.port,
      controlled: false,
      alwaysAllowed: ["point"]
    })
    await dish.synced()
    assert.strictEqual(dish.address, `127.0.0.1:${server.port}`)
    assert.strictEqual((await dish.request.point({ az: 10 })).eta, 5)
    const refused = await dish.call("hang").catch((error: unknown) => error)
    assert.include(String(refused), "not controlled from here")
    const outcomes = await dish.setSampling(/azi/, "event")
    assert.deepStrictEqual([...outcomes.keys()], ["azimuth"])
    const seen: Array<unknown> = []
    const listening = (async () => {
      for await (const { reading } of dish.listen("*")) {
        seen.push(reading.value)
        if (reading.value === 30) break
      }
    })()
    // until somebody listens
    await until(() => {
      server.sensors.azimuth.set(server.sensors.azimuth.value === 20 ? 21 : 20)
      return seen.includes(20) && seen.includes(21)
    })
    server.sensors.azimuth.set(30)
    await listening
    assert.strictEqual((await dish.sensor.azimuth.get()).value, 30)
    assert.strictEqual((await dish.findSensor("azimuth"))?.name, "azimuth")
    assert.isUndefined(await dish.findSensor("nothing"))
    assert.isUndefined(await dish.findRequest("nothing"))
    assert.strictEqual((await dish.requestNamed("point")?.call([4]))?.values[0], "2.0")
    assert.deepStrictEqual(
      (await dish.listSensors({ hasStrategy: true })).map(({ name }) => name),
      ["azimuth"]
    )
    dish.setActive(false)
    assert.isFalse(dish.isActive)
    await dish.forgetSampling(/azi/)
    assert.isUndefined(dish.samplingOf("azimuth"))
  })

  it("a container has the sensors of its devices under its own names, and groups that take requests together", async () => {
    await using one = await start()
    await using two = await start()
    await using site = await container({
      name: "site",
      clients: { one: { contract: Dish, port: one.port }, two: { contract: Dish, port: two.port } },
      groups: { all: ["one", "two"] }
    })
    await site.synced()
    assert.isTrue(site.isConnected && site.isSynced)
    assert.strictEqual((await site.child.two.request.point({ az: 8 })).eta, 4)
    assert.strictEqual(site.children.get("two"), site.child.two)
    const all = site.groups.get("all")!
    const pointed = await all.request("point", { az: 10 })
    assert.isTrue(pointed.succeeded)
    const { results, succeeded } = await all.call("point", [-1])
    assert.isFalse(succeeded)
    assert.deepStrictEqual(
      [...results].map(([name, { status }]) => `${name} ${status}`),
      ["one rejected", "two rejected"]
    )
    const wrong = await all.request("no-such").catch((error: unknown) => error)
    assert.include(String(wrong), "no member of all has ?no-such")
    assert.deepStrictEqual([...(await site.setSampling("two_azimuth", "event")).keys()], ["two"])
    const names: Array<string> = []
    const listening = (async () => {
      for await (const { name, reading } of site.listen("*_azimuth")) {
        names.push(name)
        if (reading.value === 33) break
      }
    })()
    await until(() => {
      two.sensors.azimuth.set(two.sensors.azimuth.value === 20 ? 21 : 20)
      return names.length > 2
    })
    two.sensors.azimuth.set(33)
    await listening
    assert.deepStrictEqual([...new Set(names)], ["two_azimuth"])
    assert.isTrue((await all.waitFor("azimuth", 33, { quorum: 1, grace: 0 })).reached)
    assert.strictEqual((await site.sensorNamed("one_azimuth")!.get()).value, 10)
    const three = await site.addChild("three", { port: one.port })
    await three.synced()
    assert.isTrue((await site.addGroup("pair", ["one", "three"]).call("watchdog")).succeeded)
    assert.throws(() => site.addGroup("bad", ["nobody"]), /nobody/)
  })
})
