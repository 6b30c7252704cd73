import { expect, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

it("free ports are all different: each port of a document stands for one port of this machine", async () => {
  const ports: Array<number> = []
  for (let i = 0; i < 300; i++) ports.push(await freePort())
  expect(new Set(ports).size).toBe(ports.length)
})
