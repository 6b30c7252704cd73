/** Requests that are nonsense, or nearly right: nothing gets through, nothing crashes, and every answer is one of the API's. */
import { connect } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bearer, tokenFile } from "../Site/http/support.ts"
import { gateway, posting } from "./support.ts"

const { file, remove, tokens } = tokenFile()
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({
    allow: ["m000/track"],
    archive: true,
    tokens: file,
    loopback: "token",
    requestsPerSecond: 0
  })
})
afterAll(async () => {
  await served.close()
  remove()
})

/** The same numbers in each run. */
const generator = (seed: number) => (below: number) => {
  seed = (seed * 48271) % 2147483647
  return seed % below
}
const pieces = [
  "",
  "m000",
  "*",
  "/",
  "//",
  "..",
  "%2e%2e%2f",
  "%",
  "%00",
  "%ff",
  "\\",
  "azimuth",
  "?",
  "&",
  "=",
  "[",
  "(",
  ".*",
  "-1",
  "1e400",
  "NaN",
  "null",
  "{}",
  "'",
  '"',
  "<script>",
  "é",
  "x".repeat(300),
  "limit",
  "match",
  "sensor",
  "status",
  "cursor",
  "from"
]
const places = [
  "/",
  "/api",
  "/api/",
  "/api/devices/",
  "/api/sensors/",
  "/api/sensors",
  "/api/history",
  "/api/readings",
  "/api/audit",
  "/api/caller",
  "/openapi.json",
  "/login",
  "/healthz",
  "/api/devices/m000/requests/"
]

describe("random addresses", () => {
  it.for(["read", "control", "admin"] as const)("are answered properly, for role %s", async (role) => {
    const random = generator(role.length)
    for (let run = 0; run < 300; run++) {
      let to = places[random(places.length)]!
      for (let part = random(6); part > 0; part--)
        to += pieces[random(pieces.length)]! + ["", "/", "?", "&", "="][random(5)]!
      const path = to.replace(/[^!-~]/g, encodeURIComponent)
      const { body, headers, status } = await served.ask(path, { headers: bearer(tokens[role]) })
      assert.isTrue([200, 400, 403, 404].includes(status), `${status} ${path}`)
      if (status >= 400) assert.strictEqual(headers["content-type"], "application/problem+json", path)
      assert.notMatch(body, /\bat .*\.ts:\d+/)
    }
  })
})

describe("random bodies", () => {
  it("reach the device only if they are valid, and are answered properly", async () => {
    const random = generator(7)
    const values = [
      '"1"',
      "1",
      "true",
      "null",
      "[]",
      "{}",
      '{"base64":"AA=="}',
      '{"base64":1}',
      '"\\ud800"',
      '"\\u0000"',
      "1e999",
      `"${"y".repeat(1000)}"`
    ]
    const keys = ["args", "timeout", "__proto__", "constructor", "toString", ""]
    for (let run = 0; run < 300; run++) {
      const members = Array.from({ length: random(4) }, () => {
        const list = Array.from({ length: random(4) }, () => values[random(values.length)]).join(",")
        return `${JSON.stringify(keys[random(keys.length)])}:${random(2) === 0 ? `[${list}]` : values[random(values.length)]}`
      })
      const body = `{${members.join(",")}}`.slice(random(8) === 0 ? 1 : 0)
      const { status } = await served.ask("/api/devices/m000/requests/track", posting(body, bearer(tokens.control)))
      assert.isTrue([200, 400].includes(status), `${status} ${body}`)
    }
  })
})

describe("every endpoint", () => {
  const endpoints = [
    "/api/devices",
    "/api/devices/m000",
    "/api/sensors",
    "/api/sensors/m000/azimuth",
    "/api/history?sensor=m000/azimuth",
    "/api/readings?sensor=m000/azimuth",
    "/api/audit",
    "/api/caller",
    "/api/events",
    "/openapi.json"
  ]
  it.for(endpoints)(
    "refuses callers without a token, with a wrong one, another origin or another host: %s",
    async (to) => {
      const good = bearer(tokens.admin)
      const statuses = []
      for (const headers of [
        {},
        bearer("katcp_wrong"),
        { ...good, origin: "http://evil.example" },
        { ...good, host: "evil.example" },
        { "x-forwarded-for": "127.0.0.1" },
        { cookie: `katcp-session-${served.port}=${"0".repeat(64)}` }
      ])
        statuses.push((await served.ask(to, { headers })).status)
      assert.deepStrictEqual(statuses, [401, 401, 403, 421, 401, 401])
    }
  )

  it.for(endpoints)("changes nothing with another method: %s", async (to) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "TRACE"]) {
      const { status } = await served.ask(to, { method, headers: { ...bearer(tokens.admin), "x-katcp": "1" } })
      assert.isTrue([404, 405].includes(status), `${method} ${status}`)
    }
  })
})

describe("connections that are not HTTP", () => {
  const talk = (text: string) =>
    new Promise<string>((resolve) => {
      let said = ""
      const socket = connect({ host: "127.0.0.1", port: served.port }, () => socket.write(text))
      socket.on("data", (data) => (said += data)).on("error", () => undefined)
      socket.on("close", () => resolve(said))
    })

  it.for([
    ["another protocol", "?watchdog\n?help\n", 400],
    ["a header that never ends", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(70_000)}`, 431],
    [
      "two lengths",
      "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      400
    ],
    [
      "length and chunks at once",
      "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400
    ],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400]
  ] as const)("are answered with a problem and closed: %s", async ([, text, status]) => {
    const said = await talk(text)
    assert.match(said, new RegExp(`^HTTP/1.1 ${status} `))
  })
})
