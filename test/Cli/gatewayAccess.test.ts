/** Roles at `katcp gateway` and `katcp serve` as they were built: the main cases, over real sockets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { WebSocket } from "ws"
import { device, katcp, start } from "./katcp.ts"

type Headers = Readonly<Record<string, string>>
const folder = mkdtempSync(path.join(tmpdir(), "katcp-access-"))
const tokens = path.join(folder, "tokens")
const urls = new Map<string, string>()
const secrets = new Map<string, string>()
const running: Array<ReturnType<typeof start>> = []

beforeAll(async () => {
  const { address } = await device()
  for (const role of ["read", "control", "admin"]) {
    const { out } = await katcp(["gateway", "token", "add", role, "--role", role, "--tokens", tokens])
    secrets.set(role, out.trim())
  }
  const site = path.join(folder, "site.yaml")
  writeFileSync(
    site,
    `devices: { dish: "${address}" }\nhttp: { listen: 0, tokens: tokens, loopback: token }\ngateway: { allow: ["*/add", "dish/log-level"], katcp: true }\n`
  )
  const gateway = ["gateway", `dish=${address}`, "--listen", "0", "--tokens", tokens, "--katcp", "--json"]
  for (const [name, args] of [
    ["katcp gateway", [...gateway, "--loopback", "token", "--allow", "*/add", "--allow", "dish/log-level"]],
    ["katcp gateway for this machine", [...gateway, "--allow", "*/add"]],
    ["katcp serve", ["serve", site, "--json"]]
  ] as const) {
    const one = start(args)
    running.push(one)
    await one.until(({ err, out }) => {
      if (err.startsWith("katcp: ")) throw new Error(err)
      return out.includes("\n")
    })
    const { url } = JSON.parse(one.out()) as { readonly url: string }
    urls.set(name, url)
    // the device is looked at in the background
    for (;;) {
      const { body } = await ask(`${url}/api/devices/dish`, name.endsWith("machine") ? {} : bearer("admin"))
      const { requests, synced } = JSON.parse(body) as {
        readonly synced: boolean
        readonly requests: ReadonlyArray<unknown>
      }
      if (synced && requests.length > 0) break
    }
  }
})
afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill("SIGTERM")
    await ended
  }
  rmSync(folder, { recursive: true })
})

const bearer = (role: string): Headers => ({ authorization: `Bearer ${secrets.get(role)}` })
const ask = (url: string, headers: Headers, method = "GET", body = "") =>
  new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let text = ""
      response
        .on("data", (data) => (text += data))
        .on("end", () => resolve({ status: response.statusCode!, body: text }))
    })
      .on("error", reject)
      .end(body)
  })
const post: Headers = { "x-katcp": "1", "content-type": "application/json" }
const upgrade = (url: string, headers: Headers) =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), { headers })
    socket.on("unexpected-response", (asked, response) => {
      resolve(response.statusCode!)
      asked.destroy()
    })
    socket.on("open", () => {
      resolve(101)
      socket.terminate()
    })
    socket.on("error", reject)
  })

describe.each(["katcp gateway", "katcp serve"])("%s", (name) => {
  const url = () => urls.get(name)!

  it.for([
    ["nobody", () => ({}), [401, 401, 401, 401, 401]],
    ["a reader", () => bearer("read"), [200, 403, 403, 403, 101]],
    ["an operator", () => bearer("control"), [200, 403, 200, 403, 101]],
    ["an unknown token", () => ({ authorization: "Bearer katcp_x" }), [401, 401, 401, 401, 401]],
    ["another origin", () => ({ ...bearer("admin"), origin: "http://evil.example" }), [403, 403, 403, 403, 403]],
    ["another host", () => ({ ...bearer("admin"), host: "evil.example" }), [421, 421, 421, 421, 421]],
    ["a header of a proxy", () => ({ "x-forwarded-for": "127.0.0.1" }), [401, 401, 401, 401, 401]]
  ] as const)("gives %s what the role permits, and nothing else", async ([, headers, wanted]) => {
    const own = headers()
    const found = [
      (await ask(`${url()}/api/sensors`, own)).status,
      (await ask(`${url()}/api/audit`, own)).status,
      (await ask(`${url()}/api/devices/dish/requests/add`, { ...own, ...post }, "POST", '{"args":[1,2]}')).status,
      (await ask(`${url()}/api/devices/dish/requests/log-level`, { ...own, ...post }, "POST", '{"args":["info"]}'))
        .status,
      await upgrade(`${url()}/api/live`, own)
    ]
    assert.deepStrictEqual(found, [...wanted])
    assert.strictEqual(await upgrade(`${url()}/katcp/dish`, own), wanted[4])
  })

  it("needs the header X-Katcp for changes; no wildcard and no role covers a request that is not allowed", async () => {
    const to = (name: string) => `${url()}/api/devices/dish/requests/${name}`
    const json = { ...bearer("admin"), "content-type": "application/json" }
    assert.strictEqual((await ask(to("add"), json, "POST", '{"args":[1,2]}')).status, 403)
    const level = await ask(to("log-level"), { ...json, ...post }, "POST", '{"args":["info"]}')
    assert.strictEqual(level.status, 200, level.body)
    for (const request of ["halt", "restart", "watchdog"])
      assert.strictEqual((await ask(to(request), { ...json, ...post }, "POST", "{}")).status, 403, request)
  })
})

