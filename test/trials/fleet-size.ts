import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { Stage } from "./fleet/Fleet.ts"
import { growthPlot, type Point } from "./fleet/growthPlot.ts"
import { atRest } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const sensors = 50
/** How long is measured, in seconds. */
const measured = 20
const images = path.join(import.meta.dirname, "..", "..", "docs", "images")

/** The cost of a fleet of a size. */
interface Cost extends Point {
  readonly name: string
  readonly devices: number
  readonly memory: number
  readonly farm: number
  readonly late: number
  readonly median: number
  readonly worst: number
  readonly sent: number
}

/** Runs a fleet of a size, and measures it at rest. */
const measure = async (name: string, devices: number, archive: boolean, say: (text: string) => void): Promise<Cost> => {
  const stage = await Stage.start({ devices, sensors, archive })
  try {
    await atRest(stage, devices)
    await stage.farm.reset()
    const before = stage.runners.map((runner) => runner.usage())
    const farm = cpuOf(stage.farm.pid)
    const from = performance.now()
    await setTimeout(measured * 1000)
    const elapsed = (performance.now() - from) / 1000
    const after = stage.runners.map((runner) => runner.usage())
    const { late, sent } = await stage.farm.counts()
    const cores = after.map(({ cpu }, at) => (cpu - before[at]!.cpu) / elapsed)
    const lags = await lagsOf(stage)
    const cost: Cost = {
      name,
      devices,
      cores,
      sum: cores.reduce((sum, one) => sum + one, 0),
      memory: Math.max(...after.map(({ memory }) => memory)),
      farm: (cpuOf(stage.farm.pid) - farm) / elapsed,
      late,
      median: lags[Math.floor(lags.length / 2)] ?? Number.NaN,
      worst: lags[Math.floor(lags.length * 0.99)] ?? Number.NaN,
      sent: sent / elapsed
    }
    say(`${name}: ${cores.map((core) => core.toFixed(2)).join(", ")} of a core`)
    return cost
  } finally {
    await stage.end()
  }
}

/** Milliseconds between the time of a reading and its arrival, of the devices that a runner holds itself, sorted. */
const lagsOf = async ({ runners }: Stage): Promise<ReadonlyArray<number>> => {
  const lags: Array<number> = []
  for (const { http } of runners) {
    const answer = await fetch(`${http}/api/devices`)
    const { devices } = (await answer.json()) as { readonly devices: ReadonlyArray<{ readonly lag?: number }> }
    // a device of another runner has none here
    for (const { lag } of devices) if (lag !== undefined) lags.push(lag * 1000)
  }
  return lags.sort((one, other) => one - other)
}

const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export const trial: Trial = {
  about: `Three runners on one machine hold devices with ${sensors} sensors each, which all change once a second; the ${sensors} readings of a device come in
one chunk. CPU is that of a runner's process over ${measured} s, in cores; lag is the time from a reading's timestamp to its arrival in the table. First 500 devices with the archive in PostgreSQL and 2,000 without; then growth
from 125 devices until the runners have no more of the machine ([plot](images/fleet-growth.svg)).`,
  takes: "12 minutes",
  run: async (say) => {
    const costs: Array<Cost> = []
    costs.push(await measure("500, archive", 500, true, say))
    const growth: Array<Cost> = []
    for (const devices of [125, 250, 500, 1000, 2000, 4000]) {
      const cost = await measure(String(devices), devices, false, say)
      growth.push(cost)
      // the farm and the runners have what there is
      if (cost.sum + cost.farm > availableParallelism() * 0.92 || cost.late > 2000) break
    }
    costs.push(...growth)
    if (existsSync(images))
      writeFileSync(path.join(images, "fleet-growth.svg"), growthPlot(growth, availableParallelism()))
    const last = growth.at(-1)!
    const perReading = (growth.find(({ devices }) => devices === 500)?.sum ?? Number.NaN) / (500 * sensors)
    return {
      table: `${table(
        [
          "devices",
          "readings/s sent",
          "CPU of the runners, cores",
          "sum",
          "memory, MB, largest",
          "lag, ms: median",
          "p99",
          "CPU of the farm",
          "farm late at most, ms"
        ],
        costs.map(({ cores, farm, late, median, memory, name, sent, sum, worst }) => [
          name,
          Math.round(sent),
          cores.map((core) => core.toFixed(2)).join(" · "),
          sum.toFixed(2),
          Math.round(memory),
          median.toFixed(1),
          worst.toFixed(1),
          farm.toFixed(2),
          Math.round(late)
        ])
      )}\n\nA reading costs the runners ${(perReading * 1e6).toFixed(1)} µs of CPU at 500 devices. Growth ended at ${last.devices} devices: the runners and the farm had ${(last.sum + last.farm).toFixed(2)} of ${availableParallelism()} cores.`,
      faults: growth.some(({ devices }) => devices >= 2000) ? [] : ["the machine was full before 2,000 devices"]
    }
  }
}
