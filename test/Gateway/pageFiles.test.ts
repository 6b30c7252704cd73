/** The files of a page: caching in browsers, headers, and no path that leads out. */
import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bearer, tokenFile } from "../Site/http/support.ts"
import { gateway } from "./support.ts"

const { file, remove, tokens } = tokenFile()
const bytes = (text: string) => new TextEncoder().encode(text)
const script = "console.log(1)".repeat(100)
const page = new Map([
  ["/", { contentType: "text/html; charset=utf-8", body: bytes("<!doctype html><title>Page</title>") }],
  ["/page-1a2b.js", { contentType: "text/javascript", body: bytes(script), gzip: gzipSync(script), immutable: true }]
])
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({ page, tokens: file, loopback: "token" })
})
afterAll(async () => {
  await served.close()
  remove()
})
const headers = bearer(tokens.read)

describe("the files of a page", () => {
  it("need the role read, and redirect a browser without it to the login form", async () => {
    assert.strictEqual((await served.ask("/")).status, 401)
    const led = await served.ask("/", { headers: { accept: "text/html" } })
    assert.deepStrictEqual([led.status, led.headers.location], [303, "/login?next=%2F"])
    assert.strictEqual((await served.ask("/", { headers })).status, 200)
  })

  it("forbid foreign scripts, frames and guessed types", async () => {
    for (const [to, more] of [
      ["/", headers],
      ["/page-1a2b.js", headers],
      ["/login", {}],
      ["/nothing", headers]
    ] as const) {
      const answer = await served.ask(to, { headers: more })
      assert.include(answer.headers["content-security-policy"], "default-src 'self'", to)
      assert.notInclude(answer.headers["content-security-policy"], "unsafe", to)
      assert.include(
        answer.headers,
        {
          "x-content-type-options": "nosniff",
          "x-frame-options": "DENY",
          "referrer-policy": "same-origin",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-resource-policy": "same-origin"
        },
        to
      )
    }
  })

  it("are revalidated each time, except those with a hash in their path; no shared cache keeps any", async () => {
    const first = await served.ask("/", { headers })
    assert.strictEqual(first.headers["cache-control"], "private, no-cache")
    const again = await served.ask("/", { headers: { ...headers, "if-none-match": first.headers.etag! } })
    assert.deepInclude(again, { status: 304, body: "" })
    const kept = await served.ask("/page-1a2b.js", { headers })
    assert.strictEqual(kept.headers["cache-control"], "private, max-age=31536000, immutable")
    assert.strictEqual(kept.headers.vary, "accept-encoding")
    const packed = await served.ask("/page-1a2b.js", { headers: { ...headers, "accept-encoding": "br, gzip" } })
    assert.strictEqual(packed.headers["content-encoding"], "gzip")
    assert.strictEqual((await served.ask("/api/devices", { headers })).headers["cache-control"], "no-store")
    assert.strictEqual((await served.ask("/login")).headers["cache-control"], "no-store")
  })

  it.for([
    "/../package.json",
    "/..%2fpackage.json",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..\\..\\etc\\passwd",
    "/page-1a2b.js/../../etc/passwd",
    "/page-1a2b.js%00.html",
    "/./page-1a2b.js%2f..%2f..%2fetc%2fpasswd",
    "//etc/passwd",
    "/file:///etc/passwd",
    "/.git/config",
    "/tokens",
    "/__proto__",
    "/constructor"
  ])("lead to nothing else: %s", async (to) => {
    const { body, status } = await served.ask(to, { headers })
    assert.include([400, 404], status)
    assert.notMatch(body, /root:|"name"/)
  })
})
