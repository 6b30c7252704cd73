/** Holds docs/deployment.md: its files are those of deploy/, and its commands and its site file run, with the built command. */
import { execFile, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { request } from "node:https"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"

const run = promisify(execFile)
const root = path.join(import.meta.dirname, "../..")
const text = readFileSync(path.join(root, "docs", "deployment.md"), "utf8")
const blocks = (language: string) =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm")), ([, body]) => body!)
const deployed = (name: string) => readFileSync(path.join(root, "deploy", name), "utf8")

const folder = mkdtempSync(path.join(tmpdir(), "katcp-deploy-"))
const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
const site = path.join(folder, "site.yaml")
let port = 0
beforeAll(async () => {
  symlinkSync(path.join(root, "dist/bin/katcp.js"), path.join(folder, "katcp"))
  port = await freePort()
  const [nobody, deaf] = [await freePort(), await freePort()]
  writeFileSync(
    site,
    deployed("site.yaml")
      .replace("0.0.0.0:8443", `0.0.0.0:${port}`)
      .replace("10.0.0.1:7147", `127.0.0.1:${nobody}`)
      .replace("10.0.0.2:7147", `127.0.0.1:${deaf}`)
      .replaceAll("/var/lib/katcp", folder)
  )
  for (const block of blocks("sh")) await run("sh", ["-e", "-c", block], { cwd: folder, env })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The status of an answer, from a server that the page's authority vouches for. */
const ask = (at: string, token?: string): Promise<number> => {
  const { promise, reject, resolve } = Promise.withResolvers<number>()
  request(
    {
      host: "127.0.0.1",
      port,
      path: at,
      servername: "monitor.example",
      ca: readFileSync(path.join(folder, "authority.pem")),
      headers: { host: "monitor.example", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
    },
    (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }
  )
    .once("error", reject)
    .end()
  return promise
}

describe("docs/deployment.md", () => {
  it.each([
    ["yaml", "site.yaml"],
    ["ini", "katcp.service"],
    ["dockerfile", "Containerfile"]
  ])("shows the %s of deploy/%s", (language, name) => {
    assert.deepStrictEqual(blocks(language), [deployed(name)])
  })

  it("has a valid site file, as the unit checks before it starts", async () => {
    const [, words = ""] = /^ExecStartPre=\S+ (.*)$/m.exec(deployed("katcp.service")) ?? []
    const { stdout } = await run("katcp", words.replace("/etc/katcp/site.yaml", site).split(" "), { env })
    assert.include(stdout, "site.yaml is valid: 2 devices")
  })

  it("serves holders of a token over TLS, until SIGTERM", async () => {
    const { stdout: added } = await run("katcp", "gateway token add eve --role read --tokens tokens".split(" "), {
      cwd: folder,
      env
    })
    const token = added.trim().split(/\s+/).at(-1)!
    const served = spawn("katcp", ["serve", "--json", site], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] })
    const ended = new Promise<number | null>((resolve) => served.once("exit", resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        let said = ""
        served.stdout.setEncoding("utf8").on("data", (text: string) => {
          said += text
          if (said.includes('"serving"')) resolve()
        })
        served.once("exit", () => reject(new Error("katcp serve has ended")))
      })
      assert.deepStrictEqual(
        // none of its devices is there
        [await ask("/healthz"), await ask("/metrics/sensors"), await ask("/metrics/sensors", token)],
        [503, 401, 200]
      )
    } finally {
      served.kill("SIGTERM")
    }
    assert.strictEqual(await ended, 0)
  })

  const systemd = spawnSync("systemd-analyze", ["--version"])
  if (systemd.error !== undefined) console.warn("systemd-analyze is not installed: the unit is not verified")
  else
    it("has a unit that systemd takes", () => {
      const { stderr } = spawnSync("systemd-analyze", ["verify", path.join(root, "deploy", "katcp.service")])
      // the command is where the page installs it, which is not here
      const faults = stderr
        .toString()
        .split("\n")
        .filter((line) => line.includes("katcp.service") && !line.includes("not executable"))
      assert.deepStrictEqual(faults, [])
    })
})
