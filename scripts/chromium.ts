/**
 * Installs Chromium for tests, trials and pictures into `.cache/chromium/`, once, and prints the result. It comes from
 * the npm package `@sparticuz/chromium`, pinned below, with the libraries and the font that it needs. `KATCP_CHROMIUM`
 * names another program, such as `/usr/bin/chromium`.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import type { Browser } from "playwright-core"
import { oneAtATime } from "./oneAtATime.ts"

const name = "@sparticuz/chromium"
const version = "153.0.0"
/** The only platform of the package's program. */
const platform = "linux x64"
const folder = path.join(import.meta.dirname, "..", ".cache", "chromium")

/** The only font of the package. Without a font, Chromium exits at the first field of a form. */
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${path.join(folder, "fonts", "fonts")}</dir><cachedir>${path.join(folder, "fonts", "cache")}</cachedir></fontconfig>
`
/** Marks the installation of this version. */
const stamp = `${version} with fonts`

/** The program and its environment, or why it is missing. */
export type Chromium =
  | { readonly program: string; readonly env: Readonly<Record<string, string>> }
  | { readonly missing: string }

/** Installs missing parts. Safe to call from several processes at once: the others wait for the first. */
export const install = async (): Promise<Chromium> => {
  const given = process.env.KATCP_CHROMIUM
  if (given !== undefined && given !== "")
    return existsSync(given) ? { program: given, env: {} } : { missing: `${given} (KATCP_CHROMIUM) is not there` }
  if (`${process.platform} ${process.arch}` !== platform)
    return {
      missing: `there is no Chromium for ${process.platform} ${process.arch} on npm; KATCP_CHROMIUM names a program`
    }
  if (isInstalled()) return installed
  return oneAtATime(`${folder}.lock`, async () => (isInstalled() ? installed : make()))
}

const make = async (): Promise<Chromium> => {
  const aside = `${folder}-${process.pid}`
  try {
    mkdirSync(aside, { recursive: true })
    writeFileSync(
      path.join(aside, "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies: { [name]: version } })
    )
    const run = promisify(execFile)
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", aside])
    // the package unpacks itself into the folder for temporary files, and its libraries only on some platforms
    const unpack = `const { default: chromium } = await import(${JSON.stringify(name)}); await chromium.executablePath()`
    const env = { ...process.env, TMPDIR: aside, AWS_EXECUTION_ENV: "nodejs22.x" }
    await run(process.execPath, ["--input-type=module", "-e", unpack], { cwd: aside, env })
    // 67 MB, not needed any more
    rmSync(path.join(aside, "node_modules"), { recursive: true })
    writeFileSync(path.join(aside, "fonts", "fonts.conf"), fonts)
    writeFileSync(path.join(aside, "stamp"), stamp)
    rmSync(folder, { recursive: true, force: true })
    renameSync(aside, folder)
    return installed
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : String(error)
    return { missing: `Chromium could not be installed: ${said}` }
  }
}

const isInstalled = (): boolean => {
  const file = path.join(folder, "stamp")
  return existsSync(file) && readFileSync(file, "utf8") === stamp
}

const installed = {
  program: path.join(folder, "chromium"),
  env: { LD_LIBRARY_PATH: path.join(folder, "al2023", "lib"), FONTCONFIG_PATH: path.join(folder, "fonts") }
}

/** Starts Chromium without a window. Returns a text if it is missing; with `CI=true` that is an error. */
export const launch = async (args: ReadonlyArray<string> = []): Promise<Browser | string> => {
  const found = await install()
  if ("missing" in found) {
    if (process.env.CI === "true") throw new Error(found.missing)
    return found.missing
  }
  const { chromium } = await import("playwright-core")
  return chromium.launch({
    executablePath: found.program,
    headless: true,
    env: { ...process.env, ...found.env },
    // root has no sandbox
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--font-render-hinting=none", ...args]
  })
}

if (process.argv[1] === import.meta.filename) console.log(await install())
