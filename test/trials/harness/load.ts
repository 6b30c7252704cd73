/**
 * A device under load, archived by a program of its own, whose store fails for a while. At the end each reading that the
 * device gave is looked for.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as NetAddress from "effect/net/NetAddress"
import { Store, type WriterHealth } from "../../../src/Archive/index.ts"
import { layerStore } from "../../../src/Archive/node/index.ts"
import { Arg } from "../../../src/Codec/index.ts"
import * as Interface from "../../../src/Interface/index.ts"
import { NodeServer } from "../../../src/Node/index.ts"
import * as Sensor from "../../../src/Sensor/index.ts"
import { Server, layer as serverLayer } from "../../../src/Server/index.ts"
import type { ArchiverOptions } from "../../Archive/programs/archiver.ts"

const device = Interface.make("load")
const program = path.join(import.meta.dirname, "..", "..", "Archive", "programs", "archiver.ts")

const pause = (seconds: number) => setTimeout(seconds * 1000)

/** Waits, at most as long as is said. */
const until = async (is: () => boolean, seconds: number, what: string): Promise<void> => {
  const end = performance.now() + seconds * 1000
  while (!is()) {
    if (performance.now() > end) throw new Error(`after ${seconds} s still not: ${what}`)
    await pause(0.02)
  }
}

/** The archive in its process. */
class Archiver {
  readonly #options: ArchiverOptions
  #child: ChildProcess | undefined
  health: WriterHealth | undefined
  hears: (health: WriterHealth) => void = () => {}
  /** What it logged. */
  said = ""

  constructor(options: ArchiverOptions) {
    this.#options = options
  }

