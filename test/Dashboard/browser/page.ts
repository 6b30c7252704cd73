/** The page in a real Chromium, over a fake gateway. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { afterAll } from "vitest"
import { launch } from "../../../scripts/chromium.ts"
import { FakeGateway, type FakeSensor } from "./fakeGateway.ts"

const found = await launch()
/** Why there is no browser; with `CI=true` that is an error. */
export const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) process.stderr.write(`skipped: the dashboard in Chromium: ${missing}\n`)
const browser = found as Browser

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
    /** Opens a view. Faults of the page, and what its security policy refuses, fail the test at `close`. */
    open: async (gateway: FakeGateway, address: string, options: BrowserContextOptions = {}): Promise<Opened> => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      const page = await context.newPage()
      const faults: Array<string> = []
      page.on("pageerror", (error) => faults.push(`${error.message}\n${error.stack}`))
      page.on("console", (message) => {
        // a gateway that is away is what some tests are about
        if (message.type() === "error" && !/WebSocket connection|ERR_CONNECTION_REFUSED/.test(message.text()))
          faults.push(message.text())
      })
      page.on("request", (request) => {
        if (!request.url().startsWith(gateway.url)) faults.push(`asked another host: ${request.url()}`)
      })
      await page.goto(gateway.url + address)
      return {
        page,
        close: async () => {
          await context.close()
          if (faults.length > 0) throw new Error(faults.join("\n"))
        }
      }
    }
  }
}

/** A page that is open. */
export interface Opened {
  readonly page: Page
  readonly close: () => Promise<void>
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What axe-core finds on a page: the rules, and the elements that break them. */
export const findings = async (page: Page): Promise<ReadonlyArray<string>> => {
  // past the page's own policy, which lets no script in
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Found {
      readonly violations: ReadonlyArray<{
        readonly id: string
        readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
      }>
    }
    const { axe } = globalThis as unknown as { readonly axe: { readonly run: () => Promise<Found> } }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ failureSummary, html }) => `${id}: ${html.slice(0, 200)}\n${failureSummary}`)
    )
  })
}
