import { expectValue } from "../../Message/index.ts"
import type { LiveSensor } from "../LiveSensor.ts"

/**
 * Sensors that something is derived from, and that come and go.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inputs<out A> {
  readonly _tag: "Inputs"
  /** How many there must be before anything is derived from them; 0 where any number will do. */
  readonly expected: number
  /** @internal Tells of those that are there, at once, and then of all that come and go. */
  follow(listener: Listener<A>): Subscription
}

/**
 * What sensors can be derived from. Of a plain list, sensors that end (are removed from their set, or replaced) are
 * inputs no longer.
 *
 * @category models
 * @since 0.1.0
 */
export type From<A> = Iterable<LiveSensor<A>> | Inputs<A>

/** Is told of inputs that came and went. One that is told twice has been away meanwhile. */
export type Listener<in A> = (added: ReadonlyArray<LiveSensor<A>>, removed: ReadonlyArray<LiveSensor<A>>) => void

/** What a listener has of its inputs. */
export interface Subscription {
  /** The listener found that the sensor has ended: where nothing else tells of that, it is told as removed. */
  readonly ended: (sensor: LiveSensor<unknown>) => void
  /** Nothing is told any more. */
  readonly end: () => void
}

/** Throws a `TypeError` if nothing can be derived from a value. */
export const checkSource = (call: string, from: unknown): void =>
  expectValue(
    call,
    typeof from === "object" && from !== null && (Symbol.iterator in from || "follow" in from),
    "a list of live sensors or Inputs",
    from
  )

/** Inputs of anything that sensors can be derived from. */
export const inputsOf = <A>(from: From<A>): Inputs<A> => (Symbol.iterator in from ? list(from) : from)

const list = <A>(sensors: Iterable<LiveSensor<A>>): Inputs<A> => ({
  _tag: "Inputs",
  expected: 0,
  follow: (listener) => {
    listener([...sensors], [])
    return { ended: (sensor) => listener([], [sensor as LiveSensor<A>]), end: () => {} }
  }
})
