/** README.md: its programs and commands do what it shows, and what it claims has a proof. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, assert, describe, it } from "vitest"
import { blocksOf } from "../../scripts/transcripts/console.ts"
import { Session } from "../../scripts/transcripts/Session.ts"
import { Stage } from "../../scripts/transcripts/Stage.ts"

const root = path.join(import.meta.dirname, "..", "..")
const read = (...parts: ReadonlyArray<string>) => readFileSync(path.join(root, ...parts), "utf8")
const page = read("README.md")
const manifest = JSON.parse(read("package.json")) as {
  readonly engines: { readonly node: string }
  readonly devDependencies: Readonly<Record<string, string>>
}

/** The chapter for a person, with its heading. */
const chapterOf = (person: string): string => {
  const found = page.split(/^(?=## )/m).find((chapter) => chapter.startsWith(`## ${person}:`))
  if (found === undefined) throw new Error(`README.md has no chapter for ${person}`)
  return found
}
const programsOf = (chapter: string): ReadonlyArray<string> =>
  [...chapter.matchAll(/^```ts[^\n]*\n([\s\S]*?)^```$/gm)].map(([, program]) => program!)

/** The time that a condition may take, below the limit of a test. */
const timeLimit = 50_000

const cleanUp: Array<() => unknown> = []
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act()
})

/** Opens the devices of a text, with the packages that its programs import. */
const stageOf = async (text: string): Promise<Stage> => {
  const stage = await Stage.open(text)
  cleanUp.push(() => stage.close())
  const modules = path.join(stage.folder, "node_modules")
  mkdirSync(modules)
  symlinkSync(root, path.join(modules, "katcp"))
  for (const name of readdirSync(path.join(root, "node_modules")))
    if (["effect", "@effect"].includes(name))
      symlinkSync(path.join(root, "node_modules", name), path.join(modules, name))
  return stage
}

/** Starts a program of the page, with the ports of the stage. Returns its output so far. */
const start = (stage: Stage, name: string, program: string): { readonly out: () => string } => {
  const file = path.join(stage.folder, name)
  writeFileSync(
    file,
    program.replace(/\b71\d\d\b/, (port) => stage.toReal(`localhost:${port}`).slice("localhost:".length))
  )
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] })
  cleanUp.push(() => child.kill("SIGKILL"))
  let out = ""
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
  return { out: () => out }
}

/** Runs the console blocks of a chapter, each command until it prints what stands below it. */
const runConsole = async (chapter: string, stage: Stage): Promise<void> => {
  const late = performance.now() + timeLimit
  for (const { steps } of blocksOf(chapter)) {
    const session = new Session(stage)
    cleanUp.push(() => session.close())
    for (const { command, shown } of steps) {
      const own = command.replaceAll("npx katcp", "katcp")
      let output = await session.run(own)
      if (own.endsWith("&")) continue
      // a device or an exporter may have started just now
      while (output !== shown && performance.now() < late) {
        await sleep(100)
        output = await session.run(own)
      }
      assert.strictEqual(output, shown, command)
    }
  }
}

const shows = async (out: () => string, text: RegExp): Promise<void> => {
  const late = performance.now() + timeLimit
  while (!text.test(out()) && performance.now() < late) await sleep(50)
  assert.match(out(), text)
}

const persons = ["Operator", "Instrument author", "Effect developer", "Plain TypeScript", "Monitoring engineer"]

