/** A process that appends to an archive is killed at any moment: what it acknowledged has to be there. */
import { spawn } from "node:child_process"
import * as path from "node:path"
import { Context, Effect, Layer } from "effect"
import { Store } from "../../src/Archive/index.ts"
import { layerSqlite } from "../../src/Archive/node/index.ts"

const program = path.join(import.meta.dirname, "programs", "appender.ts")

/** The outcome of a trial. */
export interface Killed {
  /** The batches that were acknowledged before the process was killed. */
  readonly acknowledged: number
  /** The batches that are there; one more may be, whose acknowledgement did not get through. */
  readonly there: number
  /** The readings that are missing, or that are there twice. */
  readonly wrong: number
  /** `true` if a period was being sealed. */
  readonly sealing: boolean
}

/**
 * Starts the program on a file, kills it once so many more batches are acknowledged (and, with `sealing`, once a period is
 * being sealed), and looks at what is there.
 */
export const killed = (file: string, batches: number, periodRows: number, sealing = false): Effect.Effect<Killed> =>
  Effect.gen(function* () {
    const acknowledged = yield* Effect.callback<number>((resume) => {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", program, file, String(periodRows)],
        {
          stdio: ["ignore", "pipe", "inherit"]
        }
      )
      let text = ""
      let seen = 0
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part
        const lines = text.split("\n")
        text = lines.pop()!
        seen += lines.length
        const [round, frozen] = (lines.at(-1) ?? "").split(" ")
        if (seen >= batches && (!sealing || frozen !== "0")) child.kill("SIGKILL")
        if (round !== undefined && round !== "") last = Number(round)
      })
      let last = 0
      child.on("close", () => resume(Effect.succeed(last)))
      return Effect.sync(() => child.kill("SIGKILL"))
    })
    return yield* looked(file, acknowledged)
  })

const looked = (file: string, acknowledged: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = Context.get(yield* Layer.build(Layer.orDie(layerSqlite(file, { quiet: true }))), Store)
      const { sealing } = yield* Effect.sync(() => stateOf(file))
      const series = yield* store.series
      let there = 0
      let wrong = 0
      for (const { id } of series) {
        const rows = yield* store.rows({ series: id, from: 0, to: 9e15, limit: 1_000_000, newestFirst: false })
        there = Math.max(there, rows.length)
        rows.forEach((row, at) => {
          if (row.value !== at || row.replaced !== 0) wrong++
        })
        if (rows.length < acknowledged) wrong += acknowledged - rows.length
      }
      return { acknowledged, there, wrong, sealing }
    })
  ).pipe(Effect.orDie)

/** Looks into the file. */
const stateOf = (file: string): { readonly sealing: boolean } => {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const db = new DatabaseSync(file, { readOnly: true })
  const frozen = db.prepare("select count(*) n from generation where boundary is not null").get()!.n
  db.close()
  return { sealing: Number(frozen) > 0 }
}
