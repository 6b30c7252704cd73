import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Changes } from "./Changes.ts"
import type { Table } from "./Table.ts"

/**
 * Streams a table as it changes: first a snapshot, then the changes. `every` is the shortest time between two elements.
 *
 * @category table
 * @since 0.1.0
 */
export const changesOf = (table: Table, every: Duration.Input | undefined): Stream.Stream<Changes> =>
  Stream.suspend(() => {
    const reader = table.reader()
    let first = true
    return Stream.fromEffectRepeat(
      Effect.suspend(() => {
        if (first) {
          first = false
          return Effect.sync(() => reader.take())
        }
        const wait = every === undefined ? reader.changed : Effect.andThen(Effect.sleep(every), reader.changed)
        return Effect.map(wait, () => reader.take())
      })
    )
  })
