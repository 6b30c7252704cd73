/**
 * Writes the documents of rows that have tests: docs/requirements.md (the specification, P-…), docs/ambiguities.md
 * (open questions of the specification, Q-…) and docs/parity.md (other libraries: katcp-python A-…, aiokatcp B-…, the C
 * tools C-…). The rows are in scripts/*.json. A test names its rows in its title, as `(P-003, P-010…P-012, Q-02)`.
 * test/docs checks that the documents are up to date, that each row has a test, and that no test names an unknown row.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")
/** The data of a row, before its tests. */
interface Row {
  /** Its clause in the specification: of Rev 5.1 by default, `own` if it is between the lines. */
  readonly clause?: string
  /** The requirement; for an ambiguity, the question. */
  readonly asks: string
  /**
   * For an ambiguity: the behaviour of this library, and the reason. For another library's feature: its replacement
   * here.
   */
  readonly ours?: string
  /** The part that is not done yet. */
  readonly later?: string
  /** The reason why it has no test. */
  readonly untested?: string
}

export interface Chapter {
  readonly title: string
  readonly rows: { readonly [id: string]: Row }
}

/** A test, with its room and file. */
interface Test {
  readonly file: string
  readonly title: string
}

/** Matches a call whose first argument is text, with its indent and name; a second argument may consist of rows. */
const calls =
  /^( *)(?:.*[\s(=,])??([\w.]+)\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)(?:,\s*"([A-Z]-\d{2,3}(?:(?:, |…)[A-Z]-\d{2,3})*)")?/gm
/** Matches the ids of rows, and ranges of them: `P-003`, `P-010…P-012`. */
const named = ({ digits, letters }: Document): RegExp => {
  const number = `(\\d{${digits}})`
  return new RegExp(`([${letters}])-${number}(?!\\d)(?:…\\1-${number}(?!\\d))?`, "g")
}
const comment = /^\s*(?:\/\/|\/?\*).*$/gm

/** Returns the known rows in a text, including those of ranges. */
const rowsIn = (text: string, document: Document, known: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(named(document))].flatMap(([, letter, first, last]) => {
      if (last === undefined) return [`${letter}-${first}`]
      const range = Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at)
      return range
        .map((number) => `${letter}-${String(number).padStart(document.digits, "0")}`)
        .filter((id) => known.has(id))
    })
  )

/** Returns a literal's text, without the rows at its end. */
const plain = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\(.)/g, "$1")
    .replace(/ \([A-Z]-\d{2,3}[^()]*\)$/, "")

/** Returns the titles of tests with rows, each after the titles of its blocks. */
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

/** One of the documents: its file, its rows, and its introduction. */
export interface Document {
  readonly name: string
  /** The letters of its ids. */
  readonly letters: string
  /** The number of digits of its ids. */
  readonly digits: number
  /** `true` if each row needs a test, or a reason to have none. */
  readonly tested: boolean
  readonly opening: ReadonlyArray<string>
}

/** The document of the specification's rows. */
export const requirements: Document = {
  name: "requirements",
  letters: "P",
  digits: 3,
  tested: true,
  opening: [
    "# Requirements",
    "",
    "The requirements of KATCP, in our words, and the tests for them. The clauses are those of the guidelines for KATCP,",
    "Rev 5.1, unless marked; `own` marks our own requirements, `peers` those that the Python libraries agree on.",
    "`node scripts/requirements.ts` generates this page from `scripts/requirements.json` and the titles of the tests."
  ]
}

/** The document of the specification's open questions. */
export const ambiguities: Document = {
  name: "ambiguities",
  letters: "Q",
  digits: 2,
  tested: true,
  opening: [
    "# Ambiguities",
    "",
    "The guidelines for KATCP leave some questions open, or answer them in two ways. This page lists each question, our answer",
    "with its reason, and the tests of the answer. The clauses are those of Rev 5.1. katcp-python is version 0.9.3,",
    "aiokatcp version 2.3.0. `node scripts/requirements.ts` generates this page from `scripts/ambiguities.json` and the",
    "titles of the tests."
  ]
}

/** The document of other libraries' features, and their replacements here. */
export const parity: Document = {
  name: "parity",
  letters: "ABC",
  digits: 3,
  tested: false,
  opening: [
    "# Parity",
    "",
    "The features of katcp-python 0.9.3 (A), aiokatcp 2.3.0 (B) and the C library's tools (C), row by row. Below each feature",
    "is its counterpart here: an export, an option or a command, or the reason why there is no counterpart.",
    "[migrating.md](migrating.md) shows whole programs, and tables of names. `node scripts/requirements.ts` generates this page",
    "from `scripts/parity.json` and the titles of the tests. A test checks that the exports and options exist."
  ]
}

/** All documents. */
export const documents: ReadonlyArray<Document> = [requirements, ambiguities, parity]

/** Returns the path of a document. */
export const targetOf = ({ name }: Document): string => path.join(root, "docs", `${name}.md`)

/** Returns the text of a document, and the faults of rows and tests. */
export const generate = (
  document: Document,
  chapters: ReadonlyArray<Chapter>,
  sources: ReadonlyMap<string, string>
): { readonly text: string; readonly faults: ReadonlyArray<string> } => {
  const faults: Array<string> = []
  const tests = new Map<string, Array<Test>>()
  for (const { rows } of chapters) for (const id of Object.keys(rows)) tests.set(id, [])
  const known = new Set(tests.keys())
  for (const [file, source] of sources)
    for (const { names, title } of titlesIn(source))
      for (const id of rowsIn(names, document, known)) {
        const found = tests.get(id)
        if (found === undefined) faults.push(`${file}: there is no row ${id}: ${title}`)
        else found.push({ file, title })
      }

  const lines = [...document.opening]
  for (const { rows, title } of chapters) {
    lines.push("", `## ${title}`)
    for (const [id, { asks, clause, later, ours, untested }] of Object.entries(rows)) {
      const found = tests.get(id)!
      if (document.tested && found.length === 0 && later === undefined && untested === undefined)
        faults.push(`${id} has no test`)
      if (found.length > 0 && untested !== undefined) faults.push(`${id} has a test, and a reason to have none`)
      lines.push("", `**${id}** ${clause === undefined ? "" : `(${clause}) `}${asks}`, "")
      if (ours !== undefined) lines.push(ours, "")
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

/** Generates a document from the current rows and tests. */
export const fromFiles = (document: Document): ReturnType<typeof generate> => {
  const folder = path.join(root, "test")
  const files = globSync("**/*.ts", { cwd: folder, exclude: ["types/**"] }).sort()
  return generate(
    document,
    JSON.parse(readFileSync(path.join(import.meta.dirname, `${document.name}.json`), "utf8")),
    new Map(files.map((file) => [file.split(path.sep).join("/"), readFileSync(path.join(folder, file), "utf8")]))
  )
}

if (process.argv[1] === import.meta.filename)
  for (const document of documents) {
    const { faults, text } = fromFiles(document)
    writeFileSync(targetOf(document), text)
    for (const fault of faults) console.error(fault)
    console.log(`${document.name}: ${faults.length} faults`)
    if (faults.length > 0) process.exitCode = 1
  }
