/** `katcp serve` as it was built, among devices that do what no device should: each costs its own row, and nobody else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"
import { strangers } from "./strangers.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))

interface Row {
  readonly connected: boolean
  readonly synced: boolean
  readonly losses: number
  readonly sensors: number
  readonly readings: number
  readonly error?: string
  readonly anomalies?: Readonly<Record<string, number>>
}
interface Healthz {
  readonly status: string
  readonly parts: { readonly devices: { readonly details: Readonly<Record<string, Row>> } }
}

/** Runs a site of a good device and others; gives its rows, and what waits until they are as wanted. */
const siteOf = async (others: Readonly<Record<string, string>>) => {
  const good = await device()
  const file = path.join(folder, "site.yaml")
  const lines = Object.entries({ good: good.address, ...others }).map(([name, address]) => `  ${name}: ${address}\n`)
  writeFileSync(file, `devices:\n${lines.join("")}http: { listen: 0 }\n`)
  const { child, ended, until } = start(["serve", file, "--json"])
  let url = ""
  await until(({ out }) => (url = /"url":"([^"]+)"/.exec(out)?.[1] ?? "") !== "")
  let said = ""
  child.stderr.on("data", (text) => (said += text))
  const rows = async () =>
    ((await (await fetch(`${url}/healthz`)).json()) as Healthz).parts.devices.details as Record<string, Row>
  const wait = async (wanted: (rows: Record<string, Row>) => boolean) => {
    for (;;) {
      const found = await rows()
      if (wanted(found)) return found
      await setTimeout(50)
    }
  }
  /** The good device is as if it were alone: its readings come, and it was never lost. */
  const undisturbed = async () => {
    const { readings } = (await rows()).good!
    await katcp(["call", good.address, "set-sensor", "test.int", String(readings)])
    const found = await wait(({ good }) => good!.readings > readings)
    assert.deepInclude(found.good, { connected: true, synced: true, losses: 0 })
    return found
  }
  const stop = async () => {
    child.kill("SIGTERM")
    assert.strictEqual((await ended).code, 0)
  }
  return { said: () => said, stop, undisturbed, wait }
}

describe("a site", () => {
  it("of garbage, floods, lines without end, strange names and replaced sensors: each is isolated, and named in the log", async () => {
    const { burst, flood, garbage, line, names, silent, web } = strangers
    const { said, stop, undisturbed, wait } = await siteOf({
      garbage: await garbage(),
      flood: await flood(),
      line: await line(),
      names: await names(),
      burst: await burst(),
      web: await web(),
      silent: await silent()
    })
    await wait(
      ({ burst, flood, garbage, names, web }) =>
        names!.synced &&
        burst!.synced &&
        flood!.readings > 10_000 &&
        (garbage!.anomalies?.BadLine ?? 0) > 100 &&
        (garbage!.anomalies?.BadReading ?? 0) > 0 &&
        web!.error !== undefined &&
        /warn: garbage: a line that is not a message/.test(said()) &&
        /warn: web: away: /.test(said())
    )
    await undisturbed()
    // the last of its sensors, and no row of those before
    const found = await wait(({ burst }) => burst!.synced && burst!.sensors === 3)
    assert.strictEqual(found.names!.sensors, 263)
    assert.include(found.web!.error, "the device closed the connection")
    // no line for each attempt, and none for each fault
    assert.isBelow(said().split("\n").length, 200)
    await stop()
  })

  it("with a device of 100,000 sensors has them all, and serves the other devices meanwhile", async () => {
    const { stop, undisturbed, wait } = await siteOf({ huge: await strangers.huge(100_000) })
    const { huge } = await wait(({ huge }) => huge!.synced)
    assert.deepInclude(huge, { sensors: 100_000, readings: 100_000, losses: 0 })
    await undisturbed()
    await stop()
  })
})
