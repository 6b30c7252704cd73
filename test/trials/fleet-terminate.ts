import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { statement } from "../Archive/cluster.ts"
import { Stage, seconds, until } from "./fleet/Fleet.ts"
import { atRest } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 1000
const every = 20
const minutes = 5

export const trial: Trial = {
  about: `Three runners hold ${devices} devices of a farm. All their connections to the database are terminated every ${every} s for ${minutes} minutes
(\`pg_terminate_backend\`). No device may be held twice at any time.`,
  takes: "6 minutes",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors: 5 })
    try {
      await atRest(stage, devices)
      await stage.farm.reset()
      let terminated = 0
      const rounds = (minutes * 60) / every
      for (let round = 1; round <= rounds; round++) {
        const ended = await Effect.runPromise(
          statement(
            `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(stage.database).pathname.slice(1)}' and pid <> pg_backend_pid()`,
            stage.database
          )
        )
        terminated += ended.length
        await setTimeout(every * 1000)
        const { live, overlaps } = await stage.farm.counts()
        say(`round ${round}: ${live} live, held twice ${overlaps} times`)
      }
      const last = await until(async () => (await stage.farm.counts()).live === devices, 30)
      const { longestDown, moved, overlapped, overlaps } = await stage.farm.counts()
      return {
        table: table(
          [
            "rounds",
            "connections terminated",
            "devices that were taken again",
            "longest down, s",
            "held twice",
            "for how long at most, s",
            "all held at the end"
          ],
          [[rounds, terminated, moved, seconds(longestDown), overlaps, seconds(overlapped), last ? "yes" : "no"]]
        ),
        faults: [
          ...(overlaps > 0 ? [`devices were held twice, ${overlaps} times`] : []),
          ...(last ? [] : ["not all devices were held 30 s after the last round"])
        ]
      }
    } finally {
      await stage.end()
    }
  }
}
