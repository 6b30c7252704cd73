/** A fleet for trials: PostgreSQL, a farm of fake devices, and runners in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { freePort } from "../../../scripts/freePort.ts"
import { type Cluster, cluster, statement as run } from "../../Archive/cluster.ts"
import type { FarmOptions } from "../../Fleet/farm/Farm.ts"
import { FarmProcess } from "../../Fleet/farm/FarmProcess.ts"

const root = path.join(import.meta.dirname, "..", "..", "..")
const built = path.join(root, "dist", "bin", "katcp.js")
/** The command as it was built; its sources, which take some seconds more to start, if it was not. */
const command = existsSync(built) ? built : path.join(root, "src", "Cli", "bin.ts")

/** Waits, at most as long as is said. Returns `false` if it took longer. */
export const until = async (is: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> => {
  const end = performance.now() + seconds * 1000
  while (!(await is())) {
    if (performance.now() > end) return false
    await setTimeout(50)
  }
  return true
}

/** A runner, in a process of its own. */
export class Runner {
  readonly name: string
  readonly http: string
  readonly proxy: number
  readonly words: ReadonlyArray<string>
  private child: ChildProcess | undefined = undefined
  /** Its log. */
  said = ""
  /** Done when its process has ended. */
  ended: Promise<unknown> = Promise.resolve()

  constructor(name: string, ports: { readonly http: number; readonly proxy: number }, words: ReadonlyArray<string>) {
    this.name = name
    this.http = `http://127.0.0.1:${ports.http}`
    this.proxy = ports.proxy
    this.words = words
  }

  get pid(): number {
    return this.child!.pid!
  }

  /** Starts it, and waits until it takes part. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [command, ...this.words], { stdio: ["ignore", "pipe", "pipe"] })
    this.child = child
    this.ended = once(child, "exit")
    let out = ""
    const serving = new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text
        if (out.includes("serving")) resolve()
      })
      child.once("exit", (code) => reject(new Error(`the runner ${this.name} ended with ${code}: ${this.said}`)))
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said = (this.said + text).slice(-20_000)
    })
    await serving
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name)
  }

  /** Ends it by a signal, and waits for its end. */
  async end(name: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill(name)
    await gone
  }

  /** CPU time in seconds, and resident memory in MB. */
  usage(): { readonly cpu: number; readonly memory: number } {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, "utf8").split(" ")[1])
    return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory: (pages * 4096) / 1e6 }
  }
}

/** The size of a fleet. */
export interface StageOptions {
  readonly devices: number
  readonly sensors: number
  readonly hertz?: number
  /** Runners that start at once. Default 3. */
  readonly runners?: number
  /** `true`: with an archive in the same server. */
  readonly archive?: boolean
  /** The devices that the database is seeded with; by default all of the farm. */
  readonly wished?: number
  /** Settings of the section `fleet`, as lines of YAML. */
  readonly settings?: ReadonlyArray<string>
}

/** A fleet that runs. */
export class Stage {
  readonly postgres: Cluster
  readonly database: string
  readonly farm: FarmProcess
  readonly folder: string
  readonly runners: Array<Runner> = []

  private constructor(postgres: Cluster, database: string, farm: FarmProcess, folder: string) {
    this.postgres = postgres
    this.database = database
    this.farm = farm
    this.folder = folder
  }

  /** Starts a fleet, and waits until each device is held. */
  static async start(options: StageOptions): Promise<Stage> {
    const { archive = false, devices, hertz = 1, runners = 3, sensors, settings = [], wished = devices } = options
    const postgres = await cluster()
    if (typeof postgres === "string") throw new Error(postgres)
    const database = await postgres.database()
    const farm = await startFarm({ devices, sensors, hertz })
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-fleet-"))
    const stage = new Stage(postgres, database, farm, folder)
    try {
      const addresses = Object.entries(await farm.addresses()).slice(0, wished)
      const lines = [
        "devices:",
        ...addresses.map(([name, address]) => `  ${name}: ${address}`),
        "fleet:",
        `  database: ${database}`,
        "  token: a-token-of-the-trials",
        ...settings.map((line) => `  ${line}`),
        "http: { listen: 8080 }",
        'gateway: { allow: ["*/track"] }',
        'proxy: { listen: 7148, allow: ["*/track"] }',
        ...(archive ? [`archive: { store: "${database}" }`] : [])
      ]
      writeFileSync(path.join(folder, "site.yaml"), `${lines.join("\n")}\n`)
      for (let number = 1; number <= runners; number++) {
        const runner = await stage.add()
        await runner.start()
      }
      if (!(await until(async () => (await farm.counts()).live === wished, 60 + wished / 20)))
        throw new Error(`not all devices were taken: ${JSON.stringify(await farm.counts())}\n${stage.said}`)
      return stage
    } catch (error) {
      await stage.end()
      throw error
    }
  }

