import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const program = fileURLToPath(new URL("../programs/argumentMemory.ts", import.meta.url))

describe("an argument (P-409)", () => {
  it("takes at most 100 bytes of memory: parsed, kept and read as text all together", () => {
    const out = execFileSync(process.execPath, ["--expose-gc", program], { encoding: "utf8" })
    const { long, short } = JSON.parse(out)
    for (const [name, bytes] of [...Object.entries(short), ...Object.entries(long)])
      assert.isBelow(Number(bytes), 100, `${name}: ${out}`)
  })
})
