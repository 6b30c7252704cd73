import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { device, katcp, start } from "../../Cli/katcp.ts"
import { missing, openAt, pages } from "./page.ts"

pages()

describe.skipIf(missing !== undefined)("the dashboard of the command", () => {
  it("shows a real device: its sensors, history, requests, log, loss and return", async () => {
    const { address, kill } = await device()
    const { port } = new URL(`tcp://${address}`)
    const command = start(["dashboard", `example=${address}`, "--listen", "0", "--allow", "example/*"])
    let url = ""
    await command.until(({ out }) => (url = / at (http:\S+)$/m.exec(out)?.[1] ?? "") !== "")
    const { close, page } = await openAt(`${url}/`, "#/sensors")
    const row = page.locator(".table-body .row", { hasText: "example/test.float" })
    await row.waitFor()
    await katcp(["call", address, "set-sensor", "test.float", "12.5", "warn"])
    await row.getByText("12.5").waitFor()
    await row.getByText("warn").waitFor()

    // eight tabs of one browser at once: with server-sent events the seventh would hang
    const tabs = await Promise.all(Array.from({ length: 7 }, () => page.context().newPage()))
    await Promise.all(tabs.map((tab) => tab.goto(`${url}/#/sensors`)))
    for (const tab of tabs)
      await tab.locator(".table-body .row", { hasText: "example/test.float" }).getByText("12.5").waitFor()
    await Promise.all(tabs.map((tab) => tab.close()))

    // what the archive has of it, and what came live, are one line
    await row.locator("a").click()
    await page.locator(".uplot canvas").waitFor()
    await page.getByRole("row", { name: /^warn/ }).first().waitFor()
    await page.locator(".live-value", { hasText: "12.5" }).waitFor()

    // the archive writes a little later than the page shows
    const csvOf = async (address: string) => (await fetch(address)).text()
    const csv = page.getByRole("link", { name: "CSV" })
    const isStored = async () =>
      (await csvOf(new URL((await csv.getAttribute("href"))!, `${url}/`).href)).includes(",12.5,warn,")
    while (!(await isStored())) await new Promise((resolve) => setTimeout(resolve, 50))
    const downloading = page.waitForEvent("download")
    await csv.click()
    const download = await downloading
    const saved = readFileSync(await download.path(), "utf8")
    assert.match(saved, /^timestamp,received,device,name,value,status,code\r\n/)
    assert.strictEqual(saved, await csvOf(download.url()))

    await page.goto(`${url}/#/devices/example/add`)
    await page.getByLabel("x", { exact: true }).fill("1.5")
    await page.getByLabel("y", { exact: true }).fill("2")
    await page.getByRole("button", { name: "Send…" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Send" }).click()
    await page.locator(".reply.ok", { hasText: "3.5" }).waitFor()

    await page.goto(`${url}/#/audit`)
    await page.getByRole("row", { name: /add 1\.5 2 ok/ }).waitFor()

    await page.goto(`${url}/#/log?level=warn`)
    await page.getByRole("log").waitFor()
    const record = page.locator(".record", { hasText: "the cryostat is warm" })
    // the gateway asks the device for its log first
    for (;;) {
      await katcp(["call", address, "write-log", "warn", "the cryostat is warm"])
      if ((await record.count()) > 0) break
    }

    kill()
    await page.getByText("example is disconnected").waitFor()
    await device("--port", port)
    await page.locator(".banner").waitFor({ state: "detached" })
    command.child.kill("SIGTERM")
    await page.getByText("Connection to the gateway lost").waitFor()
    assert.strictEqual((await command.ended).code, 0)
    await close()
  })
})
