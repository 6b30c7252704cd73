import { assert, describe, it } from "@effect/vitest"
import { Address, Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

const refused = (make: () => unknown, text: RegExp) => {
  try {
    make()
  } catch (error) {
    assert.instanceOf(error, TypeError)
    return assert.match((error as TypeError).message, text)
  }
  assert.fail("it was made")
}

describe("Sensor.make", () => {
  it("names have letters, digits, dots, dashes and underscores only (P-170)", () => {
    const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    for (const name of [all, "rfe0.temperature", "0", "-", "__proto__", "a"]) {
      assert.isTrue(Sensor.isName(name))
      assert.strictEqual(Sensor.make(name, { type: Arg.Int }).name, name)
    }
    for (const name of ["a b", "a,b", "/x/", "", "ä", "a\n", "\na", "a\0", "a/b", "a[1]", "a\\b"]) {
      assert.isFalse(Sensor.isName(name))
      refused(() => Sensor.make(name, { type: Arg.Int }), /a name has letters, digits/)
    }
  })

  it("names of remote devices are accepted unchanged (P-170)", () => {
    for (const name of ["a b", "a,b", "/x/", "", "größe"])
      assert.strictEqual(Sensor.remote(name, { type: Arg.Int }).name, name)
  })

  it("has its definition as properties (A-147, A-156, A-170)", () => {
    const sensor = Sensor.make("pump.pressure", {
      type: Arg.Float,
      doc: "How hard it pumps",
      units: "kPa",
      initial: 2,
      nominal: [1, 3],
      warn: [0.5, 4]
    })
    assert.strictEqual(sensor._tag, "Sensor")
    assert.strictEqual(sensor.doc, "How hard it pumps")
    assert.strictEqual(sensor.units, "kPa")
    assert.strictEqual(sensor.type, Arg.Float)
    assert.deepStrictEqual(sensor.nominal, [1, 3])
    assert.deepStrictEqual(sensor.warn, [0.5, 4])
    assert.deepStrictEqual(sensor.parameters, ["1.0", "3.0", "0.5", "4.0"])
  })

  it("has a description by default (A-148)", () => {
    assert.strictEqual(Sensor.make("a.b", { type: Arg.Int, units: "count" }).doc, "Integer sensor 'a.b' in unit count")
    assert.strictEqual(Sensor.make("c", { type: Arg.Discrete("x") }).doc, "Discrete sensor 'c' with no unit")
    assert.strictEqual(Sensor.make("c", { type: Arg.Text, doc: "" }).doc, "")
  })

  it("without an initial value it is unknown and has the first value of its type (Q-22, A-148…A-155)", () => {
    const begins = <A>(type: Arg.Arg<A>, value: A) => {
      const sensor = Sensor.make("x", { type })
      assert.deepStrictEqual(sensor.initial, value)
      assert.strictEqual(sensor.status, "unknown")
    }
    begins(Arg.Int, 0)
    begins(Arg.BigInt, 0n)
    begins(Arg.Float, 0)
    begins(Arg.Boolean, false)
    begins<"one" | "two">(Arg.Discrete("one", "two"), "one")
    begins(Arg.Lru, "nominal")
    begins(Arg.Text, "")
    begins(Arg.Bytes, new Uint8Array(0))
    begins(Arg.Timestamp, 0)
    begins(Arg.Address, Address.make("0.0.0.0"))
  })

  it("begins with the lower limit if the first value of the type is not nominal (A-148, A-149)", () => {
    const initial = (min: number, max: number) => Sensor.make("x", { type: Arg.Int, nominal: [min, max] }).initial
    assert.strictEqual(initial(5, 10), 5)
    assert.strictEqual(initial(-10, -5), -10)
    assert.strictEqual(initial(0, 5), 0)
    assert.strictEqual(initial(-5, 0), 0)
    assert.strictEqual(Sensor.make("x", { type: Arg.BigInt, nominal: [2n ** 70n, 2n ** 71n] }).initial, 2n ** 70n)
  })

  it("with an initial value it is nominal, or has the status of its ranges or function (A-147, B-135)", () => {
    assert.strictEqual(Sensor.make("x", { type: Arg.Float, initial: 5, nominal: [0, 1] }).status, "nominal")
    const ranged = { type: Arg.Float, nominal: [0, 1], statusFrom: "ranges" } as const
    assert.strictEqual(Sensor.make("x", { ...ranged, initial: 5 }).status, "warn")
    assert.strictEqual(Sensor.make("x", { ...ranged, initial: 5, status: "inactive" }).status, "inactive")
    assert.strictEqual(Sensor.make("x", ranged).status, "unknown")
    assert.strictEqual(Sensor.make("x", { ...ranged, status: "nominal" }).status, "nominal")
    const on = { type: Arg.Boolean, statusFrom: (value: boolean) => (value ? "nominal" : "failure") } as const
    assert.strictEqual(Sensor.make("x", { ...on, initial: false }).status, "failure")
    assert.strictEqual(Sensor.make("x", { type: Arg.Boolean, initial: false }).status, "nominal")
  })

  it("timestamps have no units (P-198, A-153)", () => {
    refused(() => Sensor.make("x", { type: Arg.Timestamp, units: "s" }), /units of a timestamp/)
    assert.strictEqual(Sensor.make("x", { type: Arg.Timestamp, units: "" }).units, "")
    assert.strictEqual(Sensor.remote("x", { type: Arg.Timestamp, units: "s" }).units, "s")
  })

  it("only integers and floats have ranges (P-196)", () => {
    refused(() => Sensor.make("x", { type: Arg.Timestamp, nominal: [0, 1] }), /only integers and floats/)
    refused(() => Sensor.remote("x", { type: Arg.Timestamp, nominal: [0, 1] }), /only integers and floats/)
  })

  it("refuses invalid ranges (P-175)", () => {
    const make = (nominal: readonly [number, number] | undefined, warn?: readonly [number, number]) => () =>
      Sensor.make("x", { type: Arg.Float, nominal, warn })
    refused(make([1, 0]), /1 to 0 is upside down/)
    refused(make([0, Number.NaN]), /0 to NaN is upside down/)
    refused(make([0, 1], [0.5, 2]), /must contain the nominal/)
    refused(make([0, 1], [-1, 0.5]), /must contain the nominal/)
    refused(make([0, 1], [2, -1]), /2 to -1 is upside down/)
    refused(make(undefined, [0, 1]), /needs a nominal range/)
    refused(() => Sensor.make("x", { type: Arg.Int, statusFrom: "ranges" }), /needs a nominal range/)
    assert.deepStrictEqual(make([0, 0], [0, 0])().parameters, ["0.0", "0.0", "0.0", "0.0"])
  })

  it("ranges of remote devices are not checked (P-176)", () => {
    assert.deepStrictEqual(Sensor.remote("x", { type: Arg.Int, nominal: [9, 0], warn: [2, 3] }).nominal, [9, 0])
  })

  it("initial values and limits are checked against the type (A-147)", () => {
    refused(() => Sensor.make("x", { type: Arg.Int, initial: 0.5 }), /initial: expected an integer/)
    refused(() => Sensor.make("x", { type: Arg.SafeInt, nominal: [0, 0.5] }), /range: expected an integer/)
    refused(() => Sensor.make("x", { type: Arg.GaussianInteger }), /sensors cannot have the type/)
  })
})

describe("statusOf", () => {
  const both = Sensor.make("x", { type: Arg.Float, nominal: [-10, 10], warn: [-20, 30], statusFrom: "ranges" })
  const nominal = Sensor.make("x", { type: Arg.Int, nominal: [0, 100], statusFrom: "ranges" })

  it("limits belong to the milder status (P-175, A-156)", () => {
    const cases: ReadonlyArray<readonly [number, Sensor.Status]> = [
      [-20.001, "error"],
      [-20, "warn"],
      [-10.001, "warn"],
      [-10, "nominal"],
      [-0, "nominal"],
      [10, "nominal"],
      [10.001, "warn"],
      [30, "warn"],
      [30.001, "error"],
      [Number.POSITIVE_INFINITY, "error"],
      [Number.NEGATIVE_INFINITY, "error"],
      [Number.NaN, "error"]
    ]
    for (const [value, status] of cases) {
      assert.strictEqual(both.statusOf(value), status, `${value}`)
      assert.strictEqual(Sensor.statusInRanges(value, [-10, 10], [-20, 30]), status, `${value}`)
    }
  })

  it("beyond a nominal range alone is warn, for bigints too (P-175)", () => {
    const cases: ReadonlyArray<readonly [number | bigint, Sensor.Status]> = [
      [-1, "warn"],
      [0, "nominal"],
      [0n, "nominal"],
      [100, "nominal"],
      [100n, "nominal"],
      [101n, "warn"],
      [2n ** 64n, "warn"]
    ]
    for (const [value, status] of cases) assert.strictEqual(nominal.statusOf(value), status, `${value}`)
  })

  it("returns nominal unless it is configured to check (P-175, A-160)", () => {
    assert.strictEqual(Sensor.make("x", { type: Arg.Int, nominal: [0, 1] }).statusOf(99), "nominal")
  })

  it("calls the sensor's own function (B-135)", () => {
    const own = Sensor.make("x", {
      type: Arg.Discrete("off", "on"),
      statusFrom: (value) => (value === "on" ? "nominal" : "inactive")
    })
    assert.deepStrictEqual([own.statusOf("on"), own.statusOf("off")], ["nominal", "inactive"])
  })
})
