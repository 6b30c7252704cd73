import { assert, describe, it } from "vitest"
import { bareDevice } from "../Cli/bareDevice.ts"
import { device } from "../Cli/katcp.ts"
import { inTerminal } from "./terminal.ts"

describe("a step that takes longer than a second, in a terminal", () => {
  it("shows its progress and duration, and erases them before the answer", async () => {
    let reply = () => {}
    const { address } = await bareDevice((socket, name, id) => {
      reply = () => socket.write(`!${name}${id} ok\n`)
    })
    const { closed, shows } = inTerminal(["call", address, "stow"])
    await shows(new RegExp(`\\?stow: waiting for ${address} … [1-9] s`))
    await shows(new RegExp(`\\r\\u001b\\[2K\\?stow: waiting for ${address} … [2-9] s`))
    reply()
    await shows(/\r\u001b\[2K(\u001b\[32m)?!stow\[1\] ok/)
    assert.deepStrictEqual(await closed, [0, null])
  })

  it("is shown in at most one line of the terminal", async () => {
    const { address } = await device()
    const { closed, shows } = inTerminal(["wait", address, "test.string", "x".repeat(200), "-t", "1.5s"])
    await shows(/\u001b\[2Kwaiting until test\.string of [^\r\n]{70,}/)
    await shows("was not")
    assert.deepStrictEqual(await closed, [1, null])
  })
})
