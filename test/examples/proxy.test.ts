import { spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { connect } from "katcp/promise"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

const root = path.join(import.meta.dirname, "..", "..")

describe("the proxy's example", () => {
  it("serves an old and a new device as one", async () => {
    const ports = [await freePort(), await freePort(), await freePort()]
    const program = spawn(process.execPath, ["examples/proxy.ts", ...ports.map(String)], { cwd: root })
    try {
      for await (const line of createInterface({ input: program.stdout }))
        if (line === `listening on 127.0.0.1:${ports[0]}`) break
      const client = await connect({ host: "127.0.0.1", port: ports[0]! })
      const old = client.sensorNamed("old.elevation")
      await old.waitFor(({ value }: { readonly value: unknown }) => value === 45)
      assert.strictEqual((await client.sensorNamed("rx.rx.temp").get()).value, 14.5)
      assert.isTrue((await client.call("old-stow")).ok)
      await old.waitFor(({ value }: { readonly value: unknown }) => value === 90)
      await client.close()
    } finally {
      program.kill("SIGKILL")
    }
  })
})
