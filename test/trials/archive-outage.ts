import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { type Cluster, cluster } from "../Archive/cluster.ts"
import { type Load, type Outcome, underLoad } from "./harness/load.ts"
import { type Trial, table } from "./Trial.ts"

/** A case: its kind, duration and room. */
interface Case {
  readonly name: string
  readonly buffer: number
  /** The limit of the spill in bytes; undefined without a spill. */
  readonly spill?: number
  readonly kill?: boolean
  /** `true`: the server is not ended, but stopped. */
  readonly frozen?: boolean
}

/** Returns the cases for a load of so many readings a second, and an outage of so many seconds. */
export const casesOf = (readings: number, seconds: number): ReadonlyArray<Case> => {
  const bytes = readings * seconds * 29
  // an outage may last longer than it should on a machine that is busy
  const enough = Math.max(bytes * 4, 64 * 1024 * 1024)
  return [
    { name: "all has room in memory", buffer: enough },
    { name: "memory for a quarter, the rest in the spill", buffer: bytes / 4, spill: bytes * 8 },
    {
      name: "the same; the archive is killed, and starts while the database is away",
      buffer: bytes / 8,
      spill: enough,
      kill: true
    },
    { name: "memory for a quarter, no spill", buffer: bytes / 4 },
    { name: "all has room in memory; the server is not ended, but stopped (SIGSTOP)", buffer: enough, frozen: true },
    { name: "memory for an eighth, a spill for a quarter", buffer: bytes / 8, spill: bytes / 4 }
  ]
}

/** Runs a case on a cluster, with a database of its own. */
export const outage = async (
  postgres: Cluster,
  { buffer, frozen = false, kill = false, name, spill }: Case,
  load: Pick<Load, "sensors" | "rate" | "seconds" | "say" | "haste">
): Promise<{ readonly outcome: Outcome; readonly faults: ReadonlyArray<string> }> => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-outage-"))
  try {
    const outcome = await underLoad({
      ...load,
      store: await postgres.database(),
      buffer,
      spill: spill === undefined ? undefined : { folder: path.join(folder, "spill"), bytes: spill },
      stop: frozen ? postgres.freeze : postgres.stop,
      start: frozen ? postgres.thaw : postgres.start,
      kill
    })
    const { given, inGaps, lost, there, unheard, wrong } = outcome
    // the newest readings are in memory only when it is killed, and some are on their way
    const missing = given - there
    const late = Math.ceil(buffer / 29) + unheard + load.sensors * load.rate * 2
    const allowed = kill ? `at most ${late + lost}` : `${lost}`
    const exact = kill ? missing <= Number(allowed.slice(8)) : missing === lost && inGaps === lost
    const mayLose = kill || (spill ?? 0) + buffer < load.sensors * load.rate * load.seconds * 29
    return {
      outcome,
      faults: [
        ...(wrong > 0 ? [`${name}: ${wrong} readings are there twice, out of order or replaced`] : []),
        ...(exact ? [] : [`${name}: ${missing} readings are missing; ${allowed} were to be, and gaps say ${inGaps}`]),
        ...(!mayLose && missing > 0 ? [`${name}: ${missing} readings were lost, though there was room`] : []),
        ...(mayLose && !kill && lost === 0 ? [`${name}: nothing was lost: it proves nothing`] : [])
      ]
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const sensors = 200
const rate = 20
const seconds = 60

export const trial: Trial = {
  about: `A device gives ${sensors * rate} readings a second (${sensors} sensors), which a program archives in PostgreSQL. The server is ended as by
\`pg_ctl stop -m immediate\`, and started again after ${seconds} s. Then every reading is looked for.`,
  takes: "7 minutes",
  run: async (say) => {
    const postgres = await cluster()
    if (typeof postgres === "string") return { table: "", faults: [postgres] }
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    try {
      for (const one of casesOf(sensors * rate, seconds)) {
        say(one.name)
        const found = await outage(postgres, one, { sensors, rate, seconds, say })
        const { caughtUp, given, inGaps, lost, spilled, there, waited } = found.outcome
        rows.push([one.name, given, there, given - there, lost, inGaps, waited, spilled, `${caughtUp.toFixed(1)} s`])
        faults.push(...found.faults)
      }
    } finally {
      await postgres.remove()
    }
    const head = [
      "room",
      "given",
      "in the store",
      "missing",
      "counted as lost",
      "in gaps",
      "most that waited",
      "of it in the spill",
      "caught up in"
    ]
    const notes =
      "Killed, the archive loses what is in memory and on its way, and what the device says until it is back: no count of the archive has it."
    return { table: `${table(head, rows)}\n\n${notes}`, faults }
  }
}
