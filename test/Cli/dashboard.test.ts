import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { device, katcp, start } from "./katcp.ts"

/** Starts a dashboard, and waits until it says where it is. */
const dashboardOf = async (...words: ReadonlyArray<string>) => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-dashboard-test-"))
  const dashboard = start(["dashboard", ...words, "--listen", "0"], { TMPDIR: folder })
  let url: string | undefined
  await dashboard.until(({ out }) => (url = / at (http:\S+)$/m.exec(out)?.[1]) !== undefined)
  return { ...dashboard, folder, url: url! }
}

/** The folders with history in the folder for temporary files. */
const stores = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).filter((name) => name.startsWith("katcp-dashboard-"))

const json = async (url: string): Promise<Record<string, unknown>> =>
  (await (await fetch(url)).json()) as Record<string, unknown>

describe("katcp dashboard", () => {
  it("serves the page, the devices and their history, and leaves no file behind", async () => {
    const { address } = await device()
    const { child, ended, folder, url } = await dashboardOf(`a=${address}`, "--allow", "a/add")
    const page = await fetch(`${url}/`)
    assert.include(page.headers.get("content-security-policy"), "default-src 'self'")
    const files = Array.from((await page.text()).matchAll(/(?:src|href)="([^"]+)"/g), ([, file]) => file!)
    assert.deepStrictEqual(files, ["icon.svg", "style.css", "page.js"])
    for (const file of [...files, "licences.txt"]) assert.strictEqual((await fetch(`${url}/${file}`)).status, 200, file)
    const { devices } = await json(`${url}/api/devices`)
    assert.strictEqual((devices as ReadonlyArray<{ readonly name: string }>)[0]!.name, "a")
    for (;;) {
      const { gaps, series } = await json(`${url}/api/history?sensor=a/test.int&from=-600`)
      if (series === undefined) continue
      assert.isArray(gaps)
      break
    }
    assert.strictEqual(stores(folder).length, 1)
    const allowed = await fetch(`${url}/api/devices/a/requests/add`, {
      method: "POST",
      headers: { "x-katcp": "1", "content-type": "application/json" },
      body: JSON.stringify({ args: [1, 2] })
    })
    assert.deepInclude(await allowed.json(), { code: "ok", args: ["3.0"] })
    child.kill("SIGTERM")
    assert.deepInclude(await ended, { code: 0, err: "" })
    assert.deepStrictEqual(stores(folder), [])
    rmSync(folder, { recursive: true })
  })

  it("listens for others with a file of tokens, and prints an address that a browser can open", async () => {
    const { address } = await device()
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-dashboard-test-"))
    const tokens = path.join(folder, "tokens")
    await katcp(["gateway", "token", "add", "anna", "--tokens", tokens])
    const dashboard = start(["dashboard", `a=${address}`, "--listen", "0.0.0.0:0", "--tokens", tokens])
    let url = ""
    await dashboard.until(({ out }) => (url = / at (http:\S+)$/m.exec(out)?.[1] ?? "") !== "")
    assert.notInclude(url, "0.0.0.0")
    const answer = await fetch(`${url}/`, { headers: { accept: "text/html" }, redirect: "manual" })
    // a machine without a network has its own address alone, which needs no token
    assert.include(url.includes("localhost") ? [200] : [303], answer.status)
    dashboard.child.kill("SIGTERM")
    assert.strictEqual((await dashboard.ended).code, 0)
    rmSync(folder, { recursive: true })
  })

  it("keeps history where --store says", async () => {
    const { address } = await device()
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-dashboard-test-"))
    const file = path.join(folder, "site.db")
    const { child, ended } = await dashboardOf(`a=${address}`, "--store", `sqlite:${file}`)
    child.kill("SIGTERM")
    assert.strictEqual((await ended).code, 0)
    assert.isTrue(existsSync(file))
    rmSync(folder, { recursive: true })
  })

  it("says so if the requested port is taken", async () => {
    const { address } = await device()
    const first = await dashboardOf(`a=${address}`)
    const { port } = new URL(first.url)
    const { code, err } = await katcp(["dashboard", `a=${address}`, "--listen", port])
    assert.strictEqual(code, 2)
    assert.include(err, `cannot listen on 127.0.0.1:${port}`)
  })

  it("refuses invalid options", async () => {
    const refused = async (words: ReadonlyArray<string>, why: RegExp) => {
      const { code, err, out } = await katcp(["dashboard", ...words])
      assert.deepStrictEqual({ code, out }, { code: 2, out: "" })
      assert.match(err, why)
    }
    await refused([], /name the devices/)
    await refused(["localhost", "--allow", "/("], /--allow/)
    await refused(["localhost", "--listen", "nowhere"], /not an address to listen on/)
    await refused(["localhost", "--listen", "0.0.0.0:0"], /callers need no credentials/)
    await refused(["localhost", "--store", "nothing:x"], /the archive in "nothing:x"/)
  })

  it("is served by katcp serve, too", async () => {
    const { address } = await device()
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-dashboard-test-"))
    const port = await freePort()
    const file = path.join(folder, "site.yaml")
    writeFileSync(file, `devices: { a: "${address}" }\nhttp: { listen: ${port} }\ngateway: {}\n`)
    const serving = start(["serve", file])
    await serving.until(({ err }) => err.includes("serving"))
    assert.include(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "<title>katcp</title>")
    serving.child.kill("SIGTERM")
    assert.strictEqual((await serving.ended).code, 0)
    rmSync(folder, { recursive: true })
  })
})
