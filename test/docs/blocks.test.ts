import { describe, expect, it } from "vitest"
import { extract } from "../../scripts/docs-blocks.ts"

const blocks = extract()

describe("code in documents", () => {
  it("is found", () => {
    expect(blocks.some((block) => block.source === "README.md")).toBe(true)
  })
  for (const block of blocks) {
    // a block that would serve for ever, or dial, is only checked for its types
    if (block.flags.includes("no-run")) continue
    it(`${block.source}:${block.line} runs`, async () => {
      const running = import(/* @vite-ignore */ block.file)
      if (block.flags.includes("error")) await expect(running).rejects.toThrow()
      else await running
    })
  }
})
