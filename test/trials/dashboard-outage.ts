import type { Page } from "playwright-core"
import { chromium, dashboard, device, kill, killAll, measured, median, pause } from "./dashboard/stage.ts"
import { type Trial, table } from "./Trial.ts"

/** Kills of the device, and of the gateway. */
const kills = { device: 5, gateway: 20 }

/** Waits until a text is in an element, and returns when: milliseconds since 1970. */
const seen = async (page: Page, selector: string, text: string): Promise<number> => {
  const handle = await page.waitForFunction(
    ([selector, text]) => {
      const found = [...document.querySelectorAll(selector!)].some((element) => element.textContent?.includes(text!))
      return found ? Date.now() : undefined
    },
    [selector, text] as const,
    { polling: "raf", timeout: 60_000 }
  )
  return (await handle.jsonValue())!
}

export const trial: Trial = {
  about: `The device is killed ${kills.device} times and started again: the page shows the loss within 2 s of the kill, and the return within 2 s
of the gateway's own connection. The gateway is killed ${kills.gateway} times, and the device has another value when it is back: the page shows
all sensors and the new value each time.`,
  takes: "3 minutes",
  run: async (say) => {
    const faults: Array<string> = []
    const browser = await chromium()
    const [lost, back] = [[], []] as [Array<number>, Array<number>]
    let right = 0
    try {
      let { child, port } = await device({ sensors: 100, seconds: 1 })
      let gateway = await dashboard(port)
      const { port: listen } = new URL(gateway.url)
      const page = await measured(browser, gateway.url)
      await seen(page, ".tile", "Connected")
      for (let at = 0; at < kills.device; at++) {
        const begun = Date.now()
        await kill(child)
        lost.push((await seen(page, ".tile", "Disconnected")) - begun)
        ;({ child } = await device({ port, sensors: 100, seconds: 1 }))
        const shown = await seen(page, ".tile", "Connected")
        const answer = (await (await fetch(`${gateway.url}api/devices`)).json()) as {
          readonly devices: ReadonlyArray<{ readonly since: number }>
        }
        back.push(shown - answer.devices[0]!.since * 1000)
        say(`device: loss shown after ${lost.at(-1)} ms, return after ${back.at(-1)!.toFixed(0)} ms`)
        await pause(1)
      }
      await page.goto(`${gateway.url}#/sensors`)
      for (let at = 1; at <= kills.gateway; at++) {
        await kill(gateway.child)
        await kill(child)
        await seen(page, ".banner.bad", "gateway")
        ;({ child } = await device({ port, sensors: 100, seconds: 1, value: at }))
        gateway = await dashboard(port, Number(listen))
        await page
          .waitForFunction(
            (wanted) => {
              const rows = [...document.querySelectorAll(".table-body .row")]
              const value = rows
                .find((row) => row.querySelector(".name")?.textContent === "trial/a.value")
                ?.querySelector(".value")
              return (
                value?.textContent === wanted &&
                document.querySelector(".count")?.textContent === "102 sensors" &&
                document.querySelector(".row.lost, .banner.bad") === null
              )
            },
            String(at),
            { timeout: 30_000 }
          )
          .then(
            () => right++,
            () => faults.push(`kill ${at}: the page does not have the state of the new gateway`)
          )
        say(`gateway: ${right} of ${at}`)
      }
    } finally {
      await killAll()
      await browser.close()
    }
    if (Math.max(...lost) > 2000) faults.push(`a loss was shown after ${Math.max(...lost)} ms`)
    if (Math.max(...back) > 2000) faults.push(`a return was shown after ${Math.max(...back).toFixed(0)} ms`)
    const times = (all: ReadonlyArray<number>) => `${median(all).toFixed(0)}, at most ${Math.max(...all).toFixed(0)}`
    return {
      table: table(
        ["what was killed", "times", "outcome"],
        [
          ["the device", kills.device, `loss shown after ${times(lost)} ms; return after ${times(back)} ms`],
          ["the gateway", kills.gateway, `${right} of ${kills.gateway} times the right state`]
        ]
      ),
      faults
    }
  }
}
