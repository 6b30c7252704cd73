import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { Row, Table } from "../../Site/index.ts"
import { Slices } from "./Slices.ts"

/**
 * The time that sensors are collected before they are prepared. Not measured: the first readings arrive within it, and
 * it is less than the time between two scrapes.
 */
const gathered = "500 millis"

/**
 * Prepares the current and future sensors of a table, until the scope closes. `prepare` is called with each row,
 * `flush` at the end of each slice, and `held` with the longest slice in seconds.
 */
export const preparing = (
  table: Table,
  clock: Clock.Clock,
  work: {
    readonly prepare: (row: Row) => void
    readonly flush: () => void
    readonly held: (seconds: number) => void
  }
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const some = yield* Latch.make(true)
    let pending: Array<Row> = [...table.snapshot().changed]
    const off = table.onSensor((row) => {
      if (row.removed) return
      pending.push(row)
      some.openUnsafe()
    })
    yield* Effect.addFinalizer(() => Effect.sync(off))
    const round = Effect.gen(function* () {
      yield* some.await
      yield* Effect.sleep(gathered)
      some.closeUnsafe()
      const rows = pending
      pending = []
      const slices = new Slices(clock)
      for (const row of rows) {
        if (!row.removed) work.prepare(row)
        if (!slices.step()) continue
        work.flush()
        yield* slices.turn
      }
      work.flush()
      slices.end()
      work.held(slices.longest)
    })
    yield* Effect.forkScoped(Effect.forever(round))
  })
