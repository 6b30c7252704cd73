/** The section `export` of a site file: what it may say, and what runs because of it. */
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { parseSite, serveSite } from "katcp/Serve"
import { newFolder, until } from "./monitoring.ts"

const faultsOf = (section: string) => {
  const parsed = parseSite("site.yaml", `devices: {}\nhttp: { listen: 0 }\nexport: ${section}`, {})
  return Result.isFailure(parsed) ? parsed.failure.lines.join("\n") : ""
}

describe("the section export", () => {
  const mistakes: ReadonlyArray<readonly [section: string, said: string]> = [
    ["{ prometheus: { path: metrics } }", "export.prometheus.path: expected a path that begins with /"],
    ["{ prometheus: { path: /metrics } }", "export.prometheus.path: /metrics is a path of the listener itself"],
    ["{ prometheus: { path: /healthz } }", "/healthz is a path of the listener itself"],
    ["{ prometheus: { path: / } }", "/ is a path of the listener itself"],
    ["{ prometheus: { path: /api/sensors } }", "/api/sensors is a path of the listener itself"],
    ["{ prometheus: { sensors: ['/(/'] } }", "is not a regular expression"],
    ["{ prometheus: { named: [{ match: '*', metric: 1a }] } }", 'named[0]: "1a" is not a name of a metric'],
    ["{ influx: { url: 'ftp://user:secret@h' } }", "export.influx.url"],
    ["{ ndjson: { file: a, age: soon } }", "export.ndjson.age: expected a span of time"],
    ["{ ndjson: { file: a, size: large } }", "export.ndjson.size: expected a size"],
    ["{ ndjson: { file: a, size: 0 } }", "export.ndjson.size: expected a size"],
    ["{ ndjson: { file: a, age: 0 } }", "export.ndjson.age: expected a time of more than 0"],
    ["{ ndjson: { file: a, keep: -1 } }", "export.ndjson.keep: expected a number from 0 to 100000"],
    ["{ ndjson: { file: '' } }", "export.ndjson.file: expected the name of a file"],
    ["{ statsd: {} }", 'there is no key "statsd"']
  ]
  for (const [section, said] of mistakes)
    it(`refuses ${section}`, () => {
      assert.include(faultsOf(section), said)
    })

  it("takes paths beside those of the listener", () => {
    for (const path of ["/metrics/sensors", "/sensors", "/apis", "/katcp-metrics", "/metrics2"])
      assert.strictEqual(faultsOf(`{ prometheus: { path: ${path} } }`), "")
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
