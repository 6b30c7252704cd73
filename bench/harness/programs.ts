/** Runs the measured programs: servers under the load generator, and clients and codecs, which measure themselves. */
import type { ChildProcess } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import * as net from "node:net"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../../scripts/freePort.ts"
import { loadCpu, residentBytes, serverCpu, start } from "./machine.ts"
import { built, say } from "./prepare.ts"

/** One JSON object in the output of the load generator, a client or a codec. */
export interface Line {
  readonly [key: string]: unknown
  readonly error?: string
  readonly unsupported?: boolean
}
/** Returns a figure of a line. */
export const figure = (line: Line, key: string): number => Number(line[key])

/** The failed measurements with their reasons; printed under the table. */
export const failures: Array<string> = []
const fail = (text: string): void => {
  failures.push(text)
  say(`  ! ${text}`)
}

const ended = (child: ChildProcess): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (child.exitCode !== null || child.signalCode !== null) resolve()
  else child.once("exit", () => resolve())
  return promise
}

/** Runs a program and returns the JSON objects that it prints, one per line. */
export const lines = async (
  cpu: number | undefined,
  words: ReadonlyArray<string>,
  limit: number,
  onLine: (line: Line) => void = () => {}
): Promise<Array<Line>> => {
  const log = built("stderr.log")
  const stderr = openSync(log, "w")
  const child = start(cpu, words, { stdio: ["ignore", "pipe", stderr] })
  closeSync(stderr)
  const clock = new AbortController()
  const over = ended(child).finally(() => clock.abort())
  const late = sleep(limit * 1000, true, { signal: clock.signal }).catch(() => false)
  void late.then((kill) => kill && child.kill("SIGKILL"))
  const out: Array<Line> = []
  for await (const text of createInterface({ input: child.stdout! })) {
    if (!text.startsWith("{")) continue
    const line = JSON.parse(text) as Line
    out.push(line)
    onLine(line)
  }
  await over
  // the load generator reports its own failures
  if (child.exitCode !== 0 && !out.some((line) => line.error !== undefined)) {
    fail(`${words.join(" ")}: ${(await late) ? `not done after ${limit} s` : readFileSync(log, "utf8").slice(-300)}`)
  }
  return out
}

/** Sends one `?watchdog`. Returns `true` if it is answered. */
const answers = (port: number): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let got = ""
  const socket = net.connect({ host: "127.0.0.1", port, noDelay: true }, () => socket.write("?watchdog[1]\n"))
  socket.setTimeout(20_000, () => socket.destroy())
  socket.on("data", (chunk: Buffer) => {
    got += chunk.toString("latin1")
    if (got.includes("!watchdog")) socket.end()
  })
  socket.on("error", () => {})
  socket.on("close", () => resolve(got.includes("!watchdog")))
  return promise
}

/** A server that can be started; `words` returns its command. */
export interface Contender {
  readonly name: string
  readonly words: (port: number, sensors: number) => ReadonlyArray<string>
  /** It answers requests and has no sensors. */
  readonly basic?: boolean
}

/** A started server. */
export class Server {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly startup: number
  readonly resident: number
  readonly #child: ChildProcess

  private constructor(name: string, port: number, child: ChildProcess, startup: number) {
    this.name = name
    this.pid = child.pid!
    this.startup = startup
    this.resident = residentBytes(this.pid)
    this.port = port
    this.#child = child
  }

  /** Starts a server, and waits until it answers. Returns `undefined`, and records a failure, if it does not. */
  static async start(contender: Contender, sensors: number): Promise<Server | undefined> {
    const port = await freePort()
    const log = built(`server-${contender.name}.log`)
    const out = openSync(log, "w")
    const from = performance.now()
    const child = start(serverCpu, contender.words(port, sensors), { stdio: ["ignore", out, out] })
    closeSync(out)
    while (!(await answers(port))) {
      const gone = child.exitCode !== null || child.signalCode !== null
      if (gone || performance.now() - from > 90_000) {
        child.kill("SIGKILL")
        fail(`${contender.name}: ${gone ? `ended: ${readFileSync(log, "utf8").slice(-400)}` : "does not answer"}`)
        return undefined
      }
      await sleep(5)
    }
    return new Server(contender.name, port, child, (performance.now() - from) / 1000)
  }

  /** Ends it by SIGTERM, after two seconds by force. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM")
    const clock = new AbortController()
    await Promise.race([ended(this.#child), sleep(2000, undefined, { signal: clock.signal }).catch(() => {})])
    clock.abort()
    this.#child.kill("SIGKILL")
    await ended(this.#child)
  }

  /** Runs a scenario of the load generator (keys: load/core.c) against it. */
  async load(words: string, options: { readonly sameCpu?: boolean; readonly limit?: number } = {}): Promise<Line> {
    const limit = options.limit ?? 30
    const [scenario, ...keys] = words.split(" ")
    const to = ["127.0.0.1", String(this.port), `pid=${this.pid}`, `limit=${limit}`]
    const command = [built("load"), scenario!, ...to, ...keys]
    const [line] = await lines(options.sameCpu ? serverCpu : loadCpu, command, limit + 60)
    if (line === undefined) return { error: "no answer" }
    if (line.error !== undefined && line.unsupported !== true) fail(`${this.name}, ${words}: ${line.error}`)
    return line
  }
}

/** Runs a fixed piece of work on both processors, in ms: shows the share of them that is available. */
export const calibrate = async (): Promise<readonly [number, number]> => {
  const one = async (cpu: number) => {
    const [line] = await lines(cpu, [built("load"), "calibrate", "127.0.0.1", "0"], 30)
    return line === undefined ? 0 : figure(line, "ms")
  }
  return [await one(serverCpu), await one(loadCpu)]
}
