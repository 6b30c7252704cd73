/** Colours: on a terminal, unless NO_COLOR says otherwise, and nowhere else. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { assert, beforeAll, describe, it } from "vitest"
import { device, katcp } from "../Cli/katcp.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
})

/** The output of the command in a pseudo-terminal. */
const shown = async (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>): Promise<string> => {
  const terminal = path.join(import.meta.dirname, "terminal.py")
  const command = path.join(import.meta.dirname, "..", "..", "dist", "bin", "katcp.js")
  const child = spawn(process.env.KATCP_PYTHON ?? "python3", [terminal, process.execPath, command, ...args], {
    env: { ...process.env, NO_COLOR: "", TERM: "xterm", ...environment },
    stdio: ["pipe", "pipe", "inherit"]
  })
  let screen = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text
  })
  const [code] = await once(child, "close")
  assert.strictEqual(code, args.includes("no-such-request") ? 1 : 0, screen)
  return screen
}

/** Each command with colours, and one that it shows. */
const commands = (): ReadonlyArray<readonly [args: ReadonlyArray<string>, colour: string]> => [
  [["--help"], "\u001b[32m"],
  [["monitor", "--help"], "\u001b[32m"],
  [["call", host, "watchdog"], "\u001b[32m!watchdog"],
  [["call", host, "no-such-request"], "\u001b[31m!no-such-request"],
  [["list", host], "\u001b[32mnominal"],
  [["get", host, "test.int"], "\u001b[32mnominal"],
  [["help", host], "\u001b[1madd"],
  [["info", host], "\u001b[1mprotocol"],
  [["wait", host, "test.int", "status", "nominal"], "\u001b[32mnominal"],
  [["monitor", host, "test.int", "--count", "1", "--lines"], "\u001b[32mnominal"]
]
const colour = /\u001b\[[0-9;]*m/

/** Holds something of each, some at a time. */
const each = async <A>(all: ReadonlyArray<A>, hold: (one: A) => Promise<void>) => {
  const rest = all.values()
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const one of rest) await hold(one)
    })
  )
}

describe("colours", () => {
  it("appear on a terminal", async () => {
    await each(commands(), async ([args, wanted]) => assert.include(await shown(args, {}), wanted, args.join(" ")))
  })

  it("do not appear if NO_COLOR is set, or on a dumb terminal", async () => {
    await each(commands(), async ([args]) =>
      assert.notMatch(await shown(args, { NO_COLOR: "1" }), colour, args.join(" "))
    )
    await each(commands().slice(0, 3), async ([args]) => assert.notMatch(await shown(args, { TERM: "dumb" }), colour))
  })

  it("do not appear in a pipe, nor does any other escape sequence", async () => {
    const others = [
      ["conform", host, "--only", "wire-00", "--all"],
      ["contract", host],
      ["log", host, "--for", "100ms"],
      ["call", "--nonsense"]
    ]
    await each([...commands().map(([args]) => args), ...others], async (args) => {
      const { err, out } = await katcp(args, "", { TERM: "xterm", NO_COLOR: "" })
      assert.notInclude(out + err, "\u001b", args.join(" "))
    })
  })
})
