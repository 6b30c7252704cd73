/**
 * Writes docs/requirements.md: what the specification asks for, row by row, and the tests that hold it. The rows are in
 * scripts/requirements.json; a test names those that it is for in its title, as `(P-003, P-010…P-012)`. test/docs holds
 * that the document is up to date, that each row has a test, and that no test names a row that there is not.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")
/** Where the document stands. */
export const target = path.join(root, "docs", "requirements.md")

/** What is known of a row before the tests are looked at. */
interface Row {
  /** Where it stands in the specification: of Rev 5.1 where nothing else is said, `own` where it is between the lines. */
  readonly clause: string
  readonly asks: string
  /** What of it is still to come. */
  readonly later?: string
  /** Why no test can hold it. */
  readonly untested?: string
}

interface Chapter {
  readonly title: string
  readonly rows: { readonly [id: string]: Row }
}

/** A test, by the room and the file that it is in. */
interface Test {
  readonly file: string
  readonly title: string
}

/** A call whose first argument is text, with its indent and name; a second argument may have nothing but rows. */
const calls =
  /^( *)(?:.*[\s(=,])??([\w.]+)\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)(?:,\s*"([A-Z]-\d{3}(?:(?:, |…)[A-Z]-\d{3})*)")?/gm
const named = /P-(\d{3})(?:…P-(\d{3}))?/g
const comment = /^\s*(?:\/\/|\/?\*).*$/gm

/** The ids that a text names, ranges included: of those, the rows that there are. */
const rowsIn = (text: string, known: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(named)].flatMap(([, first, last]) => {
      if (last === undefined) return [`P-${first}`]
      const range = Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at)
      return range.map((number) => `P-${String(number).padStart(3, "0")}`).filter((id) => known.has(id))
    })
  )

/** A literal as it is read, without the rows at its end. */
const plain = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\(.)/g, "$1")
    .replace(/ \([A-Z]-\d{3}[^()]*\)$/, "")

/** The titles of tests that name something, each behind those of the blocks that it stands in. */
const titlesIn = (source: string): ReadonlyArray<{ readonly title: string; readonly names: string }> => {
  let blocks: ReadonlyArray<{ readonly depth: number; readonly title: string }> = []
  return [...source.replace(comment, "").matchAll(calls)].flatMap(([, indent, callee, literal, more = ""]) => {
    const depth = indent!.length
    const title = plain(literal!)
    blocks = blocks.filter((block) => block.depth < depth)
    const whole = [...blocks.map((block) => block.title), title].join(": ")
    if (callee === "describe") blocks = [...blocks, { depth, title }]
    return [{ title: whole, names: `${literal} ${more}` }]
  })
}

/** The document, and what is wrong with rows and tests. */
export const generate = (
  chapters: ReadonlyArray<Chapter>,
  sources: ReadonlyMap<string, string>
): { readonly text: string; readonly faults: ReadonlyArray<string> } => {
  const faults: Array<string> = []
  const tests = new Map<string, Array<Test>>()
  for (const { rows } of chapters) for (const id of Object.keys(rows)) tests.set(id, [])
  const known = new Set(tests.keys())
  for (const [file, source] of sources)
    for (const { names, title } of titlesIn(source))
      for (const id of rowsIn(names, known)) {
        const found = tests.get(id)
        if (found === undefined) faults.push(`${file}: there is no row ${id}: ${title}`)
        else found.push({ file, title })
      }

  const lines = [
    "# Requirements",
    "",
    "What KATCP asks for, in our words, and the tests that hold it. The clauses are those of the guidelines for KATCP,",
    "Rev 5.1, where nothing else is said; `own` is what they leave unsaid, `peers` what the Python libraries agree on.",
    "This page is made by `node scripts/requirements.ts` from `scripts/requirements.json` and the titles of the tests."
  ]
  for (const { rows, title } of chapters) {
    lines.push("", `## ${title}`)
    for (const [id, { asks, clause, later, untested }] of Object.entries(rows)) {
      const found = tests.get(id)!
      if (found.length === 0 && later === undefined && untested === undefined) faults.push(`${id} has no test`)
      if (found.length > 0 && untested !== undefined) faults.push(`${id} has a test, and a reason to have none`)
      lines.push("", `**${id}** (${clause}) ${asks}`, "")
      if (untested !== undefined) lines.push(`- no test: ${untested}`)
      if (later !== undefined) lines.push(`- later: ${later}`)
      for (const { file, title } of found)
        lines.push(
          `- [${file.replace(/(\.test)?\.ts$/, "")}](../test/${file}): ${title.replace(/[\\`*_<>[\]]/g, "\\$&")}`
        )
    }
  }
  return { text: `${lines.join("\n")}\n`, faults }
}

/** The same, of what is there. */
export const fromFiles = (): ReturnType<typeof generate> => {
  const folder = path.join(root, "test")
  const files = globSync("**/*.ts", { cwd: folder, exclude: ["types/**"] }).sort()
  return generate(
    JSON.parse(readFileSync(path.join(import.meta.dirname, "requirements.json"), "utf8")),
    new Map(files.map((file) => [file.split(path.sep).join("/"), readFileSync(path.join(folder, file), "utf8")]))
  )
}

if (process.argv[1] === import.meta.filename) {
  const { faults, text } = fromFiles()
  writeFileSync(target, text)
  for (const fault of faults) console.error(fault)
  console.log(`requirements: ${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
