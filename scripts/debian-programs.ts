/**
 * Unpacks monitoring programs that tests talk to into `.cache/debian/`, once, and prints what there is: Prometheus with
 * promtool, VictoriaMetrics and influxd. They are packages of Debian, which `apt-get download` fetches and `dpkg -x` unpacks:
 * nothing is installed, and no service is started. `KATCP_PROMETHEUS`, `KATCP_PROMTOOL`, `KATCP_VICTORIA_METRICS` and
 * `KATCP_INFLUXD` name programs to take instead.
 */
import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
const folder = path.join(import.meta.dirname, "..", ".cache", "debian")

/** Of each program its package, where it is in it, and the variable that names another. */
const programs = {
  prometheus: ["prometheus", "usr/bin/prometheus", "KATCP_PROMETHEUS"],
  promtool: ["prometheus", "usr/bin/promtool", "KATCP_PROMTOOL"],
  "victoria-metrics": ["victoria-metrics", "usr/bin/victoria-metrics", "KATCP_VICTORIA_METRICS"],
  influxd: ["influxdb", "usr/bin/influxd", "KATCP_INFLUXD"]
} as const

/** The name of a program. */
export type ProgramName = keyof typeof programs

/** Where a program is, or why it is not there. */
export type Program = { readonly program: string } | { readonly missing: string }

/** Unpacks a package into a folder of its own. Safe to call from several processes at once: the first to be done counts. */
const unpack = async (name: string): Promise<string> => {
  const place = path.join(folder, name)
  if (existsSync(place)) return place
  const aside = path.join(folder, `${name}-${randomUUID()}`)
  try {
    mkdirSync(path.join(aside, "root"), { recursive: true })
    // it downloads into the working directory, which apt's own user need not be able to write to
    await run("apt-get", ["-o", "APT::Sandbox::User=root", "download", name], { cwd: aside, timeout: 120_000 })
    const archive = readdirSync(aside).find((file) => file.endsWith(".deb"))
    if (archive === undefined) throw new Error(`apt-get download ${name} has left no package`)
    await run("dpkg", ["-x", path.join(aside, archive), path.join(aside, "root")])
    if (!existsSync(place)) renameSync(path.join(aside, "root"), place)
    return place
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Finds a program, and unpacks its package if need be. */
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
