/** InfluxDB and VictoriaMetrics themselves take Influx lines; what they can hold reads back equal. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Arg, type Sensor } from "katcp"
import { type InfluxSinkOptions, influx, influxLines, type PushHealth, push } from "katcp/Export"
import { freePort } from "../../scripts/freePort.ts"
import { describeProgram, newFolder, type Started, startInfluxd, startVictoriaMetrics, until } from "./monitoring.ts"
import { siteWith } from "./site.ts"

const names = [
  "rx.temp",
  "two words",
  "a,b",
  "a=b",
  "a\\,b",
  "é.ü-ß",
  'q"uote',
  "a.b-c",
  "a_b.c",
  "日本",
  "end\\",
  "line\nend"
]
const held = (name: string) => name.replace(/[\n\\]/g, "_")

interface Case {
  readonly type: Sensor.Any["type"]
  readonly wire: string
  /** The fields beside code and status. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly status?: Sensor.Status
}
const cases: ReadonlyArray<Case> = [
  { type: Arg.Float, wire: "21.5", fields: { value: 21.5 } },
  { type: Arg.Float, wire: "1e-300", fields: { value: 1e-300 }, status: "error" },
  { type: Arg.Float, wire: "nan", fields: { special: "nan" } },
  { type: Arg.Float, wire: "-inf", fields: { special: "-inf" } },
  { type: Arg.Int, wire: "9223372036854775807", fields: { ivalue: 9223372036854775807n } },
  { type: Arg.Int, wire: "-12", fields: { ivalue: -12n } },
  { type: Arg.Int, wire: "9".repeat(30), fields: { svalue: "9".repeat(30), special: "big" } },
  { type: Arg.Boolean, wire: "1", fields: { bvalue: true } },
  { type: Arg.Timestamp, wire: "1700000000.25", fields: { value: 1700000000.25 } },
  { type: Arg.Discrete("on", "off"), wire: "off", fields: { svalue: "off" } },
  { type: Arg.Text, wire: 'say "\\n\\" = , \xc3\xa9', fields: { svalue: 'say "\\n\\" = , é' } },
  { type: Arg.Text, wire: "", fields: { svalue: "" } },
  {
    type: Arg.Text,
    wire: "a\nkatcp,device=m000,sensor=fake code=1i 1",
    fields: { svalue: "a_katcp,device=m000,sensor=fake code=1i 1" }
  },
  { type: Arg.Float, wire: "21.5", fields: {}, status: "failure" }
]
const codes = { nominal: 1, error: 3, failure: 4 } as Readonly<Record<string, number>>

/** Time of the first reading; the next ones follow every quarter of a second. */
const begin = 1_795_927_272
const timeOf = (at: number) => begin + at / 4 + 0.000_001

