/** `katcp serve` as it was built: a site file that is run, changed, spoilt and mended while it runs. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string) => {
  const full = path.join(folder, name)
  writeFileSync(`${full}.new`, text)
  renameSync(`${full}.new`, full)
  return full
}

let one: Awaited<ReturnType<typeof device>>
let two: Awaited<ReturnType<typeof device>>
beforeAll(async () => {
  ;[one, two] = await Promise.all([device(), device()])
})

interface Got {
  readonly status: number
  readonly body: string
}
const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  new Promise<Got>((resolve, reject) => {
    request(url, { headers }, (response) => {
      let body = ""
      response.on("data", (data) => (body += data)).on("end", () => resolve({ status: response.statusCode!, body }))
    })
      .on("error", reject)
      .end()
  })

interface Row {
  readonly connected: boolean
  readonly synced: boolean
  readonly since: number
  readonly losses: number
  readonly readings: number
  readonly error?: string
}
interface Healthz {
  readonly status: string
  readonly parts: {
    readonly devices: { readonly status: string; readonly details: Readonly<Record<string, Row>> }
    readonly file: { readonly details: { readonly appliedAt: number; readonly fault?: ReadonlyArray<string> } }
  }
}

/** Starts `katcp serve`; gives what asks its `/healthz`, and waits until it is as wanted. */
const served = async (site: string) => {
  const { child, ended, until } = start(["serve", site, "--json"])
  let line = ""
  await until(({ err, out }) => {
    line = out
    if (err.startsWith("katcp: ")) throw new Error(err)
    return out.includes("\n")
  })
  const { url } = JSON.parse(line) as { readonly url: string }
  const health = async () => JSON.parse((await get(`${url}/healthz`)).body) as Healthz
  const untilHealth = async (wanted: (health: Healthz) => boolean): Promise<Healthz> => {
    while (true) {
      const found = await health()
      if (wanted(found)) return found
      await setTimeout(20)
    }
  }
  return { child, ended, until, url, untilHealth }
}

const http = "http: { listen: 0 }\n"
const text = (devices: Readonly<Record<string, string>>, rest = http) =>
  `devices:\n${Object.entries(devices)
    .map(([name, address]) => `  ${name}: ${address}\n`)
    .join("")}${rest}`

