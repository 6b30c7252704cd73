/** Prometheus itself scrapes sensors with hostile names, and promtool reads the plain form. */
import { execFileSync, spawnSync } from "node:child_process"
import { assert, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Layer, Metric, Scope } from "effect"
import { Arg, type Sensor } from "katcp"
import { layerPrometheus } from "katcp/Export"
import { Http, Site } from "katcp/Site"
import { listenHttp } from "../../src/Site/node/index.ts"
import { describeProgram, startPrometheus, until } from "./monitoring.ts"
import { siteWith } from "./site.ts"

const words = [
  'a"b\\c',
  "line\nend",
  "é.ü-ß",
  "a.b-c",
  "a_b.c",
  "tab\tcr\rnul\0",
  "x{y}=z,",
  "\udcff",
  "back\\",
  "日本"
]

/** A site with so many sensors, served over HTTP; each sensor with the number that Prometheus should have. */
const served = Effect.fnUntraced(function* (count: number) {
  const made = yield* siteWith(["m000", "m001"])
  const sensors: Array<{
    readonly sensor: { readonly device: string; readonly definition: Sensor.Any }
    readonly value: number | undefined
  }> = []
  for (let n = 0; n < count; n++) {
    const device = `m00${n % 2}`
    const name = `${words[(n >> 1) % words.length]}${n >> 1}`
    const kind = n % 4
    const type = kind === 0 ? Arg.Float : kind === 1 ? Arg.Int : kind === 2 ? Arg.Boolean : Arg.Discrete("on", 'o"f\\f')
    const sensor = made.add(name, type, { device, units: 'µ"', doc: `Line one\nline "two" \\ ${n}` })
    const wire =
      kind === 0
        ? ["nan", "inf", "-inf", `${n / 7}`][n % 3 === 0 ? (n >> 2) % 4 : 3]!
        : kind === 1
          ? `${n}000000`
          : `${n & 1}`
    made.set(sensor, kind === 3 ? "on" : wire, n % 10 === 9 ? "failure" : n % 10 === 8 ? "warn" : "nominal")
    const number = wire === "nan" ? Number.NaN : Number(wire.replace("inf", "Infinity"))
    sensors.push({ sensor, value: kind === 3 || n % 10 === 9 ? undefined : number })
  }
  const http = Context.get(yield* Layer.build(Http.layer), Http)
  const services = Layer.merge(Layer.succeed(Http, http), Layer.succeed(Site, made.site))
  yield* Layer.build(layerPrometheus({ path: "/metrics/sensors", text: true }).pipe(Layer.provide(services)))
  const url = yield* listenHttp({ port: 0 }).pipe(Effect.provideService(Http, http))
  const scrapes = Effect.map(
    Metric.snapshot,
    (all) =>
      (all.find(({ id }) => id === "katcp_export_scrapes_total")!.state as { readonly count: number | bigint }).count
  )
  return { ...made, sensors, url: `${url}/metrics/sensors`, scrapes: Effect.map(scrapes, Number) }
})

/** The site as a promise, with what ends it. */
const run = async (count: number) => {
  const scope = await Effect.runPromise(Scope.make())
  const registry = Context.make(Metric.MetricRegistry, new Map())
  const site = await Effect.runPromise(served(count).pipe(Scope.provide(scope), Effect.provideContext(registry)))
  return {
    ...site,
    scrapes: () => Effect.runPromise(Effect.provideContext(site.scrapes, registry)),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}

const query = async (url: string, expression: string, time?: number): Promise<ReadonlyArray<Sample>> => {
  const at = time === undefined ? "" : `&time=${time}`
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}${at}`)
  const { data } = (await response.json()) as { readonly data: { readonly result: ReadonlyArray<Sample> } }
  return data.result
}
const numberOf = ({ value }: Sample) => Number(value[1].replace("Inf", "Infinity"))
const keyOf = (device: string, sensor: string) => JSON.stringify([device, sensor])

await describeProgram("prometheus", "a real Prometheus", (program) => {
  it("scrapes 10,000 sensors with hostile names unchanged, and notices removed ones at once", async (context) => {
    const { close, scrapes, sensors, table, url } = await run(10_000)
    const prometheus = await startPrometheus(program, url)
    try {
      // a later scrape may be late on a loaded machine, and then nothing is there
      const whole = await until(async () => {
        const time = Effect.runSync(Clock.currentTimeMillis) / 1000
        const [counted] = await query(prometheus.url, "count(katcp_sensor_status)", time)
        return counted !== undefined && numberOf(counted) === 10_000 ? time : undefined
      }, context)
      const ask = (expression: string) => query(prometheus.url, expression, whole)
      const values = new Map(
        (await ask("katcp_sensor_value")).map((sample) => [
          keyOf(sample.metric.device!, sample.metric.sensor!),
          numberOf(sample)
        ])
      )
      const shown = (name: string) => name.replace("\udcff", "\\xff")
      const expected = sensors.filter(({ value }) => value !== undefined)
      for (const { sensor, value } of expected)
        assert.deepStrictEqual(
          values.get(keyOf(sensor.device, shown(sensor.definition.name))),
          value,
          sensor.definition.name
        )
      assert.strictEqual(values.size, expected.length)
      const failed = await ask("count(katcp_sensor_status == 4)")
      assert.strictEqual(numberOf(failed[0]!), 1000)
      // parsed as OpenMetrics, with its types
      const types = (await (await fetch(`${prometheus.url}/api/v1/metadata`)).json()) as {
        readonly data: Readonly<Record<string, ReadonlyArray<{ readonly type: string }>>>
      }
      assert.strictEqual(types.data.katcp_sensor_state?.[0]?.type, "stateset")
      assert.strictEqual(types.data.katcp_sensor?.[0]?.type, "info")
      assert.strictEqual(numberOf((await ask('sum(katcp_sensor_state{katcp_sensor_state="on"})'))[0]!), 2000)
      const info = await ask('katcp_sensor_info{device="m000",sensor="a\\"b\\\\c0"}')
      assert.deepInclude(info[0]!.metric, { units: 'µ"', type: "float", description: 'Line one\nline "two" \\ 0' })

      for (const { sensor } of sensors.slice(0, 100)) table.remove(sensor.device, sensor.definition)
      // without a word that they are gone Prometheus would show them for five minutes more
      const before = await scrapes()
      await until(async () => ((await scrapes()) > before ? true : undefined), context)
      await until(async () => {
        const [left] = await query(prometheus.url, "count(katcp_sensor_status)")
        return left !== undefined && numberOf(left) === 9900 ? true : undefined
      }, context)
    } finally {
      await prometheus.kill()
      await close()
    }
  })
})

await describeProgram("promtool", "promtool", (program) => {
  it("accepts the plain format, including hostile names", async () => {
    const { close, url } = await run(1000)
    const text = await (await fetch(url, { headers: { accept: "text/plain" } })).text()
    await close()
    const { status, stderr, stdout } = spawnSync(program, ["check", "metrics"], { input: text, encoding: "utf8" })
    assert.deepStrictEqual([status, stdout, stderr], [0, "", ""])
    assert.include(execFileSync(program, ["--version"], { encoding: "utf8" }), "promtool")
  })
})

it("a scrape without Prometheus has all sensors, too", async () => {
  const { close, url } = await run(100)
  const text = await (await fetch(url)).text()
  await close()
  assert.lengthOf(text.match(/^katcp_sensor_status\{/gm)!, 100)
})