/** A site whose sensors have each name and each case, and a sink that takes them. */
const run = async (options: InfluxSinkOptions) => {
  const scope = await Effect.runPromise(Scope.make())
  const within = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Scope.provide(effect, scope))
  const made = await within(siteWith(["m000"]))
  const sensors = cases.map(({ type }, at) =>
    made.add(names[at % names.length]! + (at < names.length ? "" : at), type, { units: "m s=" })
  )
  const sink = await within(Effect.provide(influx(options), FetchHttpClient.layer))
  const health = await within(push(made.site, sink, { every: "50 millis" }))
  for (const [at, { status = "nominal", wire }] of cases.entries()) made.set(sensors[at]!, wire, status, timeOf(at))
  return { ...made, sensors, health, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const settled = (health: () => PushHealth, context: Parameters<typeof until>[1]) =>
  until(async () => {
    const { pending, refused, written } = health()
    return pending === 0 && written + refused > 0 ? true : undefined
  }, context)

const post = (url: string) => fetch(url, { method: "POST" })
interface Series {
  readonly tags: Readonly<Record<string, string>>
  readonly columns: ReadonlyArray<string>
  readonly values: ReadonlyArray<ReadonlyArray<unknown>>
}
/** All points of an InfluxDB. Integers are read as they are written: some are beyond what a double holds. */
const pointsOf = async ({ url }: Started): Promise<ReadonlyArray<Series>> => {
  const text = await (
    await fetch(
      `${url}/query?db=katcp&epoch=u&q=${encodeURIComponent("select * from katcp group by device,sensor,type,units")}`
    )
  ).text()
  const body = JSON.parse(text.replace(/(?<=[[,])(-?\d{17,})(?=[,\]])/g, '"int:$1"')) as {
    readonly results: ReadonlyArray<{ readonly series?: ReadonlyArray<Series> }>
  }
  return body.results[0]!.series ?? []
}

await describeProgram("influxd", "a real InfluxDB", (program) => {
  it("returns the values that it can hold unchanged, and receives readings again when it is back", async (context) => {
    const folder = newFolder()
    const port = await freePort()
    const first = await startInfluxd(program, folder, port)
    await post(`${first.url}/query?q=create+database+katcp`)
    const { add, close, health, sensors, set } = await run({ url: first.url })
    await settled(health, context)
    const series = new Map((await pointsOf(first)).map((one) => [one.tags.sensor, one]))
    assert.strictEqual(series.size, cases.length)
    for (const [at, { fields, status = "nominal" }] of cases.entries()) {
      const one = series.get(held(sensors[at]!.definition.name))!
      assert.deepInclude(one.tags, { device: "m000", units: "m s=", type: sensors[at]!.definition.type.sensorType })
      const row = Object.fromEntries(one.columns.map((column, place) => [column, one.values[0]![place]]))
      assert.strictEqual(row.time, begin * 1e6 + at * 250_000 + 1)
      const given = Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== null && name !== "time"))
      if (typeof given.ivalue === "string") given.ivalue = BigInt(given.ivalue.slice(4))
      else if (given.ivalue !== undefined) given.ivalue = BigInt(given.ivalue as number)
      assert.deepStrictEqual(given, { code: codes[status], status, ...fields }, `case ${at}`)
    }
    const { altered, lost, refused, written } = health()
    // three names and a text with a line end
    assert.deepStrictEqual(
      { altered, lost, refused, written },
      { altered: 4, lost: 0, refused: 0, written: cases.length }
    )

    // a point that the engine refuses, of a series key that is too long, costs no other
    const long = add(`x${"y".repeat(65_536)}`, Arg.Int)
    set(long, "1")
    set(sensors[5]!, "13", "nominal", timeOf(100))
    await until(async () => (health().refused === 1 ? true : undefined), context)
    await first.kill()
    for (let n = 0; n < 20; n++) set(sensors[5]!, `${n}`, "nominal", timeOf(200 + n))
    // the first write that fails may have been under way when it was killed
    const away = "/write?db=katcp: nothing listens there (ECONNREFUSED)"
    await until(async () => (health().error?.includes(away) === true ? true : undefined), context)
    const second = await startInfluxd(program, folder, port)
    await until(async () => (health().ok && health().pending === 0 ? true : undefined), context)
    const again = (await pointsOf(second)).find(({ tags }) => tags.sensor === "é.ü-ß")!
    assert.lengthOf(again.values, 22)
    assert.deepStrictEqual([health().lost, health().refused], [0, 1])
    await close()
    await second.kill()
  })

  it("is retried if the database does not exist", async (context) => {
    const database = await startInfluxd(program)
    const { close, health } = await run({ url: `${database.url}/write?db=katcp` })
    await until(async () => (health().ok ? undefined : true), context)
    assert.match(health().error!, /\/write\?db=katcp: it answers 404: .*database not found/)
    await post(`${database.url}/query?q=create+database+katcp`)
    await settled(health, context)
    assert.deepStrictEqual([health().written, health().refused], [cases.length, 0])
    await close()
    await database.kill()
  })
})

await describeProgram("victoria-metrics", "a real VictoriaMetrics", (program) => {
  it("has codes and numbers unchanged, and nothing else", async (context) => {
    const database = await startVictoriaMetrics(program)
    const { close, health, sensors } = await run({ url: database.url, strings: false })
    await settled(health, context)
    const metrics = ["value", "ivalue", "bvalue"]
    const expected = cases.reduce((sum, { fields }) => sum + 1 + metrics.filter((name) => name in fields).length, 0)
    const lines = await until(async () => {
      // else it remembers for a while that there was nothing
      await fetch(`${database.url}/internal/force_flush`)
      const response = await fetch(
        `${database.url}/api/v1/export?match[]=${encodeURIComponent('{__name__=~"katcp_.*"}')}`
      )
      const text = await response.text()
      const found = text
        .trim()
        .split("\n")
        .filter((line) => line !== "")
      return found.length >= expected ? found : undefined
    }, context)
    const found = new Map(
      lines.map((line) => {
        const { metric, timestamps, values } = JSON.parse(line) as {
          readonly metric: Readonly<Record<string, string>>
          readonly values: ReadonlyArray<number>
          readonly timestamps: ReadonlyArray<number>
        }
        return [`${metric.__name__} ${metric.sensor}`, [values[0], timestamps[0]] as const]
      })
    )
    for (const [at, { fields, status = "nominal" }] of cases.entries()) {
      const sensor = held(sensors[at]!.definition.name)
      const time = begin * 1000 + at * 250
      assert.deepStrictEqual(found.get(`katcp_code ${sensor}`), [codes[status]!, time], `case ${at}`)
      for (const name of metrics)
        if (name in fields)
          assert.deepStrictEqual(found.get(`katcp_${name} ${sensor}`), [Number(fields[name]), time], `case ${at}`)
    }
    assert.strictEqual(found.size, expected)
    await close()
    await database.kill()
  })
})

it("a line has a field for each type, and a comma between", () => {
  const form = influxLines()
  assert.deepStrictEqual([form.name, form.head(0), form.gap(1, 0)], ["influx", "", ""])
  assert.strictEqual(form.lines([]).text, "")
})
