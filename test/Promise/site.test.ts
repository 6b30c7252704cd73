import { Arg, Interface, Request, Sensor } from "katcp"
import { serve, site } from "katcp/promise"
import { Allow } from "katcp/Site"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

class Dish extends Interface.make("dish").add(
  Request.make("stow", { doc: "Stow the dish." }),
  Sensor.make("azimuth", { type: Arg.Float, units: "deg" }),
  Sensor.make("mode", { type: Arg.Discrete("stow", "track") })
) {}

const dish = (port = 0) =>
  serve(Dish, { host: "127.0.0.1", port, handlers: (sensors) => ({ stow: () => sensors.mode.set("stow") }) })

describe("a site in the promise form", () => {
  it("has every sensor of every device, reads, waits and asks", async () => {
    await using one = await dish()
    await using two = await dish()
    await using dishes = await site({
      devices: {
        m000: `127.0.0.1:${one.port}`,
        m001: { host: "127.0.0.1", port: two.port, description: "the second" }
      },
      selection: [{ match: "*/mode", strategy: "event" }, "*"]
    })
    await dishes.synced()
    assert.isTrue(dishes.isSynced)
    assert.deepStrictEqual(
      dishes.table
        .snapshot()
        .changed.map(({ path }) => path)
        .sort(),
      ["m000/azimuth", "m000/mode", "m001/azimuth", "m001/mode"]
    )
    const waiting = dishes.waitFor("m000/azimuth", 7)
    one.sensors.azimuth.set(7)
    assert.strictEqual((await waiting).value, 7)
    assert.strictEqual((await dishes.reading("m000/azimuth")).value, 7)
    one.sensors.mode.set("track")
    await dishes.waitFor("m000/mode", ({ value }) => value === "track")
    assert.isTrue((await dishes.request("m000", "stow")).ok)
    await dishes.waitFor("m000/mode", "stow", { timeout: 5000 })
    const { description, health } = dishes.devices.get("m001")!
    assert.deepStrictEqual([description, health.synced, health.sensors], ["the second", true, 2])
    const error = await dishes.reading("m9/azimuth").catch((error: unknown) => error)
    assert.deepInclude(error as object, {
      _tag: "NoSuchDevice",
      message: 'there is no device "m9": the site has m000, m001'
    })
    const late = await dishes.waitFor("m000/azimuth", 99, { timeout: 20 }).catch((error: unknown) => error)
    assert.deepInclude(late as object, { _tag: "KatcpError" })
  })

  it("delivers the newest changes, or every change, to loops that may be left", async () => {
    await using one = await dish()
    await using dishes = await site({ devices: { m000: { address: `katcp://127.0.0.1:${one.port}`, alive: 5000 } } })
    await dishes.synced()
    const seen: Array<unknown> = []
    const feeding = (async () => {
      for await (const { changes, lost } of dishes.feed()) {
        assert.strictEqual(lost, 0)
        for (const change of changes) if (change._tag === "Reading") seen.push(change.reading.value)
        if (seen.includes(5)) break
      }
    })()
    const reader = dishes.reader(dishes.table.revision)
    for await (const { changed, snapshot } of dishes.changes()) {
      if (snapshot) for (let value = 1; value <= 5; value++) one.sensors.azimuth.set(value)
      else if (changed.some(({ value }) => value === 5)) break
    }
    await feeding
    assert.deepStrictEqual(seen, [1, 2, 3, 4, 5])
    await reader.changed()
    assert.deepStrictEqual(
      reader.take().changed.map(({ path, value }) => [path, value]),
      [["m000/azimuth", 5]]
    )
    const controller = new AbortController()
    const nothing = reader.changed({ signal: controller.signal }).catch((error: unknown) => error)
    controller.abort("enough")
    assert.strictEqual(await nothing, "enough")
  })

  it("adds and removes devices, changes its selection, and passes on allowed requests", async () => {
    await using one = await dish()
    await using dishes = await site({ limits: { devices: 1 } })
    await dishes.add("m000", `127.0.0.1:${one.port}`)
    await dishes.synced()
    const full = await dishes.add("m001", "127.0.0.1:1").catch((error: unknown) => error)
    assert.deepInclude(full as object, { _tag: "DeviceRefused", why: "full" })
    const asked = {
      from: "test",
      role: "control",
      via: "program",
      allow: Allow.only("m000/stow"),
      device: "m000",
      arguments: []
    } as const
    const records = (async () => {
      const outcomes: Array<string> = []
      for await (const { outcome, request } of dishes.audit()) {
        outcomes.push(`${request} ${outcome}`)
        if (outcomes.length === 2) return outcomes
      }
      return outcomes
    })()
    await new Promise((resolve) => setImmediate(resolve))
    assert.isTrue((await dishes.pass({ ...asked, request: "stow" })).ok)
    const refused = await dishes.pass({ ...asked, request: "watchdog" }).catch((error: unknown) => error)
    assert.deepInclude(refused as object, { _tag: "RequestRefused" })
    assert.deepStrictEqual(await records, ["stow ok", "watchdog refused"])
    await dishes.select(["*/azimuth"])
    assert.deepStrictEqual(
      [...dishes.table.of("m000")].map(({ name }) => name),
      ["azimuth"]
    )
    assert.isTrue(await dishes.remove("m000"))
    assert.isFalse(await dishes.remove("m000"))
    assert.strictEqual(dishes.table.size, 0)
  })

  it("rejects invalid addresses, names and patterns, and connects when a device appears", async () => {
    const bad = await site({ devices: { m000: "10.0.0.1:port" } }).catch((error: unknown) => error)
    assert.instanceOf(bad, TypeError)
    const name = await site({ devices: { "m 0": "10.0.0.1" } }).catch((error: unknown) => error)
    assert.deepInclude(name as object, { _tag: "DeviceRefused", why: "name" })
    const pattern = await site({ selection: ["/(/"] }).catch((error: unknown) => error)
    assert.instanceOf(pattern, TypeError)
    const port = await freePort()
    await using dishes = await site({
      devices: { m000: { host: "127.0.0.1", port, deviceLog: false, reconnect: { initial: 20, longest: 50 } } }
    })
    assert.isFalse(dishes.isSynced)
    await using one = await dish(port)
    await dishes.synced()
    assert.strictEqual(dishes.table.at("m000/azimuth")!.value, 0)
    assert.strictEqual(one.port, port)
  })
})
