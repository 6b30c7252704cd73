import { expectValue } from "../../Message/index.ts"
import type { LiveSensor } from "../LiveSensor.ts"

/**
 * Inputs of a derived sensor, which may be added and removed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inputs<out A> {
  readonly _tag: "Inputs"
  /** The number of inputs that must exist before anything is derived, or 0 for any number. */
  readonly expected: number
  /** @internal Reports the existing inputs at once, then every change. */
  follow(listener: Listener<A>): Subscription
}

/**
 * The inputs of a derived sensor. In a plain list, sensors that end (are removed from their set, or replaced) no longer
 * count.
 *
 * @category models
 * @since 0.1.0
 */
export type From<A> = Iterable<LiveSensor<A>> | Inputs<A>

/** Receives inputs that were added and removed. An input that is added again was removed in between. */
export type Listener<in A> = (added: ReadonlyArray<LiveSensor<A>>, removed: ReadonlyArray<LiveSensor<A>>) => void

/** The listener's side of its subscription to inputs. */
export interface Subscription {
  /**
   * Reports that a sensor has ended. If nothing else reports the end, the listener then receives the sensor as removed.
   */
  readonly ended: (sensor: LiveSensor<unknown>) => void
  /** Ends the subscription. */
  readonly end: () => void
}

/** Throws a `TypeError` if sensors cannot be derived from a value. */
export const checkSource = (call: string, from: unknown): void =>
  expectValue(
    call,
    typeof from === "object" && from !== null && (Symbol.iterator in from || "follow" in from),
    "a list of live sensors or Inputs",
    from
  )

/** Returns the inputs of any source. */
export const inputsOf = <A>(from: From<A>): Inputs<A> => (Symbol.iterator in from ? list(from) : from)

const list = <A>(sensors: Iterable<LiveSensor<A>>): Inputs<A> => ({
  _tag: "Inputs",
  expected: 0,
  follow: (listener) => {
    listener([...sensors], [])
    return { ended: (sensor) => listener([], [sensor as LiveSensor<A>]), end: () => {} }
  }
})
