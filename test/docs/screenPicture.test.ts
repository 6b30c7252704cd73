import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { Screen } from "../../scripts/transcripts/Screen.ts"
import { screenPicture } from "../../scripts/transcripts/screenPicture.ts"

describe("the picture of a terminal", () => {
  const screen = new Screen()
  screen.write("name  <a&b>  \u001b[33mwarn\u001b[0m  ▁█\r\n")
  const picture = screenPicture("a title", "katcp monitor", screen.cells)

  it("keeps the columns of words, and their colours", () => {
    const words = [...picture.matchAll(/<text x="([\d.]+)" y="65"[^>]*?( fill="[^"]+")?>([^<]*)</g)]
    assert.deepStrictEqual(
      words.map(([, x, fill, word]) => [Math.round((Number(x) - 16) / 8.4), fill !== undefined, word]),
      [
        [0, false, "name"],
        [6, false, "&#60;a&#38;b&#62;"],
        [13, true, "warn"]
      ]
    )
  })

  it("draws bars as shapes, which need no font", () => {
    assert.match(picture, /<path d="M\S+ 65v-1\.8h\S+zM\S+ 65v-14\.0h\S+z"\/>/)
    assert.notMatch(picture, /[▁-█]/)
  })

  it("in README.md has the columns that katcp monitor shows in a wide terminal", () => {
    const shown = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "images", "monitor.svg"), "utf8")
    const words = [...shown.matchAll(/<text [^>]* y="65"[^>]*>([^<]*)</g)].map(([, word]) => word)
    assert.strictEqual(words.join(" "), "sensor value units status last minute age")
    const commands = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "cli.md"), "utf8")
    assert.match(commands, /^sensor +value +units +status +last minute +age$/m)
  })
})
