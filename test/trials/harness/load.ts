/**
 * A device under load, archived by a program of its own, whose store fails for a while. At the end each reading that the
 * device gave is looked for.
 */
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { Context, Effect, Layer } from "effect"
import { Store, type WriterHealth } from "../../../src/Archive/index.ts"
import { layerStore } from "../../../src/Archive/node/index.ts"
import type { ArchiverOptions } from "../../Archive/programs/archiver.ts"
import { loadedDevice } from "./loadedDevice.ts"
import { Program, until } from "./program.ts"

const pause = (seconds: number) => setTimeout(seconds * 1000)

/** The archive in its process. */
class Archiver extends Program<WriterHealth, ArchiverOptions> {
  constructor(options: ArchiverOptions) {
    super(path.join(import.meta.dirname, "..", "..", "Archive", "programs", "archiver.ts"), options)
  }
}

/** A case. */
export interface Load {
  readonly store: string
  readonly buffer: number
  readonly spill?: ArchiverOptions["spill"]
  /** The part of their time that waits of the archive take. Default 1. */
  readonly haste?: number
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

/** The result. */
export interface Outcome {
  /** Readings that the device gave, and that the store has. */
  readonly given: number
  readonly there: number
  /** Readings that are there twice, out of order, or replaced. */
  readonly wrong: number
  /** Readings that the archive says it lost: by its own count, and in gaps. */
  readonly lost: number
  readonly inGaps: number
  /** Readings that the device gave while no archive was connected to it, or that had not come when it was killed. */
  readonly unheard: number
  /** The most that waited, and the most of that in the spill. */
  readonly waited: number
  readonly spilled: number
  /** The log of the archive while the store was away. */
  readonly error: string | undefined
  /** Seconds from the return of the store until nothing waited. */
  readonly caughtUp: number
}

/** Runs it. */
export const underLoad = async (load: Load): Promise<Outcome> => {
  const device = await loadedDevice(load.sensors, load.rate)
  const { port } = device
  const archiver = new Archiver({ port, store: load.store, buffer: load.buffer, spill: load.spill, haste: load.haste })

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
      () => (archiver.health?.written ?? 0) >= load.sensors,
      120,
      `readings are written; it says: ${archiver.said}`
    )
    device.begin()
    await pause(1)
    await load.stop(archiver)
    load.say("the store is away")
    await until(() => archiver.health?.ok === false, 120, "the archive notices that the store is away")
    await pause(load.seconds / 2)
    let lost = 0
    let behind = 0
    if (load.kill === true) {
      await until(() => (archiver.health?.spilled ?? 0) > 0, 120, "readings are in the spill")
      const health = archiver.health!
      lost += health.lost
      const taken = health.written + health.waiting + health.lost - load.sensors
      behind = Math.max(0, device.soFar() * load.sensors - taken)
      await archiver.end("SIGKILL")
      load.say("the archive was killed, and starts again")
      archiver.start()
      await until(
        () => archiver.health !== undefined,
        120,
        `it starts while the store is away; it says: ${archiver.said}`
      )
    }
    await pause(load.seconds / 2)
    await load.start(archiver)
    const back = performance.now()
    load.say("the store is back")
    await until(() => archiver.health?.ok === true, 120, `it writes again; it says: ${archiver.health?.error}`)
    const given = (await device.end()) * load.sensors
    await until(() => archiver.health?.ok === true && archiver.health.waiting === 0, 300, "nothing waits")
    const caughtUp = (performance.now() - back) / 1000
    // what was on its way; who was killed has not counted all
    while (load.kill === true && !(await isThere(load.store, given / load.sensors))) await pause(0.2)
    const came = ({ lost, written }: WriterHealth) => load.kill === true || written + lost >= given + load.sensors
    await until(
      () => archiver.health !== undefined && came(archiver.health) && archiver.health.waiting === 0,
      120,
      "all has come, and nothing waits"
    )
    lost += archiver.health?.lost ?? 0
    await archiver.end("SIGTERM")
    const { inGaps, there, wrong } = await lookedAt(load.store)
    return { given, there, wrong, lost, inGaps, unheard: device.unheard() + behind, waited, spilled, error, caughtUp }
  } finally {
    await archiver.end("SIGKILL")
    await device.close()
  }
}

/** Looks if a value is the newest one of every sensor in the store. */
const isThere = (address: string, wanted: number): Promise<boolean> =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = Context.get(yield* Layer.build(layerStore(address, { readOnly: true, quiet: true })), Store)
      for (const { id } of yield* store.series) {
        const [newest] = yield* store.rows({ series: id, from: 0, to: 9e15, limit: 1, newestFirst: true })
        if (newest?.value !== wanted) return false
      }
      return true
    })
  ).pipe(Effect.orDie, Effect.runPromise)

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