  start(): void {
    this.health = undefined
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", program, JSON.stringify(this.#options)],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    let text = ""
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part
      const lines = text.split("\n")
      text = lines.pop()!
      const last = lines.findLast((line) => line.startsWith("{"))
      if (last !== undefined) {
        this.health = JSON.parse(last) as WriterHealth
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

/** What is tried. */
export interface Load {
  readonly store: string
  readonly buffer: number
  readonly spill?: ArchiverOptions["spill"]
  readonly sensors: number
  /** Readings of each sensor a second. */
  readonly rate: number
  /** The store stops. */
  readonly stop: (archiver: { readonly pid: number }) => Promise<void>
  /** The store works again. */
  readonly start: (archiver: { readonly pid: number }) => Promise<void>
  /** How long the store is away, in seconds. */
  readonly seconds: number
  /** `true`: the archive is killed in the middle of it, and started again at once. */
  readonly kill?: boolean
  readonly say: (text: string) => void
}

/** What came of it. */
export interface Outcome {
  /** Readings that the device gave, and that the store has. */
  readonly given: number
  readonly there: number
  /** Readings that are there twice, out of order, or replaced. */
  readonly wrong: number
  /** Readings that the archive says it lost: by its own count, and in gaps. */
  readonly lost: number
  readonly inGaps: number
  /** Readings that the device gave while no archive was connected to it. */
  readonly unheard: number
  /** The most that waited, and the most of that in the spill. */
  readonly waited: number
  readonly spilled: number
  /** What the archive said while the store was away. */
  readonly error: string | undefined
  /** Seconds from the return of the store until nothing waited. */
  readonly caughtUp: number
}

/** Runs it. */
export const underLoad = async (load: Load): Promise<Outcome> => {
  const scope = await Effect.runPromise(Scope.make())
  const live = await Effect.runPromise(Layer.buildWithScope(device.toLayer({}), scope))
  const set = await Effect.runPromise(Effect.provideContext(device.sensorSet, live))
  const all = Array.from({ length: load.sensors }, (_, at) =>
    Sensor.LiveSensor.makeUnsafe(Sensor.make(`s${at}`, { type: Arg.Int }), 0)
  )
  for (const sensor of all) set.addUnsafe(sensor as Sensor.LiveSensor<unknown>)
  const served = await Effect.runPromise(
    Layer.buildWithScope(
      serverLayer(device).pipe(Layer.provide(Layer.succeedContext(live)), Layer.provide(NodeServer.tcp({ port: 0 }))),
      scope
    )
  )
  const { address, clients } = Context.get(served, Server)
  const port = NetAddress.isInetAddress(address) ? address.port : 0
  const archiver = new Archiver({ port, store: load.store, buffer: load.buffer, spill: load.spill })

  let value = 0
  let unheard = 0
  let isLoaded = true
  /** The device gives readings at its rate, whatever the machine does: late ones come together. */
  const feed = async () => {
    const begun = performance.now()
    while (isLoaded) {
      const due = Math.floor(((performance.now() - begun) / 1000) * load.rate)
      while (value < due) {
        value++
        const time = (performance.timeOrigin + performance.now()) / 1000
        if (clients.size === 0) unheard += all.length
        for (const sensor of all) sensor.setUnsafe(value, "nominal", time)
        // each value is a turn of its own: a device never conflates what it says in different turns
        await new Promise((resolve) => setImmediate(resolve))
      }
      await pause(0.02)
    }
  }
  let feeding = Promise.resolve()
  let waited = 0
  let spilled = 0
  let error: string | undefined
  archiver.hears = ({ error: now, ...health }) => {
    waited = Math.max(waited, health.waiting)
    spilled = Math.max(spilled, health.spilled)
    error = now ?? error
  }
  try {
    archiver.start()
    // each sensor gives a reading when it is subscribed to
    await until(
      () => (archiver.health?.written ?? 0) >= all.length,
      60,
      `readings are written; it says: ${archiver.said}`
    )
    feeding = feed()
    await pause(1)
    await load.stop(archiver)
    load.say("the store is away")
    await until(() => archiver.health?.ok === false, 60, "the archive notices that the store is away")
    await pause(load.seconds / 2)
    let lost = 0
    if (load.kill === true) {
      await until(() => (archiver.health?.spilled ?? 0) > 0, 60, "readings are in the spill")
      lost += archiver.health?.lost ?? 0
      await archiver.end("SIGKILL")
      load.say("the archive was killed, and starts again")
      archiver.start()
      await until(
        () => archiver.health !== undefined,
        60,
        `it starts while the store is away; it says: ${archiver.said}`
      )
    }
    await pause(load.seconds / 2)
    await load.start(archiver)
    const back = performance.now()
    load.say("the store is back")
    await until(() => archiver.health?.ok === true, 60, `it writes again; it says: ${archiver.health?.error}`)
    isLoaded = false
    await feeding
    await until(() => archiver.health?.ok === true && archiver.health.waiting === 0, 300, "nothing waits")
    const caughtUp = (performance.now() - back) / 1000
    // what was on its way
    await pause(1)
    await until(() => archiver.health?.waiting === 0, 60, "nothing waits")
    lost += archiver.health?.lost ?? 0
    await archiver.end("SIGTERM")
    const { inGaps, there, wrong } = await lookedAt(load.store)
    return { given: value * all.length, there, wrong, lost, inGaps, unheard, waited, spilled, error, caughtUp }
  } finally {
    isLoaded = false
    await archiver.end("SIGKILL")
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** Looks at every reading in the store. */
const lookedAt = (address: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = Context.get(yield* Layer.build(layerStore(address, { readOnly: true, quiet: true })), Store)
      let there = 0
      let wrong = 0
      for (const { id } of yield* store.series) {
        const rows = yield* store.rows({ series: id, from: 0, to: 9e15, limit: 10_000_000, newestFirst: false })
        let before = 0
        for (const { replaced, value } of rows) {
          // before its first value a sensor has its default, with the status unknown
          if (value === 0) continue
          there++
          if (value === null || value <= before || replaced !== 0) wrong++
          before = value ?? before
        }
      }
      const inGaps = (yield* store.gaps(0, 9e15)).reduce((sum, { lost }) => sum + lost, 0)
      return { there, wrong, inGaps }
    })
  ).pipe(Effect.orDie, Effect.runPromise)
