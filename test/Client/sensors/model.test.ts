/** Whatever happens to device, network and consumers, in any order: at rest the mirror is the device. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Arg, type Client, Sampling, Sensor, type Server } from "katcp"
import { Protocol } from "katcp/Message"
import { immediately } from "../connect.ts"
import { pass, siteWith, subscriptionsOf } from "./site.ts"

const { Strategy } = Sampling
const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const names = ["a", "b.c", "b.d", "b.e-1", "f_g"]
const definitions = [
  { type: Arg.Int },
  { type: Arg.Int, doc: "another" },
  { type: Arg.Float, units: "m" },
  { type: Arg.Float, units: "m", nominal: [0, 2] },
  { type: Arg.Discrete("0", "1", "2", "3") },
  { type: Arg.Text }
] as ReadonlyArray<Sensor.Options<unknown>>
const filters: ReadonlyArray<Client.SensorFilter> = [
  "a",
  "busy",
  "none-such",
  "b.*",
  "*",
  /\.[cd]/g,
  (name) => name.length > 3
]
const strategies = [
  Strategy.auto,
  Strategy.event,
  Strategy.event,
  Strategy.period("1 second"),
  Strategy.period("3 seconds"),
  Strategy.differential(1),
  Strategy.eventRate("1 second", "5 seconds"),
  Strategy.differentialRate(1, "2 seconds", "4 seconds"),
  Strategy.none
]

const Step = Schema.Struct({
  what: Schema.Literals([
    "add",
    "add",
    "add",
    "add again",
    "add many",
    "remove",
    "ranges",
    "set",
    "set",
    "set",
    "mirror",
    "watch",
    "watch",
    "leave",
    "leave",
    "cut",
    "unplug",
    "plug",
    "reconnect",
    "wait"
  ]),
  name: between(0, names.length - 1),
  pick: between(0, 1000),
  /** How many turns the fibers get before the next step. */
  turns: between(0, 60)
})
const Steps = Schema.Array(Step)
type Step = typeof Step.Type

/** A user of sensors, and the received readings. */
interface Consumer {
  readonly filter: Client.SensorFilter
  readonly strategy: Sampling.Strategy.Strategy
  readonly scope: Scope.Closeable
  /** The sensors that came and did not go, with the readings of each; undefined for one who only mirrors. */
  readonly seen: Map<string, Array<Client.RemoteReading<unknown>>> | undefined
}

const matches = (filter: Client.SensorFilter, name: string): boolean =>
  typeof filter === "function"
    ? filter(name)
    : typeof filter === "string"
      ? filter === name || (filter.endsWith("*") && name.startsWith(filter.slice(0, -1)))
      : name.search(filter) !== -1

type Site = Effect.Success<ReturnType<typeof siteWith>>

const watch = (
  { client }: Site,
  seen: NonNullable<Consumer["seen"]>,
  consumer: Pick<Consumer, "filter" | "strategy">
) =>
  client.watch(consumer.filter, consumer).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        const { name } = event.sensor
        if (event._tag === "Removed") assert.isTrue(seen.delete(name), `${name} went and was not there`)
        else if (event._tag === "Added") {
          assert.isFalse(seen.has(name), `${name} came twice`)
          seen.set(name, [])
        } else seen.get(name)!.push(event.reading)
      })
    )
  )

/** The device goes. It gives its clients a second to read what they were sent. */
const leave = ({ unplug }: Site) =>
  Effect.flatMap(Effect.forkChild(unplug, immediately), (leaving) =>
    Effect.andThen(pass("2 seconds"), Fiber.join(leaving))
  )

/** All that can happen, by name. */
const happen = (site: Site, consumers: Array<Consumer>, { name: at, pick, what }: Step) =>
  Effect.gen(function* () {
    const { client, cut, plug, set } = site
    const name = names[at]!
    const make = (name: string, pick: number) => Sensor.make(name, definitions[pick % definitions.length]!)
    switch (what) {
      case "add":
        return yield* set.add(make(name, pick))
      case "add again": {
        const definition = set.get(name)?.definition
        return definition === undefined ? undefined : yield* set.add(definition)
      }
      case "add many":
        return yield* set.batch(Effect.forEach(names, (name, index) => set.add(make(name, pick + index))))
      case "remove":
        return yield* set.remove(name)
      case "ranges":
        return yield* Effect.ignore(set.get(name)?.setRanges({ nominal: [pick, pick + 1] }) ?? Effect.void)
      case "set": {
        const sensor = set.get(name)
        const text = sensor?.definition.type.sensorType === "boolean" ? `${pick % 2}` : `${pick % 4}`
        const status = Sensor.statuses[pick % Sensor.statuses.length]!
        return sensor === undefined
          ? undefined
          : yield* Effect.orDie(sensor.setFormatted(text, client.dialect, { status }))
      }
      case "mirror":
      case "watch": {
        const filter = filters[pick % filters.length]!
        const strategy = strategies[at % strategies.length]!
        const scope = yield* Scope.make()
        const seen = what === "watch" ? new Map() : undefined
        if (seen === undefined) yield* Scope.provide(client.mirror(filter, strategy), scope)
        else yield* Effect.forkIn(watch(site, seen, { filter, strategy }), scope, immediately)
        return consumers.push({ filter, strategy, scope, seen })
      }
      case "leave": {
        const [consumer] = consumers.splice(pick % Math.max(1, consumers.length), 1)
        return consumer === undefined ? undefined : yield* Scope.close(consumer.scope, Exit.void)
      }
      case "cut":
        return yield* cut
      case "unplug":
        return yield* leave(site)
      case "plug":
        return yield* Effect.andThen(leave(site), plug)
      case "reconnect":
        return yield* client.reconnect
      case "wait":
        return yield* pass(pick * 10)
    }
  })

