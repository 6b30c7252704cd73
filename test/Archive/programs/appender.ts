/**
 * Appends readings to an archive as fast as it can. After each batch it writes the number of batches that are acknowledged to
 * its standard output, and `1` behind it while a period is being sealed, else `0`. Arguments: the file, the number of readings of a period. It goes on until it is killed.
 */
import { writeSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { Store } from "../../../src/Archive/index.ts"
import { BatchBuilder } from "../../../src/Archive/model/Batch.ts"
import { layerSqlite } from "../../../src/Archive/node/index.ts"

const [file, periodRows] = process.argv.slice(2)
/** Sensors; a batch has one reading of each. */
const sensors = 200
const begin = 1.8e15

/** Writes a line. A pipe whose reader is slow refuses it for a while. */
const say = (line: string): void => {
  for (;;)
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "EAGAIN") throw error
    }
}

const program = Effect.gen(function* () {
  const store = yield* Store
  const series = yield* store.define(
    Array.from({ length: sensors }, (_, at) => ({
      device: "m000",
      sensor: `s${at}`,
      type: "float",
      units: "",
      description: "",
      parameters: [],
      since: begin
    }))
  )
  const builder = new BatchBuilder(sensors)
  const sealing = new DatabaseSync(file!, { readOnly: true }).prepare(
    "select count(*) n from generation where boundary is not null"
  )
  // goes on where the program before it was killed
  const found = (yield* store.rows({ series: series[0]!.id, from: 0, to: 9e15, limit: 1, newestFirst: true }))[0]
  let round = found === undefined ? 0 : (found.time - begin) / 1e6 + 1
  for (;;) {
    const time = begin + round * 1e6
    for (const { id } of series) builder.add(id, time, time + 1000, 1, round, undefined)
    yield* store.append(builder.take())
    round++
    say(`${round} ${sealing.get()!.n}\n`)
    // sealing and the next batches go on at the same time
    if (round % 50 === 0) yield* Effect.forkChild(Effect.ignore(store.tend(time)))
  }
})

await Effect.runPromise(
  program.pipe(
    Effect.provide(layerSqlite(file!, { periodRows: Number(periodRows), quiet: true })),
    Effect.scoped,
    Effect.asVoid
  )
)
