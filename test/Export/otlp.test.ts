/** OTLP metrics, decoded by a receiver of our own, which knows protobuf's wire format and nothing of our code. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Arg } from "katcp"
import { type OtlpOptions, otlp } from "katcp/Export"
import type { Change } from "katcp/Site"
import { siteWith } from "./site.ts"

interface Point {
  readonly attributes: Readonly<Record<string, string>>
  readonly time: bigint
  readonly value: number | bigint | undefined
  readonly flags: number
}
/** Of each metric its points. */
type Metrics = Readonly<Record<string, ReadonlyArray<Point>>>

type Field = readonly [field: number, value: bigint | Uint8Array]

/** The fields of a message. */
const fields = (bytes: Uint8Array): ReadonlyArray<Field> => {
  const found: Array<Field> = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const [field, wire] = [key >> 3, key & 7]
    if (wire === 0) found.push([field, varint()])
    else if (wire === 1) {
      found.push([field, view.getBigUint64(at, true)])
      at += 8
    } else if (wire === 2) {
      const length = Number(varint())
      found.push([field, bytes.subarray(at, at + length)])
      at += length
    } else throw new Error(`wire type ${wire}`)
  }
  return found
}
const all = (message: Uint8Array, field: number) =>
  fields(message).flatMap(([number, value]) => (number === field ? [value as Uint8Array] : []))
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const double = (bits: bigint) => new Float64Array(BigInt64Array.of(BigInt.asIntN(64, bits)).buffer)[0]!

const pointOf = (bytes: Uint8Array): Point => {
  const numbers = new Map(fields(bytes))
  const [asDouble, asInt] = [numbers.get(4) as bigint | undefined, numbers.get(6) as bigint | undefined]
  return {
    attributes: Object.fromEntries(
      all(bytes, 7).map((one) => [text(all(one, 1)[0]), text(all(all(one, 2)[0]!, 1)[0])])
    ),
    time: numbers.get(3) as bigint,
    value: asDouble !== undefined ? double(asDouble) : asInt === undefined ? undefined : BigInt.asIntN(64, asInt),
    flags: Number(numbers.get(8) ?? 0n)
  }
}
const decodeProtobuf = (body: Uint8Array): Metrics =>
  Object.fromEntries(
    all(body, 1)
      .flatMap((resource) => all(resource, 2))
      .flatMap((scope) => all(scope, 2))
      .map((metric) => [text(all(metric, 1)[0]), all(all(metric, 5)[0]!, 1).map(pointOf)])
  )

interface JsonPoint {
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue: string } }>
  readonly timeUnixNano: string
  readonly asDouble?: number | string
  readonly asInt?: string | number
  readonly flags?: number
}
const decodeJson = (body: Uint8Array): Metrics => {
  const { resourceMetrics } = JSON.parse(text(body))
  const metrics: ReadonlyArray<{ name: string; gauge: { dataPoints: ReadonlyArray<JsonPoint> } }> =
    resourceMetrics[0].scopeMetrics[0].metrics
  return Object.fromEntries(
    metrics.map(({ gauge, name }) => [
      name,
      gauge.dataPoints.map(({ asDouble, asInt, attributes, flags, timeUnixNano }) => ({
        attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
        time: BigInt(timeUnixNano),
        value: asDouble !== undefined ? Number(asDouble) : asInt === undefined ? undefined : BigInt(asInt),
        flags: flags ?? 0
      }))
    ])
  )
}

interface Received {
  readonly path: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: Uint8Array
}
/** A collector that keeps its input, with configurable answers. */
const collector = Effect.acquireRelease(
  Effect.promise(async () => {
    const received: Array<Received> = []
    const answer = { status: 200, body: new Uint8Array(0) }
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) })
        response.writeHead(answer.status, answer.status === 307 ? { location: "/elsewhere" } : {}).end(answer.body)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { received, answer, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }),
  ({ server }) =>
    Effect.promise(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
)

/** A collector, and a sink that sends it the readings of some sensors. */
const setUp = Effect.fnUntraced(function* (options: Omit<OtlpOptions, "url"> = {}) {
  const { answer, received, url } = yield* collector
  const { add, set, table } = yield* siteWith()
  const sink = yield* otlp({ url, ...options })
  const first = table.revision
  const sensors = [
    set(add("rx.temp", Arg.Float, { units: "K" }), "21.5", "warn", 1_800_000_000.000_001),
    set(add("nan", Arg.Float), "nan"),
    set(add("big", Arg.Int), "9223372036854775807"),
    set(add("negative", Arg.Int), "-12"),
    set(add("huge", Arg.Int), "9".repeat(30)),
    set(add("flag", Arg.Boolean), "1"),
    set(add("gone", Arg.Float), "3", "unreachable"),
    set(add("mode", Arg.Discrete("on", "off")), "off"),
    set(add("text", Arg.Text), "\xff"),
    set(add("a\udcff", Arg.Int), "1", "nominal", -5, 7)
  ]
  const changes = table
    .since(first)
    .changed.map((row): Change => ({ _tag: "Reading", row, reading: row.reading!, revision: row.revision }))
  return { answer, received, sink, changes, count: sensors.length }
})

