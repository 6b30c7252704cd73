/**
 * The cost of sampling N sensors by `period`: a Schedule and a fiber for each, as in `Sampling.stream`, beside samplers
 * that share the timers of one server. Each cell runs in its own process.
 *
 *     node --expose-gc bench/sampling.ts
 */
import { execFileSync } from "node:child_process"
import * as Effect from "effect/Effect"
import { Arg } from "../src/Codec/index.ts"
import { Sampler, Strategy, Timers } from "../src/Sampling/index.ts"
import { LiveSensor, make } from "../src/Sensor/index.ts"

const period = Strategy.period("100 millis")
const seconds = 4

const measure = (way: string, size: number) =>
  Effect.gen(function* () {
    const sensors = yield* Effect.forEach(Array.from({ length: size }), (_, at) =>
      LiveSensor.make(make(`sensor.${at}`, { type: Arg.Float }))
    )
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let reports = 0
    if (way === "schedules")
      for (const sensor of sensors)
        yield* Effect.forkScoped(
          Effect.repeat(
            Effect.sync(() => sensor.reading && reports++),
            Strategy.schedule(period)
          )
        )
    else {
      const timers = yield* Timers.make
      for (const sensor of sensors) Sampler.make(sensor, period, { timers, report: () => reports++ }).start()
    }
    yield* Effect.sleep("500 millis")
    globalThis.gc?.()
    const bytes = (process.memoryUsage().heapUsed - before) / size
    reports = 0
    const cpu = process.cpuUsage()
    yield* Effect.sleep(`${seconds} seconds`)
    const { system, user } = process.cpuUsage(cpu)
    return [
      way.padEnd(10),
      String(size).padStart(6),
      `${bytes.toFixed(0)} B`.padStart(8),
      `${((user + system) / reports).toFixed(2)} µs a report`.padStart(20),
      `${((user + system) / seconds / 1e4).toFixed(1)} % of a processor`.padStart(24),
      `${((100 * reports) / (size * seconds * 10)).toFixed(0)} % of the reports`.padStart(22)
    ].join(" ")
  }).pipe(Effect.scoped)

const [way, size] = process.argv.slice(2)
if (way !== undefined) console.log(await Effect.runPromise(measure(way, Number(size))))
else
  for (const size of ["100", "1000", "10000"])
    for (const way of ["schedules", "timers"])
      process.stdout.write(execFileSync(process.execPath, ["--expose-gc", import.meta.filename, way, size]))
