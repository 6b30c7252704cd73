/** docs/metrics.md: it has exactly the metrics that the library publishes, with their types and labels. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { Arg } from "katcp"
import { makePrometheus } from "katcp/Export"
import { serveSite } from "katcp/Serve"
import { freePort } from "../../scripts/freePort.ts"
import { OtlpMetrics } from "../../src/Export/otlp/otlpMetrics.ts"
import { siteWith } from "../Export/site.ts"

const root = path.join(import.meta.dirname, "..", "..")
const page = readFileSync(path.join(root, "docs", "metrics.md"), "utf8")

/** A metric: its type and its labels, in the order of their names. */
type Published = readonly [type: string, ...labels: ReadonlyArray<string>]

const published = (type: string, labels: Iterable<string>): Published => [type, ...[...labels].sort()]

/** The metrics of the page, by name. Those of the chapter on servers have its labels besides their own. */
const documented = new Map(
  page.split(/^## /m).flatMap((chapter) =>
    [...chapter.matchAll(/^\| `(katcp[._][a-z._]+)` \|(.*)\|$/gm)].map(([, name, rest]) => {
      const [type, , labels] = rest!.split("|").map((cell) => cell.trim())
      const own = [...labels!.matchAll(/`([^`]+)`/g)].map(([, label]) => label!)
      const common = chapter.startsWith("A device server\n") ? ["device", "address"] : []
      return [name!, published(type!, [...common, ...own])] as const
    })
  )
)
const ofPage = (is: (name: string) => boolean) =>
  Object.fromEntries([...documented].filter(([name]) => is(name)).sort(([one], [other]) => (one < other ? -1 : 1)))

/** Metrics in the order of their names. */
const sorted = (metrics: ReadonlyMap<string, Published>) =>
  Object.fromEntries([...metrics].sort(([one], [other]) => (one < other ? -1 : 1)))

const isOfSensors = (name: string) => /^katcp_(?:sensor|device)_/.test(name)
const isOtlp = (name: string) => name.startsWith("katcp.")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "katcp-metrics-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

/** A site with one sensor of each kind, each with a reading. */
const sensors = Effect.gen(function* () {
  const made = yield* siteWith(["m000"], {}, { lag: 0.1 })
  // every label has a text: labels without one are left out
  const all = { units: "K", doc: "A sensor." }
  made.set(made.add("rx.temp", Arg.Float, all), "18.5")
  made.set(made.add("mode", Arg.Discrete("stow", "track"), all), "stow")
  made.set(made.add("ident", Arg.Text, all), "rx-17")
  return made.site
})

describe("docs/metrics.md", () => {
  it.live("has the metrics of a process that does everything", () =>
    Effect.gen(function* () {
      const where = yield* folder
      const [proxy, listen, link] = yield* Effect.promise(() => Promise.all([freePort(), freePort(), freePort()]))
      const file = path.join(where, "site.yaml")
      const site = {
        devices: {},
        http: { listen: 0 },
        proxy: { listen: proxy },
        archive: { store: `sqlite:${path.join(where, "site.db")}` },
        export: { prometheus: {}, ndjson: { file: path.join(where, "site.ndjson") } },
        gateway: {},
        fleet: { listen: `127.0.0.1:${listen}`, link: `127.0.0.1:${link}` }
      }
      writeFileSync(file, JSON.stringify(site))
      yield* serveSite(file)
      const found = new Map<string, Published>()
      for (const { attributes, id, type } of yield* Metric.snapshot)
        if (id.startsWith("katcp")) found.set(id, published(type.toLowerCase(), Object.keys(attributes ?? {})))
      assert.deepStrictEqual(
        sorted(found),
        ofPage((name) => !isOfSensors(name) && !isOtlp(name))
      )
    }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("has the metrics of sensors and devices", () =>
    Effect.gen(function* () {
      const { render } = yield* makePrometheus(yield* sensors, { text: true })
      const text = new TextDecoder().decode(yield* render("plain"))
      const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
      const found = new Map<string, Published>()
      for (const [, name, labels] of text.matchAll(/^(katcp_\w+)\{(.*)\} \S+$/gm)) {
        const keys = new Set([...labels!.matchAll(/(\w+)="/g)].map(([, label]) => label!))
        found.set(name!, published(types.get(name!)!, keys))
      }
      assert.deepStrictEqual(sorted(found), ofPage(isOfSensors))
    }).pipe(Effect.scoped)
  )

  it.effect("has the metrics of OTLP", () =>
    Effect.gen(function* () {
      const site = yield* sensors
      const changes = site.table.snapshot().changed.map((row) => {
        if (row.current === undefined) throw new Error(`${row.path} has no reading`)
        return { _tag: "Reading" as const, row, reading: row.current, revision: 0 }
      })
      const found = new Map<string, Published>()
      for (const { gauge, name } of new OtlpMetrics(32).of(changes).metrics) {
        const keys = new Set(gauge!.dataPoints.flatMap(({ attributes }) => attributes.map(({ key }) => key)))
        found.set(name, published("gauge", keys))
      }
      assert.deepStrictEqual(sorted(found), ofPage(isOtlp))
    }).pipe(Effect.scoped)
  )

  it("has every metric that the source names in one piece", () => {
    const missing = globSync("src/**/*.ts", { cwd: root }).flatMap((file) =>
      [...readFileSync(path.join(root, file), "utf8").matchAll(/"(katcp(?:_[a-z]+){2,})"/g)]
        .map(([, name]) => name!)
        .filter((name) => !documented.has(name))
        .map((name) => `${file}: ${name}`)
    )
    assert.deepStrictEqual(missing, [])
  })

  it("knows all places of the source that make metrics", () => {
    // a new place needs a metric in one of the tests above
    const places = globSync("src/**/*.ts", { cwd: root })
      .filter((file) =>
        /\bMetric\.(?:counter|gauge|histogram|frequency|summary|timer)\(/.test(
          readFileSync(path.join(root, file), "utf8")
        )
      )
      .sort()
    assert.deepStrictEqual(places, [
      "src/Export/metrics.ts",
      "src/Serve/siteMetrics.ts",
      "src/Server/metrics.ts",
      "src/Site/Figures.ts"
    ])
  })
})
