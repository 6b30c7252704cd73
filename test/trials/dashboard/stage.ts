/** The stage of dashboard trials: devices and the built command as programs, and pages in a real Chromium that measure themselves. */
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import type { Browser, Page } from "playwright-core"
import { launch } from "../../../scripts/chromium.ts"

const root = path.join(import.meta.dirname, "..", "..", "..")
const programs = new Set<ChildProcess>()

/** Starts a program, and returns what it says first that matches. */
const start = (args: ReadonlyArray<string>, wanted: RegExp): Promise<readonly [ChildProcess, string]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    programs.add(child)
    let said = ""
    const hear = (text: string) => {
      said += text
      const found = wanted.exec(said)
      if (found !== null) resolve([child, found[1]!])
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    child.once("exit", () => {
      programs.delete(child)
      reject(new Error(`${args.join(" ")} ended: ${said}`))
    })
  })

/** Kills a program, and waits until it is gone. */
export const kill = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })

/** Kills a program that leads a group of processes, and the group. */
export const killGroup = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    process.kill(-child.pid!, "SIGKILL")
  })

/** Kills all programs. */
export const killAll = async (): Promise<void> => {
  await Promise.all([...programs].map(kill))
}

/** Starts a device; its port. */
export const device = async (options: {
  readonly port?: number
  readonly sensors: number
  readonly seconds: number
  readonly value?: number
}): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  const { port = 0, seconds, sensors, value = 0 } = options
  const words = ["test/trials/dashboard/device.ts", port, sensors, seconds, value].map(String)
  const [child, at] = await start(words, /listening on .*:(\d+)/)
  return { child, port: Number(at) }
}

/** Starts the built command's dashboard of a device; its address. */
export const dashboard = async (
  devicePort: number,
  listen = 0
): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const words = ["dist/bin/katcp.js", "dashboard", `trial=127.0.0.1:${devicePort}`, "--listen", String(listen)]
  const [child, url] = await start(words, /dashboard of .* at (\S+)/)
  return { child, url: url.endsWith("/") ? url : `${url}/` }
}

/** Starts Chromium; it has to be there. */
export const chromium = async (): Promise<Browser> => {
  const found = await launch(["--enable-precise-memory-info", "--js-flags=--expose-gc"])
  if (typeof found === "string") throw new Error(found)
  return found
}

/** Figures that a page takes of itself, in milliseconds. */
interface Noted {
  /** From the start of the page to the painting of its first value. */
  first: number | undefined
  /** Tasks over 50 ms. */
  readonly long: Array<number>
  /** From the setting of `a.time` at the device to the gateway's frame, from there to the page, and from there to its painting. */
  readonly parts: Array<readonly [gateway: number, way: number, page: number]>
}

/** Opens a view in a page that measures itself. */
export const measured = async (browser: Browser, address: string): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  await page.addInitScript(() => {
    const noted: Noted = { first: undefined, long: [], parts: [] }
    Object.assign(globalThis, { noted })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) noted.long.push(entry.duration)
    }).observe({ type: "longtask", buffered: true })
    const now = () => performance.timeOrigin + performance.now()
    // the gateway sends no frame until the one before is painted: the newest one is the one that is painted
    let sent = 0
    let received = 0
    const { WebSocket } = globalThis
    globalThis.WebSocket = class extends WebSocket {
      constructor(url: string | URL) {
        super(url)
        this.addEventListener("message", ({ data }) => {
          const time = /^\{"n":\d+,"time":([\d.]+)/.exec(data as string)?.[1]
          if (time === undefined) return
          sent = Number(time) * 1000
          received = now()
        })
      }
    }
    /** Calls a function once the browser has painted what changed. */
    const painted = (then: () => void) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        then()
      }
      port2.postMessage(0)
    }
    let last = ""
    let cell: Element | null = null
    const find = () =>
      [...document.querySelectorAll(".table-body .row")]
        .find((row) => row.querySelector(".name")?.textContent === "trial/a.time")
        ?.querySelector(".value") ?? null
    const look = () => {
      if (noted.first === undefined) {
        const values = document.querySelectorAll(".table-body .row .value")
        if ([...values].every(({ textContent }) => textContent === "")) return
        noted.first = Number.POSITIVE_INFINITY
        painted(() => {
          noted.first = performance.now()
        })
      }
      if (cell?.isConnected !== true) cell = find()
      const value = cell?.textContent ?? ""
      if (value === last) return
      const isFirst = last === ""
      last = value
      if (isFirst) return
      const [setAt, sentAt, receivedAt] = [Date.parse(`${value.replace(" ", "T")}Z`), sent, received]
      painted(() => noted.parts.push([sentAt - setAt, receivedAt - sentAt, now() - receivedAt]))
    }
    new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true })
  })
  await page.goto(address)
  return page
}

/** The measurements of a page so far. */
export const notedBy = (page: Page): Promise<Noted> =>
  page.evaluate(() => (globalThis as unknown as { readonly noted: Noted }).noted)

/** Counts the seconds of a page's main thread from now on; what is returned gives them, by its own count. */
export const taskSeconds = async (page: Page): Promise<() => Promise<number>> => {
  // the count is that of a session: it begins when the session does
  const session = await page.context().newCDPSession(page)
  await session.send("Performance.enable", { timeDomain: "threadTicks" })
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics")
    return metrics.find(({ name }) => name === "TaskDuration")!.value
  }
  const begun = await read()
  return async () => (await read()) - begun
}

/** The number of collections; the smallest heap after any of them counts. Measured: a frame or an answer that is being taken in is up to 1 MB of a heap of 3 MB. */
const collections = 8

/** Bytes that stay in the page's heap: the smallest of several collections, a quarter of a second apart. */
export const heapBytes = async (page: Page): Promise<number> => {
  const session = await page.context().newCDPSession(page)
  await session.send("HeapProfiler.enable")
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at < collections; at++) {
    await session.send("HeapProfiler.collectGarbage")
    least = Math.min(least, (await session.send("Runtime.getHeapUsage")).usedSize)
    await pause(0.25)
  }
  await session.detach()
  return least
}

/** Waits. */
export const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** The number below which a share of numbers is. */
export const quantile = (numbers: ReadonlyArray<number>, share: number): number =>
  numbers.toSorted((one, other) => one - other)[Math.max(0, Math.ceil(share * numbers.length) - 1)] ?? Number.NaN

/** The number in the middle. */
export const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5)
