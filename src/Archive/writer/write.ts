/**
 * The way from a site's table to a store, in three fibers. The first takes changes out of the ring, a few times a second,
 * and makes batches of them. The second gives batches to the store, one after the other, and tries again while that fails.
 * The third lets the store do what is due, and watches which devices are away.
 *
 * While the store cannot be written to, batches wait in memory, and then changes in the ring of the table. What falls out
 * of the ring is lost: the number stands in a gap.
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Change, SiteShape } from "../../Site/index.ts"
import type { StoreFailed } from "../errors.ts"
import { receivedTime } from "../model/Batch.ts"
import type { Gap } from "../model/Gap.ts"
import { seconds } from "../model/Reading.ts"
import type { Store } from "../Store.ts"
import { Backlog } from "./Backlog.ts"
import type { WriterHealth } from "./Health.ts"
import { Intake } from "./Intake.ts"
import type { ArchiveOptions } from "./options.ts"

/** Changes that are made a batch at a time. Measured: 10,000 take 10 ms from the ring to the store. */
const changesAtOnce = 10_000
/** How often the store does what is due. Not measured: a period ends a few seconds later than it might. */
const tendEvery = "5 seconds"
/** When a device that is connected, but not all of which could be subscribed to, is no longer away. Not measured: a minute is long. */
const settlesAfter = 60

/** Waits longer and longer, and a little differently each time. */
const retries: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("200 millis"),
  Schedule.spaced("10 seconds")
]).pipe(Schedule.jittered)

