/** The examples of docs/gateway.md, run as they stand against a gateway as it was built. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { launch } from "../../scripts/chromium.ts"
import { parseSite } from "../../src/Serve/index.ts"
import { gateway } from "../Gateway/support.ts"

const run = promisify(execFile)
const text = readFileSync(path.join(import.meta.dirname, "../../docs/gateway.md"), "utf8")
const blocks = (language: string) =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm")), ([, body]) => body!)

const folder = mkdtempSync(path.join(tmpdir(), "katcp-docs-"))
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({ allow: ["*/track"], archive: true })
  const bin = path.join(import.meta.dirname, "../../dist/bin/katcp.js")
  symlinkSync(bin, path.join(folder, "katcp"))
  served.devices.m000.sensors.azimuth.set(1)
  // the examples ask for history
  while ((await served.ask("/api/history?sensor=m000/azimuth&from=-60")).status !== 200)
    await new Promise((resolve) => setImmediate(resolve))
})
afterAll(async () => {
  await served.close()
  rmSync(folder, { recursive: true })
})
const here = (code: string) => code.replaceAll("127.0.0.1:8080", `127.0.0.1:${served.port}`)
const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }

describe("docs/gateway.md", () => {
  it("has requests with curl that work", async () => {
    const [curl] = blocks("sh")
    // --max-time ends the stream with 28
    const commands = here(curl!)
      .replace(/^curl -s(.*--max-time)/m, "! curl -s$1")
      .replaceAll("curl -s", "curl -fsS")
    const { stdout } = await run("bash", ["-e", "-c", commands], { cwd: folder, env })
    for (const part of [
      `"devices":[`,
      `"name":"wind.speed"`,
      `"name":"azimuth"`,
      `"avg":[`,
      "timestamp,received",
      `{"code":"ok","args":["1"],"informs":[["12.5"]]}`,
      "event: snapshot",
      `"openapi":"3.1`
    ])
      assert.include(stdout, part)
  })

  it("makes and revokes tokens", async () => {
    const { stdout } = await run("bash", ["-e", "-c", blocks("sh")[1]!], { cwd: folder, env })
    assert.match(stdout, /^katcp_\S{43}\nkatcp_\S{43}\nanna control\nprometheus read until /)
    assert.notInclude(readFileSync(path.join(folder, "tokens"), "utf8"), "prometheus")
  })

  it("has a program in Python that works", async () => {
    const file = path.join(folder, "example.py")
    writeFileSync(file, here(blocks("python")[0]!))
    const { stdout } = await run("python3", [file], { cwd: folder })
    assert.include(stdout, "azimuth")
    assert.include(stdout, "\nok\n")
  })

  it("has a page that works", async (context) => {
    const browser = await launch()
    if (typeof browser === "string") return context.skip(browser)
    try {
      const page = await browser.newPage()
      await page.goto(`${served.url}/healthz`)
      const shown: Array<string> = []
      page.on("console", (message) => shown.push(message.text()))
      await page.evaluate(`(async () => {${blocks("js")[0]}})()`)
      // what the page says comes in messages of its own
      while (shown.at(-1) !== "45") await new Promise((resolve) => setImmediate(resolve))
    } finally {
      await browser.close()
    }
  })

  it("has valid sections of site files", () => {
    const sections = blocks("yaml")
    assert.isAtLeast(sections.length, 4)
    for (const yaml of sections) {
      const file = yaml.startsWith("devices:") ? yaml : `devices: {}\n${yaml}`
      const found = parseSite("site.yaml", file)
      assert.strictEqual(found._tag, "Success", yaml)
    }
  })
})
