/** Values of a type in descriptions. */

import * as Hex from "effect/encoding/Hex"
import * as Result from "effect/Result"
import { encodeText } from "../../Message/index.ts"
import { strictUtf8 } from "../bytes.ts"
import { v5 } from "../Dialect.ts"
import { type Arg, Invalid } from "./Arg.ts"
import type { WireValue } from "./TypeDescription.ts"

/**
 * Returns a value in the form of descriptions: its wire form in version 5, as text if it is UTF-8. Returns `Invalid` if
 * the value is not of the type.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const toWireValue = <A>(arg: Arg<A>, value: A): WireValue | Invalid => {
  const argument = arg.encode(value, v5)
  if (argument instanceof Invalid) return argument
  if (typeof argument === "string" && argument.isWellFormed()) return argument
  const bytes = typeof argument === "string" ? encodeText(argument) : argument
  return strictUtf8(bytes) ?? { hex: Hex.encode(bytes) }
}

/**
 * Returns the value of a description. Returns `Invalid` if the type does not read it.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromWireValue = <A>(arg: Arg<A>, value: WireValue): A | Invalid => {
  const bytes = typeof value === "string" ? encodeText(value) : Result.getOrUndefined(Hex.decode(value.hex))
  return bytes === undefined
    ? new Invalid("expected two hexadecimal digits for each byte")
    : arg.decode(bytes, 0, bytes.length, v5)
}
