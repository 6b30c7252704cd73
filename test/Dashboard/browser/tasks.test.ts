import { assert, describe, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { missing, pages } from "./page.ts"
import { smallSite } from "./site.ts"

const { gateway, open } = pages()

/** Presses the tab key until an element that matches has the focus. */
const tabTo = async (page: Page, selector: string, name?: string): Promise<void> => {
  await page
    .locator(selector, name === undefined ? {} : { hasText: name })
    .first()
    .waitFor({ state: "attached" })
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab")
    const isThere = await page.evaluate(
      ([selector, name]) => {
        const { activeElement } = document
        return (
          activeElement?.matches(selector!) === true &&
          (name === "" || (activeElement.textContent ?? "").includes(name!))
        )
      },
      [selector, name ?? ""]
    )
    if (isThere) return
  }
  throw new Error(`no ${selector} ${name ?? ""} can be reached by the tab key`)
}

describe.skipIf(missing !== undefined)("people at the dashboard", () => {
  it("find the sensors in error, with a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await page.getByRole("link", { name: "Sensors" }).click()
    await page.getByRole("button", { name: /^error/ }).click()
    await page.locator(".table-body .row").first().waitFor()
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row").length === 1)
    assert.include(await page.locator(".table-body .row").innerText(), "rx2.temp")
    await page.waitForURL(/status=error/)
    await close()
  })

  it("find the sensors in error, without a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await tabTo(page, ".tile a", "error")
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row").length === 1)
    await tabTo(page, "[role=grid]")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { level: 1, name: "m000/rx2.temp" }).waitFor()
    await page.getByText("60.5").first().waitFor()
    await close()
  })

  it("plot two sensors over the last hour, with a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "#/sensors?device=m000")
    const row = (name: string) => page.locator(".table-body .row", { hasText: name })
    await row("m000/rx.temp").locator(".choice").click()
    await row("m000/rx2.temp").locator(".choice").click()
    await page.getByRole("link", { name: "Plot" }).click()
    await page.getByRole("button", { name: "1 h" }).click()
    await page.locator(".uplot canvas").waitFor()
    await page.waitForFunction(() => document.querySelectorAll(".legend tbody tr").length === 2)
    await page.waitForURL(/last=1h/)
    await close()
  })

  it("plot two sensors over the last hour, without a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await tabTo(page, "nav a", "Sensors")
    await page.keyboard.press("Enter")
    await page.locator(".table-body .row").first().waitFor()
    await page.keyboard.press("/")
    await page.keyboard.type("m000 temp")
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row").length === 3)
    await tabTo(page, "[role=grid]")
    for (const key of ["ArrowDown", "Space", "ArrowDown", "Space"]) await page.keyboard.press(key)
    await tabTo(page, ".choice-bar a", "Plot")
    await page.keyboard.press("Enter")
    await page.locator(".uplot canvas").waitFor()
    await tabTo(page, "button", "1 h")
    await page.keyboard.press("Enter")
    await page.waitForURL(/rx\.temp\?with=m000%2Frx2\.temp&last=1h/)
    await page.waitForFunction(() => document.querySelectorAll(".legend tbody tr").length === 2)
    // one leaves the plot, another one comes
    await tabTo(page, ".legend button", "Remove m000/rx2.temp")
    await page.keyboard.press("Enter")
    await tabTo(page, "[role=combobox]")
    await page.keyboard.type("m001/rx.t")
    await page.getByRole("option", { name: "m001/rx.temp" }).waitFor()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => document.querySelectorAll(".legend tbody tr").length === 2)
    await page.waitForURL(/rx\.temp\?with=m001%2Frx\.temp&last=1h/)
    // the plot itself moves and zooms by keyboard
    await tabTo(page, "[role=application]")
    await page.keyboard.press("+")
    await page.waitForURL(/last=30m/)
    await page.keyboard.press("ArrowLeft")
    await page.waitForURL(/from=.*to=/)
    await page.keyboard.press("Home")
    await page.waitForURL(/last=30m/)
    await close()
  })

  it("send a request and read its reply, with a mouse", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "#/devices/m000")
    await page.getByRole("link", { name: "?track" }).click()
    await page.getByLabel("azimuth").fill("north")
    await page.getByRole("button", { name: "Send…" }).click()
    await page.getByText("north is not a number").waitFor()
    await page.getByLabel("azimuth").fill("12.5")
    await page.getByLabel("mode").selectOption("fast")
    await page.getByRole("button", { name: "Send…" }).click()
    assert.strictEqual(await page.locator("dialog .wire").innerText(), "?track 12.5 fast")
    await page.getByRole("dialog").getByRole("button", { name: "Send" }).click()
    await page.locator(".reply.ok").waitFor()
    assert.include(await page.locator(".answer").innerText(), "slewing 20 s")
    assert.deepInclude(
      site.received.findLast((frame) => "call" in frame),
      {
        device: "m000",
        request: "track",
        args: ["12.5", "fast"]
      }
    )
    await close()
  })

  it("fill in a form with the types of the contract", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "#/devices/m000/point")
    await page.getByLabel("elevation").fill("14")
    await page.getByLabel("wait").selectOption("true")
    await page.getByRole("button", { name: "Send…" }).click()
    await page.getByText("14 is below 15").waitFor()
    await page.getByText("at is missing: a later argument is given").waitFor()
    await page.getByLabel("elevation").fill("45")
    await page.getByLabel("at", { exact: true }).fill("2026-11-29 16:04:05")
    await page.getByRole("button", { name: "Send…" }).click()
    assert.strictEqual(await page.locator("dialog .wire").innerText(), "?point 45 1795968245 1")
    await close()
  })

  it("send a request and read why it failed, without a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await tabTo(page, ".tile h2 a", "m000")
    await page.keyboard.press("Enter")
    await tabTo(page, "a", "?stow")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "?stow" }).waitFor()
    await tabTo(page, ".argument")
    await page.keyboard.type("high wind")
    await tabTo(page, "button", "Send…")
    await page.keyboard.press("Enter")
    await page.getByRole("dialog").waitFor()
    // the dialog has the focus, and its first button sends
    await page.keyboard.press("Enter")
    await page.locator(".reply.fail").waitFor()
    assert.include(await page.locator(".reply").innerText(), "wind")
    await close()
  })

  it("see when a device was away, with a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await page.locator(".banner a", { hasText: "m002" }).click()
    await page.getByRole("heading", { name: "Disconnections in the last 24 hours" }).waitFor()
    const table = page.locator("[aria-label=Disconnections]")
    for (const hasText of ["now", "2 h 24 min"]) await table.filter({ hasText }).waitFor()
    await close()
  })

  it("see when a device was away, without a mouse", async () => {
    const { close, page } = await open(await gateway(smallSite), "")
    await tabTo(page, ".banner a", "m002")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Disconnections in the last 24 hours" }).waitFor()
    await tabTo(page, "nav a", "Sensors")
    await page.keyboard.press("Enter")
    await page.locator(".table-body .row", { hasText: "m000/rx.temp" }).waitFor()
    await tabTo(page, "[role=grid]")
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key)
    await tabTo(page, "button", "1 h")
    await page.keyboard.press("Enter")
    // in words below the plot, as well as in it
    await page.getByRole("row", { name: /unreachable \(disconnected\).* 6 min/ }).waitFor()
    await close()
  })

  it("read a warning in the log, with a mouse", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "")
    await page.getByRole("link", { name: "Log" }).click()
    await page.getByLabel("Level").selectOption("warn")
    await page.waitForURL(/level=warn/)
    await waitFor(() => site.received.some((frame) => "logs" in frame && frame.logs === "warn"))
    site.log("m001", "info", "all is well")
    site.log("m001", "warn", "the cryostat is warm")
    await page.getByText("the cryostat is warm").waitFor()
    assert.strictEqual(await page.locator(".record").count(), 1)
    await close()
  })

  it("read a warning in the log, without a mouse", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "")
    await tabTo(page, "nav a", "Log")
    await page.keyboard.press("Enter")
    await page.getByRole("log").waitFor()
    await waitFor(() => site.received.some((frame) => "logs" in frame))
    site.log("m001", "warn", "the cryostat is warm")
    await page.locator(".record.l-warn", { hasText: "the cryostat is warm" }).waitFor()
    await close()
  })
})

/** Waits until something holds at the gateway. */
const waitFor = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
