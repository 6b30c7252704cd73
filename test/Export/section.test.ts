/** The section `export` of a site file: what it may say, and what runs because of it. */
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { parseSite, serveSite } from "katcp/Serve"
import { newFolder, until } from "./monitoring.ts"

const faultsOf = (section: string) => {
  const parsed = parseSite("site.yaml", `devices: {}\nexport: ${section}`, {})
  return Result.isFailure(parsed) ? parsed.failure.lines.join("\n") : ""
}

describe("the section export", () => {
  const mistakes: ReadonlyArray<readonly [section: string, said: string]> = [
    ["{ prometheus: { path: metrics } }", "export.prometheus.path"],
    ["{ prometheus: { sensors: ['/(/'] } }", "is not a regular expression"],
    ["{ prometheus: { named: [{ match: '*', metric: 1a }] } }", 'named[0]: "1a" is not a name of a metric'],
    ["{ influx: { url: 'ftp://user:secret@h' } }", "export.influx.url"],
    ["{ ndjson: { file: a, age: soon } }", "export.ndjson.age: expected a span of time"],
    ["{ ndjson: { file: a, size: large } }", "export.ndjson.size"],
    ["{ statsd: {} }", 'there is no key "statsd"']
  ]
  for (const [section, said] of mistakes)
    it(`refuses ${section}`, () => {
      assert.include(faultsOf(section), said)
    })

  it("runs every exporter that it names, and names the failing one in /healthz", async (context) => {
    const folder = newFolder()
    const [file, lines] = [path.join(folder, "site.yaml"), path.join(folder, "n.ndjson")]
    writeFileSync(
      file,
      JSON.stringify({
        devices: {},
        http: { listen: 0 },
        export: { prometheus: {}, otlp: { url: "http://127.0.0.1:9" }, ndjson: { file: lines } }
      })
    )
    const running = Effect.gen(function* () {
      const { url } = yield* serveSite(file)
      yield* Effect.promise(async () => {
        const text = await (await fetch(`${url()}/metrics/sensors`)).text()
        assert.include(text, "# TYPE katcp_sensor_value gauge")
        const parts = await until(async () => {
          const health = (await (await fetch(`${url()}/healthz`)).json()) as {
            readonly parts?: Readonly<Record<string, { readonly status: string }>>
          }
          return health.parts
        }, context)
        assert.strictEqual(parts["export.ndjson"]?.status, "ok")
        assert.isDefined(parts["export.otlp"])
        assert.match(readFileSync(lines, "utf8"), /^\{"katcp":1,/)
      })
    }).pipe(Effect.scoped)
    await Effect.runPromise(running)
  })
})
