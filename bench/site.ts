/**
 * The growth of a site: `node bench/site.ts`. It prints two tables: one device of 100 to 100,000 sensors (time until it
 * is synced, memory for each sensor, cost of reading the table), and readers of one table (wake-ups per second).
 */
import { spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { Arg, Client, Codec, Sensor } from "katcp"
import { freePort } from "../scripts/freePort.ts"
import { Table } from "../src/Site/table/Table.ts"

const programs = path.join(import.meta.dirname, "programs")
const unbounded = {
  sensors: 1e6,
  sensorsPerDevice: 1e6,
  removals: 1e5,
  removalAge: 600_000,
  ringChanges: 262_144,
  ringBytes: 1 << 26
}

const makeTable = Effect.gen(function* () {
  const turn = new Codec.Turn((yield* Scheduler.Scheduler).makeDispatcher())
  return Table.makeUnsafe(yield* Clock.Clock, turn, unbounded)
})

const fill = (table: Table, count: number): ReadonlyArray<Sensor.Any> => {
  const all = Array.from({ length: count }, (_, n) => Sensor.remote(`s${n}`, { type: Arg.Float }))
  for (const definition of all) table.add("m000", definition)
  return all
}
const reading = (definition: Sensor.Any, n: number) =>
  new Client.WireReading(definition, n, "nominal", n, `${n}.5`, Codec.Dialect.v5)

interface Line {
  readonly scenario: string
  readonly secs: number
  readonly cpu: number
  readonly bytes: number
}

/** Runs a server of this many sensors, and a site of it, each in its own process. Returns the output of the site. */
const measured = async (sensors: number): Promise<ReadonlyArray<Line>> => {
  const port = await freePort()
  const server = spawn(process.execPath, [path.join(programs, "server.ts"), `${port}`, `${sensors}`])
  try {
    await new Promise((resolve) => server.stdout.once("data", resolve))
    const words = ["--expose-gc", path.join(programs, "site.ts"), `${port}`, `${sensors}`, "0", "0"]
    const site = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] })
    const lines: Array<Line> = []
    for await (const text of createInterface({ input: site.stdout })) lines.push(JSON.parse(text) as Line)
    return lines
  } finally {
    server.kill()
  }
}

/** Returns the nanoseconds of one update and its reading by one reader, in a table of this many sensors. */
const lookCost = Effect.fnUntraced(function* (sensors: number) {
  const table = yield* makeTable
  const all = fill(table, sensors)
  const reader = table.reader()
  reader.take()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const updates = 100_000
    const since = performance.now()
    for (let n = 0; n < updates; n++) {
      const definition = all[(n * 7919) % all.length]!
      table.receive("m000", definition, reading(definition, n))
      reader.take()
    }
    best = Math.min(best, ((performance.now() - since) / updates) * 1e6)
  }
  return best
})

/** Runs this many readers of one table, which changes once in each turn of the event loop. */
const readers = Effect.fnUntraced(function* (count: number, updates: number) {
  const table = yield* makeTable
  const all = fill(table, 1000)
  let wakeUps = 0
  for (let n = 0; n < count; n++) {
    const reader = table.reader()
    reader.take()
    const look = Effect.sync(() => {
      wakeUps++
      reader.take()
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(reader.changed, look)))
  }
  yield* Effect.sleep(10)
  const cpu = process.cpuUsage()
  const since = performance.now()
  for (let n = 0; n < updates; n++) {
    const definition = all[n % all.length]!
    table.receive("m000", definition, reading(definition, n))
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  }
  yield* Effect.sleep(1)
  const { system, user } = process.cpuUsage(cpu)
  return { rate: wakeUps / ((performance.now() - since) / 1000), us: (user + system) / wakeUps }
}, Effect.scoped)

const number = (value: number): string => (value >= 10_000 ? `${Math.round(value / 1000)}k` : value.toPrecision(3))

console.log(
  "| sensors of one device | synced, first [ms] | synced, later [ms] | memory per sensor [bytes] | update and look [ns] |"
)
console.log("|---:|---:|---:|---:|---:|")
for (const sensors of [100, 1000, 10_000, 100_000]) {
  const lines = await measured(sensors)
  const of = (scenario: string) => lines.find((line) => line.scenario === scenario)!
  const cost = await Effect.runPromise(lookCost(sensors))
  const cells = [of("first").secs * 1000, of("sync").secs * 1000, of("memory").bytes, cost]
  console.log(`| ${[sensors.toLocaleString("en"), ...cells.map(number)].join(" | ")} |`)
}
console.log("\n| readers | wake-ups in a second | CPU time of a wake-up [us] |\n|---:|---:|---:|")
for (const [count, updates] of [
  [1, 50_000],
  [10, 20_000],
  [100, 5000]
] as const) {
  const { rate, us } = await Effect.runPromise(readers(count, updates))
  console.log(`| ${count} | ${number(rate)} | ${us.toPrecision(3)} |`)
}
