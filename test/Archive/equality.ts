/**
 * Gives a store random readings, gaps, restarts and time, and compares every query with the naive fold over the log.
 */
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { gridOf } from "../../src/Archive/answers/buckets.ts"
import { make } from "../../src/Archive/answers/make.ts"
import type { Archive, Keep, StoreFailed } from "../../src/Archive/index.ts"
import { Store } from "../../src/Archive/index.ts"
import { BatchBuilder } from "../../src/Archive/model/Batch.ts"
import { numberOf, textOf } from "../../src/Archive/model/Value.ts"
import { type Status, statuses } from "../../src/Sensor/index.ts"
import * as Naive from "./naive.ts"

/** A source of random numbers that a seed determines. */
export const randomOf = (seed: number) => {
  let state = seed * 2654435761 + 12345
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    one: <A>(of: ReadonlyArray<A>): A => of[below(of.length)]!,
    chance: (of: number) => next() < of
  }
}
type Random = ReturnType<typeof randomOf>

const types = ["float", "integer", "boolean", "discrete", "string", "timestamp"]

const valueOf = (random: Random, type: string): Naive.Value => {
  switch (type) {
    case "float":
      return random.one([
        0,
        -0,
        1.5,
        -2.25,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        random.next() * 1000
      ])
    case "timestamp":
      return 1.7e9 + random.below(1000) / 8
    case "integer":
      return random.one<number | bigint>([
        0,
        7,
        -12,
        2 ** 53 - 1,
        2n ** 53n + 1n,
        -(2n ** 80n),
        123456789012345678901234567890n
      ])
    case "boolean":
      return random.chance(0.5)
    case "discrete":
      return random.one(["idle", "busy", "stow"])
    default:
      return random.one(["", "text", "nul \0 within", "not UTF-8 \udcff\udc80", "ünïcödé ✓", "0123", "x".repeat(3000)])
  }
}

const statusOf = (random: Random): Status => (random.chance(0.7) ? "nominal" : random.one(statuses))

const equal = (one: unknown, other: unknown, what: string) => {
  if (typeof one === "number" && typeof other === "number" && Math.abs(one - other) <= 1e-9 * Math.abs(one)) return
  if (!Object.is(one, other)) assert.fail(`${what}: the archive has ${String(one)}, the log ${String(other)}`)
}
/** −0 equals 0 where a number is the outcome of a computation. */
const plain = (number: number | undefined) => (number === undefined || Number.isNaN(number) ? undefined : number + 0)

