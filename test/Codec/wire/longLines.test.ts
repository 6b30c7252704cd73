import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const program = fileURLToPath(new URL("../programs/longLines.ts", import.meta.url))
const unfinished = fileURLToPath(new URL("../programs/unfinishedLines.ts", import.meta.url))

describe("long lines (P-412)", () => {
  it("leave no arrays in an idle process after a burst", () => {
    const out = execFileSync(process.execPath, [program], { encoding: "utf8" })
    const { idle, lines } = JSON.parse(out)
    assert.strictEqual(lines, 12)
    assert.isBelow(idle, 4, out)
  })
})

describe("an unfinished line (P-412)", () => {
  it("releases its memory when it is abandoned, without a garbage collection", () => {
    const out = execFileSync(process.execPath, [unfinished], { encoding: "utf8" })
    const { left, largest } = JSON.parse(out)
    assert.strictEqual(largest, 4)
    assert.isBelow(left, 8, out)
  })
})
