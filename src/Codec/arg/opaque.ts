import type { Arg, SensorType } from "./Arg.ts"
import { expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { sameBytes } from "./Text.ts"

/**
 * The options of {@link opaque}.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpaqueOptions {
  /** The wire name of sensors of this type. By default sensors cannot have this type. */
  readonly sensorType?: SensorType | undefined
  /** The parameters of a sensor of this type in `#sensor-list`. None by default. */
  readonly parameters?: ReadonlyArray<string> | undefined
  /** The value of a sensor of this type before its first reading. Empty by default. */
  readonly initial?: Uint8Array | undefined
}

/**
 * Builds a type that only its name describes, because another program defines it. Its values are raw bytes. In a
 * contract made from a description, it represents each custom type.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Hex = Arg.opaque("hex", { sensorType: "string" }) // Arg<Uint8Array>
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const opaque = (name: string, options: OpaqueOptions = {}): Arg<Uint8Array> =>
  make<Uint8Array>({
    name,
    sensorType: options.sensorType,
    parameters: options.parameters,
    initial: options.initial ?? new Uint8Array(0),
    decode: (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)),
    encode: (value) => (value instanceof Uint8Array ? value : expectedValue("bytes", value)),
    equals: sameBytes
  })
