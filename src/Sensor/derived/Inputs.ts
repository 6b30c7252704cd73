/**
 * What sensors are derived from: a fixed list, those of a set that are chosen by name or otherwise, or a list that
 * changes. Inputs come and go while something is derived from them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { InvalidFilter } from "../errors.ts"
import { nameFilter } from "../filter.ts"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Numeric } from "../ranges.ts"
import type { SensorSet } from "../SensorSet.ts"
import type { Inputs, Listener, Subscription } from "./source.ts"

export type { From, Inputs } from "./source.ts"

/**
 * Those sensors of a set that are wanted, by default all: also those that are added later. What is changed in a batch
 * counts when it ends.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSet = (
  set: SensorSet,
  wanted: (sensor: LiveSensor<unknown>) => boolean = () => true
): Inputs<unknown> => inSet(set, () => set.values.filter(wanted), wanted, 0)

/**
 * The sensors of a set with these names. Until all of them exist nothing is derived: what is derived keeps its value and
 * is `unknown`, and so it is again when one of them is gone. One that is replaced is followed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const named = (set: SensorSet, names: Iterable<string>): Inputs<unknown> => {
  const wanted = new Set(names)
  const present = () => [...wanted].flatMap((name) => set.get(name) ?? [])
  return inSet(set, present, ({ name }) => wanted.has(name), wanted.size)
}

/**
 * The sensors of a set that a name in a request stands for: `/…/` is a regular expression that is to match somewhere in
 * the name (see `nameFilter`). Fails where it is none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const matching = (set: SensorSet, filter: string): Effect.Effect<Inputs<unknown>, InvalidFilter> =>
  Effect.map(nameFilter(filter), (parsed) =>
    fromSet(set, ({ name }) => (parsed._tag === "Name" ? name === parsed.name : parsed.matches(name)))
  )

const inSet = (
  set: SensorSet,
  present: () => ReadonlyArray<LiveSensor<unknown>>,
  wanted: (sensor: LiveSensor<unknown>) => boolean,
  expected: number
): Inputs<unknown> => ({
  _tag: "Inputs",
  expected,
  follow: (listener) => {
    const known = new Map(present().map((sensor) => [sensor.name, sensor]))
    listener([...known.values()], [])
    const off = set.onChange((changes) => {
      const added: Array<LiveSensor<unknown>> = []
      const removed: Array<LiveSensor<unknown>> = []
      for (const { _tag, name, sensor } of changes) {
        if (_tag === "Modified") continue
        const former = known.get(name)
        if (former !== undefined) {
          known.delete(name)
          removed.push(former)
        }
        if (_tag !== "Removed" && wanted(sensor)) {
          known.set(name, sensor)
          added.push(sensor)
        }
      }
      if (added.length + removed.length > 0) listener(added, removed)
    })
    return { ended: () => {}, end: off }
  }
})

/**
 * Of some inputs those that a function chooses, which is asked once for each that comes.
 *
 * @category combinators
 * @since 0.1.0
 */
export const filter = <A>(inputs: Inputs<A>, wanted: (sensor: LiveSensor<A>) => boolean): Inputs<A> => ({
  _tag: "Inputs",
  expected: inputs.expected,
  follow: (listener) =>
    inputs.follow((added, removed) => {
      const chosen = added.filter(wanted)
      if (chosen.length + removed.length > 0) listener(chosen, removed)
    })
})

/**
 * Of some inputs the integer and float sensors.
 *
 * @category combinators
 * @since 0.1.0
 */
export const numbers = (inputs: Inputs<unknown>): Inputs<Numeric> =>
  filter(inputs, ({ definition }) => {
    const { sensorType } = definition.type
    return sensorType === "integer" || sensorType === "float"
  }) as Inputs<Numeric>

/**
 * Of some inputs the boolean sensors.
 *
 * @category combinators
 * @since 0.1.0
 */
export const booleans = (inputs: Inputs<unknown>): Inputs<boolean> =>
  filter(inputs, ({ definition }) => definition.type.sensorType === "boolean") as Inputs<boolean>

/**
 * A list of inputs that changes by hand. Sensors that end are taken out of it.
 *
 * @category models
 * @since 0.1.0
 */
export class Changing<A> implements Inputs<A> {
  private readonly present = new Set<LiveSensor<A>>()
  private readonly listeners = new Set<Listener<A>>()

  private constructor() {}

  /** A list with these sensors. */
  static make<A>(sensors: Iterable<LiveSensor<A>> = []): Effect.Effect<Changing<A>> {
    return Effect.sync(() => {
      const changing = new Changing<A>()
      for (const sensor of sensors) changing.present.add(sensor)
      return changing
    })
  }

  get _tag(): "Inputs" {
    return "Inputs"
  }

  get expected(): number {
    return 0
  }

  /** The sensors in it. */
  get sensors(): ReadonlySet<LiveSensor<A>> {
    return this.present
  }

  /** Adds sensors; those that are in it already change nothing. */
  add(...sensors: ReadonlyArray<LiveSensor<A>>): Effect.Effect<void> {
    return Effect.sync(() => {
      const added = sensors.filter((sensor) => !this.present.has(sensor))
      for (const sensor of added) this.present.add(sensor)
      this.tell(added, [])
    })
  }

  /** Removes sensors; those that are not in it change nothing. */
  remove(...sensors: ReadonlyArray<LiveSensor<A>>): Effect.Effect<void> {
    return Effect.sync(() =>
      this.tell(
        [],
        sensors.filter((sensor) => this.present.delete(sensor))
      )
    )
  }

  /** @internal */
  follow(listener: Listener<A>): Subscription {
    // the same function may come twice
    const own: Listener<A> = (added, removed) => listener(added, removed)
    this.listeners.add(own)
    listener([...this.present], [])
    return {
      ended: (sensor) => {
        if (this.present.delete(sensor as LiveSensor<A>)) this.tell([], [sensor as LiveSensor<A>])
      },
      end: () => this.listeners.delete(own)
    }
  }

  private tell(added: ReadonlyArray<LiveSensor<A>>, removed: ReadonlyArray<LiveSensor<A>>): void {
    if (added.length + removed.length === 0) return
    for (const listener of [...this.listeners]) listener(added, removed)
  }
}
