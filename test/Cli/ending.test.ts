/** How commands end: by a signal, and when nobody reads on. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"
import { badDevice, relay } from "./servers.ts"

let host = ""
const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
beforeAll(async () => {
  host = (await device("--sensors", "2000")).address
})
afterAll(() => rmSync(folder, { recursive: true }))

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP"

/** Sends the signal; the command is to end, with that exit code and no word of that. What it waits for takes 1000 s. */
const stops = async (command: ReturnType<typeof start>, signal: Signal, name: string, wanted = 130) => {
  command.child.kill(signal)
  const { code, err } = await command.ended
  assert.strictEqual(code, wanted, `${name} by ${signal}`)
  assert.match(err, /^(katcp: .*(reports from|reach|sensors at|replays).*\n)?$/, `${name} by ${signal}`)
}

describe("Ctrl-C", () => {
  // and the request that shows that it is at it
  const connected: ReadonlyArray<readonly [name: string, asked: string, ...args: ReadonlyArray<string>]> = [
    ["call, which waits for its reply", "?sleep", "call", "sleep", "1000", "--timeout", "1000"],
    ["call, which waits for its input", "?request-timeout-hint", "call", "-"],
    ["monitor", "?sensor-sampling", "monitor", "test.*"],
    ["wait", "?sensor-sampling", "wait", "test.int", "= 424242"],
    ["log", "?log-level", "log"],
    ["conform", "?watchdog[", "conform"],
    ["shell", "?sensor-list", "shell"]
  ]
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    for (const [name, asked, command, ...args] of connected)
      it(`ends ${name} (${signal}): at once, and the device sees its connections end`, async () => {
        const { address, until } = await relay(host)
        const running = start([command!, address, ...args])
        await until(({ clients }) => clients.includes(asked))
        await stops(running, signal, name)
        await until(({ open }) => open === 0)
      })

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 0],
    ["SIGHUP", 129]
  ] as const)
    it(`ends servers cleanly: their clients get #disconnect (${signal}: exit code ${code})`, async () => {
      const recording = path.join(folder, "session.ndjson")
      const line = { time: 1, connection: 1, from: "device", line: "#version-connect katcp-protocol 5.1-M" }
      writeFileSync(recording, `${JSON.stringify(line)}\n`)
      const commands = [
        ["tap", "0", host],
        ["simulate", "--copy", host, "--listen", "0"],
        ["replay", recording, "--listen", "0"]
      ]
      for (const args of commands) {
        const command = start(args)
        let at = ""
        await command.until(({ err }) => (at = /(127\.0\.0\.1:\d+)(?= reach| replays|$)/m.exec(err)?.[1] ?? "") !== "")
        const { address, until } = await relay(at)
        const client = start(["call", address, "-"])
        await until(({ device }) => device.includes("#version-connect"))
        await stops(command, signal, args[0]!, code)
        await until(({ device, open }) => /^#disconnect /m.test(device) && open === 0)
        client.child.kill("SIGKILL")
      }
    })

  it("ends any command cleanly on SIGHUP, with exit code 129", async () => {
    const { address, until } = await relay(host)
    const monitor = start(["monitor", address, "test.*"])
    await until(({ clients }) => clients.includes("?sensor-sampling"))
    await stops(monitor, "SIGHUP", "monitor", 129)
    await until(({ open }) => open === 0)
  })

  it("ends commands that wait for a silent device", async () => {
    let asked = () => {}
    const request = new Promise<void>((resolve) => {
      asked = resolve
    })
    const silent = await badDevice(asked)
    const command = start(["call", silent, "watchdog", "--timeout", "1000"])
    await request
    await stops(command, "SIGINT", "call")
  })

  it("ends a service with exit code 0 on SIGTERM, even while it starts", async () => {
    for (const [signal, code] of [
      ["SIGTERM", 0],
      ["SIGINT", 130]
    ] as const) {
      let asked = () => {}
      const request = new Promise<void>((resolve) => {
        asked = resolve
      })
      const silent = await badDevice(asked)
      const command = start(["simulate", "--copy", silent, "--listen", "0", "--timeout", "1000"])
      await request
      await stops(command, signal, "simulate", code)
    }
  })
})

describe("a closed pipe", () => {
  it("a command with long output ends with exit code 0 and without an error", async () => {
    for (const args of [
      ["call", host, "sensor-list"],
      ["call", host, "sensor-value", "--json"],
      ["list", host],
      ["list", host, "--json"],
      ["contract", host],
      ["monitor", host, "*", "--strategy", "period 0.01"],
      ["conform", host, "--only", "wire-0", "--all"]
    ]) {
      const command = start(args)
      await command.until(({ out }) => out.includes("\n"))
      command.child.stdout.destroy()
      assert.deepInclude(await command.ended, { code: 0, err: "" }, args.join(" "))
    }
  })

  it("a command with little output does so if the pipe was closed from the start", async () => {
    for (const args of [
      ["help", host],
      ["info", host],
      ["get", host, "test.int"],
      ["--help"],
      ["monitor", "--help"],
      ["--version"],
      ["--completions", "bash"],
      ["msg", "hello"]
    ]) {
      const command = start(args)
      command.child.stdout.destroy()
      assert.deepInclude(await command.ended, { code: 0, err: "" }, args.join(" "))
    }
  })

  it("a log does so at its next line", async () => {
    const log = start(["log", host, "--json"])
    log.child.stdout.destroy()
    let over = false
    const ended = log.ended.finally(() => {
      over = true
    })
    // the first ones may come before the log is read
    while (!over) await katcp(["call", host, "write-log", "error", "again"])
    assert.deepInclude(await ended, { code: 0, err: "" })
  })

  it("a closed standard error does not affect the command", async () => {
    const log = start(["log", host, "--for", "500ms"])
    log.child.stderr.destroy()
    assert.strictEqual((await log.ended).code, 0)
  })

  it("a reader that stops in a shell's pipe has the same effect", async () => {
    const bin = path.join(import.meta.dirname, "..", "..", "dist", "bin", "katcp.js")
    const script = `"$1" "$2" list "$3" | head -1; echo "\${PIPESTATUS[0]}"`
    const child = spawn("bash", ["-c", script, "bash", process.execPath, bin, host])
    let said = ""
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text
      })
    await once(child, "close")
    assert.match(said, /^sensor +type +value +units +status +age\n0\n$/)
  })
})
