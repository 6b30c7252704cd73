import { setTimeout } from "node:timers/promises"
import { Stage, seconds, until } from "./fleet/Fleet.ts"
import { atRest } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 300
const frozen = 22
/** The time after the stop for readings that the runner has written before, in milliseconds. */
const underWay = 500
/** The age of the first reading that a successor gets, in milliseconds: the device's last one, of its last second. */
const oldest = 1500

export const trial: Trial = {
  about: `Three runners hold ${devices} devices of a farm, and archive them in the database of the fleet. One is stopped (SIGSTOP) for ${frozen} s:
its devices have to be taken over. It keeps its connections, and what the devices have sent meanwhile. When it goes on, not one
of these readings may reach the archive. Looked for are readings under its epochs of a time after the stop, and readings of any
epoch of a time when only the frozen runner can have had the device.`,
  takes: "2 minutes",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors: 2, archive: true })
    try {
      await atRest(stage, devices)
      const runner = stage.runners[0]!
      const epochs = await stage.epochsOf(runner)
      const own = async () => (await stage.farm.devices()).filter(({ device }) => epochs.has(device))
      await stage.farm.reset()
      const from = await stage.farm.counts()
      runner.signal("SIGSTOP")
      const taken = await until(async () => (await own()).every((one) => one.taken > 0), frozen - 1)
      const { lastTaken, overlaps } = await stage.farm.counts()
      say(`${epochs.size} devices were held; all taken over after ${seconds(lastTaken - from.now)} s: ${taken}`)
      const moved = await own()
      await setTimeout(frozen * 1000 - ((await stage.farm.counts()).now - from.now))
      runner.signal("SIGCONT")
      const thawed = (await stage.farm.counts()).now
      const alone = await until(async () => (await stage.farm.counts()).shared === 0, 20)
      const gone = (await stage.farm.counts()).now - thawed
      // what the frozen runner had is written or refused by then
      await setTimeout(5000)
      const begin = from.origin + from.now + underWay
      const [counted] = await stage.query(
        `select count(*) filter (where reading.epoch = own.epoch and time > ${begin * 1000})::int4 as signed,
           count(*) filter (where time > ${begin * 1000} and time < own.first)::int4 as alone,
           count(*) filter (where reading.epoch > own.epoch)::int4 as fresh
         from json_to_recordset('${JSON.stringify(
           moved.map(({ device, firstTakenAt }) => ({
             device,
             epoch: epochs.get(device),
             first: Math.round((from.origin + firstTakenAt - oldest) * 1000)
           }))
         )}') as own(device text, epoch int8, first int8)
         join katcp.series on series.device = own.device join katcp.reading on reading.series = series.id`
      )
      const { alone: unowned, fresh, signed } = counted as Readonly<Record<string, number>>
      const stale = Math.max(signed!, unowned!)
      say(`${signed} readings under old epochs, ${unowned} of the frozen runner's time, ${fresh} of its successors`)
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
          [[epochs.size, seconds(lastTaken - from.now), overlaps, alone ? seconds(gone) : "never", stale, fresh!]]
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
