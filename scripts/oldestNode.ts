/** The oldest version of Node in package.json, from its npm package: installed once, into .cache/. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")

/** Returns the version in `engines`, with its patch: `22.19.0` for `>=22.19`. */
export const oldestVersion = (): string => {
  const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))
  const found = /^>=(\d+)(\.\d+)?(\.\d+)?$/.exec(engines.node)
  if (found === null) throw new Error(`engines.node of package.json should be like >=22.19, not ${engines.node}`)
  return `${found[1]}${found[2] ?? ".0"}${found[3] ?? ".0"}`
}

/** Returns the path of that Node, after installing it if necessary. */
export const oldestNode = (): string => {
  const version = oldestVersion()
  const folder = path.join(root, ".cache", `node-${version}`)
  const program = path.join(folder, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node")
  if (existsSync(program)) return program
  const aside = `${folder}.${process.pid}`
  mkdirSync(aside, { recursive: true })
  try {
    writeFileSync(path.join(aside, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }))
    const { status } = spawnSync(
      "npm",
      ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", `node@${version}`],
      { cwd: aside, stdio: ["ignore", 2, 2], shell: process.platform === "win32" }
    )
    if (status !== 0) throw new Error(`installing node@${version} failed with ${status}: is the registry there?`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return program
}
