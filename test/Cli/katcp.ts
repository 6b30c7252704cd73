/** Runs the `katcp` command as it was built, and the example device. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { afterAll } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

const root = path.join(import.meta.dirname, "..", "..")
/** The command as it was built. */
export const command = path.join(root, "dist", "bin", "katcp.js")
const running = new Set<ReturnType<typeof spawn>>()
const kill = () => {
  for (const child of running) child.kill("SIGKILL")
}
afterAll(kill)
// files share this module, and its hook is that of the first one alone
process.once("exit", kill)
// the run ends its processes by a signal, or goes and leaves them: neither is an exit
process.once("SIGTERM", () => {
  kill()
  process.exit(1)
})
process.once("disconnect", kill)

/** The output and the exit code of a command. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command that runs: its lines as they come, and its end. */
export const start = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  encoding: "utf8" | "latin1" = "utf8"
) => {
  const { KATCP_SERVER: _, ...inherited } = process.env
  const child = spawn(process.execPath, [command, ...args], { env: { ...inherited, ...environment } })
  running.add(child)
  let out = ""
  let err = ""
  child.stdout.setEncoding(encoding).on("data", (text: string) => {
    out += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text
  })
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, out, err }))
  let isOver = false
  child.once("close", () => {
    isOver = true
  })
  /** Waits until the output is as wanted. Rejects if the command ends without it. */
  const until = async (wanted: (text: { readonly out: string; readonly err: string }) => boolean) => {
    while (!wanted({ out, err })) {
      if (isOver) throw new Error(`katcp ${args.join(" ")} ended without the expected output:\n${out}\n${err}`)
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), once(child, "close")])
    }
  }
  return { child, ended, until, out: () => out, err: () => err }
}

/** Runs a command to its end; `input` is what it reads. */
export const katcp = (
  args: ReadonlyArray<string>,
  input: string | Uint8Array = "",
  environment?: Readonly<Record<string, string>>,
  encoding?: "latin1"
) => {
  const { child, ended } = start(args, environment, encoding)
  child.stdin.end(input)
  return ended
}

/**
 * Runs a command with a limit in milliseconds, and again with twice as many until its end is as wanted: on a machine
 * that is busy, what it does before takes longer.
 */
export const inTime = async (
  run: (milliseconds: number) => Promise<Ended>,
  wanted: (ended: Ended) => boolean,
  milliseconds = 200
): Promise<Ended> => {
  const ended = await run(milliseconds)
  return wanted(ended) || milliseconds > 10_000 ? ended : inTime(run, wanted, milliseconds * 2)
}

/** The example device at a free port, which can be used again: `127.0.0.1:port`, and what ends it. */
export const device = async (...options: ReadonlyArray<string>) => {
  const port = String(await freePort())
  const child = spawn(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", port, ...options], {
    cwd: root
  })
  running.add(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^listening on (.*:\d+)$/.exec(line) ?? []
    if (address !== undefined) return { address, kill: () => child.kill("SIGKILL") }
  }
  throw new Error("the device ended before it served")
}
