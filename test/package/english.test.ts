/** The rules of plain English, each with a text that breaks it and one that keeps it. */
import { describe, expect, it } from "vitest"
import { faultsOf } from "../../scripts/english/rules.ts"
import { textsOfCode, textsOfPage } from "../../scripts/english/texts.ts"

const inCode = (source: string): ReadonlyArray<string> =>
  textsOfCode(source).flatMap((text) => faultsOf(text).map((fault) => `${text.line}: ${fault.split(":")[0]}`))

const inPage = (source: string): ReadonlyArray<string> =>
  textsOfPage(source).flatMap((text) => faultsOf(text).map((fault) => `${text.line}: ${fault.split(":")[0]}`))

describe("the checker of plain English", () => {
  it.each([
    ["/** Whether requests can be made. */", `1: begins with "Whether"`],
    ["/**\n * What came.\n *\n * @since 0.1.0\n */", `2: begins with "What"`],
    ["// the list is anew", `1: "anew"`],
    [`const text = "it is no name"`, `1: "is no n"`],
    [`throw new Error(\`\${name} is no name\`)`, `1: "is no n"`],
    [`it("sends more so that nothing is lost", run)`, `1: "so that"`],
    ["const patience = 5", "1: the name patience is a metaphor"],
    ["class Oddities {}", "1: the name Oddities is a metaphor"],
    [`/** A ${"word ".repeat(41)}. */`, "1: a sentence of 42 words"]
  ])("reports %j", (source, fault) => {
    expect(inCode(source)).toEqual([fault])
  })

  it.each([
    "/** `true` while requests can be made. */",
    "/** Returns the names, if there is no other. It is no longer used. */",
    "/**\n * Returns one.\n *\n * @example\n * ```ts\n * const patience = 5 // what is none\n * ```\n */",
    `/** ${"Eight words are not too many for one. ".repeat(10)} */`,
    "/** Text in code is left alone: `is none`. */",
    "// what comes next may begin in lower case",
    `const key = "anew"`,
    "const mostly = 5"
  ])("is silent about %j", (source) => {
    expect(inCode(source)).toEqual([])
  })

  it("reads paragraphs, list items and cells of tables in Markdown, and skips headings, code and questions", () => {
    const page = [
      "## What it does",
      "",
      "What is",
      "said here.",
      "",
      "- Who asks gets an answer.",
      "- What if none asks? Then nothing happens.",
      "",
      "```sh",
      "What is code",
      "```",
      "",
      "| What | Default |",
      "|---|---|",
      "| Whether the command prints each line | no |"
    ].join("\n")
    expect(inPage(page)).toEqual([`3: begins with "What"`, `6: begins with "Who"`, `15: begins with "Whether"`])
  })

  it("joins the lines of a sentence before it counts words", () => {
    const page = `${"one ".repeat(21)}\n${"two ".repeat(21)}\n`
    expect(inPage(page)).toEqual(["1: a sentence of 42 words"])
  })
})
