/** docs/architecture.md: its rooms are those of the source, in the order that `npm run check:borders` holds, and its paths exist. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")
const read = (...parts: ReadonlyArray<string>) => readFileSync(path.join(root, ...parts), "utf8")
const page = read("docs", "architecture.md")

describe("docs/architecture.md", () => {
  it("has the rooms in their order", () => {
    const order = /const order = \[([^\]]*)\]/.exec(read("scripts", "check-borders.ts"))![1]!
    assert.deepStrictEqual(
      [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, room]) => room),
      [...order.matchAll(/"(\w+)"/g)].map(([, room]) => room)
    )
  })

  it("names files and folders that exist", () => {
    const rooms = new Set(readdirSync(path.join(root, "src")))
    const paths = [...page.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map(([, name]) => name!)
    const missing = paths.filter((name) => {
      const places = rooms.has(name.split("/")[0]!) ? [`src/${name}`] : [name, `src/*/${name}`, `src/${name}`]
      return !places.some(
        (place) => existsSync(path.join(root, place)) || globSync([place, `${place}.ts`], { cwd: root }).length > 0
      )
    })
    // paths of the package and of Effect are not files, and dist is only there after a build
    assert.deepStrictEqual(
      missing.filter((name) => !/^(?:katcp|effect|@effect|dist)\//.test(name)),
      []
    )
    assert.isAbove(paths.length, 50)
  })
})
