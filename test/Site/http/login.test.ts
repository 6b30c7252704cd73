/** The login form, its sessions and their cookies, at a listener on a real port. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { addToken, revokeToken } from "../../../src/Site/node/index.ts"
import { bearer, listening, tokenFile, untilWaiting } from "./support.ts"

const { file, remove, tokens } = tokenFile()
let server: Awaited<ReturnType<typeof listening>>
beforeAll(async () => {
  server = await listening({ tokens: file, loopback: "token", session: "1 hour" })
})
afterAll(async () => {
  await server.close()
  remove()
})

const form = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) => ({
  method: "POST",
  headers: {
    "content-type": "application/x-www-form-urlencoded",
    host: "localhost",
    origin: "http://localhost",
    ...headers
  },
  body: String(new URLSearchParams(fields))
})

/** Logs in; gives the cookie as a browser sends it back. */
const login = async (token: string) => {
  const { headers, status } = await server.ask("/login", form({ token }))
  assert.strictEqual(status, 303)
  return headers["set-cookie"]!.split(";")[0]!
}
const roleOf = async (cookie: string) => {
  const { body, status } = await server.ask("/read", { headers: { cookie } })
  return status === 200 ? (JSON.parse(body) as { readonly role: string; readonly by: string }) : status
}

describe("the login form", () => {
  it("is where a browser is redirected, and leads back to the requested page", async () => {
    const led = await server.ask("/read?a=b%2Fc", { headers: { accept: "text/html,*/*" } })
    assert.strictEqual(led.status, 303)
    assert.strictEqual(led.headers.location, "/login?next=%2Fread%3Fa%3Db%252Fc")
    const { body, headers } = await server.ask(led.headers.location!)
    assert.include(body, `name="next" value="/read?a=b%2Fc"`)
    assert.notMatch(body, /<script(?! src="\/login.js")|<style|style=/)
    assert.include(headers["content-security-policy"], "form-action 'self'")
    const back = await server.ask("/login", form({ token: tokens.read, next: "/read?a=b%2Fc" }))
    assert.strictEqual(back.headers.location, "/read?a=b%2Fc")
  })

  it.for([
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil",
    "javascript:alert(1)",
    "/a\nb",
    "",
    "/.//evil.example"
  ])("leads to no other server: %j", async (next) => {
    const { headers } = await server.ask("/login", form({ token: tokens.read, next }))
    const to = new URL(headers.location!, "http://localhost")
    assert.strictEqual(to.host, "localhost")
    assert.notMatch(headers.location!, /^\/[/\\]/)
  })

  it("escapes everything that was sent", async () => {
    const { body } = await server.ask(`/login?next=${encodeURIComponent('/"><img src=x>')}`)
    assert.notInclude(body, "<img")
  })

  it("gives a cookie that no script can read and no other site can send", async () => {
    const { headers } = await server.ask("/login", form({ token: tokens.control }))
    const cookie = headers["set-cookie"]!
    assert.match(cookie, new RegExp(`^katcp-session-${server.port}=[0-9a-f]{64}; `))
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=3600"]) assert.include(cookie, part)
    assert.notInclude(cookie, "Secure")
    assert.deepInclude(await roleOf(cookie.split(";")[0]!), { role: "control", by: "session" })
  })

  it("refuses pages of other sites, wrong tokens and malformed forms", async () => {
    assert.strictEqual(
      (await server.ask("/login", form({ token: tokens.read }, { origin: "http://evil.example" }))).status,
      403
    )
    assert.strictEqual((await server.ask("/login", form({ token: "katcp_wrong" }))).status, 401)
    assert.strictEqual((await server.ask("/login", form({}))).status, 400)
    assert.strictEqual((await server.ask("/login", form({ token: tokens.read }, { host: "evil.example" }))).status, 421)
  })
})

