/** Requests that would change the site's own connection to a device, which all clients of the gateway share. */
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { TestPage } from "./live/listen.ts"
import { gateway, posting } from "./support.ts"

const forbidden = [
  "sensor-sampling",
  "sensor-sampling-clear",
  "log-limit",
  "log-local",
  "client-config",
  "client-halt",
  "client-rename"
]

let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({ allow: ["*", "*/*", ...forbidden.map((name) => `*/${name}`)], requestsPerSecond: 0 })
})
afterAll(() => served.close())

/** Sets a sensor, and waits until the site has its value: its subscription is whole. */
const stillFollows = async (value: number) => {
  served.devices.m000.sensors.azimuth.set(value)
  while (served.site.table.at("m000/azimuth")!.value !== value) await setTimeout(5)
}

describe("a request that would change the connection of all clients is refused for every role", () => {
  it.for(forbidden)("over HTTP: %s", async (name) => {
    const { body, status } = await served.ask(`/api/devices/m000/requests/${name}`, posting({ args: [] }))
    assert.strictEqual(status, 403, body)
    assert.include(JSON.parse(body).detail, `?${name} is never passed on`)
    await stillFollows(forbidden.indexOf(name) + 1)
  })

  it("with arguments that would stop a subscription", async () => {
    const asked = posting({ args: ["azimuth", "none"] })
    assert.strictEqual((await served.ask("/api/devices/m000/requests/sensor-sampling", asked)).status, 403)
    await stillFollows(100)
  })

  it.for(forbidden)("as a call of a page: %s", async (name) => {
    const page = new TestPage(`${served.url.replace(/^http/, "ws")}/api/live`)
    await page.frame("hello")
    page.send({ call: 1, device: "m000", request: name })
    const { reason } = await page.frame("reply")
    page.socket.terminate()
    assert.strictEqual(reason, "not-allowed")
    await stillFollows(200 + forbidden.indexOf(name))
  })

  it("and is not shown as allowed", async () => {
    const { requests } = await served.json<{ requests: ReadonlyArray<{ name: string; allowed: boolean }> }>(
      "/api/devices/m000"
    )
    const shown = new Map(requests.map(({ allowed, name }) => [name, allowed]))
    assert.deepStrictEqual(
      [shown.get("echo"), shown.get("sensor-sampling"), shown.get("sensor-sampling-clear")],
      [true, false, false]
    )
  })
})
