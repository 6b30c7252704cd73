import { Arg, type Dialect, Encoder } from "../Codec/index.ts"
import { InvalidSensorValue } from "./errors.ts"
import type { Reading } from "./Reading.ts"
import type { Any } from "./Sensor.ts"

const scratch = new Encoder()

/**
 * Returns the value of a reading as an argument. Throws, before anything is written, if the value is not of the type.
 */
const valueOf = (sensor: Any, reading: Reading<unknown>, dialect: Dialect.Dialect): string | Uint8Array => {
  const value: string | Uint8Array | Arg.Invalid =
    reading.encoded?.(dialect) ?? sensor.type.encode(reading.value, dialect)
  if (value instanceof Arg.Invalid) throw new InvalidSensorValue({ sensor: sensor.name, detail: value.message })
  return value
}

/** Writes `#sensor-value` or `#sensor-status` with one reading. */
export const writeInform = (
  encoder: Encoder,
  inform: string,
  id: number | undefined,
  sensor: Any,
  reading: Reading<unknown>,
  dialect: Dialect.Dialect
): void => {
  const isWire = reading.wireLength?.(dialect) !== undefined
  const value = isWire ? undefined : valueOf(sensor, reading, dialect)
  encoder.begin("inform", inform, id)
  writeTail(encoder, sensor.name, reading, value, dialect)
}

/** Writes the arguments and the end. Without a value, writes the original bytes. */
const writeTail = (
  encoder: Encoder,
  name: string,
  reading: Reading<unknown>,
  value: string | Uint8Array | undefined,
  dialect: Dialect.Dialect
): void => {
  if (value === undefined) reading.writeWire!(encoder, name, dialect)
  else {
    encoder.word(dialect.formatTime(reading.timestamp))
    encoder.word("1")
    encoder.text(name)
    encoder.word(dialect.status(reading.status))
    if (typeof value === "string") encoder.text(value)
    else encoder.bytes(value)
  }
  encoder.end()
}

/**
 * Bytes up to which a value is copied from the shared page. Measured: copying 1 KiB takes 16 ns, and a separate array
 * some 200 ns.
 */
const copiedValue = 1024
/** Given by `#sensor-status`: the length of the head of {@link lineOf}. */
const head = 14
/**
 * Characters up to which a value is written by a loop, without the encoder, which has to leave the page of the client
 * that it writes for. Measured with a float, between replies: 0.52 µs an update, 0.90 by the encoder. The limit is not
 * measured: all numbers and most words.
 */
const plainValue = 64

const headBytes = new TextEncoder().encode("#sensor-status ")

/** Writes text and a byte after it. Returns the end, or -1 for text with bytes that need an escape or are not ASCII. */
const put = (line: Uint8Array, from: number, text: string, after: number): number => {
  const { length } = text
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || code >= 0x7f || code === 0x5c) return -1
    line[from + at] = code
  }
  line[from + length] = after
  return from + length + 1
}

/** Returns the line of a plain value: most values are numbers and words. `undefined` if a part may need an escape. */
const plainLineOf = (name: string, status: string, time: string, value: string): Uint8Array | undefined => {
  const line = new Uint8Array(head + time.length + name.length + status.length + value.length + 7)
  line.set(headBytes)
  let at = put(line, head + 1, time, 0x20)
  line[at++] = 0x31
  line[at++] = 0x20
  at = put(line, at, name, 0x20)
  if (at < 0) return undefined
  at = put(line, at, status, 0x20)
  return put(line, at, value, 0x0a) < 0 ? undefined : line
}

const lineOf = (sensor: Any, reading: Reading<unknown>, dialect: Dialect.Dialect): Uint8Array => {
  const wireLength = reading.wireLength?.(dialect)
  const value = wireLength === undefined ? valueOf(sensor, reading, dialect) : undefined
  const length = wireLength ?? value!.length
  if (typeof value === "string" && length > 0 && length <= plainValue) {
    const line = plainLineOf(sensor.name, dialect.status(reading.status), dialect.formatTime(reading.timestamp), value)
    if (line !== undefined) return line
  }
  // a long line is written to separate memory
  if (length > copiedValue) scratch.apart(length + 2 * sensor.name.length + 64)
  scratch.begin("inform", "sensor-status", undefined)
  writeTail(scratch, sensor.name, reading, value, dialect)
  return scratch.takeOwn()
}

// The line that was formatted last: observers of a reading that are clients ask for it one after another.
let lastSensor: Any | undefined
let lastReading: Reading<unknown> | undefined
let lastDialect: Dialect.Dialect | undefined
let lastLine: Uint8Array | undefined

/** Returns the whole `#sensor-status`, formatted unless it was the last one that was asked for. */
const newLine = (sensor: Any, reading: Reading<unknown>, dialect: Dialect.Dialect): Uint8Array => {
  if (reading === lastReading && sensor === lastSensor && dialect === lastDialect && lastLine !== undefined)
    return lastLine
  const line = lineOf(sensor, reading, dialect)
  lastSensor = sensor
  lastReading = reading
  lastDialect = dialect
  lastLine = line
  return line
}

/** The wire form of the newest reading in one dialect, formatted at first use and kept. */
export class Wire {
  readonly dialect: Dialect.Dialect
  /** The wire form in another dialect, if two are in use. */
  readonly next: Wire | undefined
  private reading: Reading<unknown> | undefined = undefined
  private kept: Uint8Array | undefined = undefined

  constructor(dialect: Dialect.Dialect, next: Wire | undefined) {
    this.dialect = dialect
    this.next = next
  }

  /** Returns the whole `#sensor-status`, and keeps it until the next reading. */
  line(sensor: Any, reading: Reading<unknown>): Uint8Array {
    if (this.reading !== reading) {
      this.reading = reading
      this.kept = undefined
    }
    this.kept ??= newLine(sensor, reading, this.dialect)
    return this.kept
  }

  /**
   * Returns the whole `#sensor-status` for observers that are notified of the reading. It is not kept: lines of readings
   * that are soon replaced would be most of what V8 copies in its collections.
   */
  lineOnce(sensor: Any, reading: Reading<unknown>): Uint8Array {
    if (this.reading === reading && this.kept !== undefined) return this.kept
    // the line of an earlier reading
    this.reading = undefined
    this.kept = undefined
    return newLine(sensor, reading, this.dialect)
  }

  /**
   * Writes the reading. Its line is kept if others will need it, or from the second time on, so a single use costs no
   * memory.
   */
  write(
    encoder: Encoder,
    inform: string,
    id: number | undefined,
    sensor: Any,
    reading: Reading<unknown>,
    shared: boolean
  ): void {
    if (shared || this.reading === reading) {
      encoder.begin("inform", inform, id)
      encoder.lines(this.line(sensor, reading).subarray(head))
    } else {
      writeInform(encoder, inform, id, sensor, reading, this.dialect)
      this.reading = reading
      this.kept = undefined
    }
  }

  /**
   * Writes the reading as `#sensor-status` like {@link write}. It is separate code, because V8 would drop compiled code
   * for replies at the first of these, and compile it again: 4 ms (measured).
   */
  writeStatus(encoder: Encoder, sensor: Any, reading: Reading<unknown>, shared: boolean): void {
    // the usual case first: the compiled code then has nothing else
    if (this.reading === reading && this.kept !== undefined) encoder.copy(this.kept)
    else if (shared || this.reading === reading) encoder.copy(this.line(sensor, reading))
    else {
      writeInform(encoder, "sensor-status", undefined, sensor, reading, this.dialect)
      this.reading = reading
      this.kept = undefined
    }
  }
}
