/** The three devices for trying sites, and the command on them. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { katcp } from "../Cli/katcp.ts"

const root = path.join(import.meta.dirname, "..", "..")

describe("examples/site.ts", () => {
  it("serves the devices of examples/site.yaml, which the command reaches by their names", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
    const site = path.join(folder, "site.yaml")
    let text = readFileSync(path.join(root, "examples", "site.yaml"), "utf8")
    for (const port of ["7200", "7201", "7202", "7203"]) text = text.replace(port, String(await freePort()))
    writeFileSync(site, text)
    const child = spawn(process.execPath, ["examples/site.ts", site], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"]
    })
    try {
      for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("try:")) break
      const { code, out } = await katcp(["wait", "*/azimuth", "0", "--site", site])
      assert.deepStrictEqual([code, out.split("\n").length], [0, 3])
      assert.strictEqual((await katcp(["call", "m001", "track", "90", "--site", site])).code, 0)
      const moved = await katcp(["wait", "m001/azimuth", "> 1", "--timeout", "30s", "--site", site])
      assert.strictEqual(moved.code, 0)
      assert.strictEqual((await katcp(["get", "anc", "wind.speed", "--site", site])).code, 0)
      assert.match((await katcp(["serve", "--check", site])).out, /^anc +wind\.\* +event-rate 0\.5 10\.0 +1 sensor$/m)
    } finally {
      child.kill("SIGKILL")
      rmSync(folder, { recursive: true })
    }
  })
})
