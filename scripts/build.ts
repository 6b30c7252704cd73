/**
 * Builds `dist`: the types of the library, its JavaScript (`library.ts`), the command (`bundle.ts`) and the page
 * (`dashboard.ts`). Does nothing if `dist` is up to date with the sources and compilers. Builds in another folder, then
 * moves file by file into `dist`, so a program that starts meanwhile finds either the old file or the new one. Files of
 * the previous build stay until the next one: a running command may still load parts of itself. `--prune` removes those
 * too, before packing.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { acquireLock } from "./oneAtATime.ts"

const root = path.join(import.meta.dirname, "..")
const dist = path.join(root, "dist")
/** Next to `dist`, because the paths in source maps depend on the depth. */
const aside = path.join(root, ".dist-new")
const lock = path.join(root, ".dist-lock")
const record = path.join(dist, ".build.json")

/** The inputs and files of a build of `dist`. */
interface Build {
  readonly inputs: string
  readonly files: ReadonlyArray<string>
}

const inputs = (): string => {
  const hash = createHash("sha256")
  const files = globSync(
    [
      "src/**/*",
      "tsconfig.{base,build}.json",
      "scripts/{build,bundle,commandPlugins,dashboard,library}.ts",
      "package{,-lock}.json"
    ],
    {
      cwd: root
    }
  )
  for (const file of files.sort()) {
    const at = path.join(root, file)
    if (statSync(at).isFile()) hash.update(`\0${file}\0`).update(readFileSync(at))
  }
  return hash.digest("hex")
}

const last = (): Build | undefined => {
  try {
    return JSON.parse(readFileSync(record, "utf8")) as Build
  } catch {
    return undefined
  }
}

const filesIn = (folder: string): ReadonlyArray<string> =>
  globSync("**/*", { cwd: folder }).filter((file) => statSync(path.join(folder, file)).isFile())

/** `true` if `dist` is complete and up to date. */
const isCurrent = (build: Build | undefined): boolean =>
  build !== undefined && build.inputs === inputs() && isComplete(build.files)

const isComplete = (files: ReadonlyArray<string>): boolean => {
  const there = new Set(filesIn(dist))
  return files.every((file) => there.has(file))
}

/** Waits for a running build, and holds its lock until the process ends. */
const acquire = async (): Promise<void> => {
  await acquireLock(lock)
  process.once("exit", () => rmSync(lock, { force: true }))
}

const write = (build: Build): void => {
  mkdirSync(dist, { recursive: true })
  writeFileSync(`${record}.new`, JSON.stringify(build))
  renameSync(`${record}.new`, record)
}

/** Moves the build into `dist`. Files that start a program come last, after the parts that they load. */
const swap = (before: Build | undefined, inputs: string): void => {
  const files = filesIn(aside)
  // from here on `dist` is mixed
  write({ inputs: "", files: before?.files ?? [] })
  const isEntry = (file: string) => file === path.join("bin", "katcp.js")
  for (const file of [...files.filter((file) => !isEntry(file)), ...files.filter(isEntry)]) {
    mkdirSync(path.dirname(path.join(dist, file)), { recursive: true })
    renameSync(path.join(aside, file), path.join(dist, file))
  }
  write({ inputs, files })
  remove(new Set([...files, ...(before?.files ?? [])]))
}

/** Removes the files of `dist` outside the given set. */
const remove = (stay: ReadonlySet<string>): void => {
  for (const file of filesIn(dist)) {
    if (!stay.has(file) && path.join(dist, file) !== record) rmSync(path.join(dist, file), { force: true })
  }
}

const build = async (): Promise<void> => {
  const now = inputs()
  rmSync(aside, { recursive: true, force: true })
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc")
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", aside], {
    cwd: root,
    stdio: "inherit"
  })
  if (status !== 0) throw new Error(`the sources do not compile (tsc ended with ${status})`)
  // loads the command, which is too slow for a build with nothing to do
  const { bundle } = await import("./bundle.ts")
  const { library, removeHiddenTypes } = await import("./library.ts")
  const { dashboard } = await import("./dashboard.ts")
  await library(aside)
  removeHiddenTypes(aside)
  await bundle(path.join(aside, "bin"))
  await dashboard(path.join(aside, "page"))
  swap(last(), now)
  rmSync(aside, { recursive: true, force: true })
}

if (!isCurrent(last())) {
  await acquire()
  // another process may have built meanwhile
  if (!isCurrent(last())) await build()
}
if (process.argv.includes("--prune")) remove(new Set(last()!.files))
