/**
 * A file that grows by whole pieces, and is renamed when it is full: `night.ndjson` becomes
 * `night.20261129T160000000Z.ndjson`. A piece that could not be written as a whole leaves no trace.
 */
import { constants } from "node:fs"
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises"
import * as path from "node:path"
import * as DateTime from "effect/DateTime"

/** The rotation of a file, and the number of kept files. */
export interface Rotation {
  /** The size in bytes after which a new file begins. */
  readonly size: number
  /** The milliseconds after which a new file begins. */
  readonly age: number
  /** The number of earlier files; the oldest are removed. */
  readonly keep: number
}

/** The moment of a call. */
interface Moment {
  /** In milliseconds since 1970. */
  readonly time: number
  /** Milliseconds of a clock that never steps: the age of a file counts by it. */
  readonly elapsed: number
}

/** The bytes at the end of a file that are searched for the last line end. Not measured: lines are shorter. */
const tailLength = 1_048_576

/** A file that is appended to. Only one process at a time writes to it. */
export class RotatingFile {
  private readonly file: string
  private readonly rotation: Rotation
  private readonly head: (time: number) => string
  private handle: FileHandle | undefined
  private length = 0
  /** When the file began, by the clock that never steps. */
  private begun = 0
  /** The time in the name of the last file that was rotated. */
  private rotated = 0

  /** `head` returns the first line of a file that begins at a time, in seconds since 1970. */
  constructor(file: string, rotation: Rotation, head: (time: number) => string) {
    this.file = file
    this.rotation = rotation
    this.head = head
  }

  /** Opens the file; a partial last line after a crash is removed. */
  async open(now: Moment): Promise<void> {
    // neither wait for a pipe without a reader, nor write into one
    const handle = await open(this.file, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o644)
    this.handle = handle
    try {
      const { birthtimeMs, size } = await handle.stat()
      this.length = await wholeLines(handle, size)
      if (this.length < size) await handle.truncate(this.length)
      // if the file begins in the future, the time of day was set back since then
      this.begun = now.elapsed - (this.length === 0 ? 0 : Math.max(0, now.time - birthtimeMs))
      if (this.length === 0) await this.put(this.head(now.time / 1000))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Appends text. If it fails, the file has none of it. */
  async append(text: string, now: Moment): Promise<void> {
    if (this.handle === undefined) await this.open(now)
    else if (
      this.length >= this.rotation.size ||
      now.elapsed - this.begun >= this.rotation.age ||
      (await this.isGone())
    )
      await this.rotate(now)
    else if ((await this.handle.stat()).size !== this.length) {
      // somebody has truncated the file, or written to it
      await this.close()
      await this.open(now)
    }
    await this.put(text)
  }

  /** Syncs and closes the file. */
  async close(): Promise<void> {
    const { handle } = this
    this.handle = undefined
    await handle?.datasync().catch(() => {})
    await handle?.close()
  }

  private async put(text: string): Promise<void> {
    const bytes = Buffer.from(text, "utf8")
    try {
      for (let at = 0; at < bytes.length; )
        at += (await this.handle!.write(bytes, at, bytes.length - at, this.length + at)).bytesWritten
      this.length += bytes.length
    } catch (error) {
      await this.handle!.truncate(this.length).catch(() => {})
      throw error
    }
  }

  /** `true` if the file was moved or removed. */
  private async isGone(): Promise<boolean> {
    const [there, ours] = [await stat(this.file).catch(() => undefined), await this.handle!.stat()]
    return there === undefined || there.ino !== ours.ino
  }

  private async rotate(now: Moment): Promise<void> {
    const moved = await this.isGone()
    await this.close()
    if (!moved) {
      const { dir, ext, name } = path.parse(this.file)
      await rename(this.file, await this.unused(now.time, (time) => path.join(dir, `${name}.${time}${ext}`)))
      await this.removeOld(dir, name, ext)
    }
    await this.open(now)
  }

  /** An unused name, later than all before it. */
  private async unused(now: number, nameAt: (time: string) => string): Promise<string> {
    for (let time = Math.max(now, this.rotated + 1); ; time++) {
      const file = nameAt(DateTime.formatIso(DateTime.makeUnsafe(time)).replace(/[-:.]/g, ""))
      if ((await stat(file).catch(() => undefined)) !== undefined) continue
      this.rotated = time
      return file
    }
  }

  private async removeOld(dir: string, name: string, ext: string): Promise<void> {
    const earlier = (await readdir(dir)).filter(
      (file) =>
        file.startsWith(`${name}.`) &&
        file.endsWith(ext) &&
        /^\d{8}T\d{9}Z$/.test(file.slice(name.length + 1, file.length - ext.length))
    )
    const sorted = earlier.sort()
    for (const file of sorted.slice(0, Math.max(0, sorted.length - this.rotation.keep))) await rm(path.join(dir, file))
  }
}

/** The length of a file up to its last line end. */
const wholeLines = async (handle: FileHandle, size: number): Promise<number> => {
  const from = Math.max(0, size - tailLength)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
  return from + buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
}
