/** Runners as processes of their own, and devices that see from outside who holds them. */
import { type ChildProcess, spawn } from "node:child_process"
import { createServer, type Server, type Socket } from "node:net"
import * as path from "node:path"
import { freePort } from "../../scripts/freePort.ts"

const bin = path.join(import.meta.dirname, "..", "..", "src", "Cli", "bin.ts")

const free = (): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => resolve(server))
  })
const portOf = (server: Server): number => (server.address() as { readonly port: number }).port

/** Returns ports that nobody listens at now. */
export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const ports: Array<number> = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

/** Devices with one sensor each, which count their connections. */
export class Devices {
  readonly ports: Array<number> = []
  /** The connections of each device. */
  readonly held: Array<number> = []
  /** Devices that were connected to twice at one time. */
  overlaps = 0
  readonly #servers: Array<Server> = []
  readonly #sockets = new Set<Socket>()

  static async make(count: number): Promise<Devices> {
    const devices = new Devices()
    for (let index = 0; index < count; index++) {
      const server = await free()
      devices.held.push(0)
      devices.ports.push(portOf(server))
      devices.#servers.push(server)
      server.on("connection", (socket) => devices.#serve(index, socket))
    }
    return devices
  }

  get live(): number {
    return this.held.filter((count) => count > 0).length
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(index: number, socket: Socket): void {
    this.#sockets.add(socket)
    if (++this.held[index]! > 1) this.overlaps++
    socket.on("error", () => {})
    socket.on("close", () => {
      this.held[index]!--
      this.#sockets.delete(socket)
    })
    socket.write("#version-connect katcp-protocol 5.1-IM\n#version-connect katcp-library test-1\n")
    let rest = ""
    socket.setEncoding("latin1").on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop()!
      for (const line of lines) socket.write(answerTo(line))
    })
  }
}

const answerTo = (line: string): string => {
  const [, name, id = "", words = ""] = /^\?([a-z-]+)(\[\d+\])?(.*)$/.exec(line) ?? []
  if (name === undefined) return ""
  const now = (performance.timeOrigin + performance.now()) / 1000
  switch (name) {
    case "sensor-list":
      return `#sensor-list${id} temp Temperature C float\n!sensor-list${id} ok 1\n`
    case "sensor-sampling":
      return `#sensor-status ${now.toFixed(3)} 1 temp nominal 21.5\n!sensor-sampling${id} ok${words}\n`
    case "help":
      return `#help${id} watchdog Watchdog.\n!help${id} ok 1\n`
    default:
      return `!${name}${id} ok\n`
  }
}

/** A runner as a process. */
export class RunnerProgram {
  readonly child: ChildProcess
  /** All that it said. */
  text = ""

  constructor(file: string, name: string, ports: ReadonlyArray<number>) {
    const [listen, link, http] = ports
    const words = ["fleet", "run", file, "--name", name, "--json"]
    this.child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        bin,
        ...words,
        ...["--listen", `${listen}`, "--link", `${link}`, "--http", `${http}`]
      ],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding("utf8").on("data", (part: string) => {
        this.text += part
      })
  }

  /** Waits until it has ended, and returns its exit code. */
  get ended(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve(this.child.exitCode)
    return new Promise((resolve) => this.child.once("exit", resolve))
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }
}
