/**
 * Every endpoint and every frame with every role and every way to be refused, over a real listener and real sockets: what a
 * caller gets is what this table says, and nothing else.
 */
import { request } from "node:http"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { WebSocket } from "ws"
import { addToken, revokeToken } from "../../src/Site/node/index.ts"
import { issuing } from "../Site/http/issuer.ts"
import { bearer, tokenFile } from "../Site/http/support.ts"
import { gateway } from "./support.ts"

type Headers = Readonly<Record<string, string>>
type Role = "none" | "read" | "control" | "admin"

const { file, remove, tokens } = tokenFile()
const now = () => Math.floor((performance.timeOrigin + performance.now()) / 1000)
const allow = ["*/track", "m000/log-level"]
let issuer: Awaited<ReturnType<typeof issuing>>
/** Needs a token from everyone. */
let closed: Awaited<ReturnType<typeof gateway>>
/** Lets programs of this machine in without one. */
let open: Awaited<ReturnType<typeof gateway>>
/** Asks an issuer that is away. */
let lost: Awaited<ReturnType<typeof gateway>>
const expired = addToken(file, { name: "former", role: "admin", expires: now() - 60 })
const revoked = addToken(file, { name: "gone", role: "admin", expires: undefined })
revokeToken(file, "gone")

beforeAll(async () => {
  issuer = await issuing()
  const usual = { allow, archive: true, katcp: true, requestsPerSecond: 0 }
  closed = await gateway({ ...usual, tokens: file, jwt: issuer.options, loopback: "token" })
  open = await gateway({ ...usual, tokens: file })
  lost = await gateway({
    ...usual,
    loopback: "token",
    jwt: { ...issuer.options, jwks: "http://127.0.0.1:1/keys" }
  })
})
afterAll(async () => {
  for (const one of [closed, open, lost]) await one.close()
  await issuer.close()
  remove()
})

let asked = 0
/** An address of this machine that no request has had: 20 wrong tokens of one address close it for a while. */
const fresh = (): string => {
  asked++
  return `127.1.${Math.floor(asked / 250)}.${1 + (asked % 250)}`
}

/** The status of an answer, and its headers. The body is not waited for: streams have no end. */
const ask = (
  port: number,
  method: string,
  path: string,
  headers: Headers,
  body = ""
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>> }> =>
  new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false, localAddress: fresh() }
    const asked = request(options, (response) => {
      resolve({ status: response.statusCode!, headers: response.headers })
      response.on("error", () => undefined)
      asked.destroy()
    })
    asked.on("error", reject)
    asked.end(body)
  })

/** 101 if a WebSocket opens, and the status of the answer if it does not. */
const upgrade = (port: number, path: string, headers: Headers): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers, localAddress: fresh() })
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

/** Logs in. Gives the cookie as a browser sends it back. */
const login = async (port: number, token: string): Promise<string> => {
  const { headers, status } = await ask(
    port,
    "POST",
    "/login",
    { host: "localhost", origin: "http://localhost", "content-type": "application/x-www-form-urlencoded" },
    String(new URLSearchParams({ token }))
  )
  assert.strictEqual(status, 303)
  return String(headers["set-cookie"]).split(";")[0]!
}

const json = { "content-type": "application/json", "x-katcp": "1" }
/** Endpoints: method, path, the role that is needed, the status for those who have it, and what is sent. */
const endpoints: ReadonlyArray<readonly [string, string, Role, number, Headers?, string?]> = [
  ["GET", "/healthz", "none", 200],
  ["GET", "/login", "none", 200],
  ["GET", "/login.css", "none", 200],
  ["GET", "/login.js", "none", 200],
  ["GET", "/metrics", "read", 200],
  ["GET", "/openapi.json", "read", 200],
  ["GET", "/api/devices", "read", 200],
  ["GET", "/api/devices/m000", "read", 200],
  ["GET", "/api/devices/m9", "read", 404],
  ["GET", "/api/sensors", "read", 200],
  ["GET", "/api/sensors?match=m000/azimuth&limit=1", "read", 200],
  ["GET", "/api/sensors/m000/azimuth", "read", 200],
  ["GET", "/api/history?sensor=m000/*&from=20&to=10", "read", 200],
  ["GET", "/api/readings?sensor=m000/*&from=20&to=10", "read", 200],
  ["GET", "/api/caller", "read", 200],
  ["GET", "/api/events", "read", 200],
  ["GET", "/api/audit", "admin", 200],
  ["GET", "/api/live", "read", 426],
  ["GET", "/katcp", "read", 426],
  ["GET", "/katcp/m000", "read", 426],
  ["POST", "/api/devices/m000/requests/track", "control", 200, json, '{"args":[1]}'],
  ["POST", "/api/devices/m000/requests/log-level", "admin", 200, json, '{"args":["info"]}'],
  // no allow list names these
  ["POST", "/api/devices/m000/requests/echo", "control", 403, json, '{"args":["x"]}'],
  ["POST", "/api/devices/m000/requests/halt", "admin", 403, json, "{}"],
  ["POST", "/api/devices/m000/requests/watchdog", "read", 403, json, "{}"],
  ["GET", "/nothing", "none", 404]
]
const sockets = ["/api/live", "/katcp", "/katcp/m000"]
const rank: Readonly<Record<Role, number>> = { none: 0, read: 1, control: 2, admin: 3 }

