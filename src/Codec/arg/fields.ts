/** The fields of argument lists: optional, with a default, or repeated. */
import type { Arg } from "./Arg.ts"

/**
 * An optional argument.
 *
 * @category models
 * @since 0.1.0
 */
export interface Optional<in out A> {
  readonly _tag: "Optional"
  /** The type of the argument. */
  readonly arg: Arg<A>
}

/**
 * An argument with a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithDefault<in out A> {
  readonly _tag: "WithDefault"
  /** The type of the argument. */
  readonly arg: Arg<A>
  /** The default. */
  readonly value: A
}

/**
 * All further arguments.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rest<in out A> {
  readonly _tag: "Rest"
  /** The type of each argument. */
  readonly arg: Arg<A>
}

/**
 * An optional argument: if it is omitted, its field is absent.
 *
 * @category combinators
 * @since 0.1.0
 */
export const optional = <A>(arg: Arg<A>): Optional<A> => ({ _tag: "Optional", arg })

/**
 * An optional argument with a default. It is always sent, even if the sender omits it.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withDefault = <A>(arg: Arg<A>, value: NoInfer<A>): WithDefault<A> => ({ _tag: "WithDefault", arg, value })

/**
 * Zero or more arguments of a type. Only the last field of a list may be one.
 *
 * @category combinators
 * @since 0.1.0
 */
export const rest = <A>(arg: Arg<A>): Rest<A> => ({ _tag: "Rest", arg })
