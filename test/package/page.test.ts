/** The size of a page's script, made from the files that are published: one file holds many modules there. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, it } from "vitest"
import { bundle } from "../../examples/browser/bundle.ts"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", "..", ...parts)

/** Bytes of the example's script, compressed, with all of Effect that it needs: 116,758 when this was written. */
const largest = 122_000

it("the example page has the size that docs/browser.md states, made from the published files", async () => {
  const { bytes } = await bundle({
    resolve: { alias: { "katcp/promise/browser": at("dist", "Promise", "browser", "index.js") } }
  })
  assert.isBelow(bytes, largest)
  const [, stated] = /The script of the example page has (\d+) KB compressed/.exec(
    readFileSync(at("docs", "browser.md"), "utf8")
  )!
  assert.closeTo(bytes / 1000, Number(stated), 3)
})
