/** The text for Prometheus: what it has, and how it is made. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { TestClock } from "effect/testing"
import { Arg, type Sensor } from "katcp"
import { layerPrometheus, makePrometheus, type NamedMetric, type PrometheusOptions } from "katcp/Export"
import { Caller, Http, Site, type SiteShape } from "katcp/Site"
import { formatFor } from "../../src/Export/prometheus/negotiate.ts"
import { immediately } from "../Client/connect.ts"
import { siteWith } from "./site.ts"

const decoder = new TextDecoder()

const textOf = Effect.fnUntraced(function* (
  site: SiteShape,
  options?: PrometheusOptions,
  format: "plain" | "openmetrics" = "plain"
) {
  const { render } = yield* makePrometheus(site, options)
  return decoder.decode(yield* render(format))
})
/** The lines of samples, of some metrics. */
const samplesOf = (text: string, ...names: ReadonlyArray<string>) =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .filter((line) => names.length === 0 || names.includes(line.split(/[{ ]/, 1)[0]!))

describe("the text for Prometheus", () => {
  it.effect("has value, status, time and info of a sensor, and its device", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith(["m000"], {}, { lag: 0.25, readings: 7, sensors: 1 })
      set(add("rx.temp", Arg.Float, { units: "K", doc: "Temperature." }), "21.5", "warn")
      assert.strictEqual(
        yield* textOf(site),
        `# HELP katcp_device_up 1 if the device is connected.
# TYPE katcp_device_up gauge
katcp_device_up{device="m000"} 1
# HELP katcp_device_synced 1 if all sensors of the device are known and sampled.
# TYPE katcp_device_synced gauge
katcp_device_synced{device="m000"} 1
# HELP katcp_device_lag_seconds The time from the last change of a sensor to its arrival; clocks that differ show here.
# TYPE katcp_device_lag_seconds gauge
katcp_device_lag_seconds{device="m000"} 0.25
# HELP katcp_device_sensors Sensors of the device.
# TYPE katcp_device_sensors gauge
katcp_device_sensors{device="m000"} 1
# HELP katcp_device_readings_total Readings that came from the device.
# TYPE katcp_device_readings_total counter
katcp_device_readings_total{device="m000"} 7
# HELP katcp_device_losses_total The number of times that the device was lost.
# TYPE katcp_device_losses_total counter
katcp_device_losses_total{device="m000"} 0
# HELP katcp_sensor_value The value of a sensor, if its status is nominal, warn or error.
# TYPE katcp_sensor_value gauge
katcp_sensor_value{device="m000",sensor="rx.temp"} 21.5
# HELP katcp_sensor_status 0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive.
# TYPE katcp_sensor_status gauge
katcp_sensor_status{device="m000",sensor="rx.temp"} 2
# HELP katcp_sensor_timestamp_seconds The time of the reading by the clock of the device.
# TYPE katcp_sensor_timestamp_seconds gauge
katcp_sensor_timestamp_seconds{device="m000",sensor="rx.temp"} 1800000000.5
# HELP katcp_sensor_state The option that a discrete sensor has, if its status is nominal, warn or error.
# TYPE katcp_sensor_state gauge
# HELP katcp_sensor_info Type, units and description of a sensor.
# TYPE katcp_sensor_info gauge
katcp_sensor_info{device="m000",sensor="rx.temp",type="float",units="K",description="Temperature."} 1
`
      )
      const open = yield* textOf(site, {}, "openmetrics")
      assert.include(open, "# TYPE katcp_device_readings counter\nkatcp_device_readings_total{")
      assert.include(open, "# TYPE katcp_sensor_state stateset\n")
      assert.include(open, "# TYPE katcp_sensor info\nkatcp_sensor_info{")
      assert.isTrue(open.endsWith("\n# EOF\n"))
    })
  )

  it.effect("omits the value, but never the status, unless the status is nominal, warn or error", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      const statuses: ReadonlyArray<Sensor.Status> = [
        "unknown",
        "nominal",
        "warn",
        "error",
        "failure",
        "unreachable",
        "inactive"
      ]
      for (const status of statuses) {
        set(add(`f-${status}`, Arg.Float), "1.5", status)
        set(add(`d-${status}`, Arg.Discrete("on", "off")), "on", status)
      }
      add("none", Arg.Int)
      const text = yield* textOf(site, { text: true })
      const named = (metric: string) =>
        new Set(samplesOf(text, metric).map((line) => /sensor="([^"]*)"/.exec(line)![1]))
      assert.deepStrictEqual(named("katcp_sensor_value"), new Set(["f-nominal", "f-warn", "f-error"]))
      for (const metric of ["katcp_sensor_state", "katcp_sensor_text_info"])
        assert.deepStrictEqual(named(metric), new Set(["d-nominal", "d-warn", "d-error"]), metric)
      for (const [code, status] of statuses.entries())
        for (const kind of ["f", "d"])
          assert.include(text, `katcp_sensor_status{device="m000",sensor="${kind}-${status}"} ${code}\n`)
      assert.include(text, 'katcp_sensor_status{device="m000",sensor="none"} 0\n')
      assert.notInclude(text, 'katcp_sensor_timestamp_seconds{device="m000",sensor="none"}')
    })
  )

  it.effect("writes numbers of every kind so they read back as the same double", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      const values: ReadonlyArray<readonly [type: Sensor.Any["type"], wire: string, text: string]> = [
        [Arg.Float, "1e-07", "1e-7"],
        [Arg.Float, "-0.0", "-0"],
        [Arg.Float, "+.5", "0.5"],
        [Arg.Float, "nan", "NaN"],
        [Arg.Float, "INF", "+Inf"],
        [Arg.Float, "-infinity", "-Inf"],
        [Arg.Float, "1e999", "+Inf"],
        [Arg.Float, "0.30000000000000004", "0.30000000000000004"],
        [Arg.Int, "-12", "-12"],
        [Arg.Int, "9007199254740993", "9007199254740992"],
        [Arg.Int, "9".repeat(400), "+Inf"],
        [Arg.Boolean, "1", "1"],
        [Arg.Boolean, "0", "0"],
        [Arg.Timestamp, "1800000000.25", "1800000000.25"]
      ]
      for (const [at, [type, wire]] of values.entries()) set(add(`s${at}`, type), wire)
      assert.deepStrictEqual(
        samplesOf(yield* textOf(site), "katcp_sensor_value").map((line) => line.split(" ")[1]),
        values.map(([, , text]) => text)
      )
    })
  )

  it.effect("escapes names, and shows bytes that are not UTF-8", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      for (const name of ['a"b\\c\nd', "é.ü-ß", "a.b-c", "a_b.c", "\udcff"]) set(add(name, Arg.Int), "1")
      assert.deepStrictEqual(samplesOf(yield* textOf(site), "katcp_sensor_value"), [
        'katcp_sensor_value{device="m000",sensor="a\\"b\\\\c\\nd"} 1',
        'katcp_sensor_value{device="m000",sensor="é.ü-ß"} 1',
        'katcp_sensor_value{device="m000",sensor="a.b-c"} 1',
        'katcp_sensor_value{device="m000",sensor="a_b.c"} 1',
        'katcp_sensor_value{device="m000",sensor="\\\\xff"} 1'
      ])
    })
  )

  it.effect("has a state set for sensors with few options, and text only if configured", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      set(add("mode", Arg.Discrete("stow", "track")), "track")
      set(add("many", Arg.DiscreteOf(Array.from({ length: 33 }, (_, n) => `w${n}`))), "w7")
      set(add("name", Arg.Text), 'say "\xc3\xa9\n" \xff')
      assert.deepStrictEqual(samplesOf(yield* textOf(site), "katcp_sensor_state", "katcp_sensor_text_info"), [
        'katcp_sensor_state{device="m000",sensor="mode",katcp_sensor_state="stow"} 0',
        'katcp_sensor_state{device="m000",sensor="mode",katcp_sensor_state="track"} 1'
      ])
      assert.deepStrictEqual(samplesOf(yield* textOf(site, { text: true }), "katcp_sensor_text_info"), [
        'katcp_sensor_text_info{device="m000",sensor="mode",text="track"} 1',
        'katcp_sensor_text_info{device="m000",sensor="many",text="w7"} 1',
        'katcp_sensor_text_info{device="m000",sensor="name",text="say \\"é\\n\\" \\\\xff"} 1'
      ])
      assert.lengthOf(samplesOf(yield* textOf(site, { states: 33 }), "katcp_sensor_state"), 35)
    })
  )

  it.effect("has times only if configured: milliseconds, or seconds in OpenMetrics", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      set(add("a", Arg.Int), "1", "nominal", 1_800_000_000.25)
      const line = 'katcp_sensor_value{device="m000",sensor="a"} 1'
      assert.include(yield* textOf(site), `${line}\n`)
      assert.include(yield* textOf(site, { timestamps: true }), `${line} 1800000000250\n`)
      assert.include(yield* textOf(site, { timestamps: true }, "openmetrics"), `${line} 1800000000.250\n`)
      // a clock that is far off
      for (const time of [1e17, -1e17, 1e300]) {
        set(add("a", Arg.Int), "1", "nominal", time)
        for (const format of ["plain", "openmetrics"] as const)
          assert.include(yield* textOf(site, { timestamps: true }, format), `${line}\n`)
      }
    })
  )

  it.effect("exports some sensors under their own metric names, too", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith(["m000", "m001"])
      for (const device of ["m000", "m001"]) {
        set(add("rx.packets", Arg.Int, { device }), device === "m000" ? "12" : "-1")
        set(add("rx.temp", Arg.Float, { device }), "21.5")
      }
      const named: ReadonlyArray<NamedMetric> = [
        { match: "*/rx.packets", metric: "rx_packets", kind: "counter", help: "Packets." },
        { match: "m000/*", metric: "temp_kelvin" }
      ]
      const text = yield* textOf(site, { named, sensors: ["m00?/rx.*"] }, "openmetrics")
      assert.include(
        text,
        '# HELP rx_packets Packets.\n# TYPE rx_packets counter\nrx_packets_total{device="m000",sensor="rx.packets"} 12\n#'
      )
      assert.deepStrictEqual(samplesOf(text, "temp_kelvin"), ['temp_kelvin{device="m000",sensor="rx.temp"} 21.5'])
      assert.lengthOf(samplesOf(text, "katcp_sensor_value"), 4)
    })
  )

  const mistakes: ReadonlyArray<readonly [what: string, options: PrometheusOptions, message: string]> = [
    ["a malformed pattern", { sensors: ["/(/"] }, "sensors: /(/ is not a regular expression"],
    ["a rule's malformed pattern", { named: [{ match: "", metric: "a" }] }, "named[0].match: a pattern"],
    ["a malformed name", { named: [{ match: "*", metric: "1a" }] }, 'named[0]: "1a" is not a name of a metric'],
    ["a name of ours", { named: [{ match: "*", metric: "katcp_sensor_value" }] }, "a special meaning"],
    // the family of katcp_sensor_info in OpenMetrics
    ["the name of a family of ours", { named: [{ match: "*", metric: "katcp_sensor" }] }, "a special meaning"],
    [
      "one name of two kinds",
      {
        named: [
          { match: "a", metric: "x_total", kind: "counter" },
          { match: "b", metric: "x" }
        ]
      },
      "named[1]: x is a counter in an earlier rule, and here a gauge"
    ]
  ]
  for (const [what, options, message] of mistakes)
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        const { site } = yield* siteWith()
        const refused = yield* Effect.flip(makePrometheus(site, options))
        assert.include(refused.message, message)
      })
    )

  it.effect("has its lines before the first scrape if sensors are prepared in advance", () =>
    Effect.gen(function* () {
      const { add, set, site, table } = yield* siteWith()
      let looks = 0
      const seen = (name: string) => {
        const { definition } = add(name, Arg.Int)
        table.remove("m000", definition)
        const watched: Sensor.Any = Object.create(definition, {
          doc: {
            get: () => {
              looks++
              return "A sensor."
            }
          }
        })
        table.add("m000", watched)
        set({ device: "m000", definition: watched }, "1")
        return watched
      }
      const named: ReadonlyArray<NamedMetric> = [{ match: "*", metric: "x" }]
      const { prepare, render } = yield* makePrometheus(site, { named })
      const there = seen("a")
      yield* prepare
      yield* TestClock.adjust("1 second")
      const before = looks
      assert.isAbove(before, 0)
      seen("b")
      // one that goes before its turn
      table.remove("m000", there)
      seen("a")
      yield* TestClock.adjust("1 second")
      const after = looks
      assert.isAbove(after, before)
      const text = decoder.decode(yield* render("plain"))
      assert.strictEqual(looks, after)
      assert.deepStrictEqual(samplesOf(text, "x"), ['x{device="m000",sensor="b"} 1', 'x{device="m000",sensor="a"} 1'])
    }).pipe(Effect.scoped)
  )

  it.live("yields to others while it is rendered, and has no sensor twice", () =>
    Effect.gen(function* () {
      const { add, set, site, table } = yield* siteWith()
      const all = Array.from({ length: 10_000 }, (_, n) => add(`s${n}`, Arg.Float))
      for (const one of all) set(one, "1.5")
      const { render } = yield* makePrometheus(site)
      let turns = 0
      const turn = () => {
        turns++
        // a sensor that was written already comes back under its name
        const { definition, device } = all[turns]!
        table.remove(device, definition)
        all[turns] = add(definition.name, Arg.Int)
        handle = setImmediate(turn)
      }
      let handle = setImmediate(turn)
      const text = decoder.decode(yield* render("plain"))
      clearImmediate(handle)
      // 10,000 sensors in slices of some milliseconds
      assert.isAtLeast(turns, 2)
      const lines = samplesOf(text).map((line) => line.slice(0, line.lastIndexOf(" ")))
      assert.strictEqual(new Set(lines).size, lines.length)
    })
  )

  it.live("is rendered once for concurrent scrapes; too many are refused", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      for (let n = 0; n < 6000; n++) set(add(`s${n}`, Arg.Int), "1")
      const { render, stats } = yield* makePrometheus(site)
      const asking = yield* Effect.forEach(Array.from({ length: 40 }), () =>
        Effect.forkChild(render("plain"), immediately)
      )
      const texts = yield* Effect.forEach(asking, Fiber.join)
      assert.lengthOf(
        texts.filter((text) => text === undefined),
        8
      )
      assert.strictEqual(new Set(texts.filter((text) => text !== undefined)).size, 2)
      assert.deepStrictEqual([stats.scrapes, stats.refused], [32, 8])
      // what was shared is not kept
      assert.notStrictEqual(yield* render("plain"), texts[39])
    })
  )
})