describe("a session", () => {
  it("has an id that the server generates, whatever cookie the browser had before", async () => {
    const planted = "a".repeat(64)
    const cookie = `katcp-session-${server.port}=${planted}`
    const { headers, status } = await server.ask("/login", form({ token: tokens.admin }, { cookie }))
    assert.strictEqual(status, 303)
    const own = headers["set-cookie"]!.split(";")[0]!
    assert.notInclude(own, planted)
    assert.strictEqual(await roleOf(cookie), 401)
    assert.deepInclude(await roleOf(own), { role: "admin" })
    // the session of another token is not raised by a login: it stays what it was
    const reader = await login(tokens.read)
    const again = await server.ask("/login", form({ token: tokens.admin }, { cookie: reader }))
    assert.notInclude(again.headers["set-cookie"], reader.split("=")[1])
    assert.deepInclude(await roleOf(reader), { role: "read" })
  })

  it("needs the header for changes, like every caller", async () => {
    const cookie = await login(tokens.control)
    const own = { cookie, host: "localhost", origin: "http://localhost" }
    assert.strictEqual((await server.ask("/control", { method: "POST", headers: own })).status, 403)
    assert.strictEqual(
      (await server.ask("/control", { method: "POST", headers: { ...own, "x-katcp": "1" } })).status,
      200
    )
  })

  it("ends by logout, with its open connections; its old cookie has no effect", async () => {
    const cookie = await login(tokens.read)
    const other = await login(tokens.read)
    const open = server.ask("/open", { headers: { cookie } })
    await untilWaiting(1)
    const { headers, status } = await server.ask("/logout", {
      method: "POST",
      headers: { cookie, host: "localhost", origin: "http://localhost" }
    })
    assert.strictEqual(status, 303)
    assert.include(headers["set-cookie"], "Max-Age=0")
    assert.strictEqual((await open).body, "revoked\n")
    assert.strictEqual(await roleOf(cookie), 401)
    assert.deepInclude(await roleOf(other), { role: "read" })
  })

  it("ends with the token that it was begun with", async () => {
    const token = addToken(file, { name: "visitor", role: "admin", expires: undefined })
    await server.pass(2)
    const cookie = await login(token)
    assert.deepInclude(await roleOf(cookie), { role: "admin" })
    const open = server.ask("/open", { headers: { cookie } })
    await untilWaiting(1)
    revokeToken(file, "visitor")
    await server.pass(2)
    assert.strictEqual((await open).body, "revoked\n")
    assert.strictEqual(await roleOf(cookie), 401)
  })

  it("ends when its time is over, and closes its open connections", async () => {
    const cookie = await login(tokens.read)
    await server.pass(3598)
    assert.deepInclude(await roleOf(cookie), { role: "read" })
    const open = server.ask("/open", { headers: { cookie } })
    await untilWaiting(1)
    await server.pass(4)
    assert.strictEqual((await open).body, "expired\n")
    assert.strictEqual(await roleOf(cookie), 401)
    assert.strictEqual((await server.ask("/read", { headers: bearer(tokens.read) })).status, 200)
  })
})

describe("too many wrong tokens", () => {
  it("from one address block it for a while; other addresses are not affected", async () => {
    const wrong = { ...form({ token: "katcp_wrong" }), from: "127.0.0.2" }
    let found = 401
    for (let tries = 0; tries < 30 && found === 401; tries++) found = (await server.ask("/login", wrong)).status
    assert.strictEqual(found, 429)
    const { headers, status } = await server.ask("/read", { headers: bearer(tokens.read), from: "127.0.0.2" })
    assert.strictEqual(status, 429)
    assert.isAbove(Number(headers["retry-after"]), 0)
    assert.strictEqual((await server.ask("/read", { headers: bearer(tokens.read) })).status, 200)
    await server.pass(60)
    assert.strictEqual((await server.ask("/read", { headers: bearer(tokens.read), from: "127.0.0.2" })).status, 200)
    assert.isAtMost(server.logged.filter((line) => line.includes("127.0.0.2 was refused")).length, 8)
  })
})
