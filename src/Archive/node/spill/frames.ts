/**
 * The format of a spill file: a first line, then frames. A frame has a header of 32 bytes and a body. The header has a
 * marker, the kind of the body, its length and checksum, the number of readings and their newest time of arrival, and
 * its own checksum. Numbers are little-endian.
 *
 * A frame of definitions has JSON, and comes before the first batch that uses them. A frame of gaps has JSON. The
 * columns of a batch follow each other as in memory.
 *
 * A killed process leaves at most one partial frame, at the end. Damage elsewhere costs only the damaged frames: the
 * walk continues at the next marker.
 */
import { crc32 } from "node:zlib"
import { type Batch, receivedTime } from "../../model/Batch.ts"
import type { Gap } from "../../model/Gap.ts"
import type { Definition } from "../../model/Series.ts"
import type { Text } from "../../model/Text.ts"

/** The first line of each file. */
export const magic = Buffer.from("katcp spill 1\n")
/** Given by the format: bytes of a header. */
const headerSize = 32
/** A code: the first four bytes of a frame. */
const marker = 0x3153_706b
/** A code: the kinds of frames. */
const kinds = { definitions: 1, batch: 2, gaps: 3 }
const kindAt = new Map(Object.entries(kinds).map(([kind, code]) => [code, kind as keyof typeof kinds]))

/** A frame in a file. */
export interface Frame {
  readonly kind: keyof typeof kinds
  /** The position of the body in the file, and its length. */
  readonly at: number
  readonly length: number
  readonly crc: number
  readonly readings: number
  readonly newest: number
}

const frame = (kind: Frame["kind"], parts: ReadonlyArray<Uint8Array>, readings: number, newest: number): Buffer => {
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(headerSize)
  header.writeUInt32LE(marker, 0)
  header.writeUInt32LE(kinds[kind], 4)
  header.writeUInt32LE(body.length, 8)
  header.writeUInt32LE(readings, 12)
  header.writeDoubleLE(newest, 16)
  header.writeUInt32LE(crc32(body), 24)
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28)
  return Buffer.concat([header, body])
}

/** Returns definitions with their numbers as a frame. */
export const definitionsFrame = (definitions: ReadonlyArray<readonly [number, Definition]>): Buffer =>
  frame("definitions", [Buffer.from(JSON.stringify(definitions))], 0, Number.NEGATIVE_INFINITY)

/** Returns gaps as a frame. */
export const gapsFrame = (gaps: ReadonlyArray<Gap>): Buffer =>
  frame("gaps", [Buffer.from(JSON.stringify(gaps))], 0, Number.NEGATIVE_INFINITY)

/** Returns the gaps of a body. */
export const gapsOf = (body: Buffer): ReadonlyArray<Gap> => JSON.parse(body.toString()) as ReadonlyArray<Gap>

/** Returns the definitions of a body. */
export const definitionsOf = (body: Buffer): ReadonlyArray<readonly [number, Definition]> =>
  JSON.parse(body.toString()) as ReadonlyArray<readonly [number, Definition]>

const bytesOf = (column: Int32Array | Float64Array | Uint8Array, length: number): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, length * column.BYTES_PER_ELEMENT)

/** Encodes a batch as a frame; `series` has the numbers of its series. */
export const batchFrame = (batch: Batch, series: Int32Array): Buffer => {
  const { length } = batch
  const head = Buffer.alloc(16)
  head.writeUInt32LE(length, 0)
  head.writeUInt32LE(batch.texts.length, 4)
  head.writeDoubleLE(batch.epoch ?? Number.NaN, 8)
  const texts: Array<Uint8Array> = []
  batch.texts.forEach((text, index) => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text
    const about = Buffer.alloc(12)
    about.writeUInt32LE(batch.textAt[index]!, 0)
    about.writeUInt32LE(typeof text === "string" ? 0 : 1, 4)
    about.writeUInt32LE(bytes.length, 8)
    texts.push(about, bytes)
  })
  const columns = [
    bytesOf(series, length),
    bytesOf(batch.time, length),
    bytesOf(batch.lag, length),
    bytesOf(batch.status, length),
    bytesOf(batch.value, length)
  ]
  return frame("batch", [head, ...columns, ...texts], length, newestOf(batch))
}

