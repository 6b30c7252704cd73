/** The processes of a trial: started, watched and ended by the suite alone. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

export const root = path.join(import.meta.dirname, "..", "..", "..")

const children = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

const megabyte = 1_000_000

/** A started program. It ends with the suite at the latest. */
export class Process {
  readonly pid: number
  readonly child: ChildProcess
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  /** The last 100 kB that it wrote. */
  said = ""
  /** The lines and bytes that it wrote, in all. */
  lines = 0
  bytes = 0

  constructor(words: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env) {
    const [program, ...args] = words
    this.child = spawn(program!, args, { cwd: root, env, stdio: ["pipe", "pipe", "pipe"] })
    this.pid = this.child.pid ?? 0
    children.add(this.child)
    const hear = (chunk: Buffer) => {
      const text = chunk.toString("utf8")
      this.bytes += chunk.length
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.lines++
      this.said = (this.said + text).slice(-100_000)
    }
    this.child.stdout!.on("data", hear)
    this.child.stderr!.on("data", hear)
    this.child.stdin!.on("error", () => {})
    this.child.on("error", (error) => {
      this.said += String(error)
    })
    this.ended = once(this.child, "close").then(() => {
      children.delete(this.child)
    })
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.pid !== 0
  }

  /** Waits until it has written a text. Fails if it ends first, or after 30 seconds. */
  async says(pattern: RegExp, limit = 30_000): Promise<RegExpExecArray> {
    const from = performance.now()
    while (true) {
      const found = pattern.exec(this.said)
      if (found !== null) return found
      if (!this.alive || performance.now() - from > limit)
        throw new Error(`${this.child.spawnargs.join(" ")}: ${this.alive ? "too late" : "ended"}: ${this.said}`)
      await sleep(5)
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.alive) this.child.kill(name)
  }

  /** Ends it by SIGTERM, after two seconds by force. */
  async stop(): Promise<void> {
    this.signal("SIGCONT")
    this.signal("SIGTERM")
    const clock = new AbortController()
    await Promise.race([this.ended, sleep(2000, undefined, { signal: clock.signal }).catch(() => {})])
    clock.abort()
    this.signal("SIGKILL")
    await this.ended
  }
}

const status = (pid: number, field: "VmRSS" | "VmHWM"): number => {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8")
    return (Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(text)?.[1] ?? 0) * 1024) / megabyte
  } catch {
    return 0
  }
}

/** Megabytes of memory that a process holds. 0 if the process is gone. */
export const resident = (pid: number): number => status(pid, "VmRSS")

/** Megabytes that a process held at most since {@link forgetPeak}. */
export const peak = (pid: number): number => status(pid, "VmHWM")

/** Has the kernel begin again with the peak of a process. */
export const forgetPeak = (pid: number): void => {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5")
  } catch {
    // gone; or not allowed, and the peak is that since the start
  }
}

/** Open descriptors of a process. */
export const descriptors = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** Open sockets of a process. */
export const sockets = (pid: number): number => {
  const isSocket = (name: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:")
    } catch {
      return false
    }
  }
  try {
    return readdirSync(`/proc/${pid}/fd`).filter(isSocket).length
  } catch {
    return 0
  }
}