describe("katcp serve", () => {
  it("applies only the differences of a changed file, and nothing of a file with a mistake", async () => {
    const site = file("site.yaml", text({ m000: one.address, gone: "127.0.0.1:1" }))
    const { child, ended, until, untilHealth, url } = await served(site)
    const begun = await untilHealth(
      ({ parts: { devices } }) => devices.details.m000?.synced === true && devices.details.gone?.error !== undefined
    )
    assert.strictEqual(begun.status, "ok")
    assert.include(begun.parts.devices.details.gone!.error, "nothing listens on that port")

    file("site.yaml", text({ m000: one.address, m001: two.address }))
    const added = await untilHealth(({ parts }) => parts.devices.details.m001?.synced === true)
    assert.notProperty(added.parts.devices.details, "gone")
    // it was not touched: the same connection since the same time
    const before = begun.parts.devices.details.m000!
    assert.deepInclude(added.parts.devices.details.m000, { since: before.since, losses: 0 })

    for (const [spoilt, why] of [
      ["devices: [", "this is not YAML"],
      ["", "the file is empty"],
      [text({ m000: one.address, m_1: "x" }), "devices.m_1:"]
    ] as const) {
      file("site.yaml", spoilt)
      const told = await untilHealth(({ parts }) => parts.file.details.fault?.[0]?.includes(why) === true)
      assert.sameMembers(Object.keys(told.parts.devices.details), ["m000", "m001"])
      assert.deepInclude(told.parts.devices.details.m000, { since: before.since, connected: true })
    }
    rmSync(site)
    await untilHealth(({ parts }) => parts.file.details.fault?.[0]?.includes("there is no such file") === true)
    await until(({ err }) => err.includes("the former configuration stays in use"))

    // another address for m001, and m000 stays
    file("site.yaml", text({ m000: one.address, m001: one.address }))
    const mended = await untilHealth(
      ({ parts }) => parts.file.details.fault === undefined && parts.devices.details.m001?.synced === true
    )
    assert.deepInclude(mended.parts.devices.details.m000, { since: before.since, losses: 0 })

    const { appliedAt } = mended.parts.file.details
    child.kill("SIGHUP")
    await untilHealth(({ parts }) => parts.file.details.appliedAt > appliedAt)

    const metrics = await get(`${url}/metrics`)
    assert.strictEqual(metrics.status, 200)
    assert.match(metrics.body, /^katcp_site_devices_connected 2$/m)
    assert.match(metrics.body, /^# TYPE katcp_site_sensors gauge$/m)
    assert.strictEqual((await get(`${url}/nothing`)).status, 404)
    child.kill("SIGTERM")
    assert.deepInclude(await ended, { code: 0 })
  })

  it("shows details and metrics only to the role read, and refuses foreign host names", async () => {
    const site = file("closed.yaml", text({ gone: "127.0.0.1:1" }, `${http}access:\n  - { role: none }\n`))
    const { child, ended, url } = await served(site)
    assert.deepStrictEqual(await get(`${url}/healthz`), { status: 503, body: '{"status":"failing"}' })
    assert.strictEqual((await get(`${url}/metrics`)).status, 401)
    const rebound = await get(`${url}/healthz`, { host: "evil.example" })
    assert.strictEqual(rebound.status, 421)
    file("closed.yaml", text({ m000: one.address }, `${http}access:\n  - { role: read }\n`))
    while ((await get(`${url}/metrics`)).status !== 200) await setTimeout(20)
    child.kill("SIGINT")
    assert.strictEqual((await ended).code, 130)
  })

  it("warns at its start that other machines can connect, and needs insecure for it", async () => {
    const open = file("open.yaml", text({ m000: one.address }, 'http: { listen: "0.0.0.0:0" }\n'))
    const refused = await katcp(["serve", open])
    assert.strictEqual(refused.code, 2)
    assert.include(refused.err, `${open}: http.listen: 0.0.0.0 can be reached from other machines`)
    const insecure = file(
      "insecure.yaml",
      text({ m000: one.address }, 'http: { listen: "0.0.0.0:0", insecure: true }\n')
    )
    const { child, ended, until } = await served(insecure)
    await until(({ err }) => /warn: http:\/\/0\.0\.0\.0:\d+ can be reached from other machines/.test(err))
    child.kill("SIGTERM")
    await ended
  })

  it("opens a moved listener before it closes the former one; a taken port changes nothing", async () => {
    const site = file("moves.yaml", text({ m000: one.address }))
    const { child, ended, until, untilHealth } = await served(site)
    const [, taken] = two.address.split(":")
    file("moves.yaml", text({ m000: one.address }, `http: { listen: ${taken} }\n`))
    await until(({ err }) => err.includes(`cannot listen on 127.0.0.1:${taken}: another program listens there already`))
    await untilHealth(({ parts }) => parts.file.details.fault?.[0]?.includes("cannot listen") === true)
    child.kill("SIGTERM")
    await ended
  })

  it("--check reports mistakes, and shows the matches of rules", async () => {
    const site = file(
      "check.yaml",
      `devices:
  m000: { address: "${one.address}", sensors: [{ match: test.int, strategy: period 1 }, "test.*", nothing.*] }
  gone: { address: "127.0.0.1:1", sensors: [x] }
`
    )
    const { code, err, out } = await katcp(["serve", "--check", site])
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, /^m000 +127\.0\.0\.1:\d+ +\d+ sensors$/m)
    assert.match(out, /^gone +127\.0\.0\.1:1 +not reached: cannot connect to gone/m)
    assert.match(out, /^m000 +test\.int +period 1\.0 +1 sensor$/m)
    assert.match(out, /^m000 +test\.\* +auto +7 sensors$/m)
    assert.match(out, /^m000 +nothing\.\* +auto +matches nothing$/m)
    assert.match(out, /^gone +x +auto +unknown$/m)
    const bad = await katcp(["serve", "--check", file("bad.yaml", "devices: { a: 1, b: 2 }")])
    assert.strictEqual(bad.code, 2)
    assert.strictEqual(bad.err.trimEnd().split("\n").length, 2)
  })

  it("--check reports what would keep the file from starting", async () => {
    const folderless = "archive: { store: sqlite:/nosuch/site.db }\n"
    for (const [rest, why] of [
      [
        "proxy: { listen: 0, transparent: nosuch }\n",
        "proxy.transparent: a transparent proxy serves one device, nosuch"
      ],
      [
        'proxy: { listen: 0, sensors: [{ match: "*/test.int", as: same }] }\n',
        "proxy.sensors: sensor names collide: m000/test.int and m001/test.int would both be same"
      ],
      [folderless, "archive.store: there is no folder /nosuch"]
    ] as const) {
      const site = file("starts.yaml", text({ m000: one.address, m001: two.address }, rest))
      for (const words of [["--check", site], [site]]) {
        const { code, err } = await katcp(["serve", ...words])
        assert.strictEqual(code, 2)
        assert.include(err, `${site}: ${why}`)
      }
    }
  })

  it("--check shows patterns of sections that match nothing", async () => {
    const rest = `http: { listen: 0 }
gateway: { allow: [nosuchdevice/x, m000/add, "gone/*"] }
archive: { store: ${path.join(folder, "site.db")}, sensors: [q/*, "*/test.*"] }
proxy: { listen: 0, sensors: [{ match: m000/test.int, as: one }, { match: "*/test.int", as: false }] }
`
    const site = file("patterns.yaml", text({ m000: one.address, gone: "127.0.0.1:1" }, rest))
    const { code, out } = await katcp(["serve", "--check", site])
    assert.strictEqual(code, 0)
    for (const row of [
      /^gateway\.allow\[0\] +nosuchdevice\/x +matches nothing$/m,
      /^gateway\.allow\[1\] +m000\/add +1 request$/m,
      /^gateway\.allow\[2\] +gone\/\* +unknown$/m,
      /^archive\.sensors\[0\] +q\/\* +matches nothing$/m,
      /^archive\.sensors\[1\] +\*\/test\.\* +\d+ sensors$/m,
      /^proxy\.sensors\[0\] +m000\/test\.int +1 sensor$/m,
      /^proxy\.sensors\[1\] +\*\/test\.int +unknown$/m
    ])
      assert.match(out, row)
    const json = (await katcp(["serve", "--check", "--json", site])).out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.deepInclude(json, { event: "pattern", at: "archive.sensors[0]", match: "q/*", sensors: 0 })
    assert.deepInclude(json, { event: "pattern", at: "gateway.allow[1]", match: "m000/add", requests: 1 })
  })

  it("--check shows that the database of the archive does not answer, and exits with 0", async () => {
    const rest = "archive: { store: postgres://nobody@127.0.0.1:1/x }\n"
    const { code, out } = await katcp(["serve", "--check", file("database.yaml", text({ m000: one.address }, rest))])
    assert.strictEqual(code, 0)
    assert.match(out, /^not opened: the archive in postgres:\/\/nobody@127\.0\.0\.1:1\/x: .*$/m)
  })

  it("--check reports files of the listener that cannot be read", async () => {
    const rest = `http: { listen: 0, tokens: none.tokens, tls: { cert: none.pem, key: none.key } }\n`
    const { code, err } = await katcp(["serve", "--check", file("files.yaml", text({ m000: one.address }, rest))])
    assert.strictEqual(code, 2)
    assert.match(err, /http\.tls: cannot read \S+none\.pem: there is no such file or folder/)
    assert.match(err, /http\.tokens: cannot read \S+none\.tokens: there is no such file or folder/)
  })

  it("says which address of the proxy is taken", async () => {
    const rest = `proxy: { listen: "${two.address}" }\n`
    const { code, err } = await katcp(["serve", file("taken.yaml", text({ m000: one.address }, rest))])
    assert.deepStrictEqual(
      [code, err.includes(`proxy: cannot listen on ${two.address}: another program listens there already`)],
      [2, true]
    )
  })

  it("--check names the prefix that variables of devices need in a fleet with a database", async () => {
    const devices = `devices: { m000: "$\{env:DISH}:7148", m001: "$\{env:KATCP_DEVICE_DISH}:7148" }\n`
    const check = (text: string, variables: Readonly<Record<string, string>>) =>
      katcp(["serve", "--check", file("prefix.yaml", text)], "", { KATCP_DEVICE_DISH: "localhost", ...variables })
    const fleet = "fleet: { database: postgres://katcp@127.0.0.1:1/katcp }\n"
    // also if that variable does not exist here
    for (const variables of [{ DISH: "localhost" }, {}]) {
      const { code, err } = await check(`${devices}${fleet}`, variables)
      assert.strictEqual(code, 2)
      assert.strictEqual(err.trimEnd().split("\n").length, 1)
      assert.match(err, /prefix\.yaml: devices\.m000: .*names begin with KATCP_DEVICE_,.* to KATCP_DEVICE_DISH$/m)
    }
    // without a database they are variables of the file, which may have any name
    assert.strictEqual((await check(devices, { DISH: "localhost" })).code, 0)
  })

  it("--schema prints a JSON Schema that knows every section", async () => {
    const { code, out } = await katcp(["serve", "--schema"])
    assert.strictEqual(code, 0)
    const schema = JSON.parse(out)
    assert.includeMembers(Object.keys(schema.properties), ["devices", "http", "access", "proxy", "archive"])
    assert.deepStrictEqual(schema.required, ["devices"])
    assert.strictEqual(schema.additionalProperties, false)
  })

  it("says in one line what is wrong with its words", async () => {
    assert.include((await katcp(["serve"])).err, "name a file: katcp serve site.yaml")
    assert.include((await katcp(["serve", "a.yaml", "b.yaml"])).err, "too many arguments: b.yaml")
    assert.include((await katcp(["serve", "/no/such.yaml"])).err, "/no/such.yaml: there is no such file or folder")
  })
})
