import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { fileOf, picture, pictured } from "../../scripts/strategyPictures.ts"

describe("the pictures of docs/concepts.md", () => {
  it.each(Object.entries(pictured))("show what %s reports now", (name, strategy) => {
    expect(readFileSync(fileOf(name), "utf8")).toBe(picture(strategy))
  })

  it("are all in the page", () => {
    const page = readFileSync(new URL("../../docs/concepts.md", import.meta.url), "utf8")
    for (const name of Object.keys(pictured)) expect(page).toContain(`(images/strategy-${name}.svg)`)
  })
})
