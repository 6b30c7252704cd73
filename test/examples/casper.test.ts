import { execFile } from "node:child_process"
import * as path from "node:path"
import { promisify } from "node:util"
import { assert, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")

it("examples/casper.ts programs a fake board, sets a gain, reads a spectrum and plots it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["examples/casper.ts"], { cwd: root, timeout: 20_000 })
  const lines = stdout.trimEnd().split("\n")
  assert.match(lines[0]!, /127\.0\.0\.1:\d+ is ready after \d+ ms/)
  // the line stands in channel 20
  assert.strictEqual(lines.length, 33)
  assert.strictEqual(lines[11], `  20 ${"#".repeat(50)}`)
  assert.match(lines[32]!, /^ {2}62 #{1,5}$/)
})
