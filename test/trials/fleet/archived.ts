import { Context, Effect, Layer } from "effect"
import { Store } from "../../../src/Archive/index.ts"
import { layerStore } from "../../../src/Archive/node/index.ts"

/** The times of all readings in an archive by device, in milliseconds since 1970. */
export const readings = (database: string): Promise<ReadonlyMap<string, ReadonlyArray<number>>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = Context.get(yield* Layer.build(layerStore(database, { readOnly: true, quiet: true })), Store)
      const times = new Map<string, Array<number>>()
      for (const { device, id } of yield* store.series) {
        const own = times.get(device) ?? []
        times.set(device, own)
        const rows = yield* store.rows({ series: id, from: 0, to: 9e15, limit: 10_000_000, newestFirst: false })
        for (const { time } of rows) own.push(time / 1000)
      }
      return times
    })
  ).pipe(Effect.orDie, Effect.runPromise)
