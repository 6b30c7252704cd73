import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Effect } from "effect"
import { randomOf } from "../Archive/equality.ts"
import { type Killed, killed } from "../Archive/killed.ts"
import { type Trial, table } from "./Trial.ts"

/** Kills of each kind. */
const wanted = 20
/** After so many kills the trial gives up waiting for the rarer kind. */
const largest = 200

export const trial: Trial = {
  about: `A process appends batches of 200 readings to an archive in SQLite as fast as it can, and is killed (SIGKILL) at a random
moment. Then the file is opened, and every reading is looked at. Acknowledged are the readings whose append had succeeded. ${wanted}
kills while nothing but writing went on, ${wanted} while a period was being sealed as well.`,
  takes: "2 minutes",
  run: async (say) => {
    const random = randomOf(16)
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-kill-"))
    const found: Record<"writing" | "sealing", Array<Killed>> = { writing: [], sealing: [] }
    let kills = 0
    try {
      for (; kills < largest && (found.writing.length < wanted || found.sealing.length < wanted); kills++) {
        // a file grows over several kills, so each start finds what the kill before has left
        const isSealing = found.sealing.length < found.writing.length
        const file = path.join(folder, `${isSealing ? "sealing" : "writing"}-${Math.floor(kills / 10)}.db`)
        const batches = 20 + random.below(250)
        const one = await Effect.runPromise(
          isSealing ? killed(file, batches, 20_000, true) : killed(file, batches, 1_000_000_000)
        )
        found[one.sealing ? "sealing" : "writing"].push(one)
        if (one.wrong > 0 || kills % 10 === 9)
          say(
            `${found.writing.length} while writing, ${found.sealing.length} while sealing; ${one.wrong} readings wrong`
          )
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const sum = (all: ReadonlyArray<Killed>, of: (one: Killed) => number) =>
      all.reduce((total, one) => total + of(one), 0)
    const rows = Object.entries(found).map(([kind, all]) => [
      kind,
      all.length,
      sum(all, ({ acknowledged }) => acknowledged) * 200,
      sum(all, ({ there }) => there) * 200,
      sum(all, ({ wrong }) => wrong),
      `${all.filter(({ acknowledged, there, wrong }) => wrong === 0 && there >= acknowledged).length} of ${all.length}`
    ])
    const faults = Object.entries(found).flatMap(([kind, all]) => [
      ...(all.length < wanted ? [`only ${all.length} of ${largest} kills came while ${kind}`] : []),
      ...all.flatMap(({ acknowledged, there, wrong }) =>
        wrong > 0 || there < acknowledged
          ? [`${kind}: ${acknowledged} batches acknowledged, ${there} there, ${wrong} wrong`]
          : []
      )
    ])
    const head = [
      "killed while",
      "kills",
      "readings acknowledged, summed over the kills",
      "readings found",
      "missing, wrong or twice",
      "nothing lost"
    ]
    return { table: table(head, rows), faults }
  }
}
