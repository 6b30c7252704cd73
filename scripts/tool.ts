/**
 * Runs a program of the static checks: `node scripts/tool.ts biome check .`. The programs are not dependencies of the
 * project: `tools/` has its own package.json and lock file for them. They are installed there on first use, and again
 * when the lock file changes. A checkout whose `node_modules` is a link to another checkout's uses the other checkout's
 * tools if their lock files are equal.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { copyFileSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")
const folder = path.join(root, "tools")
const manifests = ["package.json", "package-lock.json", ".npmrc"]

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** Returns the state to install, for this kind of machine. */
const wanted = (): string => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`)
  for (const name of manifests) hash.update(readFileSync(path.join(folder, name)))
  return hash.digest("hex")
}

const stamp = (modules: string) => path.join(modules, ".installed")

/** Installs into another folder, then swaps: two simultaneous checks do not disturb each other. */
const install = (modules: string, hash: string): void => {
  const aside = path.join(folder, `.install-${process.pid}`)
  mkdirSync(aside, { recursive: true })
  try {
    for (const name of manifests) copyFileSync(path.join(folder, name), path.join(aside, name))
    console.error("installing the programs of the static checks into tools/ (once)")
    const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: aside,
      // the output of a tool may be read by another program: everything else goes to standard error
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32"
    })
    if (status !== 0) throw new Error(`npm ci in tools/ failed with ${status}: is the registry there?`)
    writeFileSync(stamp(path.join(aside, "node_modules")), hash)
    if (textOf(stamp(modules)) === hash) return
    rmSync(modules, { recursive: true, force: true })
    renameSync(path.join(aside, "node_modules"), modules)
  } catch (error) {
    // another one may have been faster
    if (textOf(stamp(modules)) !== hash) throw error
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Returns the folder of the installed tools, after installing them if necessary. */
export const tools = (): string => {
  const hash = wanted()
  const own = path.join(folder, "node_modules")
  const shared = path.join(path.dirname(realpathSync(path.join(root, "node_modules"))), "tools", "node_modules")
  for (const modules of [own, shared]) if (textOf(stamp(modules)) === hash) return modules
  install(own, hash)
  return own
}

/** Returns the path of a program, to be run with Node. */
export const programOf = (name: string): string => realpathSync(path.join(tools(), ".bin", name))

if (process.argv[1] === import.meta.filename) {
  const [name, ...args] = process.argv.slice(2)
  if (name === undefined) throw new Error("node scripts/tool.ts PROGRAM [ARGUMENTS]")
  const { signal, status } = spawnSync(process.execPath, [programOf(name), ...args], { stdio: "inherit", cwd: root })
  if (signal !== null) process.kill(process.pid, signal)
  process.exitCode = status ?? 1
}
