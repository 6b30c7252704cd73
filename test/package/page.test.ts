/** The size of a page's script, made from the files that are published: one file holds many modules there. */
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, it } from "vitest"
import { bundle } from "../../examples/browser/bundle.ts"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", "..", ...parts)

/** Bytes of the example's script, compressed, with all of Effect that it needs: 116,758 when this was written. */
const largest = 123_000

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

it("the types of a page's client refer to no types of Node", () => {
  const found = new Set<string>()
  const walk = (file: string) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, from] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      assert.notMatch(from!, /^node:|^@effect\/platform-node/, file)
      if (from!.startsWith(".")) walk(path.join(path.dirname(file), from!.replace(/\.[jt]s$/, ".d.ts")))
    }
    assert.notMatch(readFileSync(file, "utf8"), /\bBuffer\b|reference types="node"/, file)
  }
  const entry = at("dist", "Promise", "browser", "index.d.ts")
  assert.isTrue(existsSync(entry))
  walk(entry)
  assert.isAbove(found.size, 20)
})
