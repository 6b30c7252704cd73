/** Runs the command lines of one block, one after another. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { setImmediate, setTimeout as sleep } from "node:timers/promises"
import { normal } from "./normal.ts"
import type { Stage } from "./Stage.ts"
import { inTerminal } from "./terminal.ts"

/** The timeout of a command, in milliseconds. */
const timeLimit = 90_000

/** One block: its jobs, its variables, the exit code of the previous command. */
export class Session {
  private readonly stage: Stage
  private readonly started: Array<ChildProcess> = []
  private readonly jobs: Array<ChildProcess> = []
  private variables: Readonly<Record<string, string>> = {}
  private status = 0

  constructor(stage: Stage) {
    this.stage = stage
  }

  /** Runs a command line in the shell. Returns its output. */
  async run(command: string): Promise<string> {
    const [, name, value] = /^export (\w+)=(\S+)$/.exec(command) ?? []
    if (name !== undefined && value !== undefined) {
      this.variables = { ...this.variables, [name]: this.stage.toReal(value) }
      return ""
    }
    const [, job] = /^kill %(\d)$/.exec(command) ?? []
    if (job !== undefined) return this.kill(this.jobs[Number(job) - 1])
    const output = /&$/.test(command) ? await this.begin(command.slice(0, -1)) : await this.whole(command)
    return normal(this.stage.toShown(output))
  }

  /** Runs a command line in a terminal, and types the text after the prompts in `shown`. Returns the screen. */
  async runInTerminal(command: string, shown: string): Promise<string> {
    const { environment, folder } = this.stage
    return inTerminal(this.stage.toReal(command), {
      cwd: folder,
      env: { ...environment, ...this.variables },
      shown,
      read: (screen) => normal(this.stage.toShown(screen))
    })
  }

  private shell(script: string): ChildProcess {
    const { environment, folder } = this.stage
    // both outputs together, as on a terminal
    return spawn("sh", ["-c", `exec 2>&1\n${this.stage.toReal(script)}`], {
      cwd: folder,
      env: { ...environment, ...this.variables },
      detached: true,
      stdio: ["ignore", "pipe", "inherit"]
    })
  }

  private async whole(command: string): Promise<string> {
    const child = this.shell(`(exit ${this.status})\n${command}`)
    this.started.push(child)
    let output = ""
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    const closed = once(child, "close")
    const late = AbortSignal.timeout(timeLimit)
    late.addEventListener("abort", () => end(child))
    const [code] = await once(child, "exit")
    // a process in the background may have the output open: what was written before is read in the next turns
    await Promise.race([closed, sleep(100).then(turns)])
    if (late.aborted) throw new Error(`${command}: it does not end; so far: ${output}`)
    this.status = code
    return output
  }

  /** Starts a job. It is ready after its first output, on the terminal or in its file. */
  private async begin(command: string): Promise<string> {
    const child = this.shell(command)
    this.started.push(child)
    this.jobs.push(child)
    let output = ""
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    const [, file] = / > (\S+)/.exec(command) ?? []
    const written = () => file !== undefined && textOf(path.join(this.stage.folder, file)).includes("\n")
    for (const late = AbortSignal.timeout(timeLimit); !output.includes("\n") && !written(); await sleep(20))
      if (late.aborted || child.exitCode !== null) throw new Error(`${command}: no output: ${output}`)
    return output
  }

  private async kill(job: ChildProcess | undefined): Promise<string> {
    if (job === undefined) throw new Error("there is no such job")
    const ended = job.exitCode === null && job.signalCode === null ? once(job, "exit") : undefined
    end(job)
    await ended
    return ""
  }

  /** Ends everything that was started. */
  async close(): Promise<void> {
    await Promise.all(this.started.map((child) => this.kill(child)))
  }
}

/** Lets the event loop go round some times. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

/** Ends a shell and everything that it has started. */
const end = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM")
  } catch {
    // nothing is left
  }
}

/** Returns the content of a file, or an empty text. */
const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "")
