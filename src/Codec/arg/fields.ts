/** How often an argument of a list may stand. */
import type { Arg } from "./Arg.ts"

/**
 * An argument that may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Optional<in out A> {
  readonly _tag: "Optional"
  /** The type of the argument where it is there. */
  readonly arg: Arg<A>
}

/**
 * An argument that has a value where it is left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithDefault<in out A> {
  readonly _tag: "WithDefault"
  /** The type of the argument. */
  readonly arg: Arg<A>
  /** The value where it is left out. */
  readonly value: A
}

/**
 * All arguments from here on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rest<in out A> {
  readonly _tag: "Rest"
  /** The type of each of them. */
  readonly arg: Arg<A>
}

/**
 * An argument that may be left out: then its field is absent.
 *
 * @category combinators
 * @since 0.1.0
 */
export const optional = <A>(arg: Arg<A>): Optional<A> => ({ _tag: "Optional", arg })

/**
 * An argument that may be left out and then has the value given here. It is always sent, also where the sender left it
 * out.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withDefault = <A>(arg: Arg<A>, value: NoInfer<A>): WithDefault<A> => ({ _tag: "WithDefault", arg, value })

/**
 * Zero or more arguments of a type: the last field of a list.
 *
 * @category combinators
 * @since 0.1.0
 */
export const rest = <A>(arg: Arg<A>): Rest<A> => ({ _tag: "Rest", arg })
