import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import type { FarmCounts, FarmOptions } from "./Farm.ts"
import type { DeviceCounts } from "./FarmDevice.ts"
import type { Question } from "./program.ts"

const program = path.join(import.meta.dirname, "program.ts")

/** A farm in a process of its own, so the load of the fleet does not falsify its times. */
export class FarmProcess {
  readonly options: FarmOptions
  private readonly child: ChildProcess
  private readonly open = new Map<number, (answer: unknown) => void>()
  private number = 0

  private constructor(options: FarmOptions, child: ChildProcess) {
    this.options = options
    this.child = child
    child.on("message", (message: { readonly number: number; readonly answer: unknown }) => {
      this.open.get(message.number)?.(message.answer)
      this.open.delete(message.number)
    })
  }

  static async start(options: FarmOptions): Promise<FarmProcess> {
    const child = fork(program, [JSON.stringify(options)], { stdio: ["ignore", "inherit", "ignore", "ipc"] })
    const exited = once(child, "exit").then(() => Promise.reject(new Error("the farm did not start")))
    await Promise.race([once(child, "message"), exited])
    exited.catch(() => {})
    return new FarmProcess(options, child)
  }

  get pid(): number {
    return this.child.pid!
  }

  readonly counts = () => this.ask<FarmCounts>({ ask: "counts" })
  readonly devices = () => this.ask<ReadonlyArray<DeviceCounts>>({ ask: "devices" })
  readonly addresses = () => this.ask<Readonly<Record<string, string>>>({ ask: "addresses" })
  readonly reset = () => this.ask<null>({ ask: "reset" })
  readonly rate = (hertz: number) => this.ask<null>({ ask: "rate", hertz })

  end(): void {
    this.child.kill("SIGKILL")
  }

  private ask<A>(question: Question): Promise<A> {
    const number = ++this.number
    return new Promise((resolve) => {
      this.open.set(number, (answer) => resolve(answer as A))
      this.child.send({ number, question })
    })
  }
}
