import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { Arg, Dialect } from "katcp/Codec"
import { Protocol } from "katcp/Message"
import { Strategy } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"

const v5 = Protocol.make(5, 1)
const v50 = Protocol.make(5, 0)
const v4 = Protocol.make(4, 0)
const integer = Sensor.make("i", { type: Arg.Int })
const float = Sensor.make("f", { type: Arg.Float })
const others = [
  Sensor.make("b", { type: Arg.Boolean }),
  Sensor.make("s", { type: Arg.Text }),
  Sensor.make("l", { type: Arg.Lru }),
  Sensor.make("t", { type: Arg.Timestamp }),
  Sensor.make("a", { type: Arg.Address }),
  Sensor.make("d", { type: Arg.Discrete("one", "two") })
]
const all = [integer, float, ...others]

const words = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(" "))
const given = (text: string, sensor: Sensor.Any = float, protocol = v5) => Strategy.parse(words(text), sensor, protocol)
const rewritten = (text: string, sensor: Sensor.Any = float, protocol = v5): string => {
  const strategy = given(text, sensor, protocol)
  return strategy instanceof Arg.Invalid
    ? `refused: ${strategy.message}`
    : Strategy.format(strategy, sensor, Dialect.of(protocol)).join(" ")
}
const why = (text: string, sensor: Sensor.Any = float, protocol = v5): string => {
  const strategy = given(text, sensor, protocol)
  return strategy instanceof Arg.Invalid ? strategy.message : `taken: ${JSON.stringify(strategy)}`
}

