/** Permissions over HTTP: every role, with every kind of credentials, at a listener on a real port. */
import { readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { addToken, readTokens, revokeToken } from "../../../src/Site/node/index.ts"
import { type Answer, bearer, listening, tokenFile, untilWaiting } from "./support.ts"

const post = { method: "POST", headers: { "x-katcp": "1" } }
const problemOf = ({ body, headers }: Answer) => {
  assert.strictEqual(headers["content-type"], "application/problem+json")
  return JSON.parse(body) as { readonly status: number; readonly title: string; readonly detail: string }
}

describe("a listener on this machine alone", () => {
  let server: Awaited<ReturnType<typeof listening>>
  beforeAll(async () => {
    server = await listening()
  })
  afterAll(() => server.close())

  it("gives programs of this machine the role admin", async () => {
    const { body, status } = await server.ask("/admin")
    assert.strictEqual(status, 200)
    assert.deepInclude(JSON.parse(body), { role: "admin", by: "address", from: "127.0.0.1" })
  })

  it.for(["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via"])(
    "gives a request with %s no role: it may come from anywhere",
    async (name) => {
      const headers = { [name]: "127.0.0.1" }
      const { status } = await server.ask("/read", { headers })
      assert.strictEqual(status, 401)
      const open = await server.ask("/none", { headers })
      assert.deepInclude(JSON.parse(open.body), { role: "none", by: "nobody" })
    }
  )

  it("refuses a name that is not its own, whatever the form of the request", async () => {
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil"])
      assert.strictEqual((await server.ask("/none", { headers: { host } })).status, 421, host)
    const absolute = await server.ask("http://evil.example/none", { headers: { host: "localhost" } })
    assert.strictEqual(absolute.status, 421)
    for (const host of ["localhost", "127.0.0.1:1", "[::1]:80"])
      assert.strictEqual((await server.ask("/none", { headers: { host } })).status, 200, host)
  })

  it("refuses pages of other sites, and a request that changes something without its header", async () => {
    const own = { host: "localhost:80", origin: "http://localhost:80" }
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { host: "localhost:80", origin: "http://localhost:81" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }
    ]) {
      const answer = await server.ask("/read", { headers })
      assert.strictEqual(answer.status, 403, JSON.stringify(headers))
      assert.notProperty(answer.headers, "access-control-allow-origin")
    }
    for (const headers of [
      own,
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      { "sec-fetch-site": "same-origin" }
    ])
      assert.strictEqual((await server.ask("/read", { headers })).status, 200, JSON.stringify(headers))
    const without = await server.ask("/control", { method: "POST", headers: own })
    assert.include(problemOf(without).detail, "X-Katcp: 1")
    assert.strictEqual(
      (await server.ask("/control", { method: "POST", headers: { ...own, "x-katcp": "1" } })).status,
      200
    )
    assert.strictEqual((await server.ask("/control", post)).status, 200)
  })

  it("shows only that there is a defect, and logs it", async () => {
    const { detail } = problemOf(await server.ask("/defect"))
    assert.notInclude(detail, "secret")
    assert.include(server.logged.join("\n"), "secret of the process")
  })

  it("answers unknown paths and every refusal with problem details and the usual headers", async () => {
    for (const answer of [await server.ask("/nothing"), await server.ask("/read", { headers: { host: "evil" } })]) {
      assert.strictEqual(problemOf(answer).status, answer.status)
      assert.include(answer.headers["content-security-policy"], "default-src 'self'")
      assert.include(answer.headers, {
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "x-frame-options": "DENY"
      })
    }
  })

  it("reads no body of more than 1 MiB, whatever its headers say", async () => {
    const body = "x".repeat(1_048_577)
    assert.strictEqual((await server.ask("/body", { ...post, body })).status, 413)
    const chunked = { method: "POST", headers: { "x-katcp": "1", "transfer-encoding": "chunked" }, body }
    assert.strictEqual((await server.ask("/body", chunked)).status, 413)
    assert.strictEqual((await server.ask("/body", { ...post, body: body.slice(1) })).body, "1048576")
  })
})

