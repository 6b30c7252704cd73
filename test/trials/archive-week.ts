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
/** Rounds of a query, and how often it is asked in each. */
const rounds = 15
const runs = 20

/** A query: its CPU time in ms, and the ratio of that to the CPU time of the same query on an archive that stays as it is. */
interface Timed {
  readonly ms: number
  readonly ratio: number
}

/** A day of the table. */
interface Day {
  readonly readings: number
  readonly file: number
  readonly used: number
  readonly memory: number
  readonly buckets: Timed
  readonly minutes: Timed
  readonly at: Timed
  readonly stall: number
}

/** Figures that must not change. */
const steady: Readonly<Record<string, (day: Day) => number>> = {
  "the file": ({ file }) => file,
  memory: ({ memory }) => memory,
  "buckets of readings": ({ buckets }) => buckets.ratio,
  "buckets of minutes": ({ minutes }) => minutes.ratio,
  "all sensors at a time": ({ at }) => at.ratio
}

export const trial: Trial = {
  about: `A week of ${sensors.toLocaleString("en")} sensors, a reading every ${every} s each, by a simulated clock: ${((days * 86_400 * sensors) / every / 1e6).toFixed(0)}
million readings in a file of SQLite, \`keep: { raw: "1 day", minute: "2 days" }\`. From day ${settled} on, the size of the file, the largest
memory of the process in a day, and the times of queries stay within 10 %. Three queries are made at the end of a day. One has 500
buckets of one sensor, of the six hours that ended six hours ago, which are made of its readings. One has 300 buckets of the day
before, which are made of minutes. One has all sensors at a time six hours ago. In each of ${rounds} rounds a query is asked ${runs} times, and ${runs} times of an archive of seven
hours that stays as it is. The CPU time of the process counts, and the median of the ratio of the two: neither depends much on
what else the machine does.`,
  takes: "5 to 15 minutes",
  run: async (say) => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-week-"))
    try {
      const found = await Effect.runPromise(Effect.scoped(week(folder, say)))
      const mega = (bytes: number) => (bytes / 1e6).toFixed(0)
      const timed = ({ ms, ratio }: Timed) => `${ms.toFixed(2)} (${ratio.toFixed(2)})`
      const rows = found.map(({ at, buckets, file, memory, minutes, readings, stall, used }, day) => [
        day + 1,
        (readings / 1e6).toFixed(1),
        mega(file),
        mega(used),
        mega(memory),
        timed(buckets),
        timed(minutes),
        timed(at),
        stall.toFixed(0)
      ])
      const faults = Object.entries(steady).flatMap(([what, of]) => {
        const values = found.slice(settled - 1).map(of)
        const growth = Math.max(...values) / Math.min(...values) - 1
        return growth > 0.1 ? [`${what}: it differs by ${(100 * growth).toFixed(0)} % from day ${settled} on`] : []
      })
      const head = [
        "day",
        "readings so far [million]",
        "file [MB]",
        "in use [MB]",
        "memory, at most [MB]",
        "500 buckets of readings [ms of CPU] (ratio)",
        "300 buckets of minutes [ms of CPU] (ratio)",
        "all sensors at a time [ms of CPU] (ratio)",
        "longest append [ms]"
      ]
      return { table: table(head, rows), faults }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A file, and the readings that it has so far. */
class Filling {
  readonly store: Store["Service"]
  readonly archive: ReturnType<typeof make>
  readonly #random = randomOf(7)
  readonly #values = Float64Array.from({ length: sensors }, (_, at) => at / 7)
  readonly #batch: Batch = {
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
  /** Readings of each sensor. */
  #rounds = 0
  /** The largest memory of the process, and the longest append in ms. */
  memory = 0
  stall = 0

  constructor(store: Store["Service"]) {
    this.store = store
    this.archive = make(store, {})
  }

  /** The time of the newest readings, in seconds. */
  get now(): number {
    return begin / 1e6 + this.#rounds * every
  }

  get readings(): number {
    return this.#rounds * sensors
  }

  /** Appends what comes until a time, in seconds after the beginning. */
  until(time: number) {
    return Effect.gen({ self: this as Filling }, function* () {
      const { store } = this
      while (this.#rounds * every < time) {
        this.#fill()
        const since = performance.now()
        yield* store.append(this.#batch)
        this.stall = Math.max(this.stall, performance.now() - since)
        yield* store.tend(this.now * 1e6, { raw: "1 day", minute: "2 days" })
        this.memory = Math.max(this.memory, process.memoryUsage.rss())
      }
    })
  }

  #fill(): void {
    const { time, value } = this.#batch
    for (let at = 0; at < together; at++) {
      const sensor = at % sensors
      time[at] = begin + (this.#rounds + Math.floor(at / sensors)) * every * 1e6 + sensor * 7919
      value[at] = this.#values[sensor]! += this.#random.next() - 0.5
    }
    this.#rounds += together / sensors
  }
}

const fillingOf = Effect.fnUntraced(function* (file: string) {
  const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true })), Store)
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
  return new Filling(store)
})

const middle = (values: Array<number>): number => values.sort((one, other) => one - other)[values.length >> 1]!

const week = Effect.fnUntraced(function* (folder: string, say: (text: string) => void) {
  const file = path.join(folder, "site.db")
  const [site, fixed] = [yield* fillingOf(file), yield* fillingOf(path.join(folder, "fixed.db"))]
  const fixedHours = 7
  yield* fixed.until(fixedHours * 3600)
  // all of it is sealed
  yield* fixed.store.tend((fixed.now + 86_400) * 1e6)
  yield* fixed.store.tend((fixed.now + 86_800) * 1e6)
  const hour = 3600
  const sensor = "m001/rx.s1"
  type Query = (of: Filling, end: number) => Effect.Effect<unknown, unknown>
  const queries: Readonly<Record<"buckets" | "minutes" | "at", Query>> = {
    buckets: ({ archive }, end) => archive.buckets({ sensors: sensor, from: end - 6 * hour, to: end, points: 500 }),
    minutes: ({ archive }, end) => archive.buckets({ sensors: sensor, from: end - 24 * hour, to: end, points: 300 }),
    at: ({ archive }, end) => archive.at({ sensors: "*", time: end })
  }
  const cpu = Effect.fnUntraced(function* <A, E>(query: Effect.Effect<A, E>) {
    const since = process.cpuUsage()
    for (let run = 0; run < runs; run++) yield* query
    const { system, user } = process.cpuUsage(since)
    return (system + user) / 1000 / runs
  })
  const timed = Effect.fnUntraced(function* (query: Query) {
    const all: Array<number> = []
    const ratios: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const reference = yield* cpu(query(fixed, fixed.now - hour / 2))
      const own = yield* cpu(query(site, site.now - 6 * hour))
      all.push(own)
      ratios.push(own / reference)
    }
    return { ms: middle(all), ratio: middle(ratios) }
  })
  const found: Array<Day> = []
  for (let day = 1; day <= days; day++) {
    site.memory = 0
    site.stall = 0
    yield* site.until(day * 86_400)
    found.push({
      readings: site.readings,
      file: statSync(file).size,
      used: (yield* site.store.state).bytes,
      memory: site.memory,
      buckets: yield* timed(queries.buckets),
      minutes: yield* timed(queries.minutes),
      at: yield* timed(queries.at),
      stall: site.stall
    })
    say(`day ${day} of ${days}`)
  }
  return found
})
