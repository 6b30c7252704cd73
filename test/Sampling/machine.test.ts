import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Arg } from "katcp/Codec"
import { Machine, Strategy } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { type Change, expected, type Report } from "./model.ts"

const float = Sensor.make("f", { type: Arg.Float, status: "nominal" })
const at = (time: number, value: number, status: Sensor.Status = "nominal"): Change => ({
  time,
  reading: { timestamp: time / 1000, status, value }
})

/** Runs a machine over changes; it is woken as early as `early` milliseconds before it wants to be, and then in time. */
const run = (
  strategy: Strategy.Strategy,
  changes: ReadonlyArray<Change>,
  until: number,
  early = 0,
  sensor: Machine.Sampled = float
): ReadonlyArray<Report> => {
  const machine = Machine.make(strategy, sensor)
  const reports: Array<Report> = []
  let { reading } = changes[0]!
  let now = 0
  const wake = (to: number) => {
    while (machine.due <= to) {
      const { due } = machine
      const sooner = Math.max(now, due - early)
      if (sooner < due && machine.wake(reading, sooner)) reports.push({ time: sooner, reading })
      assert.strictEqual(machine.due, due)
      if (machine.wake(reading, due)) reports.push({ time: due, reading })
      now = due
    }
  }
  if (machine.begin(reading, 0)) reports.push({ time: 0, reading })
  for (const change of changes.slice(1)) {
    wake(change.time)
    reading = change.reading
    now = change.time
    if (machine.offer(reading, now)) reports.push({ time: now, reading })
  }
  wake(until)
  return reports
}

describe("period", () => {
  const every = (seconds: number) => Machine.make({ _tag: "Period", period: seconds }, float)
  const { reading } = at(0, 0)

  it("0.1 s over 10 s is 1 + 100 reports, without drift (P-220, Q-17)", () => {
    const reports = run(Strategy.period({ seconds: 0.1 }), [at(0, 0)], 10_000)
    assert.strictEqual(reports.length, 101)
    assert.deepStrictEqual(
      reports.map(({ time }) => time),
      Array.from({ length: 101 }, (_, tick) => tick * 100)
    )
  })

  it("keeps whole milliseconds for months if the period has them (P-220)", () => {
    for (const seconds of [1.1, 0.7, 0.3, 16.1, 100.001]) {
      const machine = every(seconds)
      machine.begin(reading, 5)
      let drifted = 0
      for (let tick = 1; tick <= 100_000; tick++) {
        if (machine.due !== 5 + Math.round(tick * seconds * 1000) || !machine.wake(reading, machine.due)) drifted++
      }
      assert.strictEqual(drifted, 0)
    }
  })

  it("returns to the grid if it is woken late by less than a period (P-220)", () => {
    const machine = every(1)
    machine.begin(reading, 0)
    assert.isTrue(machine.wake(reading, 1999))
    assert.strictEqual(machine.due, 2000)
    assert.isTrue(machine.wake(reading, 2001))
    assert.strictEqual(machine.due, 3000)
  })

  it("continues from now if it is late by a period or more, without a burst (P-220, Q-17)", () => {
    const machine = every(1)
    machine.begin(reading, 0)
    assert.isTrue(machine.wake(reading, 5400))
    assert.strictEqual(machine.due, 6400)
    assert.isFalse(machine.wake(reading, 5401))
    assert.isTrue(machine.wake(reading, 6400))
    assert.strictEqual(machine.due, 7400)
    // late by a whole period: not twice in one moment
    assert.isTrue(machine.wake(reading, 8400))
    assert.strictEqual(machine.due, 9400)
  })

  it("keeps the delay of a grid that begins later, and restarts with it (P-220)", () => {
    const machine = every(0.1)
    machine.begin(reading, 0, 7)
    assert.strictEqual(machine.due, 107)
    assert.isTrue(machine.wake(reading, 108))
    assert.strictEqual(machine.due, 207)
    assert.isTrue(machine.wake(reading, 400))
    assert.strictEqual(machine.due, 507)
    machine.begin(reading, 1000, 230)
    assert.strictEqual(machine.due, 1130)
  })

  it("restarts when it is set again (P-215)", () => {
    const machine = every(1)
    machine.begin(reading, 0)
    machine.wake(reading, 1000)
    assert.isTrue(machine.begin(reading, 1400))
    assert.strictEqual(machine.due, 2400)
  })
})

