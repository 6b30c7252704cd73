import {
  chromium,
  dashboard,
  device,
  forget,
  killAll,
  measured,
  median,
  notedBy,
  pause,
  quantile,
  taskSeconds
} from "./dashboard/stage.ts"
import { type Trial, table } from "./Trial.ts"

/** Runs of each load. */
const runs = 3
/** Seconds of each run. */
const length = 20

const loads = [
  { sensors: 1000, seconds: 0.1, text: "1,000 sensors at 10 Hz" },
  { sensors: 10_000, seconds: 1, text: "10,000 sensors at 1 Hz" }
]

export const trial: Trial = {
  about: `A device, \`katcp dashboard\` and a Chromium on one machine; the table of all sensors is open for ${length} s, and medians of
${runs} runs count. The first value comes within 1 s, no task takes over 100 ms, the main thread of the page is busy for at most
20 %, and 99 of 100 readings are painted within 150 ms of being set at the device. Eight tabs at once have values within 5 s.`,
  takes: "5 minutes",
  run: async (say) => {
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    const browser = await chromium()
    try {
      for (const { seconds, sensors, text } of loads) {
        const { port } = await device({ sensors, seconds })
        const { url } = await dashboard(port)
        // the dashboard has its readings
        await pause(5)
        const found = { first: [], longest: [], share: [], p50: [], p99: [] } as Record<string, Array<number>>
        for (let run = 0; run < runs; run++) {
          const page = await measured(browser, `${url}#/sensors`)
          await pause(5)
          const { first } = await notedBy(page)
          await forget(page)
          const busy = await taskSeconds(page)
          const begun = performance.now()
          await pause(length)
          const share = (await busy()) / ((performance.now() - begun) / 1000)
          const { late, long } = await notedBy(page)
          found.first!.push(first ?? Number.POSITIVE_INFINITY)
          found.longest!.push(Math.max(0, ...long))
          found.share!.push(100 * share)
          found.p50!.push(quantile(late, 0.5))
          found.p99!.push(quantile(late, 0.99))
          say(
            `${text}: first value ${first?.toFixed(0)} ms, busy ${(100 * share).toFixed(1)} %, longest task ${Math.max(0, ...long).toFixed(0)} ms, ${late.length} readings, p99 ${quantile(late, 0.99).toFixed(0)} ms`
          )
          await page.context().close()
        }
        const [first, longest, share, p50, p99] = ["first", "longest", "share", "p50", "p99"].map((name) =>
          median(found[name]!)
        )
        rows.push([
          text,
          first!.toFixed(0),
          longest! === 0 ? "none" : longest!.toFixed(0),
          share!.toFixed(1),
          p50!.toFixed(0),
          p99!.toFixed(0)
        ])
        if (!(first! <= 1000)) faults.push(`${text}: the first value came after ${first!.toFixed(0)} ms`)
        if (!(longest! <= 100)) faults.push(`${text}: a task took ${longest!.toFixed(0)} ms`)
        if (!(share! <= 20)) faults.push(`${text}: the main thread was busy for ${share!.toFixed(1)} %`)
        if (!(p99! <= 150)) faults.push(`${text}: 99 of 100 readings were painted within ${p99!.toFixed(0)} ms only`)
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
          rows.push(["eight tabs at once", took.toFixed(0), "", "", "", ""])
          if (took > 5000) faults.push(`eight tabs had values only after ${took.toFixed(0)} ms`)
          await context.close()
        }
        await killAll()
      }
    } finally {
      await killAll()
      await browser.close()
    }
    const head = [
      "load",
      "first value, ms",
      "longest task over 50 ms, ms",
      "main thread, %",
      "device to pixel, median, ms",
      "99 %, ms"
    ]
    return { table: table(head, rows), faults }
  }
}
