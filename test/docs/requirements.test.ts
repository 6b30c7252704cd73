import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { type Chapter, documents, fromFiles, generate, requirements, targetOf } from "../../scripts/requirements.ts"

describe.each(documents)("docs/$name.md", (document) => {
  const { faults, text } = fromFiles(document)

  it("is up to date with the tests: node scripts/requirements.ts writes it", () => {
    expect(readFileSync(targetOf(document), "utf8")).toBe(text)
  })

  it("has a test or a reason for each row, and all rows that tests name", () => {
    expect(faults).toEqual([])
  })
})

describe("the script", () => {
  // put together, so this file itself names nothing
  const row = (number: number) => `P-00${number}`
  const ids = [1, 2, 3, 5].map(row)
  const [one, two, three, five] = ids as [string, string, string, string]
  const chapters = [
    { title: "All", rows: Object.fromEntries(ids.map((id) => [id, { clause: "2", asks: `Does ${id}.` }])) }
  ]
  const made = (source: string, rows: ReadonlyArray<Chapter> = chapters) =>
    generate(requirements, rows, new Map([["Room/a.test.ts", source]]))
  const named = (source: string) => {
    const { faults } = made(source)
    return ids.filter((id) => !faults.includes(`${id} has no test`))
  }

  it("finds rows in titles: one, lists, ranges, and those of a second argument", () => {
    expect(named(`it("does (${one})", () => {})`)).toEqual([one])
    expect(named(`  it.effect(\n    "does (${one}, ${"Q"}-01, ${three})",\n    x)`)).toEqual([one, three])
    expect(named(`it.prop('does "it" (${one}…${three})', x)`)).toEqual([one, two, three])
    expect(named(`for (const x of y)\n  it(\`does \${x} (${two}…${five}, ${"A"}-001)\`, f)`)).toEqual([
      two,
      three,
      five
    ])
    expect(named(`timeline("does", "${one}, ${"A"}-001, ${two}", x)`)).toEqual([one, two])
  })

  it("finds no rows in comments, other texts and other arguments", () => {
    expect(named(`// it("does (${one})")\n /* x("${two}") */\nconst rows = "${three}"\nf(x, "${five}")`)).toEqual([])
    expect(named(`timeline("does", "not ${one}")`)).toEqual([])
  })

  it("reports unknown rows, but not gaps in a range", () => {
    expect(made(`it("does (${row(9)})", f)`).faults).toContain(`Room/a.test.ts: there is no row ${row(9)}: does`)
    expect(made(`it("does (${ids.join(", ")})", f)`).faults).toEqual([])
    expect(made(`it("does (${one}…${five})", f)`).faults).toEqual([])
  })

  it("accepts a reason instead of a test, but not in addition", () => {
    const rows = {
      [one]: { clause: "2", asks: "a", untested: "guidance" },
      [two]: { clause: "2", asks: "b", later: "c" }
    }
    const chapter = [{ title: "All", rows }]
    expect(made("", chapter).faults).toEqual([])
    expect(made("", chapter).text).toContain(
      `**${one}** (2) a\n\n- no test: guidance\n\n**${two}** (2) b\n\n- later: c\n`
    )
    expect(made(`it("does (${one})", f)`, chapter).faults).toEqual([`${one} has a test, and a reason to have none`])
    expect(made(`it("does (${two})", f)`, chapter).faults).toEqual([])
  })

  it("names the file and block of a test", () => {
    const { text } = made(
      [
        'describe("outer", () => {',
        '  describe("inner <b>", () => {',
        `    it("does \\\\@ (${one})", f)`,
        "  })",
        `  it("other (${one})", f)`,
        "})",
        `it("last (${one})", f)`
      ].join("\n")
    )
    expect(text).toContain(
      [
        `**${one}** (2) Does ${one}.`,
        "",
        "- [Room/a](../test/Room/a.test.ts): outer: inner \\<b\\>: does \\\\@",
        "- [Room/a](../test/Room/a.test.ts): outer: other",
        "- [Room/a](../test/Room/a.test.ts): last"
      ].join("\n")
    )
  })
})
