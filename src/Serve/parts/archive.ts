import { statSync } from "node:fs"
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Archive, type ArchiveFleet, layer as layerArchive, optionsOf, Store, spillOf } from "../../Archive/index.ts"
import { layerSpill, layerStore } from "../../Archive/node/index.ts"
import type { RunnerShape } from "../../Fleet/index.ts"
import { Health, type PartHealth } from "../../Site/index.ts"
import { isPostgres, placeOfDatabase } from "../databases.ts"
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

/** Returns the place of a store: a file, or a database for any user. */
const storePlace = (store: string): string => {
  if (!isPostgres(store)) return `file ${path.resolve(store.replace(/^sqlite:/, ""))}`
  return URL.canParse(store) ? `database ${placeOfDatabase(store)}` : "database"
}

/** Keeps history, and reports in `/healthz` if it cannot. */
export const archivePart: Part = {
  key: "archive",
  site: "own",
  places: ({ data }) => {
    const { store } = data.archive!
    const spill = spillOf(data.archive!)
    return [
      storePlace(store),
      ...(spill === undefined ? [] : [`folder ${path.resolve(spill.folder)}`]),
      ...(data.fleet === undefined ? [] : ["task archive"])
    ]
  },
  faults: ({ data }, readsFiles) => {
    const { store } = data.archive!
    if (!readsFiles || isPostgres(store)) return []
    const file = path.resolve(store.replace(/^sqlite:/, ""))
    const folder = path.dirname(file)
    if (!isFolder(folder)) return [{ path: "archive.store", message: `there is no folder ${folder}` }]
    return isFolder(file) ? [{ path: "archive.store", message: `${file} is a folder. Name a file in it` }] : []
  },
  rehearse: ({ data }, taken) =>
    Effect.gen(function* () {
      const { store } = data.archive!
      const spill = spillOf(data.archive!)
      // a database that is away would not take the new archive, nor the former one again
      if (taken.has(storePlace(store)) && isPostgres(store))
        yield* Context.get(yield* Layer.build(layerStore(store, { readOnly: true })), Store).state
      if (spill !== undefined && !taken.has(`folder ${path.resolve(spill.folder)}`))
        yield* Layer.build(layerSpill(spill.folder, spill))
    }),
  open: ({ data }) =>
    Effect.gen(function* () {
      const archive = data.archive!
      const spill = spillOf(archive)
      const { runner } = yield* CurrentRunner
      const store = layerStore(archive.store, {
        quiet: true,
        // a fleet has already opened the same database: if it is away now, it comes back
        waits: spill !== undefined || runner !== undefined,
        fleet: runner !== undefined && isPostgres(archive.store)
      })
      const opened = yield* Layer.build(
        Layer.merge(store, spill === undefined ? Layer.empty : layerSpill(spill.folder, spill))
      )
      const start = Effect.gen(function* () {
        const fleet = runner === undefined ? undefined : yield* archiveFleet(runner)
        const recording = layerArchive({ ...optionsOf(archive), fleet }).pipe(
          Layer.provide(Layer.succeedContext(opened))
        )
        const own = Context.get(yield* Layer.build(recording), Archive)
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
      return { start }
    })
}

const isFolder = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isDirectory() === true