describe("strategies on the wire", () => {
  it("are data (A-409, A-451)", () => {
    const cases: ReadonlyArray<readonly [string, Strategy.Strategy]> = [
      ["none", { _tag: "None" }],
      ["auto", { _tag: "Auto" }],
      ["event", { _tag: "Event" }],
      ["period 0.25", { _tag: "Period", period: 0.25 }],
      ["differential 1.5", { _tag: "Differential", difference: 1.5 }],
      ["event-rate 0.3 1", { _tag: "EventRate", shortest: 0.3, longest: 1 }],
      ["differential-rate 5 0 2", { _tag: "DifferentialRate", difference: 5, shortest: 0, longest: 2 }]
    ]
    for (const [text, strategy] of cases) {
      assert.deepStrictEqual(given(text), strategy)
      const bytes = words(text).map((word) => new TextEncoder().encode(word))
      assert.deepStrictEqual(Strategy.parse(bytes, float, v5), strategy)
    }
  })

  it("the reply writes numbers again: seconds and float differences as floats, integer ones as integers (P-213)", () => {
    const cases = [
      ["none", "none", float],
      ["auto", "auto", integer],
      ["event", "event", others[5]!],
      ["period 1", "period 1.0", float],
      ["period 1e1", "period 10.0", float],
      ["period 0.25", "period 0.25", integer],
      ["period 100", "period 100.0", others[1]!],
      ["event-rate 0.3 1", "event-rate 0.3 1.0", float],
      ["event-rate 0 1e99", `event-rate 0.0 ${BigInt(1e99)}.0`, float],
      ["differential 5", "differential 5", integer],
      ["differential 5", "differential 5.0", float],
      ["differential 1.50", "differential 1.5", float],
      ["differential-rate 5.0 .2 1", "differential-rate 5 0.2 1.0", integer],
      ["differential-rate 5 .2 1", "differential-rate 5.0 0.2 1.0", float]
    ] as const
    for (const [text, reply, sensor] of cases) assert.strictEqual(rewritten(text, sensor), reply)
  })

  it("an integer sensor accepts only a whole difference, in any notation (P-223)", () => {
    for (const text of ["2", "2.0", "2.", "2e0", "+2", "02", "0.2e1"])
      assert.strictEqual(rewritten(`differential ${text}`, integer), "differential 2")
    for (const text of ["2.5", "0.5", "2.0000000001", "nan", "inf", "x", ""])
      assert.match(why(`differential ${text}`, integer), /^the difference: expected an integer, got "/)
    assert.match(why("differential-rate 2.5 1 2", integer), /^the difference: /)
    const large = "9007199254740993"
    assert.strictEqual(rewritten(`differential ${large}`, integer), `differential ${large}`)
    assert.strictEqual(rewritten(`differential ${large}.0`, integer), `differential ${large}`)
    assert.strictEqual(rewritten("differential 1e22", integer), "differential 10000000000000000000000")
    const endless = "9".repeat(100_000)
    assert.match(why(`differential ${endless}`, integer), /^the difference: expected an integer, got "9{60}\.\.\."$/)
  })

  it("version 4 has five strategies, and milliseconds (P-220, P-229, P-310, P-314)", () => {
    assert.deepStrictEqual(given("period 300", integer, v4), { _tag: "Period", period: 0.3 })
    assert.strictEqual(rewritten("period 300", integer, v4), "period 300")
    assert.strictEqual(rewritten("period 1500.4", integer, v4), "period 1500")
    for (const name of ["none", "auto", "event", "differential 5"])
      assert.strictEqual(rewritten(name, integer, v4), name)
    for (const text of ["event-rate 100 1000", "differential-rate 1 100 1000", "event-rate"])
      assert.match(why(text, integer, v4), /^the strategy \S+-rate is not in version 4 of the protocol$/)
    for (const name of ["event-rate 1 2", "differential-rate 1 1 2"])
      assert.strictEqual(rewritten(name, integer, v50).split(" ")[0], name.split(" ")[0])
    assert.match(why("period 0.5", integer, v4), /^the period must be from 0.001 to /)
  })

  it("an unknown strategy is refused, and the known ones are named (P-229, A-449)", () => {
    for (const name of ["nosuch", "Event", "event_rate", "periodic", " event", "event ", "\u0000", ""]) {
      const strategy = Strategy.parse([name], float, v5)
      assert.instanceOf(strategy, Arg.Invalid)
      assert.match((strategy as Arg.Invalid).message, /^unknown strategy: expected one of none, auto, event, .*, got "/)
    }
    assert.strictEqual(why(""), "a strategy is missing")
    const long = why("x".repeat(1_000_000))
    assert.isAtMost(long.length, 300)
  })

  it("a wrong number of parameters is refused (P-229, A-452)", () => {
    for (const name of ["none", "auto", "event"])
      assert.strictEqual(why(`${name} 1`), `the strategy ${name} takes no parameters, got 1`)
    assert.strictEqual(why("period"), "the strategy period takes 1 (period), got 0")
    assert.strictEqual(why("period 1 2"), "the strategy period takes 1 (period), got 2")
    assert.strictEqual(why("differential"), "the strategy differential takes 1 (difference), got 0")
    assert.strictEqual(why("event-rate 1"), "the strategy event-rate takes 2 (shortest period, longest period), got 1")
    assert.match(why("differential-rate 1 2"), /takes 3 \(difference, shortest period, longest period\), got 2$/)
  })

  it("absurd periods are refused (P-220, P-226, Q-10)", () => {
    for (const time of ["0", "-1", "-0", "1e-9", "0.0009", "1e9"])
      assert.match(why(`period ${time}`), /^the period must be from 0\.001 to 315576000 seconds, not /)
    for (const time of ["abc", "nan", "inf", "1,0", "1e400", "0x10", "now"])
      assert.match(why(`period ${time}`), /^the period: expected a timestamp/)
    for (const time of ["0.001", "1", "315576000"]) assert.notMatch(why(`period ${time}`), /^the period/)
    assert.strictEqual(why("event-rate 5 1"), "the shortest period 5 is longer than the longest 1")
    assert.strictEqual(why("differential-rate 1 5 1"), "the shortest period 5 is longer than the longest 1")
    assert.match(why("event-rate -1 1"), /^the shortest period must be from 0 to /)
    assert.match(why("event-rate 1e9 1e10"), /^the shortest period must be from 0 to /)
    for (const longest of ["0", "-1", "0.0001"])
      assert.match(why(`event-rate 0 ${longest}`), /^the longest period must be at least 0.001 seconds/)
    assert.match(why("event-rate 1 abc"), /^the longest period: expected a timestamp, got "abc"$/)
    assert.match(why("event-rate abc 1"), /^the shortest period: expected a timestamp, got "abc"$/)
    for (const text of ["event-rate 0 1", "event-rate 1 1", "event-rate 0 1e99"]) assert.match(why(text), /^taken/)
  })

  it("a difference of 0 or less is refused (P-223, Q-09)", () => {
    for (const sensor of [integer, float])
      for (const difference of ["0", "-2", "-0"])
        assert.match(why(`differential ${difference}`, sensor), /^the difference must be more than 0 and finite, not /)
    for (const difference of ["inf", "nan", "-inf"])
      assert.match(why(`differential ${difference}`), /^the difference must be more than 0 and finite, not /)
    assert.match(why("differential-rate 0 1 2"), /^the difference must be more than 0/)
  })

  it("the differential strategies are for integer and float sensors only (P-223, P-227, Q-09)", () => {
    for (const sensor of others) {
      const fault = `the differential strategies are for integer and float sensors only, not for ${sensor.type.sensorType} ones`
      assert.strictEqual(why("differential 1", sensor), fault)
      assert.strictEqual(why("differential-rate 1 1 2", sensor), fault)
    }
  })

  it("all others are for sensors of any type (P-218, P-219, P-220, P-221, P-224)", () => {
    for (const sensor of all)
      for (const text of ["none", "auto", "event", "period 1", "event-rate 1 2"])
        assert.match(why(text, sensor), /^taken/)
  })

  it("one request for many sensors reads its arguments once for each type (P-230)", () => {
    const parser = Strategy.parser(["differential", "2.0"], v5)
    assert.strictEqual(parser(integer), parser(Sensor.make("other", { type: Arg.SafeInt })))
    assert.strictEqual(parser(float), parser(Sensor.make("other", { type: Arg.Float })))
    assert.instanceOf(parser(others[0]!), Arg.Invalid)
    const period = Strategy.parser(["period", "2.0"], v5)
    for (const sensor of all) assert.strictEqual(period(sensor), period(float))
  })

  it.prop(
    "a written strategy reads back as the same (P-213)",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 ** 9 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 ** 9 }))
    ],
    ([one, more]) => {
      const [shortest, longest] = [one / 1000, (one + more) / 1000]
      const samples: ReadonlyArray<Strategy.Strategy> = [
        { _tag: "Period", period: (one + 999) / 1e6 },
        { _tag: "Differential", difference: one },
        { _tag: "EventRate", shortest, longest },
        { _tag: "DifferentialRate", difference: more + 1, shortest, longest }
      ]
      for (const strategy of samples)
        for (const sensor of [integer, float])
          assert.deepStrictEqual(Strategy.parse(Strategy.format(strategy, sensor, Dialect.v5), sensor, v5), strategy)
      const whole: Strategy.Strategy = { _tag: "Period", period: shortest }
      assert.deepStrictEqual(Strategy.parse(Strategy.format(whole, float, Dialect.v4), float, v4), whole)
    }
  )
})

