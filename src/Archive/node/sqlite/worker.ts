/**
 * One of the three threads of a store in SQLite. The writer writes. The sealer reads on its own connection and passes
 * rows to the writer. The reader answers queries. None of them loads Effect.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import { caller, type Operations, offer } from "./calls.ts"
import { Reader } from "./Reader.ts"
import { type Drop, Sealer } from "./Sealer.ts"
import type { SealingOperations } from "./Sealing.ts"
import type { Tables } from "./Tables.ts"
import { type Frozen, Writer, type WriterOptions } from "./Writer.ts"

/** The start parameters of a thread. `port` connects the writer and the sealer. */
export interface Start {
  readonly role: "writer" | "sealer" | "reader"
  readonly options: WriterOptions
  readonly port?: MessagePort
}

const { options, port, role } = workerData as Start
const main = parentPort!

/**
 * The interval of indexing new rows in the reader, in milliseconds, to keep queries short. Not measured: a query then
 * reads 2 seconds of readings at most.
 */
const idle = 2000

if (role === "writer") {
  let writer: Writer | undefined
  const of = (name: keyof Writer) => (argument: never) => (writer![name] as (argument: never) => unknown)(argument)
  offer(main, {
    open: () => {
      writer = new Writer(options)
    },
    define: of("define"),
    append: of("append"),
    due: of("due"),
    oldest: of("oldest"),
    putGaps: of("putGaps"),
    close: () => {
      writer?.close()
      port!.close()
    }
  } satisfies Operations)
  const ofTables = (name: keyof Tables) => (argument: never) =>
    (writer!.tables[name] as (argument: never) => unknown)(argument)
  const names = ["begin", "seal", "settle", "minutes", "presence", "keepLast", "retire", "forget"] as const
  const others = ["retireSpan", "beginSpan", "shrink", "remove", "checkpoint"] as const
  offer(port!, {
    carry: of("carry"),
    finish: of("finish"),
    ...Object.fromEntries([...names, ...others].map((name) => [name, ofTables(name)]))
  })
}

if (role === "sealer") {
  let sealer: Sealer | undefined
  const { call } = caller<SealingOperations>(port!)
  let working: Promise<unknown> = Promise.resolve()
  const after = <A>(work: () => Promise<A>): Promise<A> => {
    const done = working.then(work)
    working = done.catch(() => {})
    return done
  }
  // this thread has no Effect, and no Clock of the program. Nothing that is stored depends on this time.
  // @effect-diagnostics-next-line globalTimers:off
  const timer = setInterval(() => void after(() => sealer?.checkpoint() ?? Promise.resolve()).catch(() => {}), 500)
  offer(main, {
    open: () => {
      sealer = new Sealer(options.path, call)
    },
    seal: (frozen: Frozen) => after(() => sealer!.seal(frozen)),
    drop: (drop: Drop) => after(() => sealer!.drop(drop)),
    close: async () => {
      clearInterval(timer)
      sealer?.stop()
      await working
      sealer?.close()
      port!.close()
    }
  } satisfies Operations)
}

if (role === "reader") {
  let reader: Reader | undefined
  const of = (name: keyof Reader) => (argument: never) => (reader![name] as (argument: never) => unknown)(argument)
  // as above: it only makes the next query short
  // @effect-diagnostics-next-line globalTimers:off
  const timer = setInterval(() => {
    try {
      reader?.idle()
    } catch {
      // the next query reports the fault
    }
  }, idle)
  offer(main, {
    open: () => {
      reader = new Reader(options.path)
    },
    series: of("series"),
    gaps: of("gaps"),
    rows: of("rows"),
    summaries: of("summaries"),
    latest: of("latest"),
    state: of("state"),
    close: () => {
      clearInterval(timer)
      reader?.close()
    }
  } satisfies Operations)
}
