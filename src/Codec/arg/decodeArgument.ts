import { encodeText } from "../../Message/index.ts"
import type { Dialect } from "../Dialect.ts"
import type { Arg, Invalid } from "./Arg.ts"

/**
 * Decodes one argument, text or bytes without escapes.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeArgument = <A>(arg: Arg<A>, argument: string | Uint8Array, dialect: Dialect): A | Invalid => {
  const bytes = typeof argument === "string" ? encodeText(argument) : argument
  return arg.decode(bytes, 0, bytes.length, dialect)
}
