/** The preparations for measuring: compiled programs, the corpus, the Python peers. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import * as path from "node:path"
import { install } from "../../scripts/python-peers.ts"
import { writeCorpus } from "../codec/corpus.ts"
import { runs } from "./machine.ts"

/** The folder of the benchmarks. */
export const bench = path.join(import.meta.dirname, "..")
const project = path.join(bench, "..")
/** The folder for everything that is built; git ignores it. */
const cache = path.join(project, ".cache", "bench")
/** Returns the path of a compiled program. */
export const built = (name: string): string => path.join(cache, name)
export const corpus = path.join(cache, "corpus")
/** Returns the path of the JavaScript of a program: Node takes 40 ms and 7 MB to strip the types of its source. */
export const program = (folder: string, name: string): string =>
  path.join(cache, "js", folder, name.replace(/\.ts$/, ".js"))

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** Returns why measuring is impossible here, if it is. */
export const obstacle = (): string | undefined => {
  if (process.platform !== "linux") return "The load generator needs Linux (epoll, /proc)."
  if (!runs(compiler, "--version"))
    return (
      `There is no C compiler: ${compiler} does not run. The load generator and the C floors are compiled at the ` +
      "first run: install gcc, or name another compiler in CC."
    )
  return undefined
}
const compiler = process.env.CC ?? "gcc"

const changed = (file: string): number => (existsSync(file) ? statSync(file).mtimeMs : 0)
const compile = (name: string, sources: ReadonlyArray<string>): void => {
  if (sources.every((source) => changed(source) < changed(built(name)))) return
  const inputs = sources.filter((source) => source.endsWith(".c"))
  execFileSync(compiler, ["-O2", "-o", built(name), ...inputs], { stdio: ["ignore", 2, 2] })
}
/** Writes the JavaScript of the measured programs, and of the files that they import. */
const stripPrograms = (): void => {
  const inside = ["programs", "floors", "archive"].flatMap((folder) =>
    readdirSync(path.join(bench, folder)).map((name) => [folder, name] as const)
  )
  for (const [folder, name] of [...inside, ["harness", "taking.ts"] as const]) {
    const source = path.join(bench, folder, name)
    const out = program(folder, name)
    if (!name.endsWith(".ts") || changed(source) < changed(out)) continue
    mkdirSync(path.dirname(out), { recursive: true })
    const code = stripTypeScriptTypes(readFileSync(source, "utf8"))
    writeFileSync(out, code.replaceAll(/(from "\.\.?\/[^"]+)\.ts"/g, '$1.js"'))
  }
}
/** Compiles and writes everything that is missing or older than its source, and `dist`, which the programs import. */
export const build = (): void => {
  execFileSync(process.execPath, [path.join(project, "scripts", "build.ts")], { stdio: ["ignore", 2, 2] })
  mkdirSync(cache, { recursive: true })
  stripPrograms()
  const load = path.join(bench, "load")
  compile(
    "load",
    readdirSync(load).map((file) => path.join(load, file))
  )
  compile("echo", [path.join(bench, "floors", "echo.c")])
  compile("codec-floor", [path.join(bench, "floors", "codec.c")])
  const source = path.join(bench, "codec", "corpus.ts")
  if (changed(path.join(corpus, "manifest.json")) <= changed(source)) writeCorpus(corpus)
}

/** The interpreters with the peers, their versions, and the reasons for missing ones. */
export interface Peers {
  readonly aiokatcp: string | undefined
  readonly katcp: string | undefined
  readonly uvloop: boolean
  readonly notes: ReadonlyArray<string>
}
const question = `
import sys
from importlib.metadata import version
for package in ("aiokatcp", "katcp-codec", "katcp", "uvloop"):
    try:
        __import__(package.replace("-", "_"))
        print(package, version(package))
    except ImportError:
        pass
print("Python", sys.version.split()[0])
`
/** Returns the interpreter of the interop tests, installed if missing; BENCH_PYTHON names another one. */
export const peers = async (): Promise<Peers> => {
  const given = process.env.BENCH_PYTHON
  const found = given === undefined ? await install() : { aiokatcp: { python: given }, katcp: { python: given } }
  const interpreters = new Set<string>()
  const notes: Array<string> = []
  for (const [name, peer] of Object.entries(found)) {
    if ("python" in peer) interpreters.add(peer.python)
    else notes.push(`${name} is left out: ${peer.missing}.`)
  }
  const has = new Map<string, string>()
  for (const python of interpreters) {
    const answer = execFileSync(python, ["-W", "ignore", "-c", question], { encoding: "utf8" }).trim().split("\n")
    notes.unshift(`Peers: ${answer.join(", ")}.`)
    for (const line of answer) has.set(line.split(" ")[0]!, python)
  }
  for (const [name, peer] of Object.entries(found))
    if ("python" in peer && !has.has(name)) notes.push(`${name} is left out: ${peer.python} cannot import it.`)
  return { aiokatcp: has.get("aiokatcp"), katcp: has.get("katcp"), uvloop: has.has("uvloop"), notes }
}
