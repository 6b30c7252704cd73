import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { afterEach, describe, expect, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")
const running = new Set<ReturnType<typeof spawn>>()
afterEach(() => {
  for (const child of running) child.kill("SIGKILL")
  running.clear()
})

/** Starts the example device and gives its port once it serves. */
const device = async (...options: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", "0", ...options], {
    cwd: root
  })
  running.add(child)
  const ended = once(child, "exit") as Promise<[code: number | null, signal: string | null]>
  for await (const line of createInterface({ input: child.stdout })) {
    const [, host, port] = /^listening on (.*):(\d+)$/.exec(line) ?? []
    if (port !== undefined) return { child, ended, host, port }
  }
  throw new Error("the device ended before it served")
}
const client = (port: string) =>
  promisify(execFile)(process.execPath, ["examples/client.ts", "127.0.0.1", port], { cwd: root })

describe("the example's programs", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    it(`the device serves the client, and ends cleanly on ${signal}`, async () => {
      const { child, ended, port } = await device()
      expect((await client(port)).stdout).toContain("1.5 + 2 = 3.5")
      child.kill(signal)
      expect(await ended).toEqual([0, null])
    })

  it("the device has a dashboard, whose address is printed after its own, and which ends with it", async () => {
    const child = spawn(process.execPath, ["examples/device.ts", "--port", "0"], { cwd: root })
    running.add(child)
    const ended = once(child, "exit")
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toMatch(/^listening on 127\.0\.0\.1:\d+$/)
    const [, url = ""] = /^dashboard at (http:\/\/127\.0\.0\.1:\d+)$/.exec((await lines.next()).value) ?? []
    expect(await (await fetch(`${url}/`)).text()).toContain("<title>katcp</title>")
    const { devices } = (await (await fetch(`${url}/api/devices`)).json()) as {
      readonly devices: ReadonlyArray<object>
    }
    expect(devices).toMatchObject([{ name: "example" }])
    child.kill("SIGTERM")
    expect(await ended).toEqual([0, null])
  })

  it("an IPv6 host is printed in brackets", async () => {
    const { host } = await device("--host", "::1")
    expect(host).toBe("[::1]")
  })

  it("an invalid or taken port is reported in one line", async () => {
    const { port } = await device()
    const taken = await promisify(execFile)(
      process.execPath,
      ["examples/device.ts", "--no-dashboard", "--port", port],
      {
        cwd: root
      }
    ).catch((error: { readonly code: number; readonly stderr: string }) => error)
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`) })
    const none = await promisify(execFile)(process.execPath, ["examples/device.ts", "--port", "many"], {
      cwd: root
    }).catch((error: { readonly code: number; readonly stderr: string }) => error)
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("--port many") })
  })
})