/** How a caller comes in: a role, or the status by which the gate refuses every request. */
interface Coming {
  readonly name: string
  readonly headers: () => Promise<Headers> | Headers
  readonly role: Role | number
  readonly at?: () => { readonly port: number }
}
const byToken = async (token: Promise<string>): Promise<Headers> => bearer(await token)
const later = () => now() + 3600
const comings: ReadonlyArray<Coming> = [
  { name: "nobody", headers: () => ({}), role: "none" },
  { name: "a reader's token", headers: () => bearer(tokens.read), role: "read" },
  { name: "an operator's token", headers: () => bearer(tokens.control), role: "control" },
  { name: "an admin's token", headers: () => bearer(tokens.admin), role: "admin" },
  ...(["read", "control", "admin"] as const).map((role) => ({
    name: `the session of role ${role}`,
    headers: async () => ({ cookie: await login(closed.port, tokens[role]) }),
    role
  })),
  { name: "a JWT of role read", headers: () => byToken(issuer.sign({ exp: later() })), role: "read" },
  { name: "a JWT of role admin", headers: () => byToken(issuer.sign({ exp: later(), roles: "admin" })), role: "admin" },
  { name: "an unknown token", headers: () => bearer(`katcp_${"A".repeat(43)}`), role: 401 },
  { name: "an expired token", headers: () => bearer(expired), role: 401 },
  { name: "a revoked token", headers: () => bearer(revoked), role: 401 },
  { name: "a token as Basic", headers: () => ({ authorization: `Basic ${btoa(`x:${tokens.admin}`)}` }), role: 401 },
  { name: "a cookie of no session", headers: () => ({ cookie: `katcp-session-1=${"0".repeat(64)}` }), role: "none" },
  { name: "a token in the cookie", headers: () => ({ cookie: `katcp-session-1=${tokens.admin}` }), role: "none" },
  { name: "an expired JWT", headers: () => byToken(issuer.sign({ exp: now() - 60, roles: "admin" })), role: 401 },
  {
    name: "a JWT for another audience",
    headers: () => byToken(issuer.sign({ exp: later(), aud: "other", roles: "admin" })),
    role: 401
  },
  {
    name: "a JWT of another issuer",
    headers: () => byToken(issuer.sign({ exp: later(), iss: "https://evil.example", roles: "admin" })),
    role: 401
  },
  {
    name: "a JWT with another key",
    headers: () => byToken(issuer.signWrong({ exp: later(), roles: "admin" })),
    role: 401
  },
  {
    name: "a JWT with the public key as a secret",
    headers: () => byToken(issuer.signSecret({ exp: later(), roles: "admin" })),
    role: 401
  },
  {
    name: "a JWT without a signature",
    headers: () => byToken(issuer.unsigned({ exp: later(), roles: "admin" })),
    role: 401
  },
  {
    name: "a JWT while its issuer cannot be asked",
    headers: () => byToken(issuer.sign({ exp: later(), roles: "admin" })),
    role: 503,
    at: () => lost
  },
  { name: "another origin", headers: () => ({ ...bearer(tokens.admin), origin: "http://evil.example" }), role: 403 },
  { name: "no origin's page", headers: () => ({ ...bearer(tokens.admin), origin: "null" }), role: 403 },
  {
    name: "another origin with a session",
    headers: async () => ({ cookie: await login(closed.port, tokens.admin), origin: "http://evil.example" }),
    role: 403
  },
  { name: "another host", headers: () => ({ ...bearer(tokens.admin), host: "evil.example" }), role: 421 },
  {
    name: "a name that points here (DNS rebinding)",
    headers: () => ({ host: "evil.example", origin: "http://evil.example" }),
    role: 421,
    at: () => open
  },
  { name: "another site's page", headers: () => ({ "sec-fetch-site": "cross-site" }), role: 403, at: () => open },
  { name: "a program of this machine", headers: () => ({}), role: "admin", at: () => open },
  ...["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"].map((name) => ({
    name: `a program of this machine with ${name}`,
    headers: () => ({ [name]: "127.0.0.1" }),
    role: "none" as const,
    at: () => open
  }))
]