/** Writes what happens in a site until the scope closes. Returns how the writing goes. */
export const write = (
  site: SiteShape,
  store: Store["Service"],
  options: ArchiveOptions,
  wanted: (device: string, sensor: string) => boolean
): Effect.Effect<() => WriterHealth, StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe() * 1000
    const every = Duration.fromInputUnsafe(options.every ?? "200 millis")
    const backlog = new Backlog(
      options.buffer === undefined ? 67_108_864 : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(options.buffer))
    )
    const intake = new Intake(wanted)
    const waiting = yield* Latch.make(false)
    const begun = now()
    const status = {
      error: undefined as string | undefined,
      since: seconds(begun),
      written: 0,
      lost: 0,
      newest: undefined as number | undefined
    }

    const failing = (error: StoreFailed) =>
      Effect.suspend(() => {
        if (status.error === error.message) return Effect.void
        const first = status.error === undefined
        status.error = error.message
        if (first) status.since = seconds(now())
        return Effect.logWarning(`${error.message}; readings wait in memory until it works again`)
      })
    const working = Effect.suspend(() => {
      if (status.error === undefined) return Effect.void
      status.error = undefined
      status.since = seconds(now())
      return Effect.logInfo(`the archive in ${store.address} is written to again`)
    })
    /** Tries again until the store has done it. */
    const persist = <A>(effect: Effect.Effect<A, StoreFailed>): Effect.Effect<A> =>
      Effect.tapError(effect, failing).pipe(Effect.retry(retries), Effect.orDie, Effect.tap(working))

    // how it was left: since when it was off, and which gaps last
    const before = yield* store.state
    const last = Math.max(before.alive ?? 0, before.lastReceived ?? 0)
    const ended: Array<Gap> =
      last === 0 || last >= begun ? [] : [{ device: "", sensor: "", from: last, to: begun, reason: "off", lost: 0 }]
    if (ended.length > 0) yield* store.putGaps(ended)
    intake.resume(yield* store.gaps(begun, begun + 1))

    const feed = yield* site.table.feed
    const take = (changes: ReadonlyArray<Change>): Effect.Effect<void> =>
      Effect.gen(function* () {
        const definitions = intake.undefinedOf(changes, now())
        if (definitions.length > 0) intake.defined(yield* persist(store.define(definitions)))
        intake.take(changes, now())
        if (intake.length > 0) backlog.push(intake.batch())
        if (intake.length > 0 || intake.gaps.length > 0 || backlog.first !== undefined) waiting.openUnsafe()
      })

    // what the table has already is news for the archive
    const snapshot = site.table.snapshot().changed
    const present: Array<Change> = []
    for (const row of snapshot) {
      present.push({ _tag: "Added", row, revision: row.revision })
      const { reading } = row
      if (reading !== undefined) present.push({ _tag: "Reading", row, reading, revision: row.revision })
    }
    for (const device of site.devices.values())
      if (!device.health.connected) intake.begins("away", device.name, "", begun)

    let seenLost = 0
    let lostFrom = begun
    const gather = Effect.gen(function* () {
      const changes = backlog.full ? [] : feed.take(changesAtOnce)
      if (feed.lost > seenLost) {
        const lost = feed.lost - seenLost
        seenLost = feed.lost
        status.lost += lost
        intake.gaps.push({
          device: "",
          sensor: "",
          from: lostFrom,
          to: Math.max(now(), lostFrom + 1),
          reason: "lost",
          lost
        })
      }
      lostFrom = now()
      if (changes.length > 0) yield* take(changes)
      else if (intake.gaps.length > 0) waiting.openUnsafe()
      return changes.length
    })
    const gathering = Effect.gen(function* () {
      yield* take(present)
      for (;;) {
        yield* feed.changed
        if (feed.pending < changesAtOnce) yield* Effect.sleep(every)
        const taken = yield* gather
        if (taken === 0) yield* Effect.sleep(every)
      }
    })

    const putGaps = Effect.suspend(() => {
      const gaps = intake.gaps.splice(0)
      return gaps.length === 0 ? Effect.void : persist(store.putGaps(gaps))
    })
    const hand = Effect.gen(function* () {
      for (let batch = backlog.first; batch !== undefined; batch = backlog.first) {
        yield* persist(store.append(batch))
        backlog.shift()
        status.written += batch.length
        status.newest = seconds(receivedTime(batch.time[batch.length - 1]!, batch.lag[batch.length - 1]!))
      }
      yield* putGaps
    })
    const handing = Effect.gen(function* () {
      for (;;) {
        yield* waiting.await
        waiting.closeUnsafe()
        yield* hand
      }
    })

    const watch = () => {
      for (const { health, name } of site.devices.values()) {
        const { connected, since, synced } = health
        if (connected && (synced || seconds(now()) - since > settlesAfter)) intake.ends("away", name, "", now())
        else if (!connected) intake.begins("away", name, "", Math.round(Math.min(since * 1e6, now())))
      }
      if (intake.gaps.length > 0) waiting.openUnsafe()
    }
    const watching = Effect.gen(function* () {
      for (let revision = site.deviceRevision; ; revision = site.deviceRevision) {
        watch()
        yield* Effect.timeoutOption(site.devicesChanged(revision), "1 minute")
        // the readings of what has just connected come first
        yield* Effect.sleep(every)
      }
    })
    const tending = Effect.gen(function* () {
      for (;;) {
        yield* Effect.tapError(store.tend(now(), options.keep), failing).pipe(Effect.ignore)
        yield* Effect.sleep(tendEvery)
      }
    })

    // what is there is written before the store closes, if the store does not take long
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        yield* gather
        const rest: Array<Effect.Effect<void, StoreFailed>> = []
        for (let batch = backlog.first; batch !== undefined; batch = backlog.first) {
          backlog.shift()
          rest.push(store.append(batch))
        }
        const gaps = intake.gaps.splice(0)
        if (gaps.length > 0) rest.push(store.putGaps(gaps))
        yield* Effect.ignore(Effect.all([...rest, store.tend(now(), options.keep)], { discard: true }))
      }).pipe(Effect.timeoutOption("5 seconds"), Effect.asVoid)
    )
    for (const fiber of [gathering, handing, watching, tending]) yield* Effect.forkScoped(fiber)

    return () => ({
      ok: status.error === undefined,
      error: status.error,
      since: status.since,
      written: status.written,
      waiting: backlog.readings + feed.pending,
      lost: status.lost,
      newest: status.newest
    })
  })
