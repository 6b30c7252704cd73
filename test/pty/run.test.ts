import { assert, describe, it } from "vitest"
import { inTerminal } from "./terminal.ts"

describe("katcp run, in a terminal", () => {
  it("leaves Ctrl-C to the terminal, which also sends it to the program: the program gets it once", async () => {
    const program =
      "n=0; trap 'n=$((n + 1)); echo interrupt $n' INT; echo ready; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.5; exit 4"
    const { closed, shows, type } = inTerminal(["run", "sh", "-c", program])
    await shows("ready")
    type("\x03")
    await shows(/interrupt\\_1\r\n$/)
    const [code] = await closed
    assert.strictEqual(code, 4)
  })
})