describe("a caller with", () => {
  it.for(comings)("$name gets from each endpoint what the role permits", async ({ at, headers, role }) => {
    const { port } = at?.() ?? closed
    const own = await headers()
    for (const [method, path, needed, allowed, more = {}, body] of endpoints) {
      const { status, ...answer } = await ask(port, method, path, { ...own, ...more }, body)
      // the route asks for the role read before it asks for that of the request
      const wanted =
        typeof role === "number" ? role : rank[role] >= rank[needed] ? allowed : role === "none" ? 401 : 403
      assert.strictEqual(status, wanted, `${method} ${path}`)
      if (status >= 400 && status !== 426)
        assert.strictEqual(answer.headers["content-type"], "application/problem+json", path)
      assert.include(String(answer.headers["content-security-policy"]), "default-src 'self'", path)
    }
  })

  it.for(comings)("$name gets a WebSocket if the role permits it, otherwise the same answer", async (coming) => {
    const { at, headers, role } = coming
    const { port } = at?.() ?? closed
    const own = await headers()
    const wanted = typeof role === "number" ? role : role === "none" ? 401 : 101
    for (const path of sockets) assert.strictEqual(await upgrade(port, path, own), wanted, path)
  })
})

describe("requests that change something", () => {
  it("need the header X-Katcp, whatever the role and the origin", async () => {
    const path = "/api/devices/m000/requests/track"
    const own = { "content-type": "application/json" }
    for (const headers of [
      bearer(tokens.admin),
      { cookie: await login(closed.port, tokens.admin) },
      { cookie: await login(closed.port, tokens.admin), origin: `http://127.0.0.1:${closed.port}` }
    ])
      assert.strictEqual((await ask(closed.port, "POST", path, { ...own, ...headers }, '{"args":[1]}')).status, 403)
    assert.strictEqual((await ask(open.port, "POST", path, own, '{"args":[1]}')).status, 403)
    // a form of another page may send this type without being asked
    const form = { ...bearer(tokens.admin), "x-katcp": "1", "content-type": "text/plain" }
    assert.strictEqual((await ask(closed.port, "POST", path, form, '{"args":[1]}')).status, 415)
  })
})

// ------------------------------------------------------------------ frames

type Frame = Readonly<Record<string, unknown>>

