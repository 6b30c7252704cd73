/** The page in a real Chromium, over a fake gateway. */
import axe from "axe-core"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { install, launch } from "../../../scripts/chromium.ts"
import { FakeGateway, type FakeSensor } from "./fakeGateway.ts"

const found = await install()
/** Why there is no browser. */
export const missing = "missing" in found ? found.missing : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: the dashboard in Chromium: ${missing}\n`)
}
/** The browser of the file that runs: files share this module. */
let browser: Browser

/** A sensor with all that a test need not say. */
export const sensor = (device: string, name: string, rest: Partial<FakeSensor> = {}): FakeSensor => ({
  device,
  name,
  type: "float",
  units: "degC",
  description: `The ${name} of ${device}`,
  parameters: [],
  value: 20,
  code: 1,
  time: 1_700_000_000,
  ...rest
})

/** Gateways and pages for the tests of a file. */
export const pages = () => {
  const gateways: Array<FakeGateway> = []
  beforeAll(async () => {
    if (missing === undefined) browser = (await launch()) as Browser
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all(gateways.map((gateway) => gateway.stop()))
  })
  return {
    gateway: async (prepare: (gateway: FakeGateway) => void): Promise<FakeGateway> => {
      const gateway = new FakeGateway()
      prepare(gateway)
      gateways.push(gateway)
      await gateway.start()
      return gateway
    },
    open: (gateway: FakeGateway, address: string, options: BrowserContextOptions = {}) =>
      openAt(gateway.url, address, options)
  }
}

/** Opens a view. Faults of the page, what its policy refuses, and what it asks of another host, fail the test at `close`. */
export const openAt = async (url: string, address: string, options: BrowserContextOptions = {}): Promise<Opened> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  // a machine that is busy takes longer than the half minute of Playwright
  context.setDefaultTimeout(150_000)
  const page = await context.newPage()
  const faults: Array<string> = []
  page.on("pageerror", (error) => faults.push(`${error.message}\n${error.stack}`))
  page.on("console", (message) => {
    // a gateway that is away, or lets nobody in, is what some tests are about
    if (
      message.type() === "error" &&
      !/WebSocket connection|ERR_CONNECTION_(?:REFUSED|RESET)|status of 401/.test(message.text())
    )
      faults.push(message.text())
  })
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked another host: ${request.url()}`)
  })
  await page.goto(url + address)
  return {
    page,
    close: async () => {
      await context.close()
      if (faults.length > 0) throw new Error(faults.join("\n"))
    }
  }
}

/** A page that is open. */
export interface Opened {
  readonly page: Page
  readonly close: () => Promise<void>
}

/** The findings of axe-core on a page: the rules, and the elements that break them. */
export const findings = async (page: Page): Promise<ReadonlyArray<string>> => {
  // past the page's own policy, which lets no script in
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    interface Found {
      readonly violations: ReadonlyArray<{
        readonly id: string
        readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
      }>
    }
    const run = globalThis as unknown as { readonly axe: { readonly run: () => Promise<Found> } }
    const { violations } = await run.axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ failureSummary, html }) => `${id}: ${html.slice(0, 200)}\n${failureSummary}`)
    )
  })
}
