/**
 * Makes `dist`: the types of the library, its JavaScript (`library.ts`), the command (`bundle.ts`) and the page (`dashboard.ts`). Does nothing if `dist` was made of these sources
 * by these compilers. Builds aside, then moves file by file into `dist`, so that a program that starts meanwhile finds
 * either the old file or the new one. Files of the build before this one stay until the next: a command that is running
 * may still load parts of itself. `--prune` removes those too, before a package is made.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"

const root = path.join(import.meta.dirname, "..")
const dist = path.join(root, "dist")
/** Beside `dist`, since the paths in source maps depend on the depth. */
const aside = path.join(root, ".dist-new")
const lock = path.join(root, ".dist-lock")
const record = path.join(dist, ".build.json")

/** What `dist` was made of and holds. */
interface Build {
  readonly inputs: string
  readonly files: ReadonlyArray<string>
}

const inputs = (): string => {
  const hash = createHash("sha256")
  const files = globSync(
    ["src/**/*", "tsconfig.{base,build}.json", "scripts/{build,bundle,dashboard,library}.ts", "package{,-lock}.json"],
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

/** `true` if `dist` has what the sources say, complete. */
const isCurrent = (build: Build | undefined): boolean =>
  build !== undefined && build.inputs === inputs() && isComplete(build.files)

const isComplete = (files: ReadonlyArray<string>): boolean => {
  const there = new Set(filesIn(dist))
  return files.every((file) => there.has(file))
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Waits for a build that runs already. A lock whose process is gone does not count. */
const acquire = async (): Promise<void> => {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      process.once("exit", () => rmSync(lock, { force: true }))
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    let holder = Number.NaN
    try {
      holder = Number(readFileSync(lock, "utf8"))
    } catch {}
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true })
    // effect-diagnostics-next-line globalTimers:off
    await setTimeout(50)
  }
}

const write = (build: Build): void => {
  mkdirSync(dist, { recursive: true })
  writeFileSync(`${record}.new`, JSON.stringify(build))
  renameSync(`${record}.new`, record)
}

/** Moves what was built into `dist`. What starts a program comes last, after the parts that it loads. */
const swap = (before: Build | undefined, inputs: string): void => {
  const files = filesIn(aside)
  // from here on `dist` is neither the one nor the other
  write({ inputs: "", files: before?.files ?? [] })
  const isEntry = (file: string) => file === path.join("bin", "katcp.js")
  for (const file of [...files.filter((file) => !isEntry(file)), ...files.filter(isEntry)]) {
    mkdirSync(path.dirname(path.join(dist, file)), { recursive: true })
    renameSync(path.join(aside, file), path.join(dist, file))
  }
  write({ inputs, files })
  remove(new Set([...files, ...(before?.files ?? [])]))
}

/** Removes the files of `dist` that are not to stay. */
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
  // loads the command: too slow for a build that has nothing to do
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
