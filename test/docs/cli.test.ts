import { readFileSync } from "node:fs"
import * as path from "node:path"
import type * as Command from "effect/cli/Command"
import { beforeAll, describe, expect, it } from "vitest"
import { differences, type Run, target, transcribe } from "../../scripts/cli-transcripts.ts"
import { loadRoot } from "../../src/Cli/root.ts"
import { fieldsIn, isOf, pathsOf } from "./jsonFields.ts"
import { jsonRuns } from "./jsonRuns.ts"

const document = readFileSync(target, "utf8")
const tables = fieldsIn(document)
let transcripts: ReadonlyArray<Run> = []
let printed: ReadonlyArray<{ readonly section: string; readonly path: string }> = []
beforeAll(async () => {
  const [{ runs }, more] = await Promise.all([transcribe(document), jsonRuns()])
  transcripts = runs
  printed = [...runs, ...more].flatMap(({ command, output, section }) => {
    // elsewhere, as among the recipes, it is that of the command
    const heading = tables.has(section) ? section : `${/katcp \w+/.exec(command)}`
    return output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .flatMap((line) => pathsOf(JSON.parse(line)).map((path) => ({ section: heading, path })))
  })
}, 180_000)

/** The words of all commands, as `katcp call`. */
const commandsOf = (command: Command.Command.Any, words: string): ReadonlyArray<string> =>
  command.subcommands.flatMap(({ commands }) =>
    commands.flatMap((within) => [`${words} ${within.name}`, ...commandsOf(within, `${words} ${within.name}`)])
  )
const commands = commandsOf(await loadRoot(), "katcp")
const headings = [...document.matchAll(/^##+ (katcp .*)$/gm)].map(([, heading]) => heading!)

describe("docs/cli.md", () => {
  it("shows the current output of the commands (node scripts/cli-transcripts.ts updates it)", async ({ task }) => {
    // a second try runs the commands again
    if ((task.result?.retryCount ?? 0) > 0) transcripts = (await transcribe(document)).runs
    expect(transcripts.length).toBeGreaterThan(50)
    // as text: a report of a second try shows the message alone
    expect(differences(transcripts).join("\n")).toBe("")
  }, 180_000)

  it.each(commands)("has a section and a transcript of %s", (command) => {
    expect(headings).toContain(command)
    const own = transcripts.filter(({ section }) => section === command)
    expect(own.some((run) => run.command.includes(command))).toBe(true)
  })

  it("has sections only for existing commands", () => {
    // a word of contract that is not a command of its own
    expect(headings.filter((heading) => heading !== "katcp contract diff" && !commands.includes(heading))).toEqual([])
  })
})

describe("the fields of --json in docs/cli.md", () => {
  const linked = (link: string) => [...tables].find(([heading]) => heading.toLowerCase() === link)![1]
  const documented = (section: string) => {
    const { opaque = [], own = [], shared = [] } = tables.get(section) ?? {}
    return [...own, ...opaque.map((field) => `${field}…`), ...shared.flatMap((link) => linked(link).own)]
  }
  const covers = (field: string, path: string) =>
    field.endsWith("…") ? path.startsWith(field.slice(0, -1)) : isOf(field, path)

  it("are listed for each command with --json", () => {
    const help = JSON.parse(readFileSync(path.join(path.dirname(target), "..", "dist", "bin", "help.json"), "utf8"))
    const without = commands.filter(
      (command) => help.plain[command.slice("katcp ".length)].includes("--json") && !tables.has(command)
    )
    expect(without).toEqual([])
  })

  it("include all fields that the commands print", () => {
    const unknown = printed.filter(({ path, section }) => !documented(section).some((field) => covers(field, path)))
    expect([...new Set(unknown.map(({ path, section }) => `${section}: ${path}`))]).toEqual([])
  })

  it("are all printed by some command", () => {
    const missing = [...tables].flatMap(([heading, { opaque, own }]) =>
      own
        .filter((field) => {
          const sections = [...tables].filter(
            ([section, { shared }]) => section === heading || shared.includes(heading.toLowerCase())
          )
          return !printed.some(
            ({ path, section }) =>
              sections.some(([one]) => one === section) &&
              (isOf(field, path) || (opaque.includes(field) && path.startsWith(field)))
          )
        })
        .map((field) => `${heading}: ${field}`)
    )
    expect(missing).toEqual([])
  })
})
