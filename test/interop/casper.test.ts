/** katcp-python, making the calls of casperfpga's transport, against the fake board over TCP. */
import * as Effect from "effect/Effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import { expect, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { describePeer, runPythonProgram } from "./peers.ts"

describePeer("katcp", "katcp-python as casperfpga uses it, against the fake board", () => {
  it("programs it by ?progremote, and reads and writes registers, binary-safe", async () => {
    const port = await freePort()
    const run = await Effect.gen(function* () {
      yield* Casper.fake({ port })
      return yield* Effect.promise(() => runPythonProgram("kp_casper.py", "127.0.0.1", String(port)))
    }).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)
    const bad = run.lines.filter((line) => (line as { readonly ok: boolean }).ok !== true)
    expect({ bad, code: run.code, checks: run.lines.length }, run.errors).toEqual({ bad: [], code: 0, checks: 8 })
  })
})
