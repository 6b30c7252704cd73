/**
 * Tests the package as its users get it. Creates the tarball of `npm publish`, installs it into an empty project next
 * to its dependencies, and checks:
 * - every file is reached from `exports` or `bin`, and every reached file exists;
 * - every entry point loads, and the command answers: on this Node, and on the oldest one in package.json;
 * - on that oldest Node, the blocks of README.md about `katcp/promise` run, and that of docs/history.md with an archive in SQLite;
 * - a program with all entry points, and each code block of the documents, compiles with the libraries' own types
 *   checked (`skipLibCheck: false`, which is TypeScript's default), by each TypeScript and module resolution below.
 */
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { extract } from "./docs-blocks.ts"
import { oldestNode, oldestVersion } from "./oldestNode.ts"
import { tools } from "./tool.ts"

const root = path.join(import.meta.dirname, "..")
const project = mkdtempSync(path.join(tmpdir(), "katcp-package-"))
process.once("exit", () => rmSync(project, { recursive: true, force: true }))
const modules = path.join(project, "node_modules")
const installed = path.join(modules, "katcp")
const faults: Array<string> = []

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin: Readonly<Record<string, string>>
}

/** Packs the project and unpacks the tarball as npm does. */
const unpack = (): void => {
  const shell = process.platform === "win32"
  execFileSync("npm", ["pack", "--silent", "--pack-destination", project], {
    cwd: root,
    shell,
    stdio: ["ignore", 2, 2]
  })
  const [tarball] = globSync("*.tgz", { cwd: project })
  mkdirSync(installed, { recursive: true })
  execFileSync("tar", ["-xzf", path.join(project, tarball!), "-C", installed, "--strip-components=1"])
  for (const name of ["effect", "re2js", "@effect/platform-node", "@effect/vitest", "vitest", "@types/node"]) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name), "junction")
  }
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
}

