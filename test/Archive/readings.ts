import { Effect } from "effect"
import type { Batch, Definition, Store } from "../../src/Archive/index.ts"
import { BatchBuilder } from "../../src/Archive/model/Batch.ts"
import { numberOf, textOf } from "../../src/Archive/model/Value.ts"
import { type Status, statuses } from "../../src/Sensor/index.ts"
import type { Value } from "./naive.ts"

/** The time at which tests begin, in seconds. */
export const start = 1_800_000_000

/** A sensor of a device. */
export const definition = (sensor: string, type = "float", units = "K"): Definition => ({
  device: "m000",
  sensor,
  type,
  units,
  description: "for a test",
  parameters: [],
  since: start * 1e6
})

/** A reading: times in seconds after the beginning of tests. */
export interface Given {
  readonly series: number
  readonly time: number
  readonly received?: number
  readonly value: Value
  readonly status?: Status
}

/** Readings as a batch. */
export const batch = (given: ReadonlyArray<Given>, builder = new BatchBuilder(4)): Batch => {
  for (const { received, series, status = "nominal", time, value } of given)
    builder.add(
      series,
      Math.round((start + time) * 1e6),
      Math.round((start + (received ?? time)) * 1e6),
      statuses.indexOf(status),
      numberOf(value),
      textOf(value)
    )
  return builder.take()
}

/** Lets a store do what is due: a period ends at the first whole minute after it was found to be long enough. */
export const seal = (store: Store["Service"], time: number) =>
  Effect.andThen(store.tend((start + time) * 1e6), store.tend((start + time + 130) * 1e6))
