import { Arg, Interface, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import { connect, serve } from "katcp/promise"
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
  it("asks, is refused and told why, by errors that keep their tags", async () => {
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

  it("reads sensors, waits for them, and mirrors them", async () => {
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

  it("has requests that come and go, whose handlers see the request (A-293, P-129)", async () => {
    await using server = await start()
    await using client = await connect({ port: server.port })
    const gain = Request.make("gain", { doc: "Set the gain.", args: { dB: Arg.Float }, reply: { text: Arg.Text } })
    assert.throws(() => server.addRequest(gain, undefined as never), /no function/)
    server.addRequest(gain, async ({ dB }, { message }) => ({ text: `${dB} of ${message.text(0)}` }))
    assert.deepStrictEqual((await client.call("gain", ["1.50"])).values, ["1.5 of 1.50"])
    assert.isTrue(server.removeRequest("gain"))
    assert.isFalse(server.removeRequest("gain"))
    const error = await client.call("gain", [1]).catch((error: unknown) => error)
    assert.match(String(error), /Unknown request gain/)
    // the call above is the first frame
    assert.match((error as Error).stack!, /Unknown request gain[^\n]*\n\s+at [^\n]*promise\.test\.ts/)
  })

  it("connects again by itself, and handlers are told that nobody waits any more", async () => {
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
    assert.include(String(await hanging), "stops")
    assert.deepStrictEqual(aborted, ["hang"])
    server = await start(port)
    await reading
    assert.deepStrictEqual(statuses, ["unknown", "unreachable", "unknown"])
    await server.close()
  })

  it("gives up where it is told to", async () => {
    const error = await connect({ port: 1, connecting: "fail" }).catch((error: unknown) => error)
    assert.deepInclude(error as object, { _tag: "KatcpError" })
    const early = await connect({ port: 1, signal: AbortSignal.timeout(20), reconnect: { initial: 5000 } }).catch(
      (error: unknown) => error
    )
    assert.strictEqual((early as Error).name, "TimeoutError")
  })

  it("says who may do what: access, a guard, hooks and the audit (issue 11, 2)", async () => {
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
