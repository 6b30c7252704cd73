/** docs/monitoring.md: its commands and its sections of a site file, as they stand. Its programs run with all others (blocks.test.ts). */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect } from "effect"
import * as Yaml from "effect/encoding/Yaml"
import { serveSite } from "katcp/Serve"
import { afterAll, assert, beforeAll, describe, it, type TestContext } from "vitest"
import { install } from "../../scripts/debian-programs.ts"
import { finishedLines } from "../Cli/finishedLines.ts"
import { device, start } from "../Cli/katcp.ts"

const document = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "monitoring.md"), "utf8")
const blocks = (language: string) =>
  [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, is]) => is === language).map(([, , text]) => text!)

const folder = mkdtempSync(path.join(tmpdir(), "katcp-docs-monitoring-"))
const inFolder = (name: string) => path.join(folder, name)
/** Of each path what was posted to it. */
const posted = new Map<string, string>()
const destination = createServer((request, response) => {
  void request.toArray().then((chunks: Array<Buffer>) => {
    const { pathname } = new URL(request.url!, "http://localhost")
    posted.set(pathname, (posted.get(pathname) ?? "") + Buffer.concat(chunks).toString("latin1"))
    response.writeHead(pathname === "/v1/metrics" ? 200 : 204).end()
  })
})
let hosts: ReadonlyArray<string> = []
let port = 0
beforeAll(async () => {
  destination.listen(0, "127.0.0.1")
  hosts = (await Promise.all([device(), device()])).map(({ address }) => address)
  port = (destination.address() as AddressInfo).port
  // the devices of the document have sensors that are called so
  writeFileSync(inFolder("site.yaml"), JSON.stringify({ devices: { m000: hosts[0], m001: hosts[1] } }))
})
afterAll(() => {
  destination.closeAllConnections()
  destination.close()
  rmSync(folder, { recursive: true, force: true })
})

const here = (text: string) =>
  text
    .replaceAll("10.0.0.1", hosts[0]!)
    .replaceAll("10.0.0.2", hosts[1]!)
    .replace(/(?:localhost:8086|localhost:8428|collector:4318)/g, `127.0.0.1:${port}`)
    .replaceAll("rx.*", "test.*")
    .replaceAll("night.ndjson", inFolder("night.ndjson"))
    .replaceAll("site.yaml", inFolder("site.yaml"))

const until = async (is: () => boolean | Promise<boolean>, { signal }: TestContext) => {
  while (!(await is())) {
    signal.throwIfAborted()
    await sleep(50)
  }
}

describe("docs/monitoring.md", () => {
  it("has commands that export", async (context) => {
    const commands = blocks("sh")[0]!.trim().split("\n")
    assert.lengthOf(commands, 5)
    for (const line of commands) {
      posted.clear()
      const words = here(line.replace(/ +#.*$/, "").replaceAll("'", ""))
        .split(/ +/)
        .slice(1)
      const form = words[1]!
      // the port of the document may be taken here
      const command = start(form === "prometheus" ? [...words, "--listen", "0"] : words)
      const said: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
        prometheus: async () => {
          const url = /listening on (\S+)/.exec(command.out())?.[1]
          if (url === undefined) return false
          assert.strictEqual(new URL(url).pathname, "/metrics")
          const text = await (await fetch(url)).text()
          return ["m000", "m001"].every((name) => text.includes(`katcp_sensor_value{device="${name}"`))
        },
        influx: () => {
          const lines = posted.get("/write") ?? ""
          return lines.includes("katcp,device=m000,") && (!words.includes("--numbers-only") || !lines.includes('"'))
        },
        otlp: () => (posted.get("/v1/metrics") ?? "").includes("katcp.sensor.value"),
        ndjson: () => finishedLines(inFolder("night.ndjson")).some((line) => line.includes('"device":"m000"'))
      }
      await until(
        async () => (command.child.exitCode === null ? said[form]!() : assert.fail(`${line}: ${command.err()}`)),
        context
      )
      command.child.kill("SIGTERM")
      assert.strictEqual((await command.ended).code, 0, line)
    }
  })

  it("has a section of a site file that exports to all destinations that it names", async (context) => {
    posted.clear()
    rmSync(inFolder("night.ndjson"), { force: true })
    const file = inFolder("whole.yaml")
    const section = here(blocks("yaml")[0]!).replace("listen: 8080", "listen: 0")
    writeFileSync(file, `devices: { m000: "${hosts[0]}" }\n${section}`)
    const running = Effect.gen(function* () {
      const { url } = yield* serveSite(file)
      yield* Effect.promise(() =>
        until(async () => {
          const text = await (await fetch(`${url()}/metrics/sensors`)).text()
          return (
            text.includes('katcp_sensor_value{device="m000",sensor="test.int"}') &&
            (posted.get("/write") ?? "").includes("sensor=test.int") &&
            finishedLines(inFolder("night.ndjson")).some((line) => line.includes('"name":"test.int"'))
          )
        }, context)
      )
    }).pipe(Effect.scoped)
    await Effect.runPromise(running)
  })

  it("has a configuration of Prometheus that promtool accepts", async () => {
    const config = blocks("yaml")[1]!
    assert.deepStrictEqual(
      (Yaml.parse(config) as { readonly scrape_configs: ReadonlyArray<unknown> }).scrape_configs[0],
      { job_name: "katcp", static_configs: [{ targets: ["127.0.0.1:9147"] }] }
    )
    const promtool = await install("promtool")
    if (!("program" in promtool)) return
    writeFileSync(inFolder("prometheus.yml"), config)
    const { status, stderr } = spawnSync(promtool.program, ["check", "config", inFolder("prometheus.yml")], {
      encoding: "utf8"
    })
    assert.strictEqual(status, 0, stderr)
  })
})
