import { mkdirSync, readdirSync } from "node:fs"
import * as path from "node:path"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { causeOf } from "../../../Message/index.ts"
import { Spill, type Spilled, SpillFailed, type SpillShape } from "../../Spill.ts"
import { Held, lockOf } from "../lock.ts"
import { Segment } from "./Segment.ts"

/**
 * Options of a spill on disk.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpillOptions {
  /** The largest size of all files. Default 1 GiB: a few hours of 10,000 readings a second. */
  readonly bytes?: ByteSize.Input | undefined
}

/**
 * The number of files of a full spill. Not measured: a replayed file is removed at once, so there is always room for
 * new batches.
 */
const files = 16
/** The largest size of a file: 16 MiB. Not measured: it is read as a whole, once, when its turn comes. */
const largestFile = 16_777_216
/** The name of the newest damaged file, which is kept for inspection. */
const damagedName = "damaged"

/**
 * Keeps batches in a folder while the store is not writable and the memory for them is full. The folder is created if
 * necessary. Batches of an earlier process, killed or not, are replayed first, in order. Only one process at a time
 * uses a folder. Writes are not synced: they survive a killed process, not a power cut.
 *
 * Fails with `SpillFailed` if the folder is not writable, or if another process uses it. A damaged file costs only its
 * damaged batches: their number is logged and counted, and the newest such file is kept as `damaged`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Archive from "katcp/Archive"
 * import * as ArchiveNode from "katcp/Archive/node"
 *
 * export const archive = Archive.layer({ buffer: "64 MiB" }).pipe(
 *   Layer.provide(ArchiveNode.layerPostgres("postgres://katcp@db.example.org/katcp")),
 *   Layer.provide(ArchiveNode.layerSpill("site.spill", { bytes: "4 GiB" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSpill = (folder: string, options: SpillOptions = {}): Layer.Layer<never, SpillFailed> =>
  Layer.effect(Spill, make(folder, options))

const make = Effect.fnUntraced(function* (folder: string, options: SpillOptions) {
  const limit =
    options.bytes === undefined ? 1_073_741_824 : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(options.bytes))
  const failed = (what: string, hint: string) => (error: unknown) =>
    new SpillFailed({ message: `the spill in ${folder}: ${what}: ${causeOf(error)}. ${hint}` })
  const inUse = "another program uses it. End that one, or name another folder."
  yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        return lockOf(path.join(folder, "spill"), inUse)
      },
      catch: (error) =>
        error instanceof Held
          ? new SpillFailed({ message: `the spill in ${folder}: ${error.message}` })
          : failed("it cannot be used", "Name a writable folder, on a disk with room")(error)
    }),
    (lock) => Effect.sync(() => lock.close())
  )
  const one = yield* Semaphore.make(1)
  const spill = new SpillFolder(folder, limit)
  yield* Effect.addFinalizer(() => Effect.promise(() => spill.close()).pipe(one.withPermit))
  for (const line of yield* Effect.tryPromise({
    try: () => spill.find(),
    catch: failed("it cannot be read", "Repair the folder, or name another one")
  }))
    yield* Effect.logWarning(line)
  const writing = failed("a batch could not be written", "Make room on its disk")
  const reading = failed("a batch could not be read back", "Later batches are replayed")
  const shape: SpillShape = {
    path: folder,
    get readings() {
      return spill.readings
    },
    get bytes() {
      return spill.bytes
    },
    newest: spill.newest,
    get damage() {
      return spill.damage
    },
    get isEmpty() {
      return spill.isEmpty
    },
    push: (spilled) =>
      Effect.uninterruptible(Effect.tryPromise({ try: () => spill.push(spilled), catch: writing })).pipe(
        one.withPermit
      ),
    first: Effect.uninterruptible(Effect.tryPromise({ try: () => spill.first(), catch: reading })).pipe(one.withPermit),
    shift: Effect.uninterruptible(Effect.tryPromise({ try: () => spill.shift(), catch: writing })).pipe(one.withPermit)
  }
  return shape
})

/** The files of a spill, the oldest first. Only the last one is written. */
class SpillFolder {
  readonly #folder: string
  readonly #limit: number
  readonly #segments: Array<Segment> = []
  #last = 0
  #closed = false
  newest: number | undefined
  damage: SpillShape["damage"] = { readings: 0, message: undefined }

