import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = path.join(import.meta.dirname, "..", "..")

/** The files that docs/architecture.md lists, in order. */
const listed = (): ReadonlyArray<string> => {
  const page = readFileSync(path.join(root, "docs", "architecture.md"), "utf8")
  const section = page.split(/^## /m).find((part) => part.startsWith("A call, from"))
  return Array.from(section?.matchAll(/^\d+\. `([^`]+)`/gm) ?? [], ([, file]) => file!)
}

/** The files in which a function runs between a call and its bytes, in the rooms that send it. */
const measured = (): { readonly byName: ReadonlyArray<string>; readonly ofContract: ReadonlyArray<string> } => {
  const output = execFileSync(process.execPath, [path.join(import.meta.dirname, "callPath.ts")], { encoding: "utf8" })
  const { byName, ofContract } = JSON.parse(output)
  const ofRooms = (files: ReadonlyArray<string>) => files.filter((file) => /^(?:Client|Codec)\//.test(file)).sort()
  return { byName: ofRooms(byName), ofContract: ofRooms(ofContract) }
}

describe("a call", () => {
  const passed = measured()

  it("passes at most eight files from client.call to the bytes, which docs/architecture.md lists", () => {
    assert.isAtMost(listed().length, 8)
    assert.deepStrictEqual(passed.byName, [...listed()].sort())
  })

  it("by the method of a contract passes one file more in the room Client: that of the methods", () => {
    const ofClient = (files: ReadonlyArray<string>) => files.filter((file) => file.startsWith("Client/"))
    assert.deepStrictEqual(
      ofClient(passed.ofContract),
      [...ofClient(passed.byName), "Client/requests/Methods.ts"].sort()
    )
  })
})