const importOf = /(?:from|import)\s*\(?\s*["'`](\.[^"'`]+)["'`]/g

/** Returns the files that a file refers to: its imports, its types and its source map. */
const next = (file: string): ReadonlyArray<string> => {
  const text = readFileSync(path.join(installed, file), "utf8")
  const found = [...text.matchAll(importOf)].flatMap(([, to]) => {
    const target = path.join(path.dirname(file), to!)
    return file.endsWith(".d.ts") ? [target.replace(/\.js$/, ".d.ts"), target.replace(/\.ts$/, ".d.ts")] : [target]
  })
  // the command reads its prepared help; threads are started by file name
  for (const name of ["help.json", "completions.json", "Archive/node/sqlite/worker.js", "archive-worker.js"])
    if (text.includes(name)) found.push(path.join(path.dirname(file), name))
  const beside = [`${file}.map`, file.replace(/\.js$/, ".d.ts"), file.replace(/\.d\.ts$/, ".js")]
  return [...found, ...beside].filter((at) => existsSync(path.join(installed, at)))
}

const checkFiles = ({ bin, exports }: Manifest): void => {
  const entries = [
    ...Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [entry] : [entry.types, entry.default])),
    ...Object.values(bin)
  ].map((file) => path.normalize(file))
  const reached = new Set<string>()
  const walk = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    if (!existsSync(path.join(installed, file))) faults.push(`${file} is named in package.json, but not in the package`)
    else for (const to of next(file)) walk(to)
  }
  for (const entry of entries) walk(entry)
  const texts = new Set([
    ...["README.md", "LICENSE"],
    // the page, which a gateway serves
    ...["index.html", "page.js", "style.css", "icon.svg", "licences.txt"].map((name) => `dist/page/${name}`),
    // for Grafana and Prometheus, which users copy
    ...["prometheus.json", "archive-postgres.json", "alerts.yaml", "alerts.test.yaml"].map((name) => `grafana/${name}`),
    // units and container files, which users copy
    ...globSync("deploy/**/*", { cwd: root })
  ])
  for (const file of globSync("**/*", { cwd: installed, withFileTypes: true })) {
    const name = path.relative(installed, path.join(file.parentPath, file.name))
    if (file.isFile() && !reached.has(name) && !texts.has(name))
      faults.push(`${name} is in the package, but nothing of the package leads there`)
  }
}

const names = ({ exports }: Manifest): ReadonlyArray<string> =>
  Object.entries(exports).flatMap(([name, entry]) =>
    typeof entry === "string" ? [] : [path.posix.join("katcp", name)]
  )

/** Runs a program in the project; a failure is a fault. */
const runs = (node: string, what: string, args: ReadonlyArray<string>): void => {
  const { status, stderr } = spawnSync(node, args, { cwd: project, encoding: "utf8", timeout: 60_000 })
  if (status !== 0) faults.push(`${what} fails: ${stderr.trim()}`)
}

const checkRuns = (manifest: Manifest, node: string, version: string): void => {
  const imports = names(manifest).map((name) => `await import(${JSON.stringify(name)})`)
  runs(node, `loading all entry points on Node ${version}`, ["--input-type=module", "-e", imports.join("\n")])
  for (const [name, file] of Object.entries(manifest.bin))
    runs(node, `${name} --help on Node ${version}`, [path.join(installed, file), "--help"])
}

/** A device for the client of README.md, with the sensor that the client reads. It prints its port. */
const served = `
import { Arg, Interface, Sensor } from "katcp"
import { serve } from "katcp/promise"
class Example extends Interface.make("example").add(Sensor.make("test.int", { type: Arg.Int, initial: 0 })) {}
console.log((await serve(Example, { port: 0, handlers: () => ({}) })).port)
`

/** Runs the blocks of README.md about `katcp/promise`: those that end, and the one that reads a sensor for ever. */
const checkPromise = async (node: string, version: string): Promise<void> => {
  const blocks = extract().filter(
    ({ file, source }) => source === "README.md" && readFileSync(file, "utf8").includes('"katcp/promise"')
  )
  if (!blocks.some(({ flags }) => flags.includes("no-run")))
    faults.push("README.md connects with katcp/promise nowhere")
  for (const { file, flags, name } of blocks) {
    const at = path.join(project, `${name}.ts`)
    const text = readFileSync(file, "utf8")
    if (!flags.includes("no-run")) {
      writeFileSync(at, text)
      runs(node, `${name} on Node ${version}`, [at])
      continue
    }
    const device = spawn(node, ["--input-type=module", "-e", served], { cwd: project, stdio: ["ignore", "pipe", 2] })
    const port = String(await new Promise((resolve) => device.stdout!.once("data", resolve))).trim()
    writeFileSync(at, text.replace("7147", port))
    const client = spawn(node, [at], { cwd: project, stdio: ["ignore", "pipe", "pipe"] })
    let out = ""
    const enough = new Promise<void>((resolve) => {
      client.once("exit", () => resolve())
      AbortSignal.timeout(60_000).addEventListener("abort", () => resolve())
      for (const stream of [client.stdout!, client.stderr!])
        stream.on("data", (chunk) => {
          out += chunk
          if (/^true\n.*\d\n/s.test(out)) resolve()
        })
    })
    await enough
    client.kill("SIGKILL")
    device.kill("SIGKILL")
    if (!/^true\n.*\d\n/s.test(out)) faults.push(`${name} on Node ${version} shows no reading: ${out}`)
  }
}

/** Runs the block of docs/history.md that creates an archive in a file. */
const checkArchive = (node: string, version: string): void => {
  const blocks = extract().filter(
    ({ file, source }) => source === "docs/history.md" && readFileSync(file, "utf8").includes("runPromise")
  )
  if (blocks.length === 0) faults.push("docs/history.md makes no archive")
  for (const { file, name } of blocks) {
    writeFileSync(path.join(project, `${name}.ts`), readFileSync(file))
    runs(node, `${name} on Node ${version}`, [path.join(project, `${name}.ts`)])
  }
}

const checkTypes = async (manifest: Manifest): Promise<void> => {
  writeFileSync(
    path.join(project, "all.ts"),
    names(manifest)
      .map((name, at) => `export * as entry${at} from ${JSON.stringify(name)}\n`)
      .join("")
  )
  for (const { file, name } of extract()) writeFileSync(path.join(project, `${name}.ts`), readFileSync(file))
  const compilers = [
    path.join(root, "node_modules", "typescript", "bin", "tsc"),
    path.join(tools(), "typescript-5.9", "bin", "tsc")
  ]
  const runs = compilers.flatMap((compiler) =>
    (
      [
        ["nodenext", "nodenext"],
        ["esnext", "bundler"]
      ] as const
    ).map(([module, moduleResolution]) => compile(compiler, module, moduleResolution))
  )
  await Promise.all(runs)
}

const compile = async (compiler: string, module: string, moduleResolution: string): Promise<void> => {
  const version = JSON.parse(readFileSync(path.join(compiler, "..", "..", "package.json"), "utf8")).version
  const where = `TypeScript ${version}, ${moduleResolution}`
  const compilerOptions = {
    ...{ module, moduleResolution, target: "es2024", types: ["node"], noEmit: true },
    ...{ strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
  }
  const config = path.join(project, `tsconfig.${version}.${moduleResolution}.json`)
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ["*.ts"] }))
  const { code, out } = await new Promise<{ readonly code: number; readonly out: string }>((resolve) =>
    execFile(
      process.execPath,
      [compiler, "-p", config, "--pretty", "false"],
      { cwd: project, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : 1, out: stdout + stderr })
    )
  )
  const errors = out.split("\n").filter((line) => /error TS\d+/.test(line))
  // faults within a dependency are not ours, unless the compiler did not finish
  const ours = errors.filter((line) => !/^\.\.|^node_modules\/(?!katcp\/)/.test(line))
  for (const line of ours) faults.push(`${where}: ${line}`)
  if (code !== 0 && errors.length === 0) faults.push(`${where}: ${out}`)
  console.log(`package: ${where}: ${ours.length} errors in our files, ${errors.length - ours.length} in others`)
}

unpack()
const manifest = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as Manifest
checkFiles(manifest)
checkRuns(manifest, process.execPath, process.versions.node)
checkRuns(manifest, oldestNode(), oldestVersion())
await checkPromise(oldestNode(), oldestVersion())
checkArchive(oldestNode(), oldestVersion())
await checkTypes(manifest)
for (const fault of faults) console.error(fault)
console.log(`package: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
