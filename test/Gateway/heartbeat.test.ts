/** The heartbeat of `/api/events`, and what a stream counts: time passes by TestClock alone. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Caller, type CallerEnd, Site } from "katcp/Site"
import { streamEvents } from "../../src/Gateway/api/events.ts"
import { GatewayCounts } from "../../src/Gateway/counts.ts"
import { Places } from "../../src/Gateway/Places.ts"
import { immediately } from "../Client/connect.ts"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, siteOf } from "../Site/network.ts"

/** A stream of a caller, and what it has told so far. */
const open = (site: Parameters<typeof streamEvents>[0], ended = Effect.never as Effect.Effect<CallerEnd>) =>
  Effect.gen(function* () {
    const counts = new GatewayCounts()
    const caller = { ...Caller.byAddress("read", "127.0.0.1"), ended }
    const places = new Places({ open: "streams", refused: "streamsRefused", name: "streams of events" }, counts)
    const told: Array<string> = []
    const fiber = yield* Effect.forkChild(
      Effect.gen(function* () {
        const { body } = yield* streamEvents(site, caller, {}, undefined, { counts, places })
        if (body._tag !== "Stream") throw new Error(body._tag)
        yield* Stream.runForEach(body.stream, (bytes) => Effect.sync(() => told.push(new TextDecoder().decode(bytes))))
      }).pipe(Effect.scoped),
      immediately
    )
    yield* pass("1 second")
    return { counts, fiber, told }
  })

describe("a stream of events", () => {
  it.effect("sends a comment every 15 seconds without an event", () =>
    Effect.gen(function* () {
      const site = yield* Site.make({})
      const { counts, fiber, told } = yield* open(site)
      assert.match(told.join(""), /^retry: 2000\n\nevent: devices\n.*\n\nid: .*\nevent: snapshot\n/)
      const before = told.length
      assert.deepStrictEqual([counts.streams, counts.eventsSent], [1, 2])
      yield* TestClock.adjust("13 seconds")
      assert.strictEqual(told.length, before)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(told.slice(before), [": beat\n\n"])
      yield* TestClock.adjust("45 seconds")
      assert.deepStrictEqual(told.slice(before), [": beat\n\n", ": beat\n\n", ": beat\n\n", ": beat\n\n"])
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(counts.streams, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("sends the comment although the time of day goes back", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let ahead = 0
      const stepped: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + ahead)
      }
      const site = yield* Site.make({})
      const { fiber, told } = yield* Effect.provideService(open(site), Clock.Clock, stepped)
      const before = told.length
      ahead = -3_600_000
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(told.slice(before), [": beat\n\n", ": beat\n\n"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("counts the 15 seconds from the last event", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      const { fiber, told } = yield* open(site)
      yield* TestClock.adjust("10 seconds")
      yield* one.off
      yield* pass("1 second")
      const before = told.length
      assert.match(told.at(-1)!, /event: (?:devices|delta)/)
      yield* TestClock.adjust("13 seconds")
      assert.deepStrictEqual(
        told.slice(before).filter((text) => text.startsWith(":")),
        []
      )
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("sends a last event and ends when the caller's token has expired", () =>
    Effect.gen(function* () {
      const site = yield* Site.make({})
      const ended = yield* Deferred.make<CallerEnd>()
      const { counts, fiber, told } = yield* open(site, Deferred.await(ended))
      yield* Deferred.succeed(ended, "expired")
      yield* Fiber.join(fiber)
      assert.strictEqual(told.at(-1), 'event: bye\ndata: {"why":"expired"}\n\n')
      assert.strictEqual(counts.streams, 0)
    }).pipe(Effect.scoped)
  )
})