const check = (metrics: Metrics) => {
  const named = (metric: string, sensor: string) =>
    metrics[metric]!.filter(({ attributes }) => attributes["katcp.sensor"] === sensor)
  const value = (sensor: string) => named("katcp.sensor.value", sensor)[0]!
  assert.deepStrictEqual(value("rx.temp"), {
    attributes: { "katcp.device": "m000", "katcp.sensor": "rx.temp", "katcp.type": "float", "katcp.units": "K" },
    time: 1_800_000_000_000_001_000n,
    value: 21.5,
    flags: 0
  })
  assert.deepStrictEqual(value("nan").value, Number.NaN)
  assert.strictEqual(value("big").value, 9223372036854775807n)
  assert.strictEqual(value("negative").value, -12n)
  assert.strictEqual(value("huge").value, 1e30)
  assert.strictEqual(value("flag").value, 1)
  assert.deepInclude(value("gone"), { value: undefined, flags: 1 })
  assert.deepInclude(value("a\\xff"), { time: 7_000_000_000n, value: 1n })
  assert.deepStrictEqual(
    metrics["katcp.sensor.status"]!.map(({ attributes, value }) => [attributes["katcp.sensor"], value]),
    [
      ["rx.temp", 2n],
      ["nan", 1n],
      ["big", 1n],
      ["negative", 1n],
      ["huge", 1n],
      ["flag", 1n],
      ["gone", 5n],
      ["mode", 1n],
      ["text", 1n],
      ["a\\xff", 1n]
    ]
  )
  assert.deepStrictEqual(
    named("katcp.sensor.state", "mode").map(({ attributes, value }) => [attributes["katcp.state"], value]),
    [
      ["on", 0n],
      ["off", 1n]
    ]
  )
}

describe("OTLP metrics", () => {
  for (const [format, decode, type] of [
    ["protobuf", decodeProtobuf, "application/x-protobuf"],
    ["json", decodeJson, "application/json"]
  ] as const)
    it.live(`are decoded by a receiver as ${format}`, () =>
      Effect.gen(function* () {
        const { changes, count, received, sink } = yield* setUp({ format, headers: { authorization: "Bearer x" } })
        assert.deepStrictEqual(yield* sink.write(changes), { written: count, refused: 0, altered: 0 })
        const [{ body, headers, path } = assert.fail("nothing came")] = received
        assert.deepStrictEqual(
          [path, headers["content-type"], headers.authorization],
          ["/v1/metrics", type, "Bearer x"]
        )
        check(decode(body))
      }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
    )

  const partial = Uint8Array.of(0x0a, 0x07, 0x08, 0x03, 0x12, 0x03, 0x62, 0x61, 0x64)
  const answers: ReadonlyArray<
    readonly [what: string, format: "protobuf" | "json", status: number, body: Uint8Array, outcome: unknown]
  > = [
    ["some points are refused", "protobuf", 200, partial, { written: 7, refused: 3, altered: 0 }],
    [
      "some points are refused",
      "json",
      200,
      new TextEncoder().encode('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"bad"}}'),
      { written: 7, refused: 3, altered: 0 }
    ],
    [
      "the answer makes no sense",
      "protobuf",
      200,
      Uint8Array.of(0x0a, 0xff, 1),
      { written: 10, refused: 0, altered: 0 }
    ],
    ["the answer makes no sense", "json", 200, Uint8Array.of(1), { written: 10, refused: 0, altered: 0 }],
    ["the data are refused", "json", 400, new TextEncoder().encode("bad\n"), "refused: it answers 400: bad"],
    ["they are too many", "json", 413, new Uint8Array(0), "large: it answers 413"],
    ["the collector is busy", "json", 503, new Uint8Array(0), "away: it answers 503"],
    ["the collector is elsewhere", "json", 307, new Uint8Array(0), "away: it answers 307"]
  ]
  for (const [what, format, status, body, outcome] of answers)
    it.live(`report it if ${what} (${format})`, () =>
      Effect.gen(function* () {
        const { answer, changes, sink } = yield* setUp({ format })
        Object.assign(answer, { status, body })
        const result = yield* Effect.match(sink.write(changes), {
          onSuccess: (written) => written as unknown,
          onFailure: ({ message, why }) => `${why}: ${message.replace(/^.*metrics: /, "")}`
        })
        assert.deepStrictEqual(result, outcome)
      }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
    )

  it.effect("refuse a malformed destination, without repeating it", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(otlp({ url: "secret@collector" }))
      assert.strictEqual(refused.message, "the destination is not a URL: write http://HOST:PORT/PATH, or https://")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