describe("the table of strategies", () => {
  const seven: ReadonlyArray<string> = [
    "none",
    "auto",
    "event",
    "period",
    "differential",
    "event-rate",
    "differential-rate"
  ]

  it("version 4 has five strategies, versions from 5 have seven (P-314, A-129)", () => {
    const allowed = (protocol: Protocol) =>
      [...seven, "other", "Auto", ""].filter((name) => Strategy.isAllowed(name, protocol))
    assert.deepStrictEqual(Strategy.names, seven)
    assert.deepStrictEqual(allowed(v4), seven.slice(0, 5))
    assert.deepStrictEqual(allowed(v50), seven)
    assert.deepStrictEqual(allowed(Protocol.make(5, 1, "M")), seven)
  })

  it("a strategy that a version does not have is replaced by event (P-314)", () => {
    const rates = [Strategy.eventRate(0, "1 second"), Strategy.differentialRate(1, 0, "1 second")]
    for (const strategy of rates) {
      assert.strictEqual(Strategy.inProtocol(strategy, v5), strategy)
      assert.strictEqual(Strategy.inProtocol(strategy, v4), Strategy.event)
    }
    for (const strategy of [Strategy.none, Strategy.auto, Strategy.period("1 second"), Strategy.differential(1)])
      assert.strictEqual(Strategy.inProtocol(strategy, v4), strategy)
  })

  it("has a valid example of each strategy", () => {
    assert.deepStrictEqual(
      Strategy.examples.map((example) => {
        const strategy = Strategy.fromText(example)
        return strategy instanceof Arg.Invalid ? strategy.message : Strategy.toText(strategy).split(" ")[0]
      }),
      [...seven]
    )
  })
})

