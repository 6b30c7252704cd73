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

const lineOf = (sensor: Any, reading: Reading<unknown>, dialect: Dialect.Dialect): Uint8Array => {
  const wireLength = reading.wireLength?.(dialect)
  const value = wireLength === undefined ? valueOf(sensor, reading, dialect) : undefined
  const length = wireLength ?? value!.length
  // a long line is written to separate memory
  if (length > copiedValue) scratch.apart(length + 2 * sensor.name.length + 64)
  scratch.begin("inform", "sensor-status", undefined)
  writeTail(scratch, sensor.name, reading, value, dialect)
  return scratch.takeOwn()
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

  /** Returns the whole `#sensor-status`. */
  line(sensor: Any, reading: Reading<unknown>): Uint8Array {
    if (this.reading !== reading) {
      this.reading = reading
      this.kept = undefined
    }
    this.kept ??= lineOf(sensor, reading, this.dialect)
    return this.kept
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
      const line = this.line(sensor, reading)
      if (inform === "sensor-status" && id === undefined) return encoder.copy(line)
      encoder.begin("inform", inform, id)
      encoder.lines(line.subarray(head))
    } else {
      writeInform(encoder, inform, id, sensor, reading, this.dialect)
      this.reading = reading
      this.kept = undefined
    }
  }
}
