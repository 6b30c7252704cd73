/** One file of a spill. It is written to its end, then read from its beginning, then removed. */
import { type FileHandle, open, readFile, rename, unlink } from "node:fs/promises"
import { crc32 } from "node:zlib"
import type { Definition } from "../../model/Series.ts"
import type { Spilled } from "../../Spill.ts"
import {
  batchFrame,
  batchOf,
  definitionsFrame,
  definitionsOf,
  type Frame,
  gapsFrame,
  gapsOf,
  magic,
  type Walked,
  walk
} from "./frames.ts"

/** An encoded entry. */
interface Frames {
  readonly bytes: Buffer
  readonly added: ReadonlyArray<readonly [number, Definition]>
  readonly readings: number
}

const keyOf = ({ device, sensor, type, units }: Definition): string => JSON.stringify([device, sensor, type, units])

export class Segment {
  readonly path: string
  bytes: number
  readings: number
  newest: number
  /** `true` if a part of the file is unreadable. */
  isDamaged = false
  /** The number of readings that could not be read back. */
  lost = 0
  /** The number of batches and lists of gaps. */
  #entries: number
  /** Open while the file is written. */
  #handle: FileHandle | undefined
  /** The numbers of definitions in this file. */
  readonly #numbers = new Map<string, number>()
  readonly #definitions: Array<Definition> = []
  /** The frames still to be read; `undefined` before the first read. */
  #frames: Array<Frame> | undefined
  #read: FileHandle | undefined

  private constructor(path: string, bytes: number, frames: ReadonlyArray<Frame>, handle: FileHandle | undefined) {
    this.path = path
    this.bytes = bytes
    this.#handle = handle
    this.readings = frames.reduce((sum, { readings }) => sum + readings, 0)
    this.newest = frames.reduce((most, { newest }) => Math.max(most, newest), Number.NEGATIVE_INFINITY)
    this.#entries = frames.reduce((sum, { kind }) => sum + (kind === "definitions" ? 0 : 1), 0)
  }

  /** Begins a new file. */
  static async begin(path: string): Promise<Segment> {
    const handle = await open(path, "wx", 0o600)
    try {
      await handle.write(magic)
    } catch (error) {
      await handle.close()
      await unlink(path).catch(() => {})
      throw error
    }
    return new Segment(path, magic.length, [], handle)
  }

  /** Opens a file of an earlier process. `undefined` if it is not a spill file. */
  static async found(path: string): Promise<{ readonly segment: Segment; readonly walked: Walked } | undefined> {
    const file = await readFile(path)
    if (!file.subarray(0, magic.length).equals(magic)) {
      // a process was killed while it began the file
      if (magic.subarray(0, file.length).equals(file)) {
        const walked = { frames: [], damaged: 0, lost: 0, unfinished: file.length }
        return { segment: new Segment(path, file.length, [], undefined), walked }
      }
      return undefined
    }
    const walked = walk(file)
    return { segment: new Segment(path, file.length, walked.frames, undefined), walked }
  }

  /** `true` if the file can be written. */
  get open(): boolean {
    return this.#handle !== undefined
  }

  /** Encodes an entry: before a batch, the definitions that are new to this file. */
  framesOf(spilled: Spilled): Frames {
    if (spilled._tag === "Gaps") return { bytes: gapsFrame(spilled.gaps), added: [], readings: 0 }
    const { batch, definition } = spilled
    const added: Array<readonly [number, Definition]> = []
    const numbers = new Map<number, number>()
    const series = new Int32Array(batch.length)
    for (let at = 0; at < batch.length; at++) {
      const local = batch.series[at]!
      let number = numbers.get(local)
      if (number === undefined) {
        const described = definition(local)
        const key = keyOf(described)
        number = this.#numbers.get(key)
        if (number === undefined) {
          number = this.#numbers.size + added.length
          added.push([number, described])
        }
        numbers.set(local, number)
      }
      series[at] = number
    }
    const frame = batchFrame(batch, series)
    const bytes = added.length === 0 ? frame : Buffer.concat([definitionsFrame(added), frame])
    return { bytes, added, readings: batch.length }
  }

  /** Appends frames. After a failure the file takes no more. */
  async write({ added, bytes, readings }: Frames): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#handle!.write(bytes, at, bytes.length - at, this.bytes + at)
        at += bytesWritten
      }
    } catch (error) {
      // remove the partial frame; if that fails too, the walk skips it
      await this.#handle!.truncate(this.bytes).catch(() => {})
      await this.end()
      throw error
    }
    for (const [number, definition] of added) this.#numbers.set(keyOf(definition), number)
    this.bytes += bytes.length
    this.readings += readings
    this.#entries++
  }

  /** `true` if it has no entries left. */
  get isEmpty(): boolean {
    return this.#entries === 0
  }

  /** Takes no more entries. */
  async end(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  /** Returns the oldest entry, or `undefined` if there is no entry left. The file takes no more from here on. */
  async first(): Promise<Spilled | undefined> {
    await this.end()
    this.#frames ??= [...walk(await readFile(this.path)).frames]
    this.#read ??= await open(this.path, "r")
    for (let frame = this.#frames[0]; frame !== undefined; frame = this.#frames[0]) {
      const body = Buffer.alloc(frame.length)
      await this.#read.read(body, 0, frame.length, frame.at)
      const pass = (why: string) => {
        this.shift()
        this.isDamaged = true
        this.lost += frame.readings
        throw new Error(`${frame.readings} readings at byte ${frame.at} of ${this.path} ${why}`)
      }
      if (crc32(body) !== frame.crc) pass("were changed by another program")
      if (frame.kind === "batch") {
        const batch = batchOf(body)
        if (batch.series.some((number) => this.#definitions[number] === undefined))
          pass("cannot be assigned: their definitions are damaged")
        return { _tag: "Batch", batch, definition: (number) => this.#definitions[number]! }
      }
      if (frame.kind === "gaps") return { _tag: "Gaps", gaps: gapsOf(body) }
      for (const [number, definition] of definitionsOf(body)) this.#definitions[number] = definition
      this.#frames.shift()
    }
    return undefined
  }

  /** Removes the oldest entry, after it was read. */
  shift(): void {
    const frame = this.#frames?.shift()
    if (frame === undefined) return
    this.readings -= frame.readings
    this.#entries--
  }

  /** Closes the file, which stays. */
  async close(): Promise<void> {
    await this.end()
    const read = this.#read
    this.#read = undefined
    await read?.close()
  }

  /** Keeps the file under another name, for inspection. */
  async leaveAs(name: string): Promise<void> {
    await this.close()
    await rename(this.path, name)
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await this.close()
    await unlink(this.path)
  }
}
