import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Address, Arg, Dialect } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

const milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_000_000_000_000 }))

const format = (sensor: Sensor.Any, reading: Sensor.Reading<unknown>, dialect: Dialect.Dialect) => {
  const formatted = Sensor.formatReading(sensor, reading, dialect)
  return formatted instanceof Arg.Invalid ? assert.fail(formatted.message) : formatted
}

const roundTrip = <A>(type: Arg.Arg<A>, values: Schema.Codec<A>) => {
  const sensor = Sensor.make("x", { type })
  for (const dialect of [Dialect.v4, Dialect.v5]) {
    it.prop(
      `a formatted reading parses to the same: ${type.name}, version ${dialect.major} (P-252, A-161, A-162, A-163)`,
      { value: values, status: Sensor.Status, time: milliseconds },
      ({ status, time, value }) => {
        // lone surrogates have no UTF-8
        if (typeof value === "string" && !value.isWellFormed()) return
        const back = Sensor.parseReading(
          sensor,
          format(sensor, { timestamp: time / 1000, status, value }, dialect),
          dialect
        )
        if (back instanceof Arg.Invalid) return assert.fail(back.message)
        assert.strictEqual(back.timestamp, time / 1000)
        assert.strictEqual(back.status, status)
        assert.isTrue(type.equals(back.value, value))
      },
      { arbitrary: { runs: 100, size: 50 } }
    )
  }
}

describe("readings on the wire", () => {
  roundTrip(Arg.Int, Schema.Union([Schema.Int, Schema.BigInt]))
  roundTrip(Arg.Float, Schema.Number)
  roundTrip(Arg.Boolean, Schema.Boolean)
  roundTrip(Arg.Discrete("one", "two words", ""), Schema.Literals(["one", "two words", ""]))
  roundTrip(Arg.Lru, Schema.Literals(["nominal", "error"]))
  roundTrip(Arg.Text, Schema.String)
  roundTrip(Arg.Bytes, Schema.Uint8Array)

  it("have the right form for the other types, too (P-252, A-153, A-154)", () => {
    const address = Sensor.make("x", { type: Arg.Address })
    const reading = { timestamp: 1.5, status: "nominal", value: Address.make("::1", 80) } as const
    assert.deepStrictEqual(format(address, reading, Dialect.v5), ["1.5", "nominal", "[::1]:80"])
    assert.deepStrictEqual(Sensor.parseReading(address, ["1.5", "nominal", "[::1]:80"], Dialect.v5), reading)
    const time = Sensor.make("x", { type: Arg.Timestamp })
    assert.deepStrictEqual(format(time, { timestamp: 1, status: "nominal", value: 2.25 }, Dialect.v5), [
      "1.0",
      "nominal",
      "2.25"
    ])
    assert.deepStrictEqual(format(time, { timestamp: 1, status: "nominal", value: 2.25 }, Dialect.v4), [
      "1000",
      "nominal",
      "2250"
    ])
  })

  it("have all seven statuses in both versions (P-172, P-255, Q-06)", () => {
    const sensor = Sensor.make("x", { type: Arg.Int })
    for (const dialect of [Dialect.v4, Dialect.v5]) {
      for (const status of Sensor.statuses) {
        const formatted = format(sensor, { timestamp: 0, status, value: 1 }, dialect)
        assert.strictEqual(formatted[1], status)
        assert.deepStrictEqual(Sensor.parseReading(sensor, formatted, dialect), { timestamp: 0, status, value: 1 })
      }
    }
  })

  it("accept values out of range (P-176)", () => {
    const sensor = Sensor.make("x", { type: Arg.Int, nominal: [0, 1] })
    assert.deepStrictEqual(Sensor.parseReading(sensor, ["0", "nominal", "999"], Dialect.v5), {
      timestamp: 0,
      status: "nominal",
      value: 999
    })
  })

  it("are refused if they are malformed (A-164)", () => {
    const sensor = Sensor.make("x", { type: Arg.Int })
    const cases = [
      ["x", "nominal", "1", /timestamp/],
      ["1", "Nominal", "1", /one of unknown, nominal/],
      ["1", "", "1", /one of unknown/],
      ["1", "nominal", "1.5", /an integer/],
      ["1", new Uint8Array([0xff]), "1", /one of unknown/]
    ] as const
    for (const [time, status, value, text] of cases) {
      const reading = Sensor.parseReading(sensor, [time, status, value], Dialect.v5)
      assert.match(reading instanceof Arg.Invalid ? reading.message : "taken", text)
    }
    const wrong = Sensor.formatReading(sensor, { timestamp: 0, status: "nominal", value: "x" }, Dialect.v5)
    assert.isTrue(wrong instanceof Arg.Invalid)
  })
})
