import { assert, describe, it } from "@effect/vitest"
import { Address, Arg, Dialect } from "katcp/Codec"
import * as Message from "katcp/Message"
import * as Sensor from "katcp/Sensor"
import { written } from "./wireText.ts"

const line = (sensor: Sensor.Any, id?: number) =>
  written((encoder) => Sensor.writeDescription(encoder, sensor, id, Dialect.v5))
const fields = (sensor: Sensor.Any) => line(sensor).trimEnd().split(" ").slice(3)

/** The sensor that a list of arguments describes. */
const parsed = (...args: ReadonlyArray<string>) => {
  const sensor = Sensor.parseDescription(Message.inform("sensor-list", args), Dialect.v5)
  if (sensor instanceof Arg.Invalid) return assert.fail(sensor.message)
  return sensor
}
/** The same, and what of it was odd. */
const oddly = (...args: ReadonlyArray<string>) => {
  const odd: Array<string> = []
  const sensor = Sensor.parseDescription(Message.inform("sensor-list", args), Dialect.v5, (detail) => odd.push(detail))
  if (sensor instanceof Arg.Invalid) return assert.fail(sensor.message)
  return { sensor, nominal: sensor.nominal, warn: sensor.warn, odd }
}
const refusal = (...args: ReadonlyArray<string>) => {
  const sensor = Sensor.parseDescription(Message.inform("sensor-list", args), Dialect.v5)
  return sensor instanceof Arg.Invalid ? sensor.message : assert.fail(`${args} was taken`)
}

describe("writeDescription", () => {
  it("writes the example device's sensors as both Python servers do (P-190, P-193, P-194, P-195, P-196)", () => {
    const sensors = [
      Sensor.make("add.result", { type: Arg.Float, doc: "Last ?add result.", nominal: [-10000, 10000] }),
      Sensor.make("eval.result", { type: Arg.Text, doc: "Last ?eval result." }),
      Sensor.make("fruit.result", {
        type: Arg.Discrete("apple", "banana", "pear", "kiwi"),
        doc: "Last ?pick-fruit result."
      }),
      Sensor.make("test.address", { type: Arg.Address, doc: "An address.", initial: Address.make("127.0.0.1", 5000) }),
      Sensor.make("test.bool", { type: Arg.Boolean, doc: "A boolean." }),
      Sensor.make("test.float", { type: Arg.Float, doc: "A float.", units: "m/s", nominal: [-10, 10] }),
      Sensor.make("test.int", { type: Arg.Int, doc: "An integer.", units: "count", nominal: [0, 100] }),
      Sensor.make("test.lru", { type: Arg.Lru, doc: "An LRU." }),
      Sensor.make("time.result", { type: Arg.Timestamp, doc: "Last ?time result." })
    ]
    assert.deepStrictEqual(
      sensors.map((sensor) => line(sensor)),
      [
        "#sensor-list add.result Last\\_?add\\_result. \\@ float -10000.0 10000.0\n",
        "#sensor-list eval.result Last\\_?eval\\_result. \\@ string\n",
        "#sensor-list fruit.result Last\\_?pick-fruit\\_result. \\@ discrete apple banana pear kiwi\n",
        "#sensor-list test.address An\\_address. \\@ address\n",
        "#sensor-list test.bool A\\_boolean. \\@ boolean\n",
        "#sensor-list test.float A\\_float. m/s float -10.0 10.0\n",
        "#sensor-list test.int An\\_integer. count integer 0 100\n",
        "#sensor-list test.lru An\\_LRU. \\@ lru\n",
        "#sensor-list time.result Last\\_?time\\_result. \\@ timestamp\n"
      ]
    )
  })

  it("carries the id of the request (P-190)", () => {
    const sensor = Sensor.make("a", { type: Arg.Int, doc: "A." })
    assert.strictEqual(line(sensor, 2147483647), "#sensor-list[2147483647] a A. \\@ integer\n")
  })

  it("writes limits in the sensor's own form: none, two or four (P-194, Q-07)", () => {
    assert.deepStrictEqual(fields(Sensor.make("a", { type: Arg.Int })), ["\\@", "integer"])
    assert.deepStrictEqual(
      fields(Sensor.make("a", { type: Arg.Int, nominal: [-3, 2n ** 64n], warn: [-4, 2n ** 65n] })).slice(2),
      ["-3", "18446744073709551616", "-4", "36893488147419103232"]
    )
    assert.deepStrictEqual(
      fields(
        Sensor.make("a", { type: Arg.Float, nominal: [-1e-7, 1e22], warn: [Number.NEGATIVE_INFINITY, 2e22] })
      ).slice(2),
      ["-1e-07", "1e+22", "-inf", "2e+22"]
    )
  })

  it("writes every option of a discrete sensor as an argument (P-195, A-151)", () => {
    const sensor = Sensor.make("a", { type: Arg.Discrete("two words", "", "größer") })
    assert.deepStrictEqual(fields(sensor).slice(2), ["two\\_words", "\\@", "gr\u00c3\u00b6\u00c3\u009fer"])
  })
})

