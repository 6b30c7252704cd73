/**
 * The inputs of derived sensors: a fixed list, sensors of a set chosen by name or by a function, or a list that
 * changes. Inputs may be added and removed at any time.
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
 * Selects sensors of a set, by default all, including those added later. Changes in a batch take effect at its end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSet = (
  set: SensorSet,
  wanted: (sensor: LiveSensor<unknown>) => boolean = () => true
): Inputs<unknown> => inSet(set, () => set.values.filter(wanted), wanted, 0)

/**
 * Selects the sensors of a set with these names. While one of them does not exist, the derived sensor keeps its value
 * and is `unknown`. Replaced sensors are followed.
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
 * Selects the sensors of a set that a name in a request selects: `/…/` is a regular expression that must match
 * somewhere in the name (see `nameFilter`). Fails if the expression is invalid.
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
 * Keeps the inputs that a function chooses. The function is called once for each new input.
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
 * Keeps the integer and float sensors of the inputs.
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
 * Keeps the boolean sensors of the inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const booleans = (inputs: Inputs<unknown>): Inputs<boolean> =>
  filter(inputs, ({ definition }) => definition.type.sensorType === "boolean") as Inputs<boolean>

/**
 * A list of inputs that the program changes. Sensors that end are removed from it.
 *
 * @category models
 * @since 0.1.0
 */
export class Changing<A> implements Inputs<A> {
  private readonly present = new Set<LiveSensor<A>>()
  private readonly listeners = new Set<Listener<A>>()

  private constructor() {}

  /** Builds a list of these sensors. */
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

  /** Adds sensors. Does nothing for sensors already in the list. */
  add(...sensors: ReadonlyArray<LiveSensor<A>>): Effect.Effect<void> {
    return Effect.sync(() => {
      const added = sensors.filter((sensor) => !this.present.has(sensor))
      for (const sensor of added) this.present.add(sensor)
      this.tell(added, [])
    })
  }

  /** Removes sensors. Does nothing for sensors that are not in the list. */
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
    // the same function may be given twice
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
