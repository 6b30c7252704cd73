/** The example page: its bundle has nothing of Node and a bounded size, and it works in a real Chromium. */
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import { Codec, Server } from "katcp"
import { Gateway } from "katcp/Gateway"
import { NodeClient, NodeServer } from "katcp/Node"
import { Allow, Http, Site } from "katcp/Site"
import { listenHttp } from "katcp/Site/node"
import { bundle } from "../../../examples/browser/bundle.ts"
import { Example } from "../../../examples/example/contract.ts"
import { ExampleLive } from "../../../examples/example/handlers.ts"
import { launch } from "../../../scripts/chromium.ts"

const page = path.join(import.meta.dirname, "..", "..", "..", "src", "Promise", "browser", "index.ts")
const alias = { "katcp/promise/browser": page }

/**
 * Bytes of the example's script, compressed, with all of Effect that it needs, made from the sources: 107,460 when this
 * was written. Now it is 110,859, since plain bytes are read 64 at once and a first mirror follows a list that still
 * arrives. From the published files it is larger: `test/package/page.test.ts`.
 */
const largestBundle = 112_000

describe("the example page", () => {
  it("contains nothing of Node and no engine of regular expressions, and has a bounded size", async () => {
    const { bytes, code, imports } = await bundle({ resolve: { alias } })
    console.log(`the script of the example page: ${bytes} bytes compressed, ${code.length} as it is`)
    assert.deepStrictEqual(imports, ["re2js"])
    assert.notMatch(code, /(?:from|import)\s*\(?\s*["'](?:node:|@effect\/platform-node)/)
    assert.isBelow(bytes, largestBundle)
  })

  it.live("talks with the example device in Chromium, through the gateway, from the gateway's own origin", (context) =>
    Effect.gen(function* () {
      const browser = yield* Effect.acquireRelease(
        Effect.promise(() => launch()),
        (browser) => Effect.promise(async () => (typeof browser === "string" ? undefined : browser.close()))
      )
      if (typeof browser === "string") return context.skip(browser)
      const { files } = yield* Effect.promise(() => bundle({ resolve: { alias } }))
      const device = yield* Layer.build(
        Server.layer(Example).pipe(
          Layer.provide(ExampleLive({ sensors: 0, dialect: Codec.Dialect.v5 })),
          Layer.provide(NodeServer.tcp({ port: 0 }))
        )
      )
      const { address } = Context.get(device, Server.Server)
      const { port } = address as NetAddress.InetAddress
      const gateway = Gateway.layer({ requests: Allow.only("example/add"), katcp: true, page: files }).pipe(
        Layer.provide(Site.layer({ devices: { example: NodeClient.tcp({ host: "127.0.0.1", port }) } })),
        Layer.provideMerge(Http.layer)
      )
      const url = yield* Effect.provideContext(listenHttp({ port: 0 }), yield* Layer.build(gateway))
      const faults: Array<string> = []
      const page = yield* Effect.promise(() => browser.newPage())
      page.on("pageerror", (error) => faults.push(String(error)))
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()))
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page
          .locator("#state", { hasText: "Connected" })
          .or(page.locator("#state", { hasText: "Synced" }))
          .waitFor()
        await page.locator('[name="y"]').fill("40")
        await page.locator("button").click()
        await page.locator("#sum", { hasText: /^42(?:\.0)?$/ }).waitFor()
        await page.locator("#result", { hasText: "42 (nominal)" }).waitFor()
        await page.locator('[name="y"]').fill("forty")
        await page.locator("button").click()
        await page.locator("#sum", { hasText: /argument|forty|float/i }).waitFor()
      }).pipe(
        Effect.timeout("10 seconds"),
        Effect.onError(() => Effect.promise(async () => console.error(faults, await page.textContent("body"))))
      )
      assert.deepStrictEqual(faults, [])
    })
  )
})
