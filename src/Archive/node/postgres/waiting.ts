import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { StoreFailed } from "../../errors.ts"
import type { Store } from "../../Store.ts"

/**
 * Returns a store that opens when its database is reachable; until then its calls try to open it, and fail. Fails at
 * once if the database is reachable but the store cannot be opened.
 */
export const waiting = (
  opening: Effect.Effect<Store["Service"], StoreFailed, Scope.Scope>,
  address: string
): Effect.Effect<Store["Service"], StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const one = yield* Semaphore.make(1)
    let opened: Store["Service"] | undefined
    const open = Effect.suspend(() => {
      if (opened !== undefined) return Effect.succeed(opened)
      return Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        opened = yield* opening.pipe(
          Scope.provide(own),
          Effect.onError(() => Scope.close(own, Exit.void))
        )
        return opened
      })
    }).pipe(one.withPermit)
    const use = <A>(call: (store: Store["Service"]) => Effect.Effect<A, StoreFailed>): Effect.Effect<A, StoreFailed> =>
      Effect.suspend(() => (opened === undefined ? Effect.flatMap(open, call) : call(opened)))

    const first = yield* Effect.result(open)
    if (first._tag === "Failure" && first.failure.why !== "away") return yield* first.failure
    return {
      address,
      series: use((store) => store.series),
      define: (definitions) => use((store) => store.define(definitions)),
      append: (batch) => use((store) => store.append(batch)),
      putGaps: (gaps) => use((store) => store.putGaps(gaps)),
      gaps: (from, to) => use((store) => store.gaps(from, to)),
      tend: (now, keep, retention) => use((store) => store.tend(now, keep, retention)),
      rows: (query) => use((store) => store.rows(query)),
      summaries: (query) => use((store) => store.summaries(query)),
      latest: (series, time) => use((store) => store.latest(series, time)),
      state: use((store) => store.state)
    }
  })