it("programs of this machine are admins without a token, unless a proxy has passed their request on", async () => {
  const url = urls.get("katcp gateway for this machine")!
  assert.strictEqual((await ask(`${url}/api/audit`, {})).status, 200)
  assert.strictEqual(await upgrade(`${url}/api/live`, {}), 101)
  for (const header of ["forwarded", "x-forwarded-for", "x-forwarded-proto", "via"]) {
    assert.strictEqual((await ask(`${url}/api/audit`, { [header]: "127.0.0.1" })).status, 401, header)
    assert.strictEqual(await upgrade(`${url}/api/live`, { [header]: "127.0.0.1" }), 401, header)
  }
  assert.strictEqual((await ask(`${url}/api/sensors`, { origin: "http://evil.example" })).status, 403)
  assert.strictEqual((await ask(`${url}/api/sensors`, { host: "evil.example" })).status, 421)
})

it("reports open sockets and sent data in /healthz and /metrics", async () => {
  const url = urls.get("katcp gateway for this machine")!
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/live`)
  await new Promise((resolve) => socket.once("message", resolve))
  for (;;) {
    const { parts } = JSON.parse((await ask(`${url}/healthz`, {})).body) as {
      readonly parts: { readonly gateway: { readonly details: Readonly<Record<string, number>> } }
    }
    // the sockets of the tests before are gone when the gateway has noticed that
    if (parts.gateway.details.pages !== 1) continue
    assert.isAtLeast(parts.gateway.details.framesSent!, 1)
    break
  }
  const { body } = await ask(`${url}/metrics`, {})
  assert.match(body, /^katcp_gateway_pages(?:\{.*\})? 1$/m)
  for (const name of [
    "lines",
    "streams",
    "frames_sent",
    "events_sent",
    "readings_skipped",
    "frames_refused",
    "sockets_refused",
    "streams_refused",
    "too_slow"
  ])
    assert.match(body, new RegExp(`^katcp_gateway_${name}(?:\\{.*\\})? \\d+$`, "m"))
  const [, connections] = /^katcp_http_connections(?:\{.*\})? (\d+)$/m.exec(body) ?? []
  // the WebSocket, and the connection of this request
  assert.isAtLeast(Number(connections), 2)
  assert.match(body, /^katcp_http_refused_connections(?:\{.*\})? \d+$/m)
  socket.terminate()
})

it("prints an address that clients can open if it listens at all addresses", async () => {
  const { address } = await device()
  const gateway = ["gateway", `dish=${address}`, "--tokens", tokens, "--json"]
  for (const listen of ["0.0.0.0:0", "[::]:0"]) {
    const one = start([...gateway, "--listen", listen])
    await one.until(({ err, out }) => {
      if (err.startsWith("katcp: ")) throw new Error(err)
      return out.includes("\n")
    })
    const { url } = JSON.parse(one.out()) as { readonly url: string }
    assert.notMatch(url, /0\.0\.0\.0|\[::\]/)
    assert.include([200, 503], (await ask(`${url}/healthz`, {})).status)
    one.child.kill("SIGTERM")
    assert.strictEqual((await one.ended).code, 0)
  }
})
