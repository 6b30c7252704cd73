/** `/api/events` over a real connection: snapshot, deltas, resumption, slow clients and revoked tokens. */
import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { revokeToken } from "../../src/Site/node/index.ts"
import { bearer, tokenFile } from "../Site/http/support.ts"
import { gateway } from "./support.ts"

interface Event {
  readonly id: string | undefined
  readonly event: string
  readonly data: {
    readonly sensors?: ReadonlyArray<{
      readonly device: string
      readonly name: string
      readonly value: unknown
      readonly status: string
    }>
    readonly removed?: ReadonlyArray<string>
    readonly devices?: ReadonlyArray<{ readonly name: string; readonly connected: boolean }>
    readonly why?: string
  }
}

const { file, remove, tokens } = tokenFile()
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({ tokens: file })
})
afterAll(async () => {
  await served.close()
  remove()
})

/** Opens a stream; `until` waits for an event. */
const stream = async (query = "", headers: Readonly<Record<string, string>> = {}) => {
  const asked: ClientRequest = request({
    host: "127.0.0.1",
    port: served.port,
    path: `/api/events${query}`,
    headers,
    agent: false
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => asked.on("response", resolve).on("error", reject))
  asked.end()
  const response = await answer
  assert.strictEqual(response.statusCode, 200)
  assert.strictEqual(response.headers["content-type"], "text/event-stream")
  let text = ""
  const events: Array<Event> = []
  let wake = () => {}
  response
    .on("error", () => undefined)
    .on("data", (chunk) => {
      text += chunk
      for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
        const fields = new Map(
          text
            .slice(0, end)
            .split("\n")
            .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)])
        )
        text = text.slice(end + 2)
        const data = fields.get("data")
        if (data !== undefined)
          events.push({ id: fields.get("id"), event: fields.get("event")!, data: JSON.parse(data) as Event["data"] })
      }
      wake()
    })
  const ended = new Promise<void>((resolve) => response.on("close", resolve))
  const until = async (wanted: (event: Event) => boolean): Promise<Event> => {
    while (true) {
      const found = events.find(wanted)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return { events, until, ended, response, close: () => asked.destroy() }
}
const valueOf = ({ data }: Event, path: string) =>
  data.sensors?.find(({ device, name }) => `${device}/${name}` === path)?.value

describe("/api/events", () => {
  it("begins with all devices and a snapshot, and continues with changes", async () => {
    const { close, events, until } = await stream("?match=m000/azimuth&match=m001/mode")
    const { data } = await until(({ event }) => event === "snapshot")
    assert.sameMembers(
      data.sensors!.map(({ device, name }) => `${device}/${name}`),
      ["m000/azimuth", "m001/mode"]
    )
    assert.strictEqual(events[0]!.event, "devices")
    served.devices.m001.sensors.azimuth.set(1)
    served.devices.m000.sensors.azimuth.set(42.5)
    await until((event) => event.event === "delta" && valueOf(event, "m000/azimuth") === 42.5)
    assert.isFalse(events.some((event) => valueOf(event, "m001/azimuth") !== undefined))
    close()
  })

  it("continues from the id of an event with the changes since; an id of another run gets a snapshot", async () => {
    const first = await stream("?match=m000")
    const { id } = await first.until(({ event }) => event === "snapshot")
    first.close()
    served.devices.m000.sensors["wind.speed"].set(9.25)
    while (served.site.table.at("m000/wind.speed")!.value !== 9.25)
      await new Promise((resolve) => setImmediate(resolve))
    const again = await stream("?match=m000", { "last-event-id": id! })
    const delta = await again.until(({ event }) => event !== "devices")
    assert.strictEqual(delta.event, "delta")
    assert.deepStrictEqual(
      delta.data.sensors!.map(({ name }) => name),
      ["wind.speed"]
    )
    again.close()
    for (const other of ["1.5", "x", `${served.site.table.epoch}.99999999`, `${served.site.table.epoch}.-1`]) {
      const anew = await stream("?match=m000", { "last-event-id": other })
      assert.strictEqual((await anew.until(({ event }) => event !== "devices")).event, "snapshot", other)
      anew.close()
    }
  })

  it("reports the loss of a device, and its unreachable sensors", async () => {
    const lost = await gateway()
    const before = served
    served = lost
    try {
      const { close, until } = await stream("?match=m001/azimuth")
      await until(({ event }) => event === "snapshot")
      await lost.devices.m001.close()
      await until(({ data }) => data.devices?.some(({ connected, name }) => name === "m001" && !connected) === true)
      await until(({ data, event }) => event === "delta" && data.sensors![0]!.status === "unreachable")
      close()
    } finally {
      served = before
      await lost.close()
    }
  })

  it("sends a last event when the token is revoked, and ends", async () => {
    const { ended, until } = await stream("", bearer(tokens.read))
    await until(({ event }) => event === "snapshot")
    revokeToken(file, "reader")
    assert.deepStrictEqual((await until(({ event }) => event === "bye")).data, { why: "revoked" })
    await ended
  })

  it("holds only one event for a client that does not read, besides the kernel's buffer", async () => {
    const socket = connect({ host: "127.0.0.1", port: served.port })
    socket.write("GET /api/events?maxHz=50 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await new Promise((resolve) => socket.once("data", resolve))
    socket.pause()
    const text = "x".repeat(50_000)
    const { label } = served.devices.m000.sensors
    // 10 MB of new readings: a queue would hold them all
    for (let count = 0; count < 200; count++) {
      label.set(`${count} ${text}`)
      while (!String(served.site.table.at("m000/label")!.value).startsWith(`${count} `))
        await new Promise((resolve) => setImmediate(resolve))
    }
    let bytes = 0
    let last = ""
    socket.on("data", (chunk) => {
      bytes += chunk.length
      last = `${last}${chunk}`.slice(-120_000)
    })
    socket.resume()
    while (!last.includes(`"199 x`)) await new Promise((resolve) => setImmediate(resolve))
    assert.isBelow(bytes, 8_000_000)
    socket.destroy()
  })
})
