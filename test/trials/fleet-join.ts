import { Stage, seconds } from "./fleet/Fleet.ts"
import { atRest, hasShare } from "./fleet/kill.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 1000

export const trial: Trial = {
  about: `Two runners hold ${devices} devices of a farm; a third one joins. It has to take its share, a third of the devices with a
tenth of all more or less; no other device may move, and none may be held by two.`,
  takes: "1 minute",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors: 5, runners: 2 })
    try {
      await atRest(stage, devices)
      const before = await stage.held()
      await stage.farm.reset()
      const from = (await stage.farm.counts()).now
      const runner = await stage.add()
      await runner.start()
      const joined = (await stage.farm.counts()).now
      await hasShare(stage, 2)
      await atRest(stage, devices)
      const { lastTaken, longestDown, moved, overlaps } = await stage.farm.counts()
      const after = await stage.held()
      const share = after.get(stage.runners[2]!.pid) ?? 0
      say(`it holds ${share}, ${moved} have moved`)
      const numbers = (held: ReadonlyMap<number, number>) =>
        stage.runners.map(({ name, pid }) => `${name} ${held.get(pid) ?? 0}`).join(", ")
      return {
        table: table(
          [
            "held before",
            "held after",
            "moved",
            "last one live, s after the start of the process",
            "start of the process itself",
            "longest down, s",
            "held twice"
          ],
          [
            [
              numbers(before),
              numbers(after),
              moved,
              seconds(lastTaken - from),
              seconds(joined - from),
              seconds(longestDown),
              overlaps
            ]
          ]
        ),
        faults: [
          ...(Math.abs(share - devices / 3) > devices / 10 ? [`the new runner holds ${share} of ${devices}`] : []),
          ...(moved > devices * (1 / 3 + 1 / 10) ? [`${moved} devices have moved`] : []),
          ...(overlaps > 0 ? [`devices were held twice, ${overlaps} times`] : [])
        ]
      }
    } finally {
      await stage.end()
    }
  }
}
