import { Stage as Fleet, loadNow, median, type Stage, seconds } from "./fleet/Fleet.ts"
import { atRest, restart, type Takeover, takeOver } from "./fleet/kill.ts"
import { type Outcome, type Trial, table } from "./Trial.ts"

/** Given by the issue: all live elsewhere. */
const within = 12_000

/** Kills runners in turn. */
export const kills = async (
  size: { readonly devices: number; readonly sensors: number; readonly kills: number },
  say: (text: string) => void
): Promise<Outcome> => {
  const { devices, kills, sensors } = size
  const stage: Stage = await Fleet.start({ devices, sensors })
  const all: Array<Takeover> = []
  const loads: Array<string> = []
  try {
    await atRest(stage, devices)
    for (let kill = 0; kill < kills; kill++) {
      const at = kill % 3
      const one = await takeOver(stage, at, "SIGKILL", devices)
      all.push(one)
      loads.push(loadNow())
      say(`kill ${kill + 1}: ${one.runner} held ${one.held}; all live after ${seconds(one.took)} s`)
      if (kill < kills - 1) await restart(stage, at, devices)
    }
  } finally {
    await stage.end()
  }
  const inTime = all.filter(({ took }) => took <= within).length
  const overlaps = all.reduce((sum, one) => sum + one.overlaps, 0)
  const took = all.map(({ took }) => took)
  return {
    table: table(
      [
        "devices",
        "kills",
        "held by the killed",
        "all live elsewhere after, s: median",
        "longest",
        "within 12 s",
        "held twice"
      ],
      [
        [
          devices,
          kills,
          `${Math.min(...all.map(({ held }) => held))}–${Math.max(...all.map(({ held }) => held))}`,
          seconds(median(took)),
          seconds(Math.max(...took)),
          `${inTime} of ${kills}`,
          overlaps
        ]
      ]
    ),
    faults: [
      ...(inTime < kills ? [`${kills - inTime} of ${kills} kills took longer than 12 s`] : []),
      ...(overlaps > 0 ? [`devices were held twice, ${overlaps} times`] : []),
      ...(all.some(({ held }) => held < devices / 10)
        ? ["a killed runner held less than a tenth of the devices: it proves little"]
        : [])
    ]
  }
}

export const trial: Trial = {
  about: `Three runners hold 1,000 devices of a farm, which counts from outside who holds what. A runner is killed (SIGKILL), each
in turn, 20 times; among them is the one that does the fleet's single tasks. All devices have to be held elsewhere within 12 s, and none by two at any time.`,
  takes: "15 minutes",
  run: (say) => kills({ devices: 1000, sensors: 5, kills: 20 }, say)
}
