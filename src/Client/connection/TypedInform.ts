import { Arg, ArgumentList, type Dialect, type ParsedMessage } from "../../Codec/index.ts"

/**
 * A handler of an inform with typed arguments: see {@link informOf}.
 *
 * @category models
 * @since 0.1.0
 */
export interface TypedInform {
  readonly _tag: "TypedInform"
  /** Handles an inform. Returns an `Arg.Invalid` if its arguments do not fit; the handler is not called then. */
  readonly take: (message: ParsedMessage, dialect: Dialect.Dialect) => Arg.Invalid | undefined
}

/**
 * Returns a handler of an inform that receives the arguments by name, decoded in the dialect of the device. Use
 * it for `onInform`, of the client or its options. An inform that does not fit is dropped and counts as `BadInform`. A
 * handler that keeps the message, the second argument, must copy it (`message.own()`).
 *
 * @example
 * ```ts
 * import { Arg, Client } from "katcp"
 *
 * export const options: Client.Options = {
 *   onInform: {
 *     "slew-done": Client.informOf({ at: Arg.Timestamp, az: Arg.Float }, ({ at, az }) => console.log(at, az))
 *   }
 * }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const informOf = <const F extends ArgumentList.Fields>(
  fields: F,
  handler: (values: ArgumentList.Decoded<F>, message: ParsedMessage) => void
): TypedInform => {
  const list = ArgumentList.make(fields)
  return {
    _tag: "TypedInform",
    take: (message, dialect) => {
      const values = list.decode(message, 0, dialect)
      if (values instanceof Arg.Invalid) return values
      handler(values, message)
      return undefined
    }
  }
}
