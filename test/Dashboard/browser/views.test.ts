import { assert, describe, it } from "@effect/vitest"
import { findings, missing, pages, sensor } from "./page.ts"
import { smallSite } from "./site.ts"

const { gateway, open } = pages()

/** Each view, and what is there once it is drawn. */
const views: ReadonlyArray<readonly [address: string, there: string]> = [
  ["#/", ".tile"],
  ["#/sensors", ".table-body .row"],
  ["#/sensors?status=error&columns=name,type", ".table-body .row"],
  ["#/sensor/m000/rx.temp", ".uplot"],
  ["#/sensor/m000/rx.temp?with=m001/rx.temp&with=m000/mode&last=1h", ".uplot"],
  ["#/sensor/m000/ident", ".uplot"],
  ["#/devices/m000/track", ".field-row"],
  ["#/devices/m002", "[aria-label=Disconnections]"],
  ["#/log?level=trace", ".record"],
  ["#/audit", ".audit"],
  ["#/nowhere", "code"]
]

describe.skipIf(missing !== undefined)("the dashboard in Chromium", () => {
  for (const colorScheme of ["light", "dark"] as const)
    it(`passes axe-core in ${colorScheme} colours`, async () => {
      const site = await gateway(smallSite)
      const found: Array<string> = []
      const { close, page } = await open(site, "", { colorScheme })
      for (const [address, there] of views) {
        await page.goto(`${site.url}${address}`)
        if (address.startsWith("#/log")) {
          await page.getByRole("log").waitFor()
          while (!site.received.some((frame) => "logs" in frame)) await new Promise((resolve) => setImmediate(resolve))
          for (const level of ["warn", "error", "fatal", "debug"]) site.log("m000", level, `a record of level ${level}`)
        }
        await page.locator(there).first().waitFor()
        found.push(...(await findings(page)).map((text) => `${address} ${text}`))
      }
      // without the gateway, and with a gateway that has nothing
      await page.goto(`${site.url}#/sensors`)
      await page.locator(".table-body .row").first().waitFor()
      await site.stop()
      await page.getByText("Connection to the gateway lost").waitFor()
      for (const address of ["#/sensors", "#/", "#/sensor/m000/rx.temp", "#/devices/m000"]) {
        await page.evaluate((address) => {
          location.hash = address
        }, address)
        found.push(...(await findings(page)).map((text) => `lost ${address} ${text}`))
      }
      await close()
      const empty = await gateway(() => {})
      const opened = await open(empty, "", { colorScheme })
      for (const [address, text] of [
        ["#/", "The gateway has no devices."],
        ["#/sensors", "The devices have no sensors."],
        ["#/sensor/m000/nothing", "No readings in this time range."],
        ["#/log", "No records at this level"]
      ] as const) {
        await opened.page.goto(`${empty.url}${address}`)
        await opened.page.getByText(text).first().waitFor()
        found.push(...(await findings(opened.page)).map((text) => `empty ${address} ${text}`))
      }
      await opened.close().catch((error: Error) => {
        // history that the fake has not got
        if (!/404/.test(error.message)) throw error
      })
      assert.deepStrictEqual(found, [])
    })

  it("passes axe-core on a phone, and has nothing wider than the screen", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "", { viewport: { width: 390, height: 780 } })
    for (const [address, there] of views.slice(0, 8)) {
      await page.goto(`${site.url}${address}`)
      await page.locator(there).first().waitFor()
      assert.deepStrictEqual([address, await findings(page)], [address, []])
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.isAtMost(width, 390, address)
    }
    await close()
  })

  it("keeps names and values while the gateway is away, and updates them when it is back", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "#/sensors?device=m000")
    await page.locator(".table-body .row", { hasText: "m000/mode" }).waitFor()
    await site.stop()
    await page.getByText("Connection to the gateway lost").waitFor()
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row.lost").length === 5)
    assert.include(await page.locator(".table-body").innerText(), "60.5")
    // another gateway, which has lost a sensor and found one
    site.epoch = "two"
    site.sensors.splice(3, 1)
    site.add(sensor("m000", "rx3.temp"))
    await site.start()
    await page.locator(".banner.bad").waitFor({ state: "detached" })
    await page.locator(".table-body .row", { hasText: "m000/rx3.temp" }).waitFor()
    await page.locator(".table-body .row", { hasText: "m000/mode" }).waitFor({ state: "detached" })
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row.lost").length === 0)
    await page.waitForFunction(() => document.querySelectorAll(".table-body .row").length === 5)
    await close()
  })

  it("shows a device that goes away, and that it is back", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "")
    await page.locator(".tile", { hasText: "m000" }).waitFor()
    const device = site.devices.get("m000")!
    site.device({ ...device, connected: false, state: "Disconnected" })
    await page.getByText("m000, m002 are disconnected").waitFor()
    site.device(device)
    await page.getByText("m002 is disconnected").waitFor()
    await close()
  })

  it("requests finer data of the archive after zooming, with the mouse or the keyboard", async () => {
    const asked: Array<number> = []
    const site = await gateway((gateway) => {
      smallSite(gateway)
      const history = gateway.answers.get("/api/history")!
      gateway.answers.set("/api/history", (query) => {
        asked.push(Number(query.get("to")) - Number(query.get("from")))
        return history(query)
      })
    })
    const { close, page } = await open(site, "#/sensor/m000/rx.temp?last=1h")
    // with all that moves it there
    await page.locator(".legend tbody tr").waitFor()
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const area = (await page.locator(".uplot .u-over").boundingBox())!
    const y = area.y + area.height / 2
    await page.mouse.move(area.x + area.width * 0.25, y)
    await page.mouse.down()
    await page.mouse.move(area.x + area.width * 0.5, y, { steps: 5 })
    await page.mouse.up()
    await page.waitForURL(/from=[\d.]+&to=/)
    while (!asked.some((length) => length > 800 && length < 1000)) await new Promise((resolve) => setImmediate(resolve))
    await page.locator("[role=application]").focus()
    await page.keyboard.press("+")
    while (!asked.some((length) => length > 400 && length < 500)) await new Promise((resolve) => setImmediate(resolve))
    await close()
  })

  it("sorts numbers naturally, and remembers the view in its address", async () => {
    const site = await gateway(smallSite)
    const { close, page } = await open(site, "#/sensors?device=m000")
    await page.locator(".table-body .row", { hasText: "rx10" }).waitFor()
    const names = () =>
      page
        .locator(".table-body .row")
        .evaluateAll((rows) =>
          rows
            .sort((one, other) => Number(one.ariaRowIndex) - Number(other.ariaRowIndex))
            .map((row) => row.querySelector(".name")!.textContent)
        )
    const until = async (...first: ReadonlyArray<string>) => {
      while ((await names()).slice(0, first.length).join() !== first.join());
    }
    await until("m000/ident", "m000/mode", "m000/rx.temp", "m000/rx2.temp", "m000/rx10.temp")
    await page.getByRole("button", { name: "Status" }).click()
    await page.waitForURL(/sort=status/)
    await until("m000/rx2.temp")
    await page.reload()
    await page.locator(".table-body .row", { hasText: "rx10" }).waitFor()
    await until("m000/rx2.temp")
    await close()
  })
})
