import type * as Schema from "effect/Schema"
import type { Dialect } from "../Dialect.ts"
import type { TypeDescription } from "./TypeDescription.ts"

/**
 * What a decoder or an encoder gives in place of a value: why it is none. A value, not a thrown error, since bad
 * arguments are an ordinary thing for a server.
 *
 * @category models
 * @since 0.1.0
 */
export class Invalid {
  /** What is wrong, for people: it ends up in the text of a `fail` reply. */
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
 * The type of an argument, or of a sensor's value: how values of `A` stand on the wire (Rev 5.1 §3). It works on the
 * bytes of one argument without escapes. `schema` is the same as a Schema codec; it and the direct functions agree.
 *
 * @category models
 * @since 0.1.0
 */
export interface Arg<in out A> {
  /** What the type is called in usage lines and errors: `float`, `integer`, … */
  readonly name: string
  /** What sensors of this type are called on the wire; undefined where there can be none. */
  readonly sensorType: SensorType | undefined
  /** What a sensor of this type holds before it has a reading: `0`, `0.0`, the first option, … */
  readonly initial: A
  /** The parameters of a sensor of this type in `#sensor-list`: the options of a discrete one (Rev 5.1 §7.2). */
  readonly parameters: ReadonlyArray<string>
  /** The value of the bytes from `start` to `end`. Does not keep the bytes. */
  readonly decode: (bytes: Uint8Array, start: number, end: number, dialect: Dialect) => A | Invalid
  /** The argument of a value: text that goes out as UTF-8, or bytes; escapes are the encoder's affair. */
  readonly encode: (value: A, dialect: Dialect) => string | Uint8Array | Invalid
  /** Whether two values are the same for the `event` strategies: NaN equals NaN, −0 equals 0. */
  readonly equals: (one: A, other: A) => boolean
  /** What the type is, as data: for descriptions of contracts and what is made of them. */
  readonly description: TypeDescription
  /** The type as a Schema codec between the value and the bytes of the argument. */
  readonly schema: (dialect: Dialect) => Schema.Codec<A, Uint8Array>
}

/**
 * A type of any values: what to constrain type parameters with.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: a type both reads and writes its values, so that unknown would fit none
export type Any = Arg<any>