describe("parseDescription", () => {
  it("returns the written sensor, for every type (P-190, P-194, P-195, P-196, A-166)", () => {
    const sensors: ReadonlyArray<Sensor.Any> = [
      Sensor.make("a.int", { type: Arg.Int, doc: "x y", units: "packet count", nominal: [0, 2n ** 70n] }),
      Sensor.make("a.float", { type: Arg.Float, doc: "é", nominal: [0, 1.5], warn: [-1, 2] }),
      Sensor.make("a.bool", { type: Arg.Boolean, doc: "" }),
      Sensor.make("a.lru", { type: Arg.Lru }),
      Sensor.make("a.time", { type: Arg.Timestamp }),
      Sensor.make("a.address", { type: Arg.Address }),
      Sensor.make("a.text", { type: Arg.Text, units: "\\ \t\n" }),
      Sensor.make("a.mode", { type: Arg.Discrete("one two", "three") })
    ]
    for (const sensor of sensors) {
      const found = parsed(sensor.name, sensor.doc, sensor.units, sensor.type.sensorType ?? "", ...sensor.parameters)
      assert.strictEqual(line(found), line(sensor))
      assert.strictEqual(found.type.sensorType, sensor.type.sensorType)
      assert.deepStrictEqual(found.nominal, sensor.nominal)
      assert.deepStrictEqual(found.warn, sensor.warn)
      assert.strictEqual(found.status, "unknown")
    }
  })

  it("accepts 0, 2 or 4 limits in any version (P-194, Q-07)", () => {
    assert.deepStrictEqual(parsed("a", "", "", "float").nominal, undefined)
    assert.deepStrictEqual(parsed("a", "", "", "float", "5", "1e1").nominal, [5, 10])
    assert.deepStrictEqual(parsed("a", "", "", "integer", "1", "2", "0", "3").warn, [0, 3])
    const four = Sensor.parseDescription(
      Message.inform("sensor-list", ["a", "", "", "integer", 1, 2, 0, 3]),
      Dialect.v4
    )
    assert.isFalse(four instanceof Arg.Invalid)
  })

  it("keeps the type of a numeric sensor with odd limits, leaves the limits out and reports them (P-194, Q-07)", () => {
    for (const type of ["integer", "float"])
      for (const [limits, reported] of [
        [["0"], /1 limits instead of 0, 2 or 4/],
        [["1", "2", "3"], /3 limits/],
        [["1", "2", "3", "4", "5"], /5 limits/],
        [["", ""], /range of sensor a: expected an? (integer|float), got ""/],
        [["low", "high"], /range of sensor a/]
      ] as const) {
        const { nominal, odd, sensor, warn } = oddly("a", "", "", type, ...limits)
        assert.strictEqual(sensor.type.sensorType, type)
        assert.deepStrictEqual([nominal, warn, sensor.parameters], [undefined, undefined, []])
        assert.strictEqual(odd.length, 1)
        assert.match(odd[0]!, reported)
      }
    const { odd, sensor } = oddly("a", "", "", "integer", "0.0", "10.0")
    assert.strictEqual(sensor.type, Arg.Int)
    assert.match(odd.join(), /range of sensor a: expected an integer, got "0.0"; its limits are left out/)
    assert.deepStrictEqual(oddly("a", "", "", "integer", "0", "10").odd, [])
  })

  it("keeps a discrete sensor whose option is listed twice, with each option once (P-195)", () => {
    const { odd, sensor } = oddly("a", "", "", "discrete", "x", "y", "x")
    assert.deepStrictEqual([sensor.type.sensorType, sensor.parameters], ["discrete", ["x", "y"]])
    assert.match(odd.join(), /an option of discrete sensor a is listed twice: x y x/)
  })

  it("accepts any name, and parameters that a type should not have (P-170, P-196)", () => {
    assert.strictEqual(parsed("a b/c", "", "s", "timestamp", "0", "1").name, "a b/c")
    assert.deepStrictEqual(parsed("a", "", "", "boolean", "x").parameters, [])
  })

  it("refuses an invalid description (A-165)", () => {
    assert.match(refusal("a", "", ""), /3 arguments/)
    assert.match(refusal(), /0 arguments/)
    assert.match(refusal("a", "", "", "complex"), /unknown type "complex"/)
    assert.match(refusal("a", "", "", "toString"), /unknown type/)
    assert.match(refusal("a", "", "", "discrete"), /no options/)
  })
})

