import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Context, Effect, Layer } from "effect"
import { make } from "../../src/Archive/answers/make.ts"
import { Store } from "../../src/Archive/index.ts"
import type { Batch } from "../../src/Archive/model/Batch.ts"
import { layerSqlite } from "../../src/Archive/node/index.ts"
import { randomOf } from "../Archive/equality.ts"
import { type Trial, table } from "./Trial.ts"

const sensors = 1000
/** Seconds between two readings of a sensor. */
const every = 10
const days = 7
/** From this day on nothing may grow by more than a tenth. */
const settled = 3
const begin = 1_800_000_000_000_000
/** Readings of a batch: ten of each sensor. */
const together = 10 * sensors
/** Runs of a query, the quickest of which counts: others are late because of what the machine does beside. */
const runs = 100

/** A day of the table. */
interface Day {
  readonly readings: number
  readonly file: number
  readonly used: number
  readonly memory: number
  readonly buckets: number
  readonly minutes: number
  readonly at: number
  readonly stall: number
}

/** What has to stay as it is. */
const steady = ["file", "memory", "buckets", "minutes", "at"] as const

export const trial: Trial = {
  about: `A week of ${sensors.toLocaleString("en")} sensors, a reading every ${every} s each, by a simulated clock: ${((days * 86_400 * sensors) / every / 1e6).toFixed(0)}
million readings in a file of SQLite, \`keep: { raw: "1 day", minute: "2 days" }\`. From day ${settled} on, the size of the file, the largest
memory of the process in a day, and the time of each query stay within 10 %. Queries are made at the end of a day: 500 buckets of six
hours of one sensor, which are made of its readings; 300 of a day, which are made of minutes; all sensors at a time six hours ago.
Of ${runs} runs the quickest counts.`,
  takes: "5 minutes",
  run: async (say) => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-week-"))
    try {
      const found = await Effect.runPromise(Effect.scoped(week(path.join(folder, "site.db"), say)))
      const mega = (bytes: number) => (bytes / 1e6).toFixed(0)
      const rows = found.map(({ at, buckets, file, memory, minutes, readings, stall, used }, day) => [
        day + 1,
        (readings / 1e6).toFixed(1),
        mega(file),
        mega(used),
        mega(memory),
        buckets.toFixed(2),
        minutes.toFixed(2),
        at.toFixed(2),
        stall.toFixed(0)
      ])
      const faults = steady.flatMap((key) => {
        const values = found.slice(settled - 1).map((day) => day[key])
        const growth = Math.max(...values) / Math.min(...values) - 1
        return growth > 0.1 ? [`${key}: it differs by ${(100 * growth).toFixed(0)} % from day ${settled} on`] : []
      })
      const head = [
        "day",
        "readings so far [million]",
        "file [MB]",
        "in use [MB]",
        "memory, at most [MB]",
        "500 buckets of readings [ms]",
        "300 buckets of minutes [ms]",
        "all sensors at a time [ms]",
        "longest append [ms]"
      ]
      return { table: table(head, rows), faults }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const week = Effect.fnUntraced(function* (file: string, say: (text: string) => void) {
  const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true })), Store)
  const archive = make(store, {})
  yield* store.define(
    Array.from({ length: sensors }, (_, at) => ({
      device: `m${String(at % 10).padStart(3, "0")}`,
      sensor: `rx.s${at}`,
      type: "float",
      units: "K",
      description: "",
      parameters: [],
      since: begin
    }))
  )
  const random = randomOf(7)
  const values = Float64Array.from({ length: sensors }, (_, at) => at / 7)
  const batch: Batch = {
    length: together,
    series: Int32Array.from({ length: together }, (_, at) => 1 + (at % sensors)),
    time: new Float64Array(together),
    lag: new Float64Array(together).fill(2500),
    status: new Uint8Array(together).fill(1),
    value: new Float64Array(together),
    textAt: [],
    texts: [],
    epoch: null
  }
  let round = 0
  const fill = () => {
    for (let at = 0; at < together; at++) {
      const sensor = at % sensors
      batch.time[at] = begin + (round + Math.floor(at / sensors)) * every * 1e6 + sensor * 7919
      batch.value[at] = values[sensor]! += random.next() - 0.5
    }
    round += together / sensors
  }
  /** The quickest of some runs, in ms. */
  const timed = Effect.fnUntraced(function* <A, E>(query: Effect.Effect<A, E>) {
    let best = Number.POSITIVE_INFINITY
    for (let run = 0; run < runs; run++) {
      const since = performance.now()
      yield* query
      best = Math.min(best, performance.now() - since)
    }
    return best
  })

  const found: Array<Day> = []
  for (let day = 1; day <= days; day++) {
    let memory = 0
    let stall = 0
    while (round * every < day * 86_400) {
      fill()
      const since = performance.now()
      yield* store.append(batch)
      stall = Math.max(stall, performance.now() - since)
      yield* store.tend(begin + round * every * 1e6, { raw: "1 day", minute: "2 days" })
      memory = Math.max(memory, process.memoryUsage.rss())
    }
    const now = begin / 1e6 + round * every
    const one = "m001/rx.s1"
    found.push({
      readings: round * sensors,
      file: statSync(file).size,
      used: (yield* store.state).bytes,
      memory,
      buckets: yield* timed(archive.buckets({ sensors: one, from: now - 6 * 3600, to: now, points: 500 })),
      minutes: yield* timed(archive.buckets({ sensors: one, from: now - 86_400, to: now, points: 300 })),
      at: yield* timed(archive.at({ sensors: "*", time: now - 6 * 3600 })),
      stall
    })
    say(`day ${day} of ${days}`)
  }
  return found
})
