import * as Effect from "effect/Effect"
import type { StoreFailed } from "../errors.ts"
import type { Batch } from "../model/Batch.ts"
import type { Definition } from "../model/Series.ts"
import type { Store } from "../Store.ts"

type Named = Pick<Definition, "device" | "sensor" | "type" | "units">

const keyOf = ({ device, sensor, type, units }: Named): string => JSON.stringify([device, sensor, type, units])

/**
 * The series that this process knows. Each has a number of its own, so that readings of a new sensor can be taken in while
 * the store cannot be asked; the store's numbers are found when a batch is handed over.
 */
export class Catalogue {
  readonly #local = new Map<string, number>()
  readonly #definitions: Array<Definition> = []
  /** The store's numbers by key, and by definition, since a key costs a text. */
  readonly #stored = new Map<string, number>()
  readonly #known = new WeakMap<Definition, number>()

  /** Returns the number of a series in this process. */
  numberOf(definition: Definition): number {
    const key = keyOf(definition)
    let number = this.#local.get(key)
    if (number === undefined) {
      number = this.#definitions.length
      this.#local.set(key, number)
      this.#definitions.push(definition)
    }
    return number
  }

  /** Returns the definition of a number of {@link numberOf}. */
  readonly definition = (number: number): Definition => this.#definitions[number]!

  /** Returns a batch with the store's numbers of its series; new ones are made. */
  resolve(
    store: Store["Service"],
    batch: Batch,
    definition: (series: number) => Definition
  ): Effect.Effect<Batch, StoreFailed> {
    return Effect.suspend(() => {
      const stored = new Map<number, number>()
      const missing: Array<readonly [number, Definition]> = []
      for (let at = 0; at < batch.length; at++) {
        const number = batch.series[at]!
        if (stored.has(number)) continue
        const described = definition(number)
        const id = this.#known.get(described) ?? this.#stored.get(keyOf(described))
        if (id === undefined) missing.push([number, described])
        else this.#known.set(described, id)
        stored.set(number, id ?? -1)
      }
      const resolved = (): Batch => {
        const series = new Int32Array(batch.length)
        for (let at = 0; at < batch.length; at++) series[at] = stored.get(batch.series[at]!)!
        return { ...batch, series }
      }
      if (missing.length === 0) return Effect.succeed(resolved())
      return Effect.map(store.define(missing.map(([, described]) => described)), (made) => {
        missing.forEach(([number, described], at) => {
          stored.set(number, made[at]!.id)
          this.#stored.set(keyOf(described), made[at]!.id)
          this.#known.set(described, made[at]!.id)
        })
        return resolved()
      })
    })
  }
}