/** Runs one history. `open` builds the store again: what it kept has to be there again. */
export const history = Effect.fnUntraced(function* (
  seed: number,
  open: Layer.Layer<Store, StoreFailed>,
  options: { readonly steps: number; readonly keep?: Keep }
) {
  const random = randomOf(seed)
  const log: Array<Naive.Logged> = []
  const gaps: Array<Naive.LoggedGap> = []
  const names = [
    { device: "m000", sensor: "rx.temp" },
    { device: "m000", sensor: "mode" },
    { device: "m001", sensor: "rx.temp" },
    { device: "anc", sensor: "text" }
  ]
  const kinds = new Map(
    names.map(({ device, sensor }) => [`${device}/${sensor}`, { type: random.one(types), units: "" }])
  )
  let now = 1.8e15
  let scope = yield* Scope.make()
  let store = Context.get(yield* Layer.buildWithScope(open, scope), Store)
  let builder = new BatchBuilder(4)
  const ids = new Map<string, number>()
  const idOf = Effect.fnUntraced(function* (name: { readonly device: string; readonly sensor: string }) {
    const kind = kinds.get(`${name.device}/${name.sensor}`)!
    const key = Naive.seriesOf({ ...name, ...kind })
    if (!ids.has(key)) {
      const [made] = yield* store.define([{ ...name, ...kind, description: "d", parameters: [], since: now }])
      ids.set(key, made!.id)
    }
    return ids.get(key)!
  })

  for (let step = 0; step < options.steps; step++) {
    const doing = random.next()
    if (doing < 0.72) {
      const number = 1 + random.below(30)
      for (let at = 0; at < number; at++) {
        now += 1 + random.below(random.chance(0.1) ? 20e6 : 2e6)
        const name = random.one(names)
        const { type, units } = kinds.get(`${name.device}/${name.sensor}`)!
        const series = yield* idOf(name)
        const before = random.chance(0.15)
          ? log.findLast((entry) => entry.device === name.device && entry.sensor === name.sensor)
          : undefined
        const own =
          before !== undefined && before.type === type
            ? before.own
            : random.chance(0.03)
              ? now + 3600e6
              : random.chance(0.03)
                ? now - 3 * 86_400e6
                : random.chance(0.1)
                  ? now - random.below(180e6)
                  : now - random.below(1e6)
        const again = before !== undefined && before.type === type && random.chance(0.5)
        const status = again ? before.status : statusOf(random)
        const value = again ? before.value : valueOf(random, type)
        log.push({ ...name, type, units, own, received: now, status, value })
        builder.add(series, own, now, statuses.indexOf(status), numberOf(value), textOf(value))
      }
      yield* store.append(builder.take())
    } else if (doing < 0.78) {
      const gap: Naive.LoggedGap = {
        device: random.one(["", "m000", "m001"]),
        sensor: "",
        from: now - random.below(60e6),
        to: random.chance(0.2) ? null : now + random.below(30e6),
        reason: random.one(["away", "off", "lost", "removed"]),
        lost: random.below(5)
      }
      const known = gaps.findIndex(
        (one) =>
          one.device === gap.device && one.sensor === gap.sensor && one.from === gap.from && one.reason === gap.reason
      )
      if (known !== -1) gaps.splice(known, 1)
      gaps.push(gap)
      yield* store.putGaps([gap])
      // a gap that lasts ends
      const open = gaps.findIndex((one) => one.to === null)
      if (open !== -1 && random.chance(0.8)) {
        gaps[open] = { ...gaps[open]!, to: now }
        yield* store.putGaps([gaps[open]])
      }
    } else if (doing < 0.86) {
      now += random.below(300e6)
      yield* store.tend(now, options.keep)
    } else if (doing < 0.92) {
      const name = random.one(names)
      kinds.set(`${name.device}/${name.sensor}`, { type: random.one(types), units: random.one(["", "K"]) })
    } else if (doing < 0.95) {
      yield* Scope.close(scope, Exit.void)
      scope = yield* Scope.make()
      store = Context.get(yield* Layer.buildWithScope(open, scope), Store)
      builder = new BatchBuilder(4)
    } else if (log.length > 0) yield* compare(random, make(store, {}), log, gaps, [...ids.keys()], now)
  }
  yield* compare(random, make(store, {}), log, gaps, [...ids.keys()], now)
  const { minuteFrom, rawFrom } = yield* store.state
  yield* Scope.close(scope, Exit.void)
  return { readings: log.length, rawFrom, minuteFrom }
})