  constructor(folder: string, limit: number) {
    this.#folder = folder
    this.#limit = limit
  }

  get readings(): number {
    return this.#segments.reduce((sum, { readings }) => sum + readings, 0)
  }

  get isEmpty(): boolean {
    return this.#segments.every(({ isEmpty }) => isEmpty)
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Finds the files of an earlier process. Returns lines for the log. */
  async find(): Promise<ReadonlyArray<string>> {
    const said: Array<string> = []
    const names = readdirSync(this.#folder)
      .filter((name) => /^\d{8}$/.test(name))
      .sort()
    for (const name of names) {
      const file = path.join(this.#folder, name)
      this.#last = Number(name)
      const found = await Segment.found(file)
      if (found === undefined) {
        said.push(`${file} is not a spill file of this version of katcp, and is not touched. Move it elsewhere.`)
        continue
      }
      const { segment, walked } = found
      if (walked.damaged > 0) {
        const message = `${file} is damaged: ${walked.damaged} bytes, with at least ${walked.lost} readings, cannot be read`
        said.push(`${message}. Whole batches are replayed; the file is kept as ${damagedName}.`)
        this.damage = { readings: this.damage.readings + walked.lost, message }
        segment.isDamaged = true
      } else if (walked.unfinished > 0 && walked.frames.length > 0)
        said.push(`${file} ends within a batch: the process that wrote it was killed. The whole ones are replayed.`)
      if (segment.isEmpty) await this.#leave(segment)
      else {
        this.#segments.push(segment)
        this.newest = Math.max(this.newest ?? Number.NEGATIVE_INFINITY, segment.newest)
      }
    }
    if (this.readings > 0)
      said.push(`${this.readings} readings that an earlier process left in ${this.#folder} are replayed`)
    return said
  }

  async push(spilled: Spilled): Promise<boolean> {
    // a file that is opened from here on would never be closed
    if (this.#closed) throw new Error("it is closed")
    let last = this.#segments.at(-1)
    const largest = Math.min(largestFile, this.#limit / files)
    if (last === undefined || !last.open || last.bytes >= largest) {
      if (this.bytes + 1024 > this.#limit) return false
      await last?.end()
      last = await Segment.begin(path.join(this.#folder, String(this.#last + 1).padStart(8, "0")))
      this.#last++
      this.#segments.push(last)
    }
    const frames = last.framesOf(spilled)
    if (this.bytes + frames.bytes.length > this.#limit) return false
    await last.write(frames)
    return true
  }

  async first() {
    if (this.#closed) throw new Error("it is closed")
    for (let segment = this.#segments[0]; segment !== undefined; segment = this.#segments[0]) {
      const { lost } = segment
      try {
        const found = await segment.first()
        if (found !== undefined) return found
      } catch (error) {
        const isGone = (error as { readonly code?: string }).code === "ENOENT"
        const readings = isGone ? segment.readings : segment.lost - lost
        this.damage = { readings: this.damage.readings + readings, message: causeOf(error) }
        if (isGone) await this.#segments.shift()!.close()
        throw error
      }
      this.#segments.shift()
      await this.#leave(segment)
    }
    return undefined
  }

  async shift(): Promise<void> {
    const [segment] = this.#segments
    if (segment === undefined) return
    segment.shift()
    if (!segment.isEmpty) return
    this.#segments.shift()
    await this.#leave(segment)
  }

  #leave(segment: Segment): Promise<void> {
    return segment.isDamaged ? segment.leaveAs(path.join(this.#folder, damagedName)) : segment.remove()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const segment of this.#segments) await segment.close()
  }
}
