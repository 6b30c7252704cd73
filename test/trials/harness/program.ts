/** A program of its own process that says how it goes, each time as a line of JSON. */
import { type ChildProcess, spawn } from "node:child_process"
import { setTimeout } from "node:timers/promises"

/** Waits, at most as long as is said. */
export const until = async (is: () => boolean, seconds: number, what: string): Promise<void> => {
  const end = performance.now() + seconds * 1000
  while (!is()) {
    if (performance.now() > end) throw new Error(`after ${seconds} s still not: ${what}`)
    await setTimeout(20)
  }
}

/** A program, by its file and what it is to do. */
export class Program<Health, Options> {
  readonly #file: string
  readonly #options: Options
  readonly #flags: ReadonlyArray<string>
  #child: ChildProcess | undefined
  health: Health | undefined
  hears: (health: Health) => void = () => {}
  /** Its log. */
  said = ""

  constructor(file: string, options: Options, flags: ReadonlyArray<string> = []) {
    this.#file = file
    this.#options = options
    this.#flags = flags
  }

  start(): void {
    this.health = undefined
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", ...this.#flags, this.#file, JSON.stringify(this.#options)],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    let text = ""
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part
      const lines = text.split("\n")
      text = lines.pop()!
      const last = lines.findLast((line) => line.startsWith("{"))
      if (last !== undefined) {
        this.health = JSON.parse(last) as Health
        this.hears(this.health)
      }
      this.said = (this.said + lines.filter((line) => !line.startsWith("{")).join("\n")).slice(-10_000)
    })
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      this.said = (this.said + part).slice(-10_000)
    })
    this.#child = child
  }

  get pid(): number {
    return this.#child!.pid!
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once("close", resolve))
    child.kill(signal)
    await gone
  }
}
