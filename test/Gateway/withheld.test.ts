/** Arguments that no record of a gateway shows: over HTTP, over the WebSocket of pages, and over KATCP lines. */
import { assert, describe, it } from "vitest"
import { WebSocket } from "ws"
import { gateway, posting } from "./support.ts"

interface Recorded {
  readonly via: string
  readonly device: string
  readonly arguments: ReadonlyArray<string>
  readonly outcome: string
  readonly reason?: string
}

/** Sends a text over a WebSocket, and waits until what comes contains another one. */
const say = (url: string, text: string, until: string) =>
  new Promise<void>((resolve, reject) => {
    const socket = new WebSocket(url)
    let told = ""
    socket.on("error", reject).on("open", () => socket.send(text))
    socket.on("message", (data) => {
      told += String(data)
      if (told.includes(until)) socket.close()
    })
    socket.on("close", () => resolve())
  })

describe("a request that `withhold` names", () => {
  it("has no arguments and no reason in any record of the gateway, however it comes", async () => {
    const served = await gateway({ allow: ["m000/echo"], withhold: ["*/echo"], katcp: true })
    const place = `ws://127.0.0.1:${served.port}`
    const ask = (device: string) => served.ask(`/api/devices/${device}/requests/echo`, posting({ args: ["hunter2"] }))
    assert.include((await ask("m000")).body, "hunter2")
    assert.strictEqual((await ask("m001")).status, 403)
    const call = JSON.stringify({ call: 1, device: "m000", request: "echo", args: ["hunter2"] })
    await say(`${place}/api/live`, call, '"reply":1')
    await say(`${place}/katcp/m000`, "?echo[7] hunter2\n", "!echo[7] ok hunter2")
    await say(`${place}/katcp`, "?m000-echo[7] hunter2\n", "!m000-echo[7] ok hunter2")
    const { records } = await served.json<{ records: ReadonlyArray<Recorded> }>("/api/audit")
    assert.deepStrictEqual(
      records.map(({ arguments: values, device, outcome, reason, via }) => [via, device, outcome, values, reason]),
      [
        ["http", "m000", "ok", ["(1 withheld)"], undefined],
        ["http", "m001", "refused", ["(1 withheld)"], undefined],
        ["websocket", "m000", "ok", ["(1 withheld)"], undefined],
        ["proxy", "m000", "ok", ["(1 withheld)"], undefined],
        ["proxy", "m000", "ok", ["(1 withheld)"], undefined]
      ]
    )
    const lines = served.logged.filter((line) => line.includes("echo"))
    assert.isAtLeast(lines.length, 5)
    assert.notInclude(lines.join("\n"), "hunter2")
    await served.close()
  })

  it("is refused under a malformed name, which records would show as another request", async () => {
    const served = await gateway({ allow: ["m000/echo"], withhold: ["*/echo"] })
    const ask = (path: string) => served.ask(`/api/devices/${path}`, posting({ args: ["hunter2"] }))
    for (const path of [
      "m000/requests/echo%20",
      "m000/requests/echo%0a",
      "m000/requests/x%2Fecho",
      "m000/requests/x%0a%3Fhalt%20to%20m000%20of%2010.0.0.9%20by%20http%20(admin):%20ok%0a%3Fy",
      "m000%0aFORGED/requests/echo"
    ]) {
      const { body, status } = await ask(path)
      assert.strictEqual(status, 400, path)
      assert.include(body, "expected the name of a", path)
    }
    assert.deepStrictEqual((await served.json<{ records: ReadonlyArray<Recorded> }>("/api/audit")).records, [])
    assert.notMatch(served.logged.join("\n"), /hunter2|10\.0\.0\.9|FORGED/)
    await served.close()
  })
})
