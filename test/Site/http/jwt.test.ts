/** Tokens that an issuer signs, checked with keys that a real server on this machine publishes. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import * as jose from "jose"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bearer, listening, untilWaiting } from "./support.ts"

const issuer = "https://login.example"
const audience = "katcp"
const pairs = {
  good: await jose.generateKeyPair("ES256"),
  other: await jose.generateKeyPair("ES256")
}
let keys: Server
let isAway = false
let server: Awaited<ReturnType<typeof listening>>
beforeAll(async () => {
  const jwks = JSON.stringify({ keys: [{ ...(await jose.exportJWK(pairs.good.publicKey)), kid: "1", alg: "ES256" }] })
  keys = createServer((_, response) => {
    if (isAway) response.writeHead(503).end()
    else response.writeHead(200, { "content-type": "application/json" }).end(jwks)
  })
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve))
  const { port } = keys.address() as AddressInfo
  server = await listening({
    loopback: "token",
    jwt: {
      issuer,
      audience,
      jwks: `http://127.0.0.1:${port}/keys`,
      claim: "realm_access.roles",
      roles: { observers: "read", operators: "control", staff: "admin" }
    }
  })
})
afterAll(async () => {
  await server.close()
  await new Promise((resolve) => keys.close(resolve))
})

interface Claims {
  readonly roles?: unknown
  readonly iss?: string
  readonly aud?: string
  readonly exp?: number | null
  readonly key?: jose.CryptoKey
  readonly alg?: string
}
const sign = ({
  alg = "ES256",
  aud = audience,
  exp = 1000,
  iss = issuer,
  key = pairs.good.privateKey,
  roles = ["observers"]
}: Claims = {}) => {
  const token = new jose.SignJWT({ realm_access: { roles } }).setProtectedHeader({ alg, kid: "1" }).setSubject("anna")
  token.setIssuer(iss).setAudience(aud)
  if (exp !== null) token.setExpirationTime(exp)
  return token.sign(key)
}
const read = async (token: string) => (await server.ask("/read", { headers: bearer(token) })).status

describe("a token of an issuer", () => {
  it.for([
    [["observers"], "read"],
    [["unknown", "operators", "observers"], "control"],
    ["staff", "admin"]
  ] as const)("with the values %j in the claim has the role %s", async ([roles, role]) => {
    const { body } = await server.ask("/read", { headers: bearer(await sign({ roles })) })
    assert.deepInclude(JSON.parse(body), { role, name: "anna", by: "jwt", expires: 1000 })
  })

  it.for<readonly [string, Claims]>([
    ["another issuer", { iss: "https://evil.example" }],
    ["another audience", { aud: "other" }],
    ["another key", { key: pairs.other.privateKey }],
    ["a time that is over", { exp: 0 }],
    ["no end", { exp: null }],
    ["no role", { roles: ["strangers"] }],
    ["names of Object's own as roles", { roles: ["constructor", "__proto__"] }],
    ["a claim of another form", { roles: { staff: true } }]
  ])("with %s is refused", async ([, claims]) => {
    assert.strictEqual(await read(await sign(claims)), 401)
  })

  it("without a signature, or with a secret as its key, is refused", async () => {
    const [, payload] = (await sign({ roles: "staff" })).split(".")
    const head = (alg: string) => Buffer.from(JSON.stringify({ alg, kid: "1" })).toString("base64url")
    assert.strictEqual(await read(`${head("none")}.${payload}.`), 401)
    const secret = new TextEncoder().encode(JSON.stringify(await jose.exportJWK(pairs.good.publicKey)))
    const forged = await new jose.SignJWT({ realm_access: { roles: "staff" } })
      .setProtectedHeader({ alg: "HS256", kid: "1" })
      .setSubject("eve")
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(1000)
      .sign(secret)
    assert.strictEqual(await read(forged), 401)
    assert.strictEqual(await read("a.b.c"), 401)
  })

  it("begins a session by the login form, which ends with it", async () => {
    const { headers, status } = await server.ask("/login", {
      method: "POST",
      headers: { host: "localhost", origin: "http://localhost" },
      body: String(new URLSearchParams({ token: await sign() }))
    })
    assert.strictEqual(status, 303)
    assert.include(headers["set-cookie"], "Max-Age=1000")
  })

  it("that expires closes its open connections", async () => {
    const open = server.ask("/open", { headers: bearer(await sign({ exp: 100 })) })
    await untilWaiting(1)
    await server.pass(101)
    assert.strictEqual((await open).body, "expired\n")
  })
})

it("is answered with 503 while the issuer cannot be reached", async () => {
  isAway = true
  const { port } = keys.address() as AddressInfo
  const fresh = await listening({ jwt: { issuer, audience, jwks: `http://127.0.0.1:${port}/keys` } })
  const { headers, status } = await fresh.ask("/read", { headers: bearer(await sign()) })
  assert.strictEqual(status, 503)
  assert.property(headers, "retry-after")
  const form = await fresh.ask("/login", {
    method: "POST",
    headers: { host: "localhost", origin: "http://localhost" },
    body: String(new URLSearchParams({ token: await sign() }))
  })
  assert.strictEqual(form.status, 503)
  assert.include(form.body, "its issuer does not answer")
  isAway = false
  await fresh.close()
})
