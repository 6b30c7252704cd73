/** Holds the links between the pages: each leads to a file that is there, and to a heading of it. */
import { existsSync, globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"

const root = path.join(import.meta.dirname, "../..")
const pages = globSync(["*.md", "docs/*.md", "bench/*.md"], { cwd: root }).sort()

/** The page without its code, where brackets mean something else. */
const prose = (file: string): string =>
  readFileSync(path.join(root, file), "utf8")
    .replace(/^```[\s\S]*?^```$/gm, "")
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ""))

/** The anchors of a page's headings, as GitHub and VitePress make them. */
const anchorsOf = (file: string): ReadonlySet<string> =>
  new Set(
    Array.from(readFileSync(path.join(root, file), "utf8").matchAll(/^#{1,6} (.*)$/gm), ([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-")
    )
  )

describe.each(pages)("the links of %s", (file) => {
  const links = Array.from(prose(file).matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!).filter(
    (link) => !/^[a-z]+:/.test(link)
  )
  it("have existing targets", () => {
    const broken = links.filter((link) => {
      const [target = "", anchor] = link.split("#")
      const found = target === "" ? file : path.join(path.dirname(file), target)
      if (!existsSync(path.join(root, found))) return true
      return anchor !== undefined && found.endsWith(".md") && !anchorsOf(found).has(anchor)
    })
    assert.deepStrictEqual(broken, [])
  })
})
