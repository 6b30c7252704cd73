/** Mistakes and losses that a user would otherwise not notice. */
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { device, katcp } from "./katcp.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
})

describe("katcp call", () => {
  it("reports an inform that is too long to be read", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.write("#version-connect katcp-protocol 5.1-MI\n")
      socket.on("data", (data) => {
        const id = /\[\d+\]/.exec(data.toString())?.[0] ?? ""
        socket.write(`#huge${id} ${"x".repeat(17_000_000)}\n!huge${id} ok\n`)
      })
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err, out } = await katcp(["call", address, "huge"])
    assert.deepStrictEqual([code, out.replace(/\[\d+\]/, "")], [0, "!huge ok\n"])
    assert.strictEqual(err, `katcp: a line of ${address} is missing here: malformed or too long\n`)
  })

  it("names the line of its input that is not a request", async () => {
    const { code, err, out } = await katcp(["call", host, "-"], "watchdog\n\nwat ch\\x\nwatchdog\n")
    assert.deepStrictEqual([code, out.replace(/\[\d+\]/, "")], [2, "!watchdog ok\n"])
    assert.match(err, /^katcp: line 3: "wat ch\\\\x" is not a request: /)
  })
})

describe("katcp monitor", () => {
  it("ends if the device samples none of the named sensors by the strategy", async () => {
    const { code, err } = await katcp(["monitor", host, "test.discrete", "-s", "differential 2", "--count", "1"])
    assert.strictEqual(code, 1)
    assert.include(err, `${host} samples none of the named sensors by differential 2`)
  })
})

describe("katcp shell", () => {
  it("refuses a quotation mark that is not closed", async () => {
    const { err, out } = await katcp(["shell", host], 'echo "two words\necho "two words" say\n')
    assert.include(err, "a quotation mark is not closed")
    assert.match(out, /!echo(?:\[\d+\])? ok "two words" say/)
    assert.notInclude(out, '"\\"two"')
  })
})
