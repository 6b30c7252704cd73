/**
 * The types of arguments and sensor values: their form on the wire (Rev 5.1 §3).
 *
 * @since 0.1.0
 */

export { type Any, type Arg, Invalid, type SensorType } from "./Arg.ts"
export { Address } from "./addressArg.ts"
export { AnyText } from "./anyText.ts"
export { Boolean } from "./Boolean.ts"
export { type Bounds, between } from "./between.ts"
export { Discrete, DiscreteAnyCase, DiscreteOf, Enum, Lru } from "./Discrete.ts"
export { DiscreteMulti, type DiscreteMultiOptions } from "./DiscreteMulti.ts"
export { decodeArgument } from "./decodeArgument.ts"
export { Float } from "./Float.ts"
export { type Optional, optional, type Rest, rest, type WithDefault, withDefault } from "./fields.ts"
export { fromDescription } from "./fromDescription.ts"
export { type FromSchemaOptions, fromSchema } from "./fromSchema.ts"
export { GaussianInteger } from "./GaussianInteger.ts"
export { BigInt, Int, SafeInt } from "./Integer.ts"
export { fromLimit, toLimit } from "./limits.ts"
export { faultOf, isArg, make, type Options } from "./make.ts"
export { type OpaqueOptions, opaque } from "./opaque.ts"
export { type Layout, type Packed, Struct, type Unpacked } from "./Struct.ts"
export { Bytes, Pattern, StrictText, Text } from "./Text.ts"
export { StrictTimestamp, Timestamp, TimestampOrNow } from "./Timestamp.ts"
export { Limit, TypeDescription, WireValue } from "./TypeDescription.ts"
export { union } from "./union.ts"
export { fromWireValue, toWireValue } from "./wireValue.ts"
