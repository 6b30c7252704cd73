import type { Browser } from "playwright-core"
import {
  chromium,
  dashboard,
  device,
  killAll,
  measured,
  median,
  notedBy,
  pause,
  quantile,
  taskSeconds
} from "./dashboard/stage.ts"
import { type Trial, table } from "./Trial.ts"

/** Rounds of each load. */
const rounds = 3
/** Seconds of each round. */
const length = 15

const loads = [
  { sensors: 1000, seconds: 0.1, text: "1,000 sensors at 10 Hz" },
  { sensors: 10_000, seconds: 1, text: "10,000 sensors at 1 Hz" }
]

/** The figures of a round, and the largest that each may be. */
const figures = {
  first: ["first value, ms", 1000],
  longest: ["longest task, ms", 100],
  share: ["main thread, %", 20],
  median: ["device to pixel, median, ms", undefined],
  p99: ["99 %, ms", 150],
  gateway: ["of the 99 %: to the gateway's frame", undefined],
  way: ["to the page", undefined],
  page: ["to the pixel", undefined]
} as const

type Figure = keyof typeof figures

/** Opens the table, and measures it from its beginning. */
const round = async (browser: Browser, address: string): Promise<Readonly<Record<Figure, number>>> => {
  const page = await measured(browser, address)
  await pause(2)
  const busy = await taskSeconds(page)
  const begun = performance.now()
  await pause(length)
  const share = (100 * (await busy())) / ((performance.now() - begun) / 1000)
  const { first, long, parts } = await notedBy(page)
  await page.context().close()
  const late = parts.map(([gateway, way, page]) => gateway + way + page)
  const part = (at: number) =>
    quantile(
      parts.map((all) => all[at]!),
      0.99
    )
  return {
    first: first ?? Number.POSITIVE_INFINITY,
    // shorter ones are not told by the browser
    longest: Math.max(50, ...long),
    share,
    median: median(late),
    p99: quantile(late, 0.99),
    gateway: part(0),
    way: part(1),
    page: part(2)
  }
}

export const trial: Trial = {
  about: `A device, \`katcp dashboard\` and a Chromium on one machine. The table of all sensors is open for ${length + 2} s, ${rounds} times, and the
median of the rounds counts. The first value is painted within 1 s of the start of the page. No task takes over 100 ms, the
building of the table included; 50 stands for all that are shorter. The main thread of the page is busy for at most 20 %. 99 of 100 readings are
painted within 150 ms of being set at the device. Eight tabs at once have values within 5 s.`,
  takes: "2 minutes",
  run: async (say) => {
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    const browser = await chromium()
    try {
      for (const { seconds, sensors, text } of loads) {
        const { port } = await device({ sensors, seconds })
        const { url } = await dashboard(port)
        // the dashboard has its readings
        await pause(3)
        const found: Array<Readonly<Record<Figure, number>>> = []
        for (let at = 0; at < rounds; at++) {
          const now = await round(browser, `${url}#/sensors`)
          found.push(now)
          say(
            `${text}: ${Object.entries(now)
              .map(([name, value]) => `${name} ${value.toFixed(1)}`)
              .join(", ")}`
          )
        }
        const row: Array<string> = [text]
        for (const [name, [title, most]] of Object.entries(figures)) {
          const value = median(found.map((one) => one[name as Figure]))
          row.push(value.toFixed(name === "share" ? 1 : 0))
          if (most !== undefined && !(value <= most)) faults.push(`${text}: ${title}: ${value.toFixed(0)}, not ${most}`)
        }
        rows.push(row)
        if (sensors === 1000) {
          const begun = performance.now()
          const context = await browser.newContext()
          const tabs = await Promise.all(
            Array.from({ length: 8 }, async () => {
              const tab = await context.newPage()
              await tab.goto(`${url}#/sensors`)
              return tab
            })
          )
          await Promise.all(
            tabs.map(async (tab) => {
              await tab.bringToFront()
              await tab.locator(".table-body .row .value", { hasText: /\d/ }).first().waitFor({ timeout: 30_000 })
            })
          )
          const took = performance.now() - begun
          say(`eight tabs: ${took.toFixed(0)} ms`)
          rows.push(["eight tabs at once", took.toFixed(0), ...Array.from({ length: 7 }, () => "")])
          if (took > 5000) faults.push(`eight tabs had values only after ${took.toFixed(0)} ms`)
          await context.close()
        }
        await killAll()
      }
    } finally {
      await killAll()
      await browser.close()
    }
    const head = ["load", ...Object.values(figures).map(([title]) => title)]
    return { table: table(head, rows), faults }
  }
}