it("version 4 has only the nominal limits, a lower and an upper one (P-312, Q-07)", () => {
  const limits = (sensor: Sensor.Any, dialect: Dialect.Dialect) =>
    written((encoder) => Sensor.writeDescription(encoder, sensor, undefined, dialect))
      .trimEnd()
      .split(" ")
      .slice(5)
  const both = Sensor.make("a", { type: Arg.Float, nominal: [-5, 5], warn: [-7, 7] })
  assert.deepStrictEqual(limits(both, Dialect.v4), ["-5.0", "5.0"])
  assert.deepStrictEqual(limits(both, Dialect.v4FiveStatuses), ["-5.0", "5.0"])
  assert.deepStrictEqual(limits(both, Dialect.v5), ["-5.0", "5.0", "-7.0", "7.0"])
  const integer = Sensor.make("a", { type: Arg.Int, nominal: [0, 10] })
  assert.deepStrictEqual(limits(integer, Dialect.v4), ["0", "10"])
  // where nobody knows them they cannot be told
  assert.deepStrictEqual(limits(Sensor.make("a", { type: Arg.Float }), Dialect.v4), [])
  const words = Sensor.make("a", { type: Arg.Discrete("one", "two", "three") })
  assert.deepStrictEqual(limits(words, Dialect.v4), ["one", "two", "three"])
})

it("version 4 has no addresses: an address sensor is a string there (P-315, P-084)", () => {
  const sensor = Sensor.make("peer", { doc: "Peer", type: Arg.Address, initial: Address.make("10.0.0.1", 80) })
  const typeIn = (dialect: Dialect.Dialect) =>
    written((encoder) => Sensor.writeDescription(encoder, sensor, undefined, dialect))
      .trimEnd()
      .split(" ")[4]
  assert.deepStrictEqual([typeIn(Dialect.v5), typeIn(Dialect.v4)], ["address", "string"])
})

it("unreachable and inactive are sent to version 4 unchanged, or as unknown if configured (Q-06, P-313)", () => {
  const sensor = Sensor.make("mode", { doc: "Mode", type: Arg.Int })
  const statusIn = (dialect: Dialect.Dialect, status: Sensor.Status) => {
    const formatted = Sensor.formatReading(sensor, { timestamp: 0, status, value: 1 }, dialect)
    return formatted instanceof Arg.Invalid ? formatted.message : formatted[1]
  }
  for (const status of Sensor.statuses) {
    assert.strictEqual(statusIn(Dialect.v5, status), status)
    assert.strictEqual(statusIn(Dialect.v4, status), status)
    const lost = status === "unreachable" || status === "inactive"
    assert.strictEqual(statusIn(Dialect.v4FiveStatuses, status), lost ? "unknown" : status)
  }
})