describe("the rates", () => {
  it("count both periods from a late wake-up (P-224)", () => {
    const machine = Machine.make(Strategy.eventRate("1 second", "3 seconds"), float)
    machine.begin(at(0, 0).reading, 0)
    assert.isFalse(machine.offer(at(100, 1).reading, 100))
    assert.deepStrictEqual([machine.holds, machine.due], [true, 1000])
    assert.isTrue(machine.wake(at(100, 1).reading, 1700))
    assert.deepStrictEqual([machine.holds, machine.due], [false, 4700])
    assert.isFalse(machine.offer(at(0, 2).reading, 2699))
    assert.isTrue(machine.wake(at(0, 2).reading, 2700))
  })

  it("send the next reading in place of a late wake-up, changed or not (P-224, P-225)", () => {
    const machine = Machine.make(Strategy.eventRate("1 second", "3 seconds"), float)
    machine.begin(at(0, 0).reading, 0)
    machine.offer(at(100, 1).reading, 100)
    assert.isTrue(machine.offer(at(1500, 0).reading, 1500))
    assert.deepStrictEqual([machine.holds, machine.due], [false, 4500])
    assert.isFalse(machine.wake(at(1500, 0).reading, 1501))
  })

  it("never use an unchanged reading for a late repetition (P-224)", () => {
    const machine = Machine.make(Strategy.eventRate("1 second", "3 seconds"), float)
    machine.begin(at(0, 0).reading, 0)
    assert.isFalse(machine.offer(at(3100, 0).reading, 3100))
    assert.isTrue(machine.wake(at(3100, 0).reading, 3200))
  })

  it("restart when they are set again, and forget the held reading (P-215)", () => {
    const machine = Machine.make(Strategy.eventRate("1 second", "3 seconds"), float)
    machine.begin(at(0, 0).reading, 0)
    machine.offer(at(100, 1).reading, 100)
    assert.isTrue(machine.begin(at(100, 1).reading, 500))
    assert.deepStrictEqual([machine.holds, machine.due], [false, 3500])
  })
})

describe("the definition of a change", () => {
  const values = (reports: ReadonlyArray<Report>) => reports.map(({ reading }) => reading.value)
  const readings = [0, 0.05, 0.09, 0.12, 0.2, 0.3].map((value, tick) => at(tick, value))

  it("is the sensor's: a tolerance, compared with the last value sent (P-221, P-222)", () => {
    const tolerant = Sensor.make("x", { type: Arg.Float, equals: (one, other) => Math.abs(one - other) <= 0.1 })
    assert.deepStrictEqual(values(run(Strategy.event, readings, 10, 0, tolerant)), [0, 0.12, 0.3])
    const rated = run(Strategy.eventRate(2, 1000), readings, 10, 0, tolerant)
    assert.deepStrictEqual(
      rated.map(({ time, reading }) => [time, reading.value]),
      [
        [0, 0],
        [3, 0.12],
        [5, 0.3]
      ]
    )
    assert.deepStrictEqual(values(run(Strategy.event, readings, 10)), [0, 0.05, 0.09, 0.12, 0.2, 0.3])
  })

  it("does not use the tolerance for the differential strategies (P-222, P-223)", () => {
    const tolerant = Sensor.make("x", { type: Arg.Float, equals: () => true })
    assert.deepStrictEqual(values(run(Strategy.differential(0.1), readings, 10, 0, tolerant)), [0, 0.12, 0.3])
  })

  it("compares integers of any size exactly (P-223)", () => {
    const integer = Sensor.make("i", { type: Arg.Int, initial: Number.MIN_SAFE_INTEGER + 1 })
    const reading = { timestamp: 0, status: "nominal", value: Number.MAX_SAFE_INTEGER } as const
    const farther = (difference: bigint) => {
      const machine = Machine.make(Strategy.differential(difference), integer)
      machine.begin({ ...reading, value: integer.initial }, 0)
      return machine.offer(reading, 0)
    }
    assert.deepStrictEqual([farther(2n ** 54n - 4n), farther(2n ** 54n - 3n)], [true, false])
  })

  it("includes the sensor's own auto (P-218, B-135)", () => {
    const own = (name: Sensor.AutoStrategy["name"], ...parameters: ReadonlyArray<string>) =>
      Sensor.make("x", { type: Arg.Float, autoStrategy: { name, parameters } })
    const same = [at(0, 0), at(1, 0), at(2, 1), at(3, 1)]
    assert.strictEqual(run(Strategy.auto, same, 10).length, 4)
    assert.deepStrictEqual(values(run(Strategy.auto, same, 10, 0, own("event"))), [0, 1])
    const periodic = run(Strategy.auto, same, 10, 0, own("period", "0.005"))
    assert.deepStrictEqual(values(periodic), [0, 1, 1])
    assert.throws(() => Machine.make(Strategy.auto, own("differential", "-1")), TypeError, /autoStrategy/)
  })
})

