/**
 * Installs the programs that validate the gateway's OpenAPI document into `.cache/openapi/`, once, and prints the
 * result: redocly from npm, schemathesis from PyPI, both pinned below. `KATCP_PYTHON` names another interpreter.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

const redocly = "@redocly/cli@2.77.0"
const schemathesis = "schemathesis==4.32.5"
const folder = path.join(import.meta.dirname, "..", ".cache", "openapi")

/** A program, or why it is missing. */
export type Program = { readonly program: string } | { readonly missing: string }

/** Creates a folder with a program, once. Safe to call from several processes: the last one to finish counts. */
const once = async (
  name: string,
  stamp: string,
  program: string,
  make: (folder: string) => Promise<void>
): Promise<Program> => {
  const own = path.join(folder, name)
  const installed = path.join(own, program)
  const marked = path.join(own, "stamp")
  if (existsSync(installed) && existsSync(marked) && readFileSync(marked, "utf8") === stamp)
    return { program: installed }
  try {
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own, { recursive: true })
    await make(own)
    writeFileSync(`${marked}.new`, stamp)
    renameSync(`${marked}.new`, marked)
    return { program: installed }
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : ""
    return { missing: `${name} could not be installed: ${said === "" ? error : said}` }
  }
}

/** Installs redocly. */
export const installRedocly = (): Promise<Program> =>
  once("redocly", redocly, path.join("node_modules", ".bin", "redocly"), async (own) => {
    writeFileSync(path.join(own, "package.json"), JSON.stringify({ private: true }))
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", own, redocly])
  })

/** Installs schemathesis. */
export const installSchemathesis = (): Promise<Program> =>
  once("schemathesis", schemathesis, path.join("bin", "schemathesis"), async (own) => {
    const names = process.env.KATCP_PYTHON ? [process.env.KATCP_PYTHON] : ["python3.11", "python3.12", "python3"]
    let reason: unknown
    for (const name of names)
      try {
        await run(name, ["-m", "venv", own])
        reason = undefined
        break
      } catch (error) {
        reason = error
      }
    if (reason !== undefined) throw reason
    await run(path.join(own, "bin", "python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      schemathesis
    ])
  })

if (process.argv[1] === import.meta.filename) console.log(await installRedocly(), await installSchemathesis())
