/**
 * The archive that the bench measures: `node archive.ts PART …` (see README.md in bench/). Parts: `sqlite FILE READINGS
 * BATCH`, `postgres URL READINGS BATCH`, `queries FILE`, `stalls FILE READINGS`, and `unsealed FILE READINGS`, which
 * does not seal.
 */
import { statSync } from "node:fs"
import { Context, Effect, Layer } from "effect"
import * as Archive from "katcp/Archive"
import * as ArchiveNode from "katcp/Archive/node"
import { sensors, times } from "../archive/database.ts"
import { batchOf, definitions, middle, put, Source } from "../archive/Source.ts"
import { pace, paced } from "../archive/stalls.ts"

const [part = "", where = "", readings = "0", size = "0"] = process.argv.slice(2)
const total = Number(readings)

const opened = <E>(store: Layer.Layer<Archive.Store, E>) =>
  Effect.map(Layer.build(store), (context) => Context.get(context, Archive.Store))

/** Appends readings, batch after batch, and runs the store's maintenance as an archive of a site does. */
const append = Effect.fnUntraced(function* (store: Archive.Store["Service"], length: number) {
  yield* store.define(definitions(sensors))
  const source = new Source(sensors)
  const batch = batchOf(length)
  // compilation, and the first pages of the file
  for (let done = 0; done < 50_000; done += length) {
    source.fill(batch)
    yield* store.append(batch)
  }
  const since = performance.now()
  const cpu = process.cpuUsage()
  for (let done = 0; done < total; done += length) {
    source.fill(batch)
    yield* store.append(batch)
  }
  return { since, cpu, now: source.now }
})

const took = ({ cpu, since }: { readonly since: number; readonly cpu: NodeJS.CpuUsage }) => {
  const { system, user } = process.cpuUsage(cpu)
  return { n: total, secs: (performance.now() - since) / 1000, cpu: (user + system) / 1e6 }
}

const sqlite = Effect.gen(function* () {
  const store = yield* opened(ArchiveNode.layerSqlite(where, { quiet: true }))
  const begun = yield* append(store, Number(size))
  // the end of the sealing in progress
  yield* store.tend(begun.now)
  put({ scenario: `sqlite ${size}`, ...took(begun) })
  // everything, so the size of a sealed reading is known
  yield* store.tend(begun.now + 200e6)
  yield* store.tend(begun.now + 400e6)
  const { bytes, rows } = yield* store.state
  put({ scenario: "size", n: rows, bytes: bytes / rows, file: statSync(where).size })
})

const postgres = Effect.gen(function* () {
  const store = yield* opened(ArchiveNode.layerPostgres(where))
  put({ scenario: `postgres ${size}`, ...took(yield* append(store, Number(size))) })
})

const queries = Effect.gen(function* () {
  const layer = Archive.layerQueries().pipe(Layer.provide(ArchiveNode.layerSqlite(where, { quiet: true })))
  const archive = Context.get(yield* Layer.build(layer), Archive.Archive)
  const timed = Effect.fnUntraced(function* (scenario: string, query: Effect.Effect<number, unknown>) {
    const all: Array<number> = []
    let found = 0
    for (let round = 0; round < 25; round++) {
      const since = performance.now()
      found = yield* query
      if (round >= 5) all.push(performance.now() - since)
    }
    put({ scenario, ms: middle(all), found })
  })
  const { from, to, year } = times
  const count = (found: ReadonlyArray<Archive.SeriesBuckets>) => found[0]!.buckets.length
  const one = "m000/rx.s1"
  yield* timed("buckets", Effect.map(archive.buckets({ sensors: one, from, to, points: 500 }), count))
  yield* timed("year", Effect.map(archive.buckets({ sensors: one, from: year, to: from, points: 500 }), count))
  const time = (from + to) / 2
  yield* timed(
    "at",
    Effect.map(archive.at({ sensors: "*", time }), (found) => found.length)
  )
})

/** Appends at a steady rate, while periods are sealed and dropped: measures the longest wait of an append. */
const stalls = Effect.fnUntraced(function* (scenario: string, periodRows: number, keep: Archive.Keep) {
  const store = yield* opened(ArchiveNode.layerSqlite(where, { quiet: true, periodRows }))
  yield* store.define(definitions(sensors))
  const source = new Source(sensors)
  const batch = batchOf(pace.batch)
  const tending = Effect.forever(
    Effect.andThen(
      Effect.suspend(() => store.tend(source.now, keep)),
      Effect.sleep(100)
    )
  )
  yield* Effect.forkChild(tending)
  const append = Effect.suspend(() => {
    source.fill(batch)
    return store.append(batch)
  })
  const services = yield* Effect.context<never>()
  const found = yield* Effect.promise(() => paced(total, () => Effect.runPromiseWith(services)(append)))
  const { rawFrom } = yield* store.state
  put({ scenario, ...found, dropped: Number.isFinite(rawFrom) })
})

const parts = {
  sqlite,
  postgres,
  queries,
  stalls: stalls("stalls", 200_000, { raw: "10 minutes", minute: "20 minutes" }),
  unsealed: stalls("unsealed", 1_000_000_000, {})
}
await Effect.runPromise(Effect.scoped(parts[part as keyof typeof parts] as Effect.Effect<void, unknown, never>))
