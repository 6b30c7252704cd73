import * as Effect from "effect/Effect"
import type { StoreFailed } from "./errors.ts"
import { BatchBuilder } from "./model/Batch.ts"
import { micros } from "./model/Reading.ts"
import type { Definition } from "./model/Series.ts"
import { numberOf, textOf, type Value } from "./model/Value.ts"
import type { Store } from "./Store.ts"

/**
 * A reading from another source: a file, another archive. Times are in seconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForeignReading {
  readonly device: string
  readonly sensor: string
  readonly type: string
  readonly units: string
  /** The time of the sensor. */
  readonly timestamp: number
  /** The time of arrival. */
  readonly received: number
  /** The code of the status, 0 to 6. */
  readonly code: number
  readonly value: Value
}

const keyOf = (device: string, sensor: string, type: string, units: string): string =>
  JSON.stringify([device, sensor, type, units])

/** Readings of a batch. Measured: the store takes 10,000 in 10 ms. */
const together = 10_000

/**
 * Writes readings from another source into a store. Repeating them does no harm.
 *
 * @category models
 * @since 0.1.0
 */
export class Importing {
  readonly #store: Store["Service"]
  readonly #builder = new BatchBuilder(together)
  readonly #series = new Map<string, number>()
  /** The number of accepted readings. */
  taken = 0

  constructor(store: Store["Service"]) {
    this.#store = store
  }

  /** Adds a reading; writes when there are enough. */
  add(reading: ForeignReading): Effect.Effect<void, StoreFailed> {
    return this.addAll([reading])
  }

  /** Adds readings; writes when there are enough. */
  addAll(readings: ReadonlyArray<ForeignReading>): Effect.Effect<void, StoreFailed> {
    return Effect.gen({ self: this as Importing }, function* () {
      yield* this.#define(readings)
      for (const { code, device, received, sensor, timestamp, type, units, value } of readings) {
        const series = this.#series.get(keyOf(device, sensor, type, units))!
        this.#builder.add(series, micros(timestamp), micros(received), code, numberOf(value), textOf(value))
        this.taken++
        if (this.#builder.length >= together) yield* this.flush
      }
    })
  }

  /** Creates the unknown series of readings. */
  #define(readings: ReadonlyArray<ForeignReading>): Effect.Effect<void, StoreFailed> {
    const missing = new Map<string, Definition>()
    for (const { device, sensor, timestamp, type, units } of readings) {
      const key = keyOf(device, sensor, type, units)
      if (this.#series.has(key) || missing.has(key)) continue
      missing.set(key, { device, sensor, type, units, description: "", parameters: [], since: micros(timestamp) })
    }
    if (missing.size === 0) return Effect.void
    return Effect.map(this.#store.define([...missing.values()]), (made) => {
      for (const { device, id, sensor, type, units } of made) this.#series.set(keyOf(device, sensor, type, units), id)
    })
  }

  /** Writes the added readings. */
  get flush(): Effect.Effect<void, StoreFailed> {
    return Effect.suspend(() => (this.#builder.length === 0 ? Effect.void : this.#store.append(this.#builder.take())))
  }
}
