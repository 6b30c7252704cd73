/** The command on a Node that is too old for it. */
import { spawnSync } from "node:child_process"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { oldestVersion } from "../../scripts/oldestNode.ts"
import { oldNodeText } from "../../src/Cli/oldNode.ts"

const bin = path.join(import.meta.dirname, "..", "..", "src", "Cli", "bin.ts")

/** Runs the command by a Node that says that it is another version. */
const runBy = (version: string, ...words: ReadonlyArray<string>) => {
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`
  const pretend = `globalThis.process = Object.create(process, { versions: { value: ${versions} } })`
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, bin, ...words],
    { encoding: "utf8" }
  )
  return { status, stderr, stdout }
}

describe("a Node that is too old", () => {
  it("is named with the version that is needed, and the command exits with 2", () => {
    for (const words of [["--version"], ["call", "localhost", "watchdog"]])
      assert.deepStrictEqual(runBy("20.20.2", ...words), {
        status: 2,
        stderr: `katcp: needs Node 22.19 or newer, but ${process.execPath} is Node 20.20.2: install a newer Node, and put it first in PATH\n`,
        stdout: ""
      })
  })

  it("is each one below engines of package.json", () => {
    const oldest = oldestVersion()
    const [major, minor] = oldest.split(".").map(Number)
    const text = (version: string) => oldNodeText(version, "node")
    for (const version of [oldest, `${major}.${minor! + 1}.0`, `${major! + 1}.0.0`]) assert.isUndefined(text(version))
    for (const version of [`${major}.${minor! - 1}.9`, `${major! - 1}.99.0`, "9.0.0"]) assert.isDefined(text(version))
  })
})