/** The newest time of arrival of a batch. */
const newestOf = (batch: Batch): number => {
  let newest = Number.NEGATIVE_INFINITY
  for (let at = 0; at < batch.length; at++) newest = Math.max(newest, receivedTime(batch.time[at]!, batch.lag[at]!))
  return newest
}

/** Returns the batch of a body. */
export const batchOf = (body: Buffer): Batch => {
  const length = body.readUInt32LE(0)
  let at = 16
  const column = <A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
    made: A
  ): A => {
    const size = length * made.BYTES_PER_ELEMENT
    new Uint8Array(made.buffer).set(body.subarray(at, at + size))
    at += size
    return made
  }
  const epoch = body.readDoubleLE(8)
  const series = column(new Int32Array(length))
  const time = column(new Float64Array(length))
  const lag = column(new Float64Array(length))
  const status = column(new Uint8Array(length))
  const value = column(new Float64Array(length))
  const textAt: Array<number> = []
  const texts: Array<Text> = []
  for (let text = body.readUInt32LE(4); text > 0; text--) {
    textAt.push(body.readUInt32LE(at))
    const isText = body.readUInt32LE(at + 4) === 0
    const end = at + 12 + body.readUInt32LE(at + 8)
    const bytes = body.subarray(at + 12, end)
    texts.push(isText ? bytes.toString() : new Uint8Array(bytes))
    at = end
  }
  return { length, series, time, lag, status, value, textAt, texts, epoch: Number.isNaN(epoch) ? null : epoch }
}

/** The contents of a file: its whole frames, and the bytes outside of frames. */
export interface Walked {
  readonly frames: ReadonlyArray<Frame>
  /** Damaged bytes in the middle of the file. */
  readonly damaged: number
  /** Readings of frames with a valid header and a damaged body. */
  readonly lost: number
  /** Bytes of a partial frame at the end, from a killed process. */
  readonly unfinished: number
}

/** Finds all frames of a file. */
export const walk = (file: Buffer): Walked => {
  const frames: Array<Frame> = []
  let damaged = 0
  let lost = 0
  let at = magic.length
  while (at < file.length) {
    const found = headerAt(file, at)
    if (found === undefined) {
      const next = nextMarker(file, at + 1)
      if (next === -1) {
        const rest = file.length - at
        // a whole header would have been found: anything shorter is from a killed process
        if (rest < headerSize) return { frames, damaged, lost, unfinished: rest }
        return { frames, damaged: damaged + rest, lost, unfinished: 0 }
      }
      damaged += next - at
      at = next
      continue
    }
    const end = found.at + found.length
    if (end > file.length && nextMarker(file, found.at) === -1)
      return { frames, damaged, lost, unfinished: file.length - at }
    if (end <= file.length && crc32(file.subarray(found.at, end)) === found.crc) {
      frames.push(found)
      at = end
      continue
    }
    const next = nextMarker(file, found.at)
    damaged += (next === -1 ? file.length : next) - at
    lost += found.readings
    at = next === -1 ? file.length : next
  }
  return { frames, damaged, lost, unfinished: 0 }
}

const headerAt = (file: Buffer, at: number): Frame | undefined => {
  if (at + headerSize > file.length || file.readUInt32LE(at) !== marker) return undefined
  if (crc32(file.subarray(at, at + 28)) !== file.readUInt32LE(at + 28)) return undefined
  const kind = kindAt.get(file.readUInt32LE(at + 4))
  if (kind === undefined) return undefined
  return {
    kind,
    at: at + headerSize,
    length: file.readUInt32LE(at + 8),
    readings: file.readUInt32LE(at + 12),
    newest: file.readDoubleLE(at + 16),
    crc: file.readUInt32LE(at + 24)
  }
}

const markerBytes = Buffer.from([0x6b, 0x70, 0x53, 0x31])

const nextMarker = (file: Buffer, from: number): number => {
  for (let at = file.indexOf(markerBytes, from); at !== -1; at = file.indexOf(markerBytes, at + 1))
    if (headerAt(file, at) !== undefined) return at
  return -1
}
