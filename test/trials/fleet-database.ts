import { setTimeout } from "node:timers/promises"
import { Stage, seconds, until } from "./fleet/Fleet.ts"
import { atRest } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 1000
const away = 20
const times = 3
/** Given by the issue. */
const within = 5000

export const trial: Trial = {
  about: `Three runners hold ${devices} devices of a farm. PostgreSQL is ended as by \`pg_ctl stop -m immediate\`, and started again after ${away} s,
${times} times. All devices have to be held again within 5 s of its return, and none by two at any time.`,
  takes: "3 minutes",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors: 5 })
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    try {
      for (let time = 1; time <= times; time++) {
        await atRest(stage, devices)
        await stage.farm.reset()
        const from = (await stage.farm.counts()).now
        await stage.postgres.stop()
        let dropped: number | undefined
        while ((await stage.farm.counts()).now - from < away * 1000) {
          const { live, now } = await stage.farm.counts()
          if (live < devices) dropped ??= now - from
          await setTimeout(100)
        }
        const { live } = await stage.farm.counts()
        await stage.postgres.start()
        const back = (await stage.farm.counts()).now
        const all = await until(async () => (await stage.farm.counts()).live === devices, 60)
        const { lastTaken, overlaps } = await stage.farm.counts()
        const took = all ? Math.max(0, lastTaken - back) : Number.POSITIVE_INFINITY
        say(`outage ${time}: all held again after ${seconds(took)} s`)
        rows.push([time, dropped === undefined ? "never" : seconds(dropped), live, seconds(took), overlaps])
        if (took > within) faults.push(`outage ${time}: it took ${seconds(took)} s until all were held again`)
        if (overlaps > 0) faults.push(`outage ${time}: devices were held twice, ${overlaps} times`)
      }
    } finally {
      await stage.end()
    }
    return {
      table: table(
        [
          "outage",
          "first device given up after, s",
          "held at the end of the outage",
          "all held again after the return, s",
          "held twice"
        ],
        rows
      ),
      faults
    }
  }
}
