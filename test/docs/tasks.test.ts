/** docs/README.md, the index by task: every page and every command can be found there, and it is linked from where people begin. */
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")
const read = (file: string) => readFileSync(path.join(root, file), "utf8")
/** The files that a page links to. */
const linksOf = (file: string): ReadonlySet<string> =>
  new Set(
    [...read(file).matchAll(/\]\(([^)\s#]*)(?:#[^)\s]*)?\)/g)]
      .filter(([, link]) => !/^[a-z]+:/.test(link!))
      .map(([, link]) => path.posix.normalize(path.posix.join(path.posix.dirname(file), link!)))
  )

describe("docs/README.md", () => {
  it("leads to every page", () => {
    const links = linksOf("docs/README.md")
    const pages = globSync(["docs/**/*.md", "bench/*.md", "CONTRIBUTING.md", "CHANGELOG.md"], { cwd: root })
    const missing = pages.map((page) => page.replaceAll(path.sep, "/")).filter((page) => !links.has(page))
    assert.deepStrictEqual(missing, ["docs/README.md"])
  })

  it("leads to every command", () => {
    const text = read("docs/README.md")
    const commands = [...read("docs/cli.md").matchAll(/^## katcp (\w+)$/gm)].map(([, name]) => name!)
    assert.isAbove(commands.length, 20)
    const named = new Set([...text.matchAll(/cli\.md#katcp-(\w+)/g)].map(([, name]) => name!))
    assert.deepStrictEqual(
      commands.filter((name) => !named.has(name)),
      []
    )
  })

  it("is linked from the README and from the home of the site", () => {
    assert.isTrue(linksOf("README.md").has("docs/README.md"))
    assert.include(read("site/home.md"), "link: /tasks")
  })
})