describe("tokens", () => {
  const { file, remove, tokens } = tokenFile()
  let server: Awaited<ReturnType<typeof listening>>
  beforeAll(async () => {
    server = await listening({ tokens: file, loopback: "token" })
  })
  afterAll(async () => {
    await server.close()
    remove()
  })

  it.for([
    ["read", [200, 403, 403]],
    ["control", [200, 200, 403]],
    ["admin", [200, 200, 200]]
  ] as const)("of role %s open what the role may do, and no more", async ([role, wanted]) => {
    const headers = bearer(tokens[role])
    const found = [
      await server.ask("/read", { headers }),
      await server.ask("/control", { method: "POST", headers: { ...headers, "x-katcp": "1" } }),
      await server.ask("/admin", { headers })
    ]
    assert.deepStrictEqual(
      found.map(({ status }) => status),
      [...wanted]
    )
    for (const answer of found)
      if (answer.status === 403) assert.include(problemOf(answer).detail, `your role here is ${role}`)
  })

  it("are needed by programs of this machine, too, with loopback: token; /healthz shows them only ok", async () => {
    const without = await server.ask("/read")
    assert.strictEqual(without.status, 401)
    assert.strictEqual(without.headers["www-authenticate"], 'Bearer realm="katcp"')
    assert.strictEqual((await server.ask("/healthz")).body, `{"status":"ok"}`)
    assert.property(JSON.parse((await server.ask("/healthz", { headers: bearer(tokens.read) })).body), "parts")
  })

  it.for([
    ["one that is unknown", `Bearer katcp_${"A".repeat(43)}`],
    ["the digest in its file", `Bearer ${readTokens(file)[0]!.digest}`],
    ["an empty one", "Bearer "],
    ["another scheme", `Basic ${btoa("a:b")}`],
    ["one with something behind it", `Bearer ${tokens.admin} x`]
  ] as const)("that are malformed are refused, even if no credentials are needed: %s", async ([, authorization]) => {
    for (const to of ["/none", "/read"]) {
      const answer = await server.ask(to, { headers: { authorization } })
      assert.strictEqual(answer.status, 401)
      assert.include(answer.headers["www-authenticate"], "invalid_token")
    }
  })

  it("are accepted only in their header", async () => {
    const { admin } = tokens
    for (const to of [`/read?token=${admin}`, `/read?access_token=${admin}`, `/read?authorization=Bearer%20${admin}`])
      assert.strictEqual((await server.ask(to)).status, 401)
    assert.strictEqual(
      (await server.ask("/read", { headers: { cookie: `katcp-session-${server.port}=${admin}` } })).status,
      401
    )
  })

  it("are in the file as digests alone", () => {
    const text = readFileSync(file, "utf8")
    for (const token of Object.values(tokens)) assert.notInclude(text, token.slice("katcp_".length))
  })

  it("that are revoked are refused, and their open connections close within 10 s", async () => {
    const token = addToken(file, { name: "guest", role: "read", expires: undefined })
    const headers = bearer(token)
    await server.pass(2)
    assert.strictEqual((await server.ask("/read", { headers })).status, 200)
    const open = server.ask("/open", { headers })
    const endOf = (answer: Promise<Answer>) =>
      answer.then(
        () => "answered",
        ({ code }: { readonly code: string }) => code
      )
    const held = endOf(server.ask("/held", { headers }))
    const others = endOf(server.ask("/held", { headers: bearer(tokens.read) }))
    await untilWaiting(3)
    assert.isTrue(revokeToken(file, "guest"))
    await server.pass(2)
    assert.strictEqual((await open).body, "revoked\n")
    assert.strictEqual((await server.ask("/read", { headers })).status, 401)
    // a route that does not care is cut
    await server.pass(5)
    assert.strictEqual(await held, "ECONNRESET")
    assert.strictEqual(await Promise.race([others, Promise.resolve("open")]), "open")
  })
})
