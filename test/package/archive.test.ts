import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")

describe("the library as it was built", () => {
  it("finds the program of the archive's threads", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-built-"))
    const program = `
      import { Effect, Layer } from "effect"
      import * as Archive from "katcp/Archive"
      import * as ArchiveNode from "katcp/Archive/node"
      import { Site } from "katcp/Site"
      const store = ArchiveNode.layerSqlite(${JSON.stringify(path.join(folder, "site.db"))})
      const all = Archive.Archive.pipe(Effect.provide(Layer.provide(Archive.layer(), [store, Site.layer()])))
      await Effect.runPromise(Effect.scoped(all))
      console.log("opened")
    `
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root, encoding: "utf8" })
    assert.strictEqual(out, "opened\n")
    rmSync(folder, { recursive: true })
  })
})