describe("strategies in text", () => {
  it("are read as people write them (A-401, A-409)", () => {
    assert.deepStrictEqual(Strategy.fromText("event-rate 1 5"), { _tag: "EventRate", shortest: 1, longest: 5 })
    assert.deepStrictEqual(Strategy.fromText("  period \t 0.5\n"), { _tag: "Period", period: 0.5 })
    assert.deepStrictEqual(Strategy.fromText("differential 2.5"), { _tag: "Differential", difference: 2.5 })
    assert.deepStrictEqual(Strategy.fromText("differential 9007199254740993"), {
      _tag: "Differential",
      difference: 9007199254740993n
    })
    for (const text of ["", " ", "nosuch", "period", "period 0", "differential x", "event-rate 5 1"])
      assert.instanceOf(Strategy.fromText(text), Arg.Invalid)
  })

  it("are checked against the sensor if one is given (P-223)", () => {
    assert.instanceOf(Strategy.fromText("differential 2.5", integer), Arg.Invalid)
    assert.deepStrictEqual(Strategy.fromText("differential 2.0", integer), { _tag: "Differential", difference: 2 })
    assert.instanceOf(Strategy.fromText("differential 2", others[0]), Arg.Invalid)
  })

  it("have one form, with numbers as floats (A-409)", () => {
    const normal = (text: string): string => {
      const strategy = Strategy.fromText(text)
      return strategy instanceof Arg.Invalid ? strategy.message : Strategy.toText(strategy)
    }
    for (const [text, form] of [
      ["event-rate 1 5", "event-rate 1.0 5.0"],
      ["period 1e0", "period 1.0"],
      ["differential 5", "differential 5.0"],
      ["differential 9007199254740993", "differential 9007199254740993"],
      ["differential-rate 5.0 0 2.50", "differential-rate 5.0 0.0 2.5"],
      ["  event ", "event"]
    ] as const) {
      assert.strictEqual(normal(text), form)
      assert.strictEqual(normal(form), form)
    }
  })

  it.effect(
    "have a codec (A-409)",
    Effect.fnUntraced(function* () {
      const decode = Schema.decodeEffect(Strategy.FromText)
      assert.deepStrictEqual(yield* decode("period 2"), { _tag: "Period", period: 2 })
      assert.strictEqual(yield* Schema.encodeEffect(Strategy.FromText)({ _tag: "Period", period: 2 }), "period 2.0")
      assert.match((yield* Effect.flip(decode("period 0"))).message, /the period must be from 0.001/)
      assert.match((yield* Effect.flip(decode("nosuch"))).message, /unknown strategy/)
    })
  )
})

