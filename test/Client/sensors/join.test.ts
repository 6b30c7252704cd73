/** One strategy on the wire for all who want a sensor: what it is, and that each gets what it would get alone. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Arg, type Client, Sampling, Sensor } from "katcp"
import { immediately } from "../connect.ts"
import { pass, siteWith } from "./site.ts"

const { Strategy } = Sampling
const { join, same } = Strategy
type AnyStrategy = Sampling.Strategy.Strategy

const all: ReadonlyArray<AnyStrategy> = [
  Strategy.none,
  Strategy.auto,
  Strategy.event,
  Strategy.period("1 second"),
  Strategy.period("2.5 seconds"),
  Strategy.differential(1),
  Strategy.differential(2),
  Strategy.eventRate("1 second", "5 seconds"),
  Strategy.eventRate("2 seconds", "3 seconds"),
  Strategy.differentialRate(2, "1 second", "4 seconds")
]
const Some = Schema.Array(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).check(Schema.isMaxLength(5))
const of = (some: ReadonlyArray<number>) => some.map((index) => all[index]!)
const joined = (some: ReadonlyArray<AnyStrategy>): AnyStrategy =>
  some.reduce((one, other) => join(one, other), Strategy.none)
const text = (some: ReadonlyArray<AnyStrategy>) => Strategy.toText(joined(some))

describe("the common strategy of several consumers", () => {
  it("is their strategy if they agree, and none without consumers", () => {
    assert.strictEqual(joined([]), Strategy.none)
    for (const strategy of all) assert.deepStrictEqual(joined([strategy, Strategy.none, { ...strategy }]), strategy)
    assert.isTrue(same(Strategy.differential(2), Strategy.differential(2n)))
    assert.isFalse(same(Strategy.differential(2), Strategy.differential(3)))
    assert.isFalse(same(Strategy.none, Strategy.auto))
  })

  it("is the shorter of two periods, the shorter times of two rates, and otherwise every change", () => {
    assert.strictEqual(text(of([4, 3])), "period 1.0")
    assert.strictEqual(text(of([7, 8])), "event-rate 1.0 3.0")
    for (const pair of [
      [1, 2],
      [1, 3],
      [3, 7],
      [5, 6],
      [5, 9],
      [7, 9],
      [2, 9]
    ])
      assert.strictEqual(text(of(pair)), "event")
  })

  it.prop("does not depend on their order, and is always valid", { some: Some }, ({ some }) => {
    const strategies = of(some)
    assert.strictEqual(text(strategies.toReversed()), text(strategies))
    assert.strictEqual(text([...strategies, ...strategies]), text(strategies))
    const [first = Strategy.none, ...others] = strategies
    assert.strictEqual(text([first, joined(others)]), text(strategies))
    assert.isUndefined(Strategy.faultFor(joined(strategies), Sensor.make("a", { type: Arg.Int })))
  })
})

/** A report: when it came, and what it said. */
interface Report {
  readonly time: number
  readonly text: string
}

const Step = Schema.Struct({
  // never on a grid of theirs: what would be first is not defined
  after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
  value: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
  status: Schema.Literals(["nominal", "nominal", "nominal", "warn", "unknown"])
})

/** Reads the sensor `a` by a strategy, and notes what comes. */
const listen = Effect.fnUntraced(function* (
  { sensorNamed }: Pick<Client.Client<never, never>, "sensorNamed">,
  strategy: AnyStrategy
) {
  const reports: Array<Report> = []
  yield* sensorNamed("a")
    .sample(strategy)
    .pipe(
      Stream.runForEach(({ status, value }) =>
        Effect.map(Clock.currentTimeMillis, (time) => reports.push({ time, text: `${status} ${value}` }))
      ),
      Effect.forkScoped(immediately)
    )
  return reports
})

describe("each of several consumers", () => {
  it.effect.prop(
    "gets the same readings as alone if the wire has every change",
    { some: Some, steps: Schema.Array(Step).check(Schema.isMaxLength(30)) },
    Effect.fnUntraced(function* ({ some, steps }) {
      // an event apart, so the wire has them; auto alone is every reading, together it is every change
      const strategies = [Strategy.event, ...of(some).filter(({ _tag }) => _tag !== "Auto" && _tag !== "None")]
      const { another, client, set } = yield* siteWith()
      const sensor = yield* set.add(Sensor.make("a", { type: Arg.Int, initial: 0 }))
      yield* pass(20)
      const together = yield* Effect.forEach(strategies, (strategy) => listen(client, strategy))
      const alone = yield* Effect.forEach(strategies, (strategy) =>
        Effect.flatMap(another, (client) => listen(client, strategy))
      )
      yield* pass(0)
      yield* pass(7)
      for (const { after, status, value } of steps) {
        yield* sensor.set(value, { status })
        yield* pass(after * 50)
      }
      yield* pass("10 seconds")
      for (const [index, strategy] of strategies.entries())
        assert.deepStrictEqual(together[index], alone[index], Strategy.toText(strategy))
    }),
    { arbitrary: { runs: 60, size: 30 }, timeout: 600_000 }
  )

  it.effect(
    "with a period gets its own grid from a shorter one, with the newest value",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* siteWith()
      const sensor = yield* set.add(Sensor.make("a", { type: Arg.Int, initial: 0 }))
      yield* pass(20)
      const slow = yield* listen(client, Strategy.period("1 second"))
      const fast = yield* listen(client, Strategy.period("350 millis"))
      yield* client.synced
      yield* pass(7)
      for (let value = 1; value <= 30; value++) {
        yield* sensor.set(value)
        yield* pass(100)
      }
      assert.deepStrictEqual(
        slow.map(({ time, text }) => [time, text]),
        [
          [20, "nominal 0"],
          [1020, "nominal 7"],
          [2020, "nominal 18"],
          [3020, "nominal 28"]
        ]
      )
      assert.strictEqual(fast.length, 9)
    })
  )

  it.effect(
    "with a rate gets the last change within its own shortest period plus that of the wire",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* siteWith()
      const sensor = yield* set.add(Sensor.make("a", { type: Arg.Int, initial: 0 }))
      yield* pass(20)
      const slow = yield* listen(client, Strategy.eventRate("2 seconds", "10 seconds"))
      yield* listen(client, Strategy.eventRate("1.5 seconds", "8 seconds"))
      yield* client.synced
      yield* pass(480)
      yield* sensor.set(1)
      yield* pass(1200)
      yield* sensor.set(2)
      yield* pass("20 seconds")
      assert.deepStrictEqual(
        slow.map(({ time, text }) => [time, text]),
        [
          [20, "nominal 0"],
          [2020, "nominal 1"],
          [4020, "nominal 2"],
          [14020, "nominal 2"]
        ]
      )
    })
  )
})
