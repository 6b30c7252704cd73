import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { smallDisk } from "./harness/disk.ts"
import { type Load, type Outcome, underLoad } from "./harness/load.ts"
import { type Trial, table } from "./Trial.ts"

/** Archives a device in SQLite on a disk that is full for a while. */
export const fullDisk = async (
  load: Pick<Load, "sensors" | "rate" | "seconds" | "say">,
  room: number
): Promise<{ readonly kind: string; readonly outcome: Outcome; readonly faults: ReadonlyArray<string> }> => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-disk-"))
  const readings = load.sensors * load.rate * load.seconds
  const disk = await smallDisk(folder, 100_000_000)
  try {
    const outcome = await underLoad({
      ...load,
      store: `sqlite:${path.join(disk.folder, "site.db")}`,
      buffer: readings * 29 * room,
      stop: disk.fill,
      start: disk.free
    })
    const { error, given, inGaps, lost, there, wrong } = outcome
    const name = `room for ${room * 100} %`
    return {
      kind: disk.kind,
      outcome,
      faults: [
        ...(error?.includes("full") === true
          ? []
          : [`${name}: the archive said ${error ?? "nothing"}, and not that the disk is full`]),
        ...(wrong > 0 ? [`${name}: ${wrong} readings are there twice, out of order or replaced`] : []),
        ...(given - there === lost && inGaps === lost
          ? []
          : [`${name}: ${given - there} readings are missing, ${lost} were counted, and gaps say ${inGaps}`]),
        ...(room > 1 && lost > 0 ? [`${name}: ${lost} readings were lost, though there was room`] : []),
        ...(room < 1 && lost === 0 ? [`${name}: nothing was lost: it proves nothing`] : [])
      ]
    }
  } finally {
    await disk.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

const sensors = 200
const rate = 20
const seconds = 30

export const trial: Trial = {
  about: `A device gives ${sensors * rate} readings a second (${sensors} sensors), which a program archives in SQLite on a disk of its own. Somebody
else fills the disk, and makes room again after ${seconds} s. Then every reading is looked for.`,
  takes: "2 minutes",
  run: async (say) => {
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    let kind = ""
    for (const room of [4, 0.25]) {
      say(`memory for ${room * 100} % of what comes`)
      const found = await fullDisk({ sensors, rate, seconds, say }, room)
      const { caughtUp, error, given, inGaps, lost, there, waited } = found.outcome
      kind = found.kind
      const said = (error ?? "").replace(/^the archive in \S+: /, "")
      rows.push([
        `${room * 100} %`,
        given,
        there,
        given - there,
        lost,
        inGaps,
        waited,
        `${caughtUp.toFixed(1)} s`,
        said
      ])
      faults.push(...found.faults)
    }
    const head = [
      "memory for",
      "given",
      "in the store",
      "missing",
      "counted as lost",
      "in gaps",
      "most that waited",
      "caught up in",
      "it said meanwhile"
    ]
    return { table: `${table(head, rows)}\n\nThe disk: ${kind}.`, faults }
  }
}
