import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, writeFileSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..", "..")

/** The command in a pseudo-terminal, driven key by key. */
export const inTerminal = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
  const command = [
    path.join(import.meta.dirname, "terminal.py"),
    process.execPath,
    path.join(root, "dist", "bin", "katcp.js")
  ]
  const orders = path.join(mkdtempSync(path.join(tmpdir(), "katcp-terminal-")), "order")
  const child = spawn(process.env.KATCP_PYTHON ?? "python3", [...command, ...args], {
    env: { ...process.env, TERM: "xterm", NO_COLOR: "", KATCP_TERMINAL: orders, ...environment }
  })
  let screen = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    screen += text
  })
  const closed = once(child, "close")
  /** Waits until the terminal shows the text behind the one that was waited for last. */
  const shows = async (wanted: string | RegExp) => {
    /** The index behind the text; 0 while it is not there. */
    const behind = () => {
      if (typeof wanted === "string") return screen.includes(wanted) ? screen.indexOf(wanted) + wanted.length : 0
      const found = wanted.exec(screen)
      return found === null ? 0 : found.index + found[0].length
    }
    const there = () => behind() > 0
    while (!there()) {
      const over = await Promise.race([
        once(child.stdout, "data").then(() => false),
        closed.then(() => true),
        once(AbortSignal.timeout(50_000), "abort").then(() => true)
      ])
      if (over && !there()) throw new Error(`it ended, and did not show ${wanted}: ${JSON.stringify(screen)}`)
    }
    // more may have come with it
    screen = screen.slice(behind())
  }
  /** Has the terminal do something, once it has started. */
  const order = (text: string) => {
    writeFileSync(orders, text)
    child.kill("SIGUSR1")
  }
  const resize = (columns: number, rows: number) => order(`size ${columns} ${rows}`)
  /** Sends a signal to the command. */
  const signal = (name: NodeJS.Signals) => order(`signal ${constants.signals[name]}`)
  return { child, closed, resize, shows, signal, type: (keys: string) => child.stdin.write(keys) }
}
