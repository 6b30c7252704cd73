import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")
const page = readFileSync(path.join(root, "docs", "troubleshooting.md"), "utf8")
const source = globSync("**/*.ts", { cwd: path.join(root, "src") })
  .map((file) => readFileSync(path.join(root, "src", file), "utf8"))
  .join("\n")

describe("docs/troubleshooting.md", () => {
  const texts = [...page.matchAll(/^\| `([^`]+)` \|/gm), ...page.matchAll(/^- \*\*`([^`]+)`\*\*/gm)].map(
    ([, text]) => text!
  )

  it("quotes texts", () => {
    expect(texts.length).toBeGreaterThan(15)
  })

  it.each(texts)("quotes a text of the library: %s", (text) => {
    expect(source.includes(text)).toBe(true)
  })
})
