import { Arg, type Dialect, type Encoder, fromLatin1, type ParsedMessage } from "../../Codec/index.ts"
import type { Any, Status } from "../../Sensor/index.ts"
import type { RemoteReading } from "./RemoteReading.ts"

/** Text with one byte a character in UTF-8. */
const isAscii = /^[\x00-\x7f]*$/

/** Represents a value that was not read yet. */
const undecoded: unique symbol = Symbol("undecoded")

/**
 * The reading that has just arrived, while its observers are notified. Its bytes are still in the chunk of the
 * connection, so they are copied from there. Not kept afterwards, because it would keep the chunk alive.
 */
let arriving: WireReading | undefined
let message: ParsedMessage | undefined
let valueAt = 0
let isTimeCopied = false

/**
 * @internal Begins the notification of a reading. Its value is an argument of the message, and so is its time, unless
 * it must be formatted.
 */
export const arrive = (reading: WireReading, from: ParsedMessage, at: number, copiesTime: boolean): void => {
  arriving = reading
  message = from
  valueAt = at
  isTimeCopied = copiesTime
}

/** @internal Ends the notification of a reading. */
export const arrived = (): void => {
  arriving = message = undefined
}

/**
 * A reading whose value is kept in its original form and decoded on first access: a client passes these to its {@link
 * MirrorObserver}. Immutable.
 *
 * The bytes are held as text of one character a byte: an array would cost some 200 bytes more for each reading.
 *
 * @category models
 * @since 0.1.0
 */
export class WireReading implements RemoteReading<unknown> {
  readonly timestamp: number
  readonly status: Status
  readonly received: number
  /** The value without escapes, one character (U+0000 to U+00FF) for each byte; `undefined` without a value so far. */
  readonly latin1: string | undefined
  /** The dialect that the value is written in. */
  readonly dialect: Dialect.Dialect
  private readonly definition: Any
  /** The text of the time, if it differs from the dialect's form. */
  private readonly time: string | undefined
  private decoded: unknown

  /** Created by clients. `decoded` is the value, if it is known already; `time` the text of the timestamp. */
  constructor(
    definition: Any,
    timestamp: number,
    status: Status,
    received: number,
    latin1: string | undefined,
    dialect: Dialect.Dialect,
    decoded: unknown = undecoded,
    time?: string
  ) {
    this.timestamp = timestamp
    this.status = status
    this.received = received
    this.latin1 = latin1
    this.dialect = dialect
    this.definition = definition
    // numbers and words are decoded once; values with memory of their own are not kept before the first access
    this.decoded = typeof decoded === "object" ? undecoded : decoded
    this.time = time
  }

  /** The value, decoded on the first access; the type's initial value without a value so far. */
  get value(): unknown {
    if (this.decoded === undecoded) this.decoded = this.decode()
    return this.decoded
  }

  /**
   * The bytes of the value in original form, without escapes, in separate memory; `undefined` without a value so far.
   */
  get bytes(): Uint8Array | undefined {
    return this.latin1 === undefined ? undefined : fromLatin1(this.latin1)
  }

  /**
   * Returns the value in original form, without escapes, if the dialect is of the original version, otherwise
   * `undefined`.
   */
  encoded(dialect: Dialect.Dialect): string | Uint8Array | undefined {
    const { latin1 } = this
    if (latin1 === undefined || dialect.major !== this.dialect.major) return undefined
    return isAscii.test(latin1) ? latin1 : fromLatin1(latin1)
  }

  wireLength(dialect: Dialect.Dialect): number | undefined {
    return dialect.major === this.dialect.major ? this.latin1?.length : undefined
  }

  writeWire(encoder: Encoder, name: string, dialect: Dialect.Dialect): void {
    const isHere = arriving === this
    if (isHere && isTimeCopied) encoder.argument(message!, 0)
    else encoder.word(this.time ?? dialect.formatTime(this.timestamp))
    encoder.word("1")
    encoder.text(name)
    encoder.word(dialect.status(this.status))
    if (isHere) encoder.argument(message!, valueAt)
    else encoder.latin1(this.latin1!)
  }

  /** `true` if the device was lost: the value is the last one, and both times are those of the loss. */
  get lost(): boolean {
    return false
  }

  private decode(): unknown {
    const { definition, dialect, latin1 } = this
    if (latin1 === undefined) return definition.initial
    const bytes = fromLatin1(latin1)
    const value: unknown = definition.type.decode(bytes, 0, bytes.length, dialect)
    // it was checked on arrival
    return value instanceof Arg.Invalid ? definition.initial : value
  }
}

/**
 * The reading of a sensor whose device was lost.
 *
 * @category models
 * @since 0.1.0
 */
export class LostWireReading extends WireReading {
  override get lost(): boolean {
    return true
  }
}