it("an invalid strategy, or one that does not fit the sensor, is refused (P-223, P-226, Q-09)", () => {
  const make = (strategy: Strategy.Strategy, type: Arg.Any) => () => Machine.make(strategy, Sensor.make("x", { type }))
  assert.throws(make({ _tag: "Period", period: 0 }, Arg.Float), TypeError, /^the period must be/)
  assert.throws(make({ _tag: "EventRate", shortest: 2, longest: 1 }, Arg.Float), TypeError, /is longer than/)
  assert.throws(make({ _tag: "Differential", difference: 1 }, Arg.Boolean), TypeError, /not for boolean ones$/)
  assert.throws(make({ _tag: "Differential", difference: 1 }, Arg.Timestamp), TypeError, /not for timestamp ones$/)
  assert.throws(make({ _tag: "Differential", difference: 2.5 }, Arg.Int), TypeError, /must be whole, not 2\.5$/)
})

describe("any script", () => {
  const Script = Schema.Array(
    Schema.Struct({
      wait: Schema.Literals([0, 0, 1, 2, 3, 5, 10, 25]),
      value: Schema.Literals([0, 1, 2, 3, 10]),
      status: Schema.Literals(["nominal", "nominal", "nominal", "warn"])
    })
  ).check(Schema.isMaxLength(60))
  const Time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
  const Early = Schema.Literals([0, 1, 4])
  const options = { size: 60, runs: 150 }

  const changesOf = (script: typeof Script.Type): ReadonlyArray<Change> => {
    let time = 0
    return [at(0, 0), ...script.map(({ status, value, wait }) => at((time += wait), value, status))]
  }
  const until = 1600
  const strategies = (a: number, b: number): ReadonlyArray<Strategy.Strategy> => {
    const [shortest, longest] = [a / 1000, (a + b + 1) / 1000]
    const difference = (b % 4) + 0.5
    return [
      Strategy.none,
      Strategy.auto,
      Strategy.event,
      { _tag: "Period", period: longest },
      { _tag: "Differential", difference },
      { _tag: "EventRate", shortest, longest },
      { _tag: "EventRate", shortest, longest: 1e99 },
      { _tag: "DifferentialRate", difference, shortest, longest },
      { _tag: "DifferentialRate", difference, shortest, longest: 1e99 }
    ]
  }

  it.prop(
    "gives the reports of the specification, for every strategy (P-218, P-219, P-220, P-221, P-223, P-224, P-225, P-227, P-228)",
    [Script, Time, Time, Early],
    ([script, a, b, early]) => {
      const changes = changesOf(script)
      for (const strategy of strategies(a, b))
        assert.deepStrictEqual(run(strategy, changes, until, early), expected(strategy, changes, until))
    },
    { arbitrary: options }
  )

  it.prop(
    "keeps the reports of the rates between their shortest and longest periods (P-224, P-227)",
    [Script, Time, Time],
    ([script, a, b]) => {
      for (const strategy of strategies(a, b)) {
        if (strategy._tag !== "EventRate" && strategy._tag !== "DifferentialRate") continue
        const times = run(strategy, changesOf(script), until).map(({ time }) => time)
        for (const [at, time] of times.entries()) {
          if (at > 0) assert.isAtLeast(time - times[at - 1]!, strategy.shortest * 1000)
          assert.isAtMost((times[at + 1] ?? until) - time, strategy.longest * 1000)
        }
      }
    },
    { arbitrary: options }
  )

  it.prop(
    "never loses the last change (P-221, P-223, P-224, P-227)",
    [Script, Time, Time],
    ([script, a, b]) => {
      const changes = changesOf(script)
      const newest = changes.at(-1)!.reading
      for (const strategy of strategies(a, b)) {
        if (strategy._tag === "None") continue
        const last = run(strategy, changes, until).at(-1)!.reading
        assert.strictEqual(last.status, newest.status)
        const tolerance = "difference" in strategy ? Number(strategy.difference) : 0
        assert.isAtMost(Math.abs(last.value - newest.value), tolerance)
      }
    },
    { arbitrary: options }
  )

  it.prop(
    "reports exactly the changes since the previous report with event and differential (P-221, P-223)",
    [Script, Time],
    ([script, a]) => {
      const changes = changesOf(script)
      for (const strategy of [Strategy.event, Strategy.differential(a + 0.5)]) {
        const difference = strategy._tag === "Event" ? 0 : Number(strategy.difference)
        const reports = run(strategy, changes, until)
        const reported = new Set(reports.map(({ reading }) => reading))
        let sent = changes[0]!.reading
        for (const { reading } of changes) {
          const counts = reading.status !== sent.status || Math.abs(reading.value - sent.value) > difference
          assert.strictEqual(reported.has(reading), counts || reading === changes[0]!.reading)
          if (counts) sent = reading
        }
      }
    },
    { arbitrary: options }
  )
})