  get said(): string {
    return this.runners.map(({ name, said }) => `${name}: ${said.slice(-2000)}`).join("\n")
  }

  /** A further runner, which does not run yet. */
  async add(): Promise<Runner> {
    const number = this.runners.length + 1
    const name = `r${number}`
    const [listen, link, http, proxy] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const runner = new Runner(name, { http, proxy }, [
      "fleet",
      "run",
      path.join(this.folder, "site.yaml"),
      "--name",
      name,
      "--listen",
      `127.0.0.1:${listen}`,
      "--link",
      `127.0.0.1:${link}`,
      "--http",
      `127.0.0.1:${http}`,
      "--proxy",
      `127.0.0.1:${proxy}`,
      "--json"
    ])
    this.runners.push(runner)
    return runner
  }

  /** The number of devices by the pid of the process that samples them, as the system knows it. */
  async held(): Promise<ReadonlyMap<number, number>> {
    const owners = connectionOwners(this.runners.map(({ pid }) => pid))
    const { port: first } = this.farm.options
    const held = new Map<number, number>()
    for (const [at, { peers }] of (await this.farm.devices()).entries())
      for (const peer of peers) {
        const pid = owners.get(`${peer} ${first + at}`) ?? 0
        held.set(pid, (held.get(pid) ?? 0) + 1)
      }
    return held
  }

  /** The devices that the database says a runner holds, each with the epoch of its hold. */
  async epochsOf(runner: Runner): Promise<ReadonlyMap<string, number>> {
    const rows = await this.query(
      `select name, epoch::int4 as epoch from katcp_fleet.device where runner = '${runner.name}'`
    )
    return new Map(rows.map(({ epoch, name }) => [String(name), Number(epoch)]))
  }

  /** The answer of the database to a statement. */
  query(statement: string): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    return Effect.runPromise(run(statement, this.database))
  }

  async end(): Promise<void> {
    for (const runner of this.runners) {
      runner.signal("SIGCONT")
      await runner.end("SIGKILL")
    }
    this.farm.end()
    await this.postgres.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Starts a farm on ports that nobody has: beside those that the system gives to connections. */
const startFarm = async (options: Omit<FarmOptions, "port">): Promise<FarmProcess> => {
  for (let tries = 0; ; tries++)
    try {
      return await FarmProcess.start({ ...options, port: 11_000 + ((await freePort()) % 9000) })
    } catch (error) {
      // somebody listens at one of many ports
      if (tries === 5) throw error
    }
}

/**
 * Returns the process of each connection of those processes, by its local and its remote port (Linux). A local port alone
 * may belong to several connections.
 */
const connectionOwners = (pids: ReadonlyArray<number>): ReadonlyMap<string, number> => {
  const pidOf = new Map<string, number>()
  for (const pid of pids)
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
        if (inode !== undefined) pidOf.set(inode, pid)
      }
    } catch {
      // it has ended, or a descriptor was closed meanwhile
    }
  const owners = new Map<string, number>()
  const portOf = (address = "") => Number.parseInt(address.split(":")[1] ?? "", 16)
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/)
    const pid = pidOf.get(fields[9] ?? "")
    if (pid !== undefined) owners.set(`${portOf(fields[1])} ${portOf(fields[2])}`, pid)
  }
  return owners
}

/** The machine and its load now, for a table. */
export const loadNow = (): string => {
  const [one] = readFileSync("/proc/loadavg", "utf8").split(" ")
  return `${one} on ${availableParallelism()} CPUs`
}

/** The middle of some numbers. */
export const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)] ?? Number.NaN

/** Milliseconds as seconds, for a table. */
export const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1)
