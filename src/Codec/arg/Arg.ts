import type * as Schema from "effect/Schema"
import type { Dialect } from "../Dialect.ts"
import type { TypeDescription } from "./TypeDescription.ts"

/**
 * The result of a decoder or encoder for an invalid argument or value, with the reason. A value, not a thrown error,
 * because servers receive bad arguments all the time.
 *
 * @category models
 * @since 0.1.0
 */
export class Invalid {
  /** The reason, for people. It becomes the text of a `fail` reply. */
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/**
 * The names of the sensor types on the wire (Rev 5.1 §7.2).
 *
 * @category models
 * @since 0.1.0
 */
export type SensorType = "integer" | "float" | "boolean" | "lru" | "timestamp" | "discrete" | "address" | "string"

/**
 * The type of an argument or of a sensor's value: the conversion between values of `A` and the wire (Rev 5.1 §3). It
 * works on the bytes of one argument without escapes. `schema` is the same conversion as a Schema codec.
 *
 * @category models
 * @since 0.1.0
 */
export interface Arg<in out A> {
  /** The name of the type in usage lines and errors: `float`, `integer`, … */
  readonly name: string
  /** The wire name of sensors of this type, or `undefined` if sensors cannot have this type. */
  readonly sensorType: SensorType | undefined
  /** The value of a sensor of this type before its first reading: `0`, `0.0`, the first option, … */
  readonly initial: A
  /** The parameters of a sensor of this type in `#sensor-list`: the options of a discrete sensor (Rev 5.1 §7.2). */
  readonly parameters: ReadonlyArray<string>
  /** Decodes the bytes from `start` to `end`. Does not keep the bytes. */
  readonly decode: (bytes: Uint8Array, start: number, end: number, dialect: Dialect) => A | Invalid
  /** Encodes a value as text (sent as UTF-8) or bytes, without escapes: the encoder adds them. */
  readonly encode: (value: A, dialect: Dialect) => string | Uint8Array | Invalid
  /** Returns `true` if the `event` strategies treat two values as equal: NaN equals NaN, −0 equals 0. */
  readonly equals: (one: A, other: A) => boolean
  /** The type as data: for descriptions of contracts and code generation. */
  readonly description: TypeDescription
  /** The type as a Schema codec between the value and the bytes of the argument. */
  readonly schema: (dialect: Dialect) => Schema.Codec<A, Uint8Array>
}

/**
 * A type with values of any kind: the constraint for type parameters.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: a type both reads and writes its values, so that unknown would fit none
export type Any = Arg<any>