describe("the route for Prometheus", () => {
  const accepts: ReadonlyArray<readonly [accept: string | undefined, format: string]> = [
    [undefined, "plain"],
    ["*/*", "plain"],
    ["text/plain;version=0.0.4", "plain"],
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics"
    ],
    ["application/openmetrics-text;q=0.1, text/plain", "plain"],
    ["application/openmetrics-text;q=0", "plain"],
    ["Application/OpenMetrics-Text; Q=nonsense", "openmetrics"]
  ]
  for (const [accept, format] of accepts)
    it(`gives ${format} to Accept: ${accept}`, () => assert.strictEqual(formatFor(accept), format))

  it.effect("needs the role read, and names its format", () =>
    Effect.gen(function* () {
      const { add, set, site } = yield* siteWith()
      set(add("a", Arg.Int), "1")
      const http = Context.get(yield* Layer.build(Http.layer), Http)
      yield* Layer.build(
        layerPrometheus({ path: "/m" }).pipe(Layer.provide([Layer.succeed(Site, site), Layer.succeed(Http, http)]))
      )
      const ask = (role: "none" | "read", accept: string) =>
        http
          .handle(Caller.byAddress(role, ""))
          .pipe(
            Effect.provideService(
              HttpServerRequest.HttpServerRequest,
              HttpServerRequest.fromWeb(new Request("http://localhost/m", { headers: { accept } }))
            ),
            Effect.map(HttpServerResponse.toWeb)
          )
      const answer = yield* ask("read", "application/openmetrics-text")
      assert.strictEqual(
        answer.headers.get("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
      )
      assert.include(yield* Effect.promise(() => answer.text()), 'katcp_sensor_value{device="m000",sensor="a"} 1\n')
      assert.strictEqual((yield* ask("none", "*/*")).status, 403)
      const refused = yield* Effect.flip(
        Layer.build(
          layerPrometheus({ path: "m" }).pipe(Layer.provide([Layer.succeed(Site, site), Layer.succeed(Http, http)]))
        )
      )
      assert.include(refused.message, 'path: "m" is not a path')
    }).pipe(Effect.scoped)
  )
})
