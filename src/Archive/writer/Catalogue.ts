import * as Effect from "effect/Effect"
import type { StoreFailed } from "../errors.ts"
import type { Batch } from "../model/Batch.ts"
import type { Definition } from "../model/Series.ts"
import type { Store } from "../Store.ts"

type Named = Pick<Definition, "device" | "sensor" | "type" | "units">

const keyOf = ({ device, sensor, type, units }: Named): string => JSON.stringify([device, sensor, type, units])

/**
 * The series that this process knows. Each has a number of its own, so readings of a new sensor can be accepted while
 * the store does not answer; the store's numbers are looked up when a batch is written.
 */
export class Catalogue {
  readonly #local = new Map<string, number>()
  readonly #definitions: Array<Definition> = []
  /** The store's numbers by key. */
  readonly #stored = new Map<string, number>()
  /** The store's numbers by the numbers of this process. */
  readonly #own = new Numbers()

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

  /** Returns a batch with the store's numbers of its series; creates new ones. */
  resolve(
    store: Store["Service"],
    batch: Batch,
    definition: (series: number) => Definition
  ): Effect.Effect<Batch, StoreFailed> {
    return Effect.suspend(() => {
      // numbers of this process have the same meaning in every batch, those of a spill only in one
      const stored = definition === this.definition ? this.#own : new Numbers()
      const missing = new Map<number, Definition>()
      const series = new Int32Array(batch.length)
      for (let at = 0; at < batch.length; at++) {
        const number = batch.series[at]!
        let id = stored.get(number)
        if (id === undefined && !missing.has(number)) {
          const described = definition(number)
          id = this.#stored.get(keyOf(described))
          if (id === undefined) missing.set(number, described)
          else stored.set(number, id)
        }
        series[at] = id ?? -1
      }
      if (missing.size === 0) return Effect.succeed({ ...batch, series })
      const described = [...missing]
      return Effect.map(store.define(described.map(([, one]) => one)), (made) => {
        described.forEach(([number, one], at) => {
          stored.set(number, made[at]!.id)
          this.#stored.set(keyOf(one), made[at]!.id)
        })
        for (let at = 0; at < batch.length; at++) if (series[at] === -1) series[at] = stored.get(batch.series[at]!)!
        return { ...batch, series }
      })
    })
  }
}

/** The store's numbers by small numbers: an array is three times faster than a map, and each reading needs it. */
class Numbers {
  #ids = new Int32Array(64)

  get(number: number): number | undefined {
    const id = this.#ids[number]
    return id === undefined || id === 0 ? undefined : id
  }

  set(number: number, id: number): void {
    if (number >= this.#ids.length) {
      const larger = new Int32Array(Math.max(number + 1, this.#ids.length * 2))
      larger.set(this.#ids)
      this.#ids = larger
    }
    this.#ids[number] = id
  }
}
