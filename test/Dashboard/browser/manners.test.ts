/** The page while nobody looks at it, and in a browser whose clock is wrong, in Chromium. */
import { assert, describe, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import type { ToGateway } from "../../../src/Dashboard/frames.ts"
import type { FakeGateway } from "./fakeGateway.ts"
import { missing, pages } from "./page.ts"
import { smallSite } from "./site.ts"

const { gateway, open } = pages()

/** Hides a page or shows it again. A Chromium without a window never hides one by itself. */
const setHidden = (page: Page, hidden: boolean): Promise<void> =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden })
    Object.defineProperty(document, "visibilityState", { configurable: true, value: hidden ? "hidden" : "visible" })
    document.dispatchEvent(new Event("visibilitychange"))
  }, hidden)

/** Waits until a frame has come after so many others. */
const frameAfter = async (
  { received }: FakeGateway,
  count: number,
  is: (frame: ToGateway) => boolean
): Promise<void> => {
  while (!received.slice(count).some(is)) await new Promise((resolve) => setImmediate(resolve))
}

const day = 86_400_000

describe.skipIf(missing !== undefined)("a hidden page", () => {
  it("ends its subscriptions and its log after a minute, and restores them; another page continues", async () => {
    const site = await gateway(smallSite)
    const other = await open(site, "#/sensors")
    await other.page.locator(".table-body .row", { hasText: "m000/rx.temp" }).waitFor()
    const { close, page } = await open(site, "")
    await page.goto("about:blank")
    await page.clock.install()
    await page.goto(`${site.url}#/sensors?device=m000`)
    const row = page.locator(".table-body .row", { hasText: "m000/rx.temp" })
    await row.getByText("21.5").waitFor()

    let before = site.received.length
    await setHidden(page, true)
    await page.clock.fastForward(59_000)
    assert.isFalse(site.received.slice(before).some((frame) => "unsub" in frame))
    await page.clock.fastForward(1500)
    await frameAfter(site, before, (frame) => "unsub" in frame)
    site.set(0, 42.25)
    await other.page.locator(".table-body .row", { hasText: "42.25" }).waitFor()
    assert.strictEqual(await row.getByText("42.25").count(), 0)

    before = site.received.length
    await setHidden(page, false)
    await frameAfter(site, before, (frame) => "sub" in frame)
    await row.getByText("42.25").waitFor()

    before = site.received.length
    await page.goto(`${site.url}#/log?level=warn`)
    await frameAfter(site, before, (frame) => "logs" in frame && frame.logs === "warn")
    before = site.received.length
    await setHidden(page, true)
    await page.clock.fastForward(61_000)
    await frameAfter(site, before, (frame) => "logs" in frame && frame.logs === "off")
    before = site.received.length
    await setHidden(page, false)
    await frameAfter(site, before, (frame) => "logs" in frame && frame.logs === "warn")
    await close()
    await other.close()
  })
})

describe.skipIf(missing !== undefined)("a browser whose clock is wrong by a day", () => {
  for (const wrong of [day, -day])
    it(`shows ages, plots and times by the clock of the gateway (${wrong < 0 ? "late" : "early"})`, async () => {
      const asked: Array<readonly [from: number, to: number]> = []
      const site = await gateway((gateway) => {
        smallSite(gateway)
        const history = gateway.answers.get("/api/history")!
        gateway.answers.set("/api/history", (query) => {
          asked.push([Number(query.get("from")), Number(query.get("to"))])
          return history(query)
        })
      })
      const { close, page } = await open(site, "")
      await page.goto("about:blank")
      // @effect-diagnostics-next-line globalDate:off
      await page.clock.install({ time: Date.now() + wrong })
      await page.goto(`${site.url}#/sensors?device=m000`)
      const age = page.locator(".table-body .row", { hasText: "m000/ident" }).locator(".updated")
      await age.getByText(/^\d+ s$/).waitFor()
      // the clock is set while the page is open
      // @effect-diagnostics-next-line globalDate:off
      await page.clock.setSystemTime(Date.now() - 2 * wrong)
      site.set(4, "receiver 8")
      await page.locator(".table-body .row", { hasText: "receiver 8" }).getByText("now").waitFor()

      await page.goto(`${site.url}#/devices/m002`)
      await page.locator(".device-state", { hasText: /for\s+(?:1 min \d+ s|2 min)/ }).waitFor()
      await page.goto(`${site.url}#/sensor/m000/rx.temp?last=1h`)
      await page.locator(".uplot canvas").waitFor()
      while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
      const [from, to] = asked.at(-1)!
      // @effect-diagnostics-next-line globalDate:off
      assert.closeTo(to, Date.now() / 1000, 120)
      assert.closeTo(to - from, 3600, 1)
      await close()
    })
})

describe.skipIf(missing !== undefined)("a browser whose user wants less motion", () => {
  /** The duration of a tile's transition, and how often a live plot of a minute is drawn in five seconds. */
  const motion = async (reducedMotion: "reduce" | "no-preference") => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "", { reducedMotion })
    const tile = page.locator(".tile").first()
    await tile.waitFor()
    const transition = await tile.evaluate((element) => getComputedStyle(element).transitionDuration)

    await page.goto("about:blank")
    await page.clock.install()
    await page.addInitScript(() => {
      const { prototype } = CanvasRenderingContext2D
      const { clearRect } = prototype
      Object.assign(globalThis, { drawn: 0 })
      prototype.clearRect = function (...box) {
        ;(globalThis as unknown as { drawn: number }).drawn++
        clearRect.apply(this, box)
      }
    })
    await page.goto(`${site.url}#/sensor/m000/rx.temp?last=1m`)
    await page.locator(".uplot canvas").waitFor()
    await page.locator(".live-value", { hasText: "21.5" }).waitFor()
    // from here on, time passes only in the test's own steps
    await page.clock.pauseAt(performance.timeOrigin + performance.now() + 60_000)
    const drawn = () => page.evaluate(() => (globalThis as unknown as { readonly drawn: number }).drawn)
    const before = await drawn()
    await page.clock.runFor(5000)
    const draws = (await drawn()) - before
    await close()
    return { draws, transition }
  }

  it("has no transitions, and live plots that move once a second", async () => {
    const reduced = await motion("reduce")
    assert.strictEqual(reduced.transition, "0s")
    assert.isAtLeast(reduced.draws, 4)
    // once a second, and once more for each answer with history that comes meanwhile
    assert.isAtMost(reduced.draws, 10)
    const usual = await motion("no-preference")
    assert.strictEqual(usual.transition, "0.12s")
    assert.isAtLeast(usual.draws, 20)
  })
})
