/**
 * Draws the reports of each sampling strategy for the same readings: docs/images/strategy-NAME.svg, for
 * docs/concepts.md. The reports come from the library's own `Sampling.Machine`. `node scripts/strategyPictures.ts`
 * writes the pictures; test/docs checks that they are up to date.
 */
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { Arg } from "../src/Codec/index.ts"
import { Machine, Strategy } from "../src/Sampling/index.ts"
import { make, type Reading, type Status } from "../src/Sensor/index.ts"

/** A reading: seconds, value, and the status unless it is nominal. */
type Step = readonly [time: number, value: number, status?: Status]

const until = 12
const steps: ReadonlyArray<Step> = [
  [0, 1],
  [1.2, 1.4],
  [2.1, 1.4],
  [2.6, 3],
  [2.9, 3.4],
  [3.2, 3.8],
  [3.5, 4.2],
  [5.6, 4.2, "warn"],
  [6.4, 2.2],
  [10.2, 2.6]
]
const sensor = make("temperature", { type: Arg.Float })
const at = (index: number): Reading<number> => {
  const [time, value, status = "nominal"] = steps[index]!
  return { timestamp: time, value, status }
}

/** Returns the times of the strategy's reports, in seconds, and their values. */
export const reportsOf = (strategy: Strategy.Strategy): ReadonlyArray<readonly [time: number, value: number]> => {
  const machine = Machine.make(strategy, sensor)
  const reports: Array<readonly [number, number]> = []
  let present = at(0)
  const note = (isDue: boolean, now: number) => {
    if (isDue) reports.push([now / 1000, present.value])
  }
  note(machine.begin(present, 0), 0)
  const wakeUntil = (now: number) => {
    while (machine.due < now) {
      const { due } = machine
      note(machine.wake(present, due), due)
    }
  }
  for (let index = 1; index < steps.length; index++) {
    const now = steps[index]![0] * 1000
    wakeUntil(now)
    present = at(index)
    if (machine.listens) note(machine.offer(present, now), now)
  }
  wakeUntil(until * 1000 + 1)
  return reports
}

/** The strategies with a picture, by file name. */
export const pictured: Readonly<Record<string, Strategy.Strategy>> = {
  auto: Strategy.auto,
  event: Strategy.event,
  period: Strategy.period("2 seconds"),
  differential: Strategy.differential(1),
  "event-rate": Strategy.eventRate("1 second", "4 seconds"),
  "differential-rate": Strategy.differentialRate(1, "1 second", "4 seconds")
}

const width = 640
const left = 12
const x = (time: number): number => Math.round((left + ((width - 2 * left) * time) / until) * 10) / 10
const y = (value: number): number => Math.round((96 - 18 * value) * 10) / 10
const reportsAt = 128

const style = `
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .value { stroke: #999; fill: none; stroke-width: 2 }
  .reading { fill: #999 } .warn { fill: #c77700 }
  .report { stroke: #0b63ce; stroke-width: 2 } .sent { fill: #0b63ce }
  .axis { stroke: #ccc; stroke-width: 1 } .small { font-size: 11px; fill: #777 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .axis { stroke: #555 } .small { fill: #aaa } .report { stroke: #6cb0ff } .sent { fill: #6cb0ff }
  }`

/** Returns the picture of a strategy: readings above, reports below. */
export const picture = (strategy: Strategy.Strategy): string => {
  const reports = reportsOf(strategy)
  const line = steps.map(([time, value], index) =>
    index === 0 ? `M${x(time)} ${y(value)}` : `H${x(time)} V${y(value)}`
  )
  const text = Strategy.toText(strategy)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 172" role="img" aria-labelledby="t">`,
    `<title id="t">${text}: ${reports.length} reports of ${steps.length} readings, at ${reports.map(([time]) => time).join(", ")} s</title>`,
    `<style>${style}\n</style>`,
    `<text x="${left}" y="14">readings</text><text x="${left}" y="${reportsAt - 12}">reports of ${text}: ${reports.length}</text>`,
    `<path class="value" d="${line.join(" ")} H${x(until)}"/>`,
    ...steps.map(([time, value, status]) => {
      const point = `<circle class="${status ?? "reading"}" cx="${x(time)}" cy="${y(value)}" r="4"/>`
      return status === undefined
        ? point
        : `${point}<text class="small" x="${x(time) + 7}" y="${y(value) - 4}">${status}</text>`
    }),
    `<line class="axis" x1="${left}" y1="${reportsAt + 18}" x2="${width - left}" y2="${reportsAt + 18}"/>`,
    ...reports.map(
      ([time]) =>
        `<line class="report" x1="${x(time)}" y1="${reportsAt - 4}" x2="${x(time)}" y2="${reportsAt + 18}"/><circle class="sent" cx="${x(time)}" cy="${reportsAt - 4}" r="3"/>`
    ),
    ...Array.from(
      { length: until / 2 + 1 },
      (_, n) =>
        `<text class="small" x="${x(2 * n)}" y="${reportsAt + 34}" text-anchor="middle">${2 * n}${n === 0 ? " s" : ""}</text>`
    ),
    "</svg>",
    ""
  ].join("\n")
}

/** Returns the path of a strategy's picture. */
export const fileOf = (name: string): string =>
  path.join(import.meta.dirname, "..", "docs", "images", `strategy-${name}.svg`)

if (process.argv[1] === import.meta.filename)
  for (const [name, strategy] of Object.entries(pictured)) writeFileSync(fileOf(name), picture(strategy))
