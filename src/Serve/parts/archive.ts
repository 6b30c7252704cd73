import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Archive, type ArchiveFleet, layer as layerArchive, optionsOf, spillOf } from "../../Archive/index.ts"
import { layerSpill, layerStore } from "../../Archive/node/index.ts"
import type { RunnerShape } from "../../Fleet/index.ts"
import { Health, type PartHealth } from "../../Site/index.ts"
import { isPostgres } from "../databases.ts"
import { CurrentArchive, CurrentRunner, type Part } from "../Part.ts"

/** The archive's part in a fleet: each runner writes for its devices, and one of them summarizes and drops. */
const archiveFleet = (runner: RunnerShape): Effect.Effect<ArchiveFleet, never, Scope.Scope> =>
  Effect.gen(function* () {
    let holds: Effect.Effect<boolean> = Effect.succeed(false)
    yield* runner.offer({
      name: "archive",
      run: (task) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            holds = Effect.orElseSucceed(task.holds, () => false)
          }),
          () => Effect.never,
          () =>
            Effect.sync(() => {
              holds = Effect.succeed(false)
            })
        )
    })
    return {
      epochOf: runner.epochOf,
      holds: (device) => runner.held().has(device),
      tends: Effect.suspend(() => holds)
    }
  })

/** Keeps history, and reports in `/healthz` if it cannot. */
export const archivePart: Part = {
  key: "archive",
  site: "own",
  layer: ({ archive }) => {
    const spill = spillOf(archive!)
    const writing = Effect.gen(function* () {
      const { runner } = yield* CurrentRunner
      const fleet = runner === undefined ? undefined : yield* archiveFleet(runner)
      return layerArchive({ ...optionsOf(archive!), fleet }).pipe(
        Layer.provide(
          layerStore(archive!.store, {
            quiet: true,
            // a fleet has already opened the same database: if it is away now, it comes back
            waits: spill !== undefined || runner !== undefined,
            fleet: runner !== undefined && isPostgres(archive!.store)
          })
        )
      )
    })
    return Layer.effectDiscard(
      Effect.gen(function* () {
        const own = yield* Archive
        const { writer } = own
        const current = yield* CurrentArchive
        current.archive = own
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            if (current.archive === own) current.archive = undefined
          })
        )
        const { add } = yield* Health
        yield* add(
          "archive",
          Effect.map(writer, (details): PartHealth => {
            if (details === undefined || details.ok) return { status: "ok", details }
            return { status: "failing", reason: details.error, details }
          })
        )
      })
    ).pipe(
      Layer.provide(Layer.unwrap(writing)),
      Layer.provide(spill === undefined ? Layer.empty : layerSpill(spill.folder, spill))
    )
  }
}
