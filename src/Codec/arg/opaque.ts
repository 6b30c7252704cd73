import type { Arg, SensorType } from "./Arg.ts"
import { expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { sameBytes } from "./Text.ts"

/**
 * What {@link opaque} may know of a type.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpaqueOptions {
  /** What sensors of this type are called on the wire. None by default: then no sensor can be of this type. */
  readonly sensorType?: SensorType | undefined
  /** The parameters of a sensor of this type in `#sensor-list`. None by default. */
  readonly parameters?: ReadonlyArray<string> | undefined
  /** What a sensor of this type holds before it has a reading. Empty by default. */
  readonly initial?: Uint8Array | undefined
}

/**
 * A type of which only the name is known, as another program has defined it: its values are bytes as they are. In a
 * contract that was made of a description it stands for each type that was of somebody's own.
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
