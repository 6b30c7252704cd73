/** The web site of `npm run docs:build`: its pages, before VitePress builds them. The script itself checks the built links. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { devicePart, figuresPart } from "../../scripts/site/home.ts"
import { brokenLinks } from "../../scripts/site/links.ts"
import { forSite, placeOf, sources } from "../../scripts/site/pages.ts"
import { groups } from "../../site/pages.ts"

const root = path.join(import.meta.dirname, "..", "..")
const read = (...parts: ReadonlyArray<string>) => readFileSync(path.join(root, ...parts), "utf8")

describe("the site", () => {
  it("has every page once in its sidebar", () => {
    const listed = groups.flatMap(({ pages }) => pages.map(([place]) => `${place}.md`))
    assert.deepStrictEqual([...listed].sort(), sources.map((file) => placeOf(file)!).sort())
  })

  it("shows at home the device of README.md and figures of bench/RESULTS.md", () => {
    const device = devicePart(read("README.md"))
    assert.include(device, "class Antenna extends Interface.make")
    assert.isAtMost(device.split("\n").length, 30)
    const figures = figuresPart(read("bench", "RESULTS.md")).split("\n")
    assert.isAbove(figures.filter((line) => /\| \*\*[\d.]+[kM]?\*\* \|/.test(line)).length, 5)
    for (const part of ["<!-- device -->", "<!-- figures -->"]) assert.include(read("site", "home.md"), part)
  })

  it("has links to pages, pictures and the source", () => {
    const { page } = forSite(
      "docs/fleet.md",
      "[a](../README.md#try) [b](sites.md) [c](../src/index.ts) ![d](images/x.svg) [e](https://example.org/)",
      "https://source"
    )
    assert.strictEqual(
      page,
      "[a](./guide.md#try) [b](./sites.md) [c](https://source/src/index.ts) ![d](./images/x.svg) [e](https://example.org/)"
    )
  })

  it("has a picture for each colour, and placeholders as text", () => {
    const { page } = forSite(
      "docs/fleet.md",
      'Say <name> and `<name>`.\n\n<picture><source media="(prefers-color-scheme: dark)" srcset="images/d.png"><img src="images/l.png" alt="x"></picture>',
      ""
    )
    assert.strictEqual(
      page,
      'Say &lt;name> and `<name>`.\n\n<span class="picture"><img class="in-light" src="/images/l.png" alt="x"><img class="in-dark" src="/images/d.png" alt="x"></span>'
    )
  })
})

describe("the check of built links", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-site-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(path.join(folder, "bench"))
  const page = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
  page(
    "index.html",
    '<h1 id="top"></h1><a href="/bench/a">x</a><a href="#top">x</a><a href="https://example.org">x</a>'
  )
  page(
    "bench/a.html",
    '<a class="y" href="../index.html#top">x</a><a href="../index.html#gone">x</a><img src="./no.png">'
  )

  it("finds files and places that do not exist", () => {
    assert.deepStrictEqual(brokenLinks(folder, []), [
      "bench/a.html: ../index.html#gone: there is no gone",
      "bench/a.html: ./no.png leads nowhere"
    ])
  })

  it("leaves out paths that are built apart", () => {
    page("index.html", '<a href="/api/index.html">x</a><h1 id="top"></h1><i id="gone"></i>')
    page("bench/no.png", "")
    assert.deepStrictEqual(brokenLinks(folder, ["/api/"]), [])
    assert.deepStrictEqual(brokenLinks(folder, []), ["index.html: /api/index.html leads nowhere"])
  })
})