describe("README.md", () => {
  it("takes each person to a first success on one screen", () => {
    for (const person of persons) assert.isBelow(chapterOf(person).trim().split("\n").length, 55, person)
  })

  it.each(["Operator", "Monitoring engineer"])("has commands for the %s that print what it shows", async (person) => {
    const chapter = chapterOf(person)
    assert.isNotEmpty(blocksOf(chapter))
    await runConsole(chapter, await stageOf(chapter))
  })

  it("has a device that answers as it shows", async () => {
    const chapter = chapterOf("Instrument author")
    const [program] = programsOf(chapter)
    const stage = await stageOf(chapter)
    const { out } = start(stage, "antenna.ts", program!)
    await runConsole(chapter, stage)
    assert.notInclude(out(), "Error")
  })

  it("has a typed client that works with the example device", async () => {
    const [program] = programsOf(chapterOf("Effect developer"))
    const { out } = start(await stageOf("localhost"), "client.ts", program!)
    await shows(out, /^the sum is 3\n[\s\S]*^test\.int 0n?$/m)
  })

  it("has a client without Effect that works with the example device", async () => {
    const [program] = programsOf(chapterOf("Plain TypeScript"))
    const { out } = start(await stageOf("localhost"), "client.ts", program!)
    await shows(out, /^true\n0n?\n/m)
  })

  it("names the Node of package.json, and that of the clone", () => {
    const [needed] = /\d+\.\d+/.exec(manifest.engines.node)!
    assert.deepStrictEqual(
      [...page.matchAll(/The library needs Node ([\d.]+) or newer/g)].map(([, version]) => version),
      [needed]
    )
    assert.include(page, `a Node ${manifest.devDependencies.node!.split(".")[0]} for this clone alone`)
  })
})

describe("the comparison in README.md", () => {
  const results = read("bench", "RESULTS.md").split("\n")
  const cellsOf = (line: string) => line.split("|").map((cell) => cell.trim())
  const rows = page
    .slice(page.indexOf("## Beside katcp-python and aiokatcp"))
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| |"))
    .map((line) => ({ line, proof: cellsOf(line).at(-2)! }))

  /** The ratios of a row to aiokatcp and katcp-python, in the first table that has the row. */
  const ratiosOf = (row: string): ReadonlyArray<number> => {
    const at = results.findIndex((line) => cellsOf(line)[1] === row)
    if (at < 0) throw new Error(`bench/RESULTS.md has no row ${row}`)
    const head = cellsOf(results.slice(0, at).findLast((line) => /\| project \/ aiokatcp \|/.test(line))!)
    return ["project / aiokatcp", "project / katcp-py"]
      .map((name) => cellsOf(results[at]!)[head.indexOf(name)]!)
      .filter((cell) => cell !== "-")
      .map(Number)
  }

  it("has a proof in each line", () => {
    assert.isAbove(rows.length, 15)
    for (const { line, proof } of rows) assert.match(proof, /^(?:\[\S+\]\(test\/\S+\.test\.ts\)|row `[^`]+`)$/, line)
  })

  it("names tests that exist", () => {
    const files = rows.flatMap(({ proof }) => /^\[\S+\]\((test\/.*)\)$/.exec(proof)?.[1] ?? [])
    assert.deepStrictEqual(
      files.filter((file) => !existsSync(path.join(root, file))),
      []
    )
  })

  it("claims no more than the measured ratios", () => {
    const measured = rows.flatMap(({ line, proof }) => {
      const row = /^row `([^`]+)`$/.exec(proof)?.[1]
      return row === undefined ? [] : [{ line, ratios: ratiosOf(row) }]
    })
    assert.isAbove(measured.length, 3)
    for (const { line, ratios } of measured) {
      const factor = /more than (\d+) times/.exec(line)?.[1]
      assert.isNotEmpty(ratios, line)
      if (factor !== undefined) assert.isAbove(Math.min(...ratios), Number(factor), line)
      else assert.isBelow(Math.max(...ratios), 1, `${line}: it is not slower or larger any more`)
    }
  })

  it("counts commands and checks as they are", () => {
    const commands = [...read("docs", "cli.md").matchAll(/^## katcp \w+$/gm)].length
    const checks = /^(\d+) checks/m.exec(read("docs", "conformance.md"))?.[1]
    assert.include(page, `| ${commands}, with \`--json\` |`)
    assert.include(page, `| ${checks} checks |`)
  })
})
