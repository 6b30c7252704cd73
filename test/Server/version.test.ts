import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { library } from "../../src/Server/version.ts"

describe("the announced version of the library", () => {
  it("is the version of the package (P-125, A-132)", () => {
    const file = path.join(import.meta.dirname, "..", "..", "package.json")
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }
    const [major, minor] = version.split(".")
    assert.deepStrictEqual(library, {
      version: `katcp-typescript-${major}.${minor}`,
      build: `katcp-typescript-${version}`
    })
  })
})