const newest = ({ reading: { status }, value }: Sensor.LiveSensor<unknown>) => [status, value]

const described = ({ definition: { doc, name, parameters, type, units } }: Sensor.LiveSensor<unknown>) =>
  [name, doc, units, type.sensorType, ...parameters].join(" | ")

/** The conditions at rest. */
const check = Effect.fnUntraced(function* ({ client, set }: Site, consumers: ReadonlyArray<Consumer>) {
  const { device, dialect, protocol } = client
  assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Synced")
  const wanted = set.values.filter(({ name }) => consumers.some(({ filter }) => matches(filter, name)))
  assert.deepStrictEqual(device.sensors.values.map(described), wanted.map(described))
  const expected: Record<string, string> = {}
  for (const sensor of wanted) {
    const { definition, name } = sensor
    const mine = consumers.filter(({ filter, strategy }) => {
      return matches(filter, name) && Strategy.faultFor(strategy, definition) === undefined
    })
    const joined = mine.reduce<Sampling.Strategy.Strategy>(
      (one, { strategy }) => Strategy.join(one, strategy),
      Strategy.none
    )
    const known = Strategy.isAllowed(Strategy.format(joined, definition, dialect)[0]!, protocol)
    const text = Strategy.format(known ? joined : Strategy.event, definition, dialect).join(" ")
    if (text === "none") continue
    expected[name] = text
    const mirrored = device.sensors.get(name)!
    if (joined._tag !== "Differential" && joined._tag !== "DifferentialRate")
      assert.deepStrictEqual(newest(mirrored), newest(sensor), `${name} ${text}`)
  }
  assert.deepStrictEqual(yield* subscriptionsOf(client), expected)
  for (const { filter, seen, strategy } of consumers) {
    if (seen === undefined) continue
    const there = set.names.filter((name) => matches(filter, name))
    assert.deepStrictEqual([...seen.keys()].sort(), there, `${filter} ${strategy._tag}`)
    for (const name of there) {
      const { definition, reading } = set.get(name)!
      const readings: ReadonlyArray<Client.RemoteReading<unknown>> = seen.get(name)!
      const last = readings.at(-1)
      if (strategy._tag === "None") continue
      if (Strategy.faultFor(strategy, definition) !== undefined) {
        assert.isUndefined(last)
        continue
      }
      assert.isDefined(last, `${name} ${strategy._tag}`)
      assert.strictEqual(last.status, reading.status, name)
      if (strategy._tag === "Differential" || strategy._tag === "DifferentialRate")
        assert.isAtMost(Math.abs(Number(last.value) - Number(reading.value)), 1)
      else assert.isTrue(definition.equals(last.value, reading.value), `${name} ${strategy._tag}`)
      if (strategy._tag === "Event")
        for (let at = 1; at < readings.length; at++) {
          const [one, other] = [readings[at - 1]!, readings[at]!]
          assert.isFalse(one.status === other.status && definition.equals(one.value, other.value), `${name} twice`)
        }
    }
  }
})

/** Counts the fibers that are alive. */
const counter = () => {
  const fibers = { alive: 0 }
  const layer = Layer.succeed(Metric.FiberRuntimeMetrics, {
    recordFiberStart: () => {
      fibers.alive++
    },
    recordFiberEnd: () => {
      fibers.alive--
    }
  })
  return { fibers, layer }
}

const settle = Effect.fnUntraced(function* (site: Site) {
  const { client, plug } = site
  yield* leave(site)
  yield* plug
  yield* pass("1 minute")
  yield* client.synced
  yield* pass("10 seconds")
})

const run = Effect.fnUntraced(function* (
  steps: ReadonlyArray<Step>,
  serverOptions: Parameters<typeof siteWith>[1],
  clientOptions?: Client.Options
) {
  const { fibers, layer } = counter()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const site = yield* siteWith({ reconnect: Schedule.spaced(500), ...clientOptions }, serverOptions)
      const consumers: Array<Consumer> = []
      for (const step of steps) {
        yield* happen(site, consumers, step)
        for (let turn = 0; turn < step.turns; turn++) yield* Effect.yieldNow
      }
      yield* settle(site)
      yield* check(site, consumers)
      for (const { scope } of consumers) yield* Scope.close(scope, Exit.void)
      yield* pass("10 seconds")
      yield* check(site, [])
    })
  ).pipe(Effect.provide(layer))
  yield* pass(1)
  assert.strictEqual(fibers.alive, 0)
})

const flags: ReadonlyArray<readonly [string, number, Server.Options]> = [
  ["5.1 with all flags", 500, {}],
  ["5.1 that names every sensor that has changed", 250, { interfaceChanged: "each" }],
  ["5.0 without ids", 250, { protocol: Protocol.make(5, 0, "M") }]
]

describe("any order of events", () => {
  for (const [title, runs, options] of flags)
    it.effect.prop(
      `leaves a mirror equal to the device, and only the wanted strategies: version ${title}`,
      { steps: Steps },
      ({ steps }) => run(steps, options),
      { arbitrary: { runs, size: 30 }, timeout: 600_000 }
    )
})
