import { assert, describe, it } from "vitest"
import { groupsOf, shortestCircle } from "../../scripts/importCycles.ts"

const imports = (text: string) =>
  new Map(
    text.split("\n").map((line): [string, ReadonlyArray<string>] => {
      const [file, ...others] = line.trim().split(" ")
      return [file!, others]
    })
  )
const circles = (text: string) =>
  groupsOf(imports(text))
    .filter(({ length }) => length > 1)
    .map((group) => [...group].sort().join(" "))

describe("files that import each other", () => {
  it("are not found if imports flow one way", () => {
    assert.deepStrictEqual(circles("hub session job\nsession job\njob entry\nentry"), [])
  })

  it("are found in cycles of any length, even several, in any order", () => {
    assert.deepStrictEqual(circles("a b\nb c x\nc d\nd a\nx y\ny x outside"), ["x y", "a b c d"])
    assert.deepStrictEqual(circles("y x\nx y\nd a\nc d\nb c x\na b"), ["x y", "a b c d"])
  })

  it("are one group if two cycles share a file", () => {
    assert.deepStrictEqual(circles("a b\nb a c\nc d\nd b"), ["a b c d"])
  })

  it("are named by a shortest cycle", () => {
    const all = imports("a b\nb c\nc d a\nd a e\ne d")
    const [group] = groupsOf(all)
    const circle = shortestCircle(all, group!)
    assert.deepStrictEqual([circle.length, circle[0], new Set(circle)], [3, circle[2], new Set(["d", "e"])])
  })
})