/** A WebSocket of a page, with what it was sent. */
const page = async (headers: Headers, { port } = closed) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, { headers })
  const frames: Array<Frame> = []
  let wake = () => {}
  let code: number | undefined
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)) as Frame)
    wake()
  })
  socket.on("error", () => undefined)
  socket.on("close", (closedWith) => {
    code = closedWith
    wake()
  })
  const until = async <A>(found: () => A | undefined): Promise<A> => {
    for (;;) {
      const it = found()
      if (it !== undefined) return it
      if (code !== undefined) throw new Error(`closed with ${code}`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const frame = (is: (frame: Frame) => boolean) => until(() => frames.find(is))
  await frame((it) => "hello" in it)
  return {
    frames,
    frame,
    socket,
    until,
    send: (value: unknown) => socket.send(JSON.stringify(value)),
    closedWith: async () => {
      while (code === undefined) await new Promise<void>((resolve) => (wake = resolve))
      return code
    }
  }
}

const call = (id: number, request: string, ...args: ReadonlyArray<string>) => ({
  call: id,
  device: "m000",
  request,
  args
})
const replyOf = (id: number) => (frame: Frame) => frame.reply === id
/** Frames, what answers them, and what the answer says: for everyone, or by role. */
const framesAndAnswers: ReadonlyArray<
  readonly [string, Frame, (frame: Frame) => boolean, Readonly<Record<"read" | "control" | "admin", RegExp>>]
> = [
  ["sub", { sub: 1, targets: ["m000/azimuth"] }, (frame) => frame.subscribed === 1, same(/"sensors":1/)],
  ["data", { sub: 2, targets: ["m000/mode"] }, (frame) => frame.n === 1, same(/"time":/)],
  ["ack", { ack: 99 }, (frame) => has(frame, "no data frame 99"), same(/bad frame/)],
  ["unsub", { unsub: 9 }, (frame) => has(frame, "no subscription 9"), same(/bad frame/)],
  ["logs", { logs: "loud" }, (frame) => has(frame, "logs: expected"), same(/bad frame/)],
  [
    "call of role control",
    call(1, "track", "3"),
    replyOf(1),
    { read: /not-allowed.*|needs the role control/, control: /"ok"/, admin: /"ok"/ }
  ],
  [
    "call of role admin",
    call(2, "log-level", "info"),
    replyOf(2),
    { read: /needs the role admin/, control: /needs the role admin/, admin: /"ok"/ }
  ],
  [
    "call that no allow list names",
    call(3, "echo", "x"),
    replyOf(3),
    { read: /needs the role control/, control: /no allow list names/, admin: /no allow list names/ }
  ],
  [
    "halt",
    call(4, "halt"),
    replyOf(4),
    { read: /needs the role admin/, control: /needs the role admin/, admin: /no allow list names/ }
  ],
  ["watchdog", call(5, "watchdog"), replyOf(5), same(/no allow list names/)],
  [
    "a device that is not there",
    { ...call(6, "track", "1"), device: "m9" },
    replyOf(6),
    {
      read: /needs the role control/,
      control: /no-device/,
      admin: /no-device/
    }
  ],
  ["nonsense", { role: "admin" }, (frame) => has(frame, "one of the keys"), same(/bad frame/)]
]
function same(words: RegExp) {
  return { read: words, control: words, admin: words }
}
function has(frame: Frame, text: string) {
  return "error" in frame && JSON.stringify(frame).includes(text)
}

describe("a page of role", () => {
  it.for(["read", "control", "admin"] as const)("%s gets for each frame what the role permits", async (role) => {
    const one = await page(bearer(tokens[role]))
    assert.deepInclude((one.frames[0] as { readonly hello: object }).hello, { role, login: false })
    for (const [name, frame, is, wanted] of framesAndAnswers) {
      one.send(frame)
      assert.match(JSON.stringify(await one.frame(is)), wanted[role], name)
    }
    one.socket.terminate()
    const { records } = await closed.json<{
      records: ReadonlyArray<{ outcome: string; role: string; request: string }>
    }>("/api/audit?limit=1000", { headers: bearer(tokens.admin) })
    const refused = records.filter((record) => record.role === role && record.outcome === "refused")
    assert.isTrue(refused.some(({ request }) => request === "halt"))
  })
})

describe("lines of role", () => {
  it.for([
    ["read", "fail", "invalid"],
    ["control", "ok", "invalid"],
    ["admin", "ok", "invalid"]
  ] as const)("%s get %s for a request of role control", async ([role, track, unlisted]) => {
    const socket = new WebSocket(`ws://127.0.0.1:${closed.port}/katcp/m000`, { headers: bearer(tokens[role]) })
    let text = ""
    socket.on("message", (data) => (text += String(data)))
    await new Promise((resolve) => socket.once("open", resolve))
    const answers = ["?watchdog[1]", "?track[2] 4", "?echo[3] x", "?halt[4]", "?restart[5]", "?log-level[6] trace"]
    socket.send(`${answers.join("\n")}\n`)
    while ((text.match(/^!/gm) ?? []).length < answers.length)
      await new Promise((resolve) => socket.once("message", resolve))
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5, 6].map((id) => new RegExp(`^!\\S+\\[${id}\\] (\\w+)`, "m").exec(text)?.[1]),
      ["ok", track, unlisted, "fail", "fail", "fail"]
    )
    socket.terminate()
  })
})

describe("a WebSocket ends", () => {
  it("after the revocation of its token, with the reason; others stay", async () => {
    const token = addToken(file, { name: "guest", role: "read", expires: undefined })
    while ((await ask(closed.port, "GET", "/api/caller", bearer(token))).status !== 200)
      await new Promise((resolve) => setImmediate(resolve))
    const guest = await page(bearer(token))
    const session = await page({ cookie: await login(closed.port, token) })
    const lines = new WebSocket(`ws://127.0.0.1:${closed.port}/katcp/m000`, { headers: bearer(token) })
    let text = ""
    lines.on("message", (data) => (text += String(data)))
    const linesEnd = new Promise((resolve) => lines.once("close", resolve))
    await new Promise((resolve) => lines.once("message", resolve))
    const other = await page(bearer(tokens.read))
    revokeToken(file, "guest")
    for (const one of [guest, session]) {
      assert.deepStrictEqual(await one.frame((frame) => "bye" in frame), { bye: "revoked" })
      assert.strictEqual(await one.closedWith(), 1008)
    }
    await linesEnd
    assert.match(text, /#disconnect the\\_token\\_is\\_revoked\n/)
    assert.strictEqual(other.socket.readyState, WebSocket.OPEN)
    other.socket.terminate()
  })

  it("with its JWT's expiry, and with its session's logout", async () => {
    const passing = await page(bearer(await issuer.sign({ exp: now() + 2 })))
    const cookie = await login(closed.port, tokens.read)
    const session = await page({ cookie })
    assert.strictEqual(
      (await ask(closed.port, "POST", "/logout", { cookie, host: "localhost", origin: "http://localhost" })).status,
      303
    )
    assert.deepStrictEqual(await session.frame((frame) => "bye" in frame), { bye: "revoked" })
    assert.deepStrictEqual(await passing.frame((frame) => "bye" in frame), { bye: "expired" })
    assert.strictEqual(await passing.closedWith(), 1008)
    assert.strictEqual(await upgrade(closed.port, "/api/live", { cookie }), 401)
  })
})