const compare = Effect.fnUntraced(function* (
  random: Random,
  archive: Archive["Service"],
  log: ReadonlyArray<Naive.Logged>,
  gaps: ReadonlyArray<Naive.LoggedGap>,
  order: ReadonlyArray<string>,
  now: number
) {
  if (log.length === 0) return
  const { minuteFrom, rawFrom } = yield* archive.state
  const first = Math.min(...log.map(({ own, received }) => Math.min(own, received)))
  const begin = Math.max(rawFrom, now - 4 * 3600e6, Math.min(first, now - 1))
  const from = Math.round(begin + random.next() * (now - begin) * 0.7)
  const to = Math.round(from + 1 + random.next() * (now - from))
  const seriesKey = Naive.seriesOf

  // every reading, page by page
  const found = new Map<string, Array<unknown>>()
  let cursor: string | undefined
  const limit = 1 + random.below(40)
  for (;;) {
    const page = yield* archive.raw({
      sensors: "*",
      from: from / 1e6,
      to: to / 1e6,
      limit,
      ...(cursor === undefined ? {} : { cursor })
    })
    for (const { readings, series } of page.parts) {
      const key = seriesKey(series)
      found.set(key, [...(found.get(key) ?? []), ...readings])
    }
    cursor = page.next
    if (cursor === undefined) break
  }
  for (const key of order) {
    const naive = Naive.raw(log, key, Math.max(from, rawFrom), to)
    const readings = (found.get(key) ?? []) as ReadonlyArray<{
      readonly time: number
      readonly timestamp: number
      readonly received: number
      readonly status: Status
      readonly value: Naive.Value
      readonly replaced: number
    }>
    equal(readings.length, naive.length, `raw ${key}: number`)
    readings.forEach((reading, at) => {
      const entry = naive[at]!
      const what = `raw ${key} at ${entry.time}`
      equal(reading.time, entry.time / 1e6, `${what}: time`)
      equal(reading.timestamp, entry.own / 1e6, `${what}: timestamp`)
      equal(reading.received, entry.received / 1e6, `${what}: received`)
      equal(reading.status, entry.status, `${what}: status`)
      equal(reading.value, entry.value, `${what}: value`)
      equal(reading.replaced, entry.replaced, `${what}: replaced`)
    })
  }

  // buckets: narrow ones of readings, wide ones of minutes, which reach back further
  for (const points of [1, 7, 50, 400]) {
    const wide = random.chance(0.5)
    const begun = wide ? Math.max(minuteFrom === Number.NEGATIVE_INFINITY ? first : minuteFrom, now - 86_400e6) : from
    const grid = gridOf(begun, to, points)
    if (grid.width < 60e6 && begun < rawFrom) continue
    const answer = yield* archive.buckets({ sensors: "*", from: begun / 1e6, to: to / 1e6, points })
    for (const { buckets, series } of answer) {
      const naive = Naive.buckets(log, seriesKey(series), grid.begin, grid.width, grid.count)
      const key = `buckets ${seriesKey(series)} of ${grid.width} from ${grid.begin}`
      equal(buckets.length, naive.length, `${key}: number`)
      buckets.forEach((bucket, at) => {
        const one = naive[at]!
        const what = `${key}, bucket ${at}`
        equal(bucket.time, one.time / 1e6, `${what}: time`)
        equal(bucket.count, one.count, `${what}: count`)
        equal(bucket.valid, one.valid, `${what}: valid`)
        equal(plain(bucket.min), plain(one.min), `${what}: min`)
        equal(plain(bucket.max), plain(one.max), `${what}: max`)
        equal(plain(bucket.mean), plain(one.mean), `${what}: mean`)
        equal(bucket.first, one.first, `${what}: first`)
        equal(bucket.last, one.last, `${what}: last`)
        equal(bucket.worst, one.worst, `${what}: worst`)
      })
    }
  }

  // the value at a time
  const time = random.chance(0.2) ? now : from
  for (const moment of yield* archive.at({ sensors: "*", time: time / 1e6 })) {
    const naive = Naive.at(log, gaps, moment.device, moment.sensor, time, order)
    const what = `at ${time} ${moment.device}/${moment.sensor}`
    equal(moment.reading?.time, naive.entry === undefined ? undefined : naive.entry.time / 1e6, `${what}: time`)
    equal(moment.reading?.value, naive.entry?.value, `${what}: value`)
    equal(moment.status, naive.status, `${what}: status`)
    equal(moment.since, naive.since === undefined ? undefined : naive.since / 1e6, `${what}: since`)
  }

  // the last ones
  const count = 1 + random.below(5)
  for (const { readings, series } of yield* archive.last({ sensors: "*", count })) {
    const naive = Naive.raw(log, seriesKey(series), rawFrom, Number.POSITIVE_INFINITY).slice(-count)
    equal(
      readings.map(({ time }) => time).join(" "),
      naive.map(({ time }) => time / 1e6).join(" "),
      `last ${seriesKey(series)}`
    )
  }

  // states
  const answered = yield* Effect.exit(archive.states({ sensors: "*", from: from / 1e6, to: to / 1e6 }))
  if (Exit.isSuccess(answered))
    for (const one of answered.value) {
      const naive = Naive.states(log, gaps, one.device, one.sensor, from, to, order)
      const what = `states ${one.device}/${one.sensor} ${from} ${to}`
      equal(Math.round(one.unknown * 1e6), naive.unknown, `${what}: unknown`)
      equal(one.states.length, naive.states.size, `${what}: number`)
      for (const { entered, seconds, state } of one.states) {
        equal(Math.round(seconds * 1e6), naive.states.get(state)?.micros, `${what}: ${state}`)
        equal(entered, naive.states.get(state)?.entered, `${what}: ${state} entered`)
      }
    }

  // gaps
  equal(
    (yield* archive.gaps({ from: from / 1e6, to: to / 1e6 })).length,
    gaps.filter((gap) => gap.from < to && (gap.to === null || gap.to > from)).length,
    "gaps"
  )
})
