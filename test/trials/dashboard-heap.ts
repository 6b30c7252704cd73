import { chromium, dashboard, device, heapBytes, killAll, pause } from "./dashboard/stage.ts"
import { type Trial, table } from "./Trial.ts"

const minutes = 10

export const trial: Trial = {
  about: `1,000 sensors change at 10 Hz for ${minutes} minutes; one page shows the table of all sensors, another a plot of two over a minute. At the end of
each minute, the smallest heap of eight collections within two seconds: in the last minute it is at most a tenth above that of the second.`,
  takes: `${minutes + 1} minutes`,
  run: async (say) => {
    const browser = await chromium()
    try {
      const { port } = await device({ sensors: 1000, seconds: 0.1 })
      const { url } = await dashboard(port)
      await pause(3)
      const views = ["#/sensors", "#/sensor/trial/b.1?with=trial%2Fb.2&last=1m"]
      // pages that measure nothing: their notes would grow
      const pages = await Promise.all(
        views.map(async (view) => {
          const page = await browser.newPage()
          await page.goto(url + view)
          return page
        })
      )
      const heaps = views.map((): Array<number> => [])
      for (let minute = 1; minute <= minutes; minute++) {
        await pause(60)
        for (const [at, page] of pages.entries()) heaps[at]!.push((await heapBytes(page)) / 1e6)
        say(`minute ${minute}: ${heaps.map((heap) => `${heap.at(-1)!.toFixed(1)} MB`).join(", ")}`)
      }
      const faults = heaps.flatMap((heap, at) =>
        heap.at(-1)! > 1.1 * heap[1]!
          ? [`${views[at]}: ${heap[1]!.toFixed(1)} MB became ${heap.at(-1)!.toFixed(1)} MB`]
          : []
      )
      const head = ["minute", ...heaps[0]!.map((_, minute) => String(minute + 1))]
      return {
        table: table(
          head,
          heaps.map((heap, at) => [at === 0 ? "table, MB" : "plot, MB", ...heap.map((size) => size.toFixed(1))])
        ),
        faults
      }
    } finally {
      await killAll()
      await browser.close()
    }
  }
}