describe("strategies as data", () => {
  const nonsense: ReadonlyArray<Strategy.Strategy> = [
    { _tag: "Period", period: 0 },
    { _tag: "Period", period: 1e-9 },
    { _tag: "Period", period: Number.NaN },
    { _tag: "Period", period: Number.POSITIVE_INFINITY },
    { _tag: "Differential", difference: 0 },
    { _tag: "Differential", difference: -1n },
    { _tag: "Differential", difference: Number.NaN },
    { _tag: "EventRate", shortest: 2, longest: 1 },
    { _tag: "EventRate", shortest: 0, longest: 0 },
    { _tag: "EventRate", shortest: Number.NaN, longest: 1 },
    { _tag: "DifferentialRate", difference: 1, shortest: 2, longest: 1 },
    { _tag: "DifferentialRate", difference: 0, shortest: 1, longest: 2 }
  ]

  it("are made by constructors (A-452, A-453, A-454, A-455, A-456, A-457)", () => {
    assert.deepStrictEqual(Strategy.none, { _tag: "None" })
    assert.deepStrictEqual(Strategy.auto, { _tag: "Auto" })
    assert.deepStrictEqual(Strategy.event, { _tag: "Event" })
    assert.deepStrictEqual(Strategy.period("250 millis"), { _tag: "Period", period: 0.25 })
    assert.deepStrictEqual(Strategy.period({ seconds: 2 }), { _tag: "Period", period: 2 })
    assert.deepStrictEqual(Strategy.differential(2n), { _tag: "Differential", difference: 2n })
    assert.deepStrictEqual(Strategy.eventRate(0, "1 minute"), { _tag: "EventRate", shortest: 0, longest: 60 })
    assert.deepStrictEqual(Strategy.differentialRate(0.5, "1 second", "2 seconds"), {
      _tag: "DifferentialRate",
      difference: 0.5,
      shortest: 1,
      longest: 2
    })
    assert.throws(() => Strategy.period(0), TypeError, /^the period must be/)
    assert.throws(() => Strategy.differential(-1), TypeError, /^the difference must be/)
    assert.throws(() => Strategy.eventRate("2 seconds", "1 second"), TypeError, /is longer than the longest/)
    assert.throws(() => Strategy.differentialRate(0, 0, 1), TypeError, /^the difference must be/)
  })

  it.effect(
    "have a Schema, which refuses invalid ones (P-220, P-223, P-226)",
    Effect.fnUntraced(function* () {
      const decode = Schema.decodeUnknownEffect(Strategy.Strategy)
      for (const strategy of [Strategy.none, Strategy.period("1 second"), Strategy.differentialRate(3n, 0, 1)])
        assert.deepStrictEqual(yield* decode(strategy), strategy)
      for (const strategy of nonsense) yield* Effect.flip(decode(strategy))
      yield* Effect.flip(decode({ _tag: "Sometimes" }))
      yield* Effect.flip(decode({ _tag: "Period", period: "1 second" }))
    })
  )

  it("auto becomes the strategy of the sensor, and never none (P-218, B-135)", () => {
    const named = (name: Sensor.AutoStrategy["name"], ...parameters: ReadonlyArray<string>) =>
      Sensor.make("x", { type: Arg.Int, autoStrategy: { name, parameters } })
    assert.strictEqual(Strategy.resolve(Strategy.auto, float), Strategy.auto)
    const often = named("event-rate", "0.5", "10")
    const strategy = Strategy.resolve(Strategy.auto, often)
    assert.deepStrictEqual(strategy, { _tag: "EventRate", shortest: 0.5, longest: 10 })
    assert.strictEqual(Strategy.resolve(Strategy.auto, often), strategy)
    assert.strictEqual(Strategy.resolve(Strategy.event, often), Strategy.event)
    assert.deepStrictEqual(Strategy.resolve(Strategy.auto, named("differential", "2.0")), {
      _tag: "Differential",
      difference: 2
    })
    for (const bad of [named("differential", "2.5"), named("period"), named("event", "1")]) {
      const refused = Strategy.resolve(Strategy.auto, bad)
      assert.instanceOf(refused, Arg.Invalid)
      assert.match((refused as Arg.Invalid).message, /^the sensor's autoStrategy: /)
    }
  })

  it.effect(
    "period is a Schedule too (A-453, P-220)",
    Effect.fnUntraced(function* () {
      const times: Array<number> = []
      const look = Effect.gen(function* () {
        times.push(yield* Clock.currentTimeMillis)
        if (times.length === 3) yield* Effect.sleep(450)
      })
      yield* Effect.forkScoped(Effect.repeat(look, Strategy.schedule(Strategy.period("200 millis"))))
      yield* TestClock.adjust("1250 millis")
      assert.deepStrictEqual(times, [0, 200, 400, 850, 1000, 1200])
    })
  )
})
