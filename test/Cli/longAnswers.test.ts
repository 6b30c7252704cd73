/** `call` with an answer of many informs: printed while it comes, in memory that does not grow with the answer. */
import { once } from "node:events"
import type { Socket } from "node:net"
import { assert, describe, it } from "vitest"
import { bareDevice } from "./bareDevice.ts"
import { katcp, start } from "./katcp.ts"

const page = 1000

describe("call with a long answer (P-422)", () => {
  it("prints an inform before the reply has come", async () => {
    let reply = () => {}
    const { address } = await bareDevice((socket, name, id) => {
      socket.write(`#${name}${id} one\n`)
      reply = () => socket.write(`!${name}${id} ok 1\n`)
    })
    const call = start(["call", address, "many"])
    await call.until(({ out }) => out.includes("#many[1] one"))
    reply()
    const { code, out } = await call.ended
    assert.deepStrictEqual([code, out], [0, "#many[1] one\n!many[1] ok 1\n"])
  })

  it("prints 150,000 informs within a small heap", async () => {
    const pages = 150
    const send = async (socket: Socket, id: string) => {
      for (let n = 0; n < pages; n++) {
        const lines = Array.from(
          { length: page },
          (_, k) => `#many${id} ${n * page + k} some-text-of-a-sensor nominal\n`
        )
        if (!socket.write(lines.join(""))) await once(socket, "drain")
      }
      socket.write(`!many${id} ok ${pages * page}\n`)
    }
    const { address } = await bareDevice((socket, _, id) => void send(socket, id))
    const { code, err, out } = await katcp(["call", "--timeout", "50", address, "many"], "", {
      NODE_OPTIONS: "--max-old-space-size=40"
    })
    assert.deepStrictEqual([code, err], [0, ""])
    const lines = out.trimEnd().split("\n")
    assert.lengthOf(lines, pages * page + 1)
    assert.strictEqual(lines.at(-2), `#many[1] ${pages * page - 1} some-text-of-a-sensor nominal`)
  })
})
