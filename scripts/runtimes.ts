/**
 * `npm run test:runtimes`: tests the package, as published, on each supported runtime: as a device, as a client, as
 * `katcp/promise`, and as the command. Installs the runtimes from their npm packages, once, into .cache/. Prints the
 * table of docs/compatibility.md, and fails if it differs.
 */
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { oldestVersion } from "./oldestNode.ts"

const root = path.join(import.meta.dirname, "..")
const page = path.join(root, "docs", "compatibility.md")
/** The timeout of a program, in milliseconds. Not measured: a slow machine starts a runtime in a few seconds. */
const timeLimit = 60_000

interface Runtime {
  readonly name: string
  readonly version: string
  /** The npm package. Its program has the same name. */
  readonly package: string
  /** The words before the file of a program. */
  readonly words: ReadonlyArray<string>
}
const runtimes: ReadonlyArray<Runtime> = [
  ...[oldestVersion(), "24.21.0", "26.10.0"].map((version) => ({ name: "Node", version, package: "node", words: [] })),
  { name: "Bun", version: "1.4.5", package: "bun", words: [] },
  { name: "Deno", version: "2.9.6", package: "deno", words: ["run", "-A", "--node-modules-dir=manual"] }
]

/** Installs a runtime into .cache/ if necessary, and returns its program. */
const install = ({ name, package: from, version }: Runtime): string => {
  const folder = path.join(root, ".cache", `${from}-${version}`)
  const file = path.join(folder, "node_modules", ".bin", from)
  if (existsSync(file)) return file
  const aside = `${folder}.${process.pid}`
  mkdirSync(aside, { recursive: true })
  try {
    writeFileSync(path.join(aside, "package.json"), JSON.stringify({ private: true, allowScripts: { [from]: true } }))
    const { status } = spawnSync(
      "npm",
      ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", `${from}@${version}`],
      { cwd: aside, stdio: ["ignore", 2, 2] }
    )
    if (status !== 0) throw new Error(`installing ${name} ${version} failed with ${status}: is the registry there?`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return file
}

/** Creates a project with the packed library and the programs. */
const makeProject = (): string => {
  const project = mkdtempSync(path.join(tmpdir(), "katcp-runtimes-"))
  process.once("exit", () => rmSync(project, { recursive: true, force: true }))
  const modules = path.join(project, "node_modules")
  execFileSync("npm", ["pack", "--silent", "--pack-destination", project], { cwd: root, stdio: ["ignore", 2, 2] })
  const [tarball] = globSync("*.tgz", { cwd: project })
  mkdirSync(path.join(modules, "katcp"), { recursive: true })
  mkdirSync(path.join(modules, "@effect"))
  execFileSync("tar", ["-xzf", path.join(project, tarball!), "-C", path.join(modules, "katcp"), "--strip-components=1"])
  for (const name of ["effect", "re2js", "@effect/platform-node"])
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name), "junction")
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
  for (const name of ["device", "client", "promise"])
    copyFileSync(path.join(root, "test", "runtimes", `${name}.mjs`), path.join(project, `${name}.mjs`))
  return project
}

const project = makeProject()
const command = path.join("node_modules", "katcp", "dist", "bin", "katcp.js")
const run = promisify(execFile)

/** Returns the last line of an error, for the table. */
const reason = (error: unknown): string => {
  const text = String((error as { readonly stderr?: string }).stderr || error).trim()
  return (
    text
      .split("\n")
      .find((line) => /error/i.test(line))
      ?.trim() ?? text.split("\n").at(-1)!
  )
}

/** Tests one runtime. Returns `yes`, or the reason of a failure, for each use. */
const attempt = async (runtime: Runtime): Promise<ReadonlyArray<string>> => {
  const program = install(runtime)
  const words = (file: string, ...more: ReadonlyArray<string>) => [...runtime.words, file, ...more]
  const answers = async (wanted: string, file: string, ...more: ReadonlyArray<string>): Promise<string> => {
    try {
      const { stdout } = await run(program, words(file, ...more), { cwd: project, timeout: timeLimit })
      return stdout.includes(wanted) ? "yes" : `wrote ${JSON.stringify(stdout)}`
    } catch (error) {
      return reason(error)
    }
  }
  const device = spawn(program, words("device.mjs"), { cwd: project, stdio: ["ignore", "pipe", "pipe"] })
  let complaint = ""
  device.stderr.on("data", (chunk) => {
    complaint += chunk
  })
  const port = await Promise.race([
    (async () => {
      for await (const line of createInterface({ input: device.stdout })) {
        const found = /^listening on (\d+)$/.exec(line)
        if (found !== null) return found[1]
      }
      return undefined
    })(),
    once(device, "exit").then(() => undefined)
  ])
  if (port === undefined) return [reason({ stderr: complaint }), "no device", "no device", "no device"]
  const outcomes = [
    "yes",
    await answers("sum 42 nominal", "client.mjs", port),
    await answers("reply !add ok 5", "promise.mjs", port),
    await answers("sum", command, "get", `127.0.0.1:${port}`, "sum")
  ]
  device.kill("SIGKILL")
  return outcomes
}

const rows: Array<string> = []
let failures = 0
for (const runtime of runtimes) {
  const outcomes = await attempt(runtime)
  failures += outcomes.filter((outcome) => outcome !== "yes").length
  rows.push(`| ${runtime.name} ${runtime.version} | ${outcomes.join(" | ")} |`)
}
const table = ["| runtime | device | client | `katcp/promise` | command |", "|---|---|---|---|---|", ...rows].join("\n")
console.log(table)
if (failures > 0) process.exitCode = 1
if (!readFileSync(page, "utf8").includes(table)) {
  console.error("docs/compatibility.md has another table: put this one there")
  process.exitCode = 1
}
