import { setTimeout } from "node:timers/promises"
import { readings } from "./fleet/archived.ts"
import { Stage, seconds, until } from "./fleet/Fleet.ts"
import { atRest } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 300
const frozen = 22

export const trial: Trial = {
  about: `Three runners hold ${devices} devices of a farm, and archive them in the database of the fleet. One is stopped (SIGSTOP) for ${frozen} s:
its devices have to be taken over. It keeps its connections, and what the devices have sent meanwhile. When it goes on, not one
of these readings may reach the archive: readings of a time when only the frozen runner can have had the device are looked for.`,
  takes: "2 minutes",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors: 2, archive: true })
    try {
      await atRest(stage, devices)
      const runner = stage.runners[0]!
      const held = (await stage.held()).get(runner.pid) ?? 0
      await stage.farm.reset()
      const from = await stage.farm.counts()
      runner.signal("SIGSTOP")
      const taken = await until(async () => (await stage.farm.counts()).moved >= held, frozen - 1)
      const { lastTaken, overlaps } = await stage.farm.counts()
      say(`${held} devices were held; all taken over after ${seconds(lastTaken - from.now)} s: ${taken}`)
      const moved = (await stage.farm.devices()).filter((one) => one.taken > 0)
      await setTimeout(frozen * 1000 - ((await stage.farm.counts()).now - from.now))
      runner.signal("SIGCONT")
      const thawed = (await stage.farm.counts()).now
      const alone = await until(async () => (await stage.farm.counts()).shared === 0, 20)
      const gone = (await stage.farm.counts()).now - thawed
      // what the frozen runner had is written or refused by then
      await setTimeout(5000)
      const rest = await readings(stage.database)
      let stale = 0
      let fresh = 0
      for (const { device, takenAt } of moved) {
        // batches of before the freeze are on their way for a moment
        const begin = from.origin + from.now + 3000
        // the successor's first reading is the newest that the device has: of its last tick, once a second
        const end = from.origin + takenAt - 1500
        for (const time of rest.get(device) ?? []) {
          if (time > begin && time < end) stale++
          if (time >= from.origin + takenAt) fresh++
        }
      }
      say(`${stale} readings of the frozen runner in the archive, ${fresh} of its successors`)
      return {
        table: table(
          [
            "held by the frozen",
            "all taken over after, s",
            "held twice meanwhile",
            "the old connections gone after it went on, s",
            "readings of the frozen runner in the archive",
            "readings of its successors"
          ],
          [[held, seconds(lastTaken - from.now), overlaps, alone ? seconds(gone) : "never", stale, fresh]]
        ),
        faults: [
          ...(taken ? [] : ["not all devices were taken over"]),
          ...(alone ? [] : ["the runner that went on kept connections to devices of others"]),
          ...(stale > 0 ? [`${stale} readings of the frozen runner are in the archive`] : []),
          ...(fresh === 0 ? ["no readings of the successors are in the archive: it proves nothing"] : [])
        ]
      }
    } finally {
      await stage.end()
    }
  }
}
