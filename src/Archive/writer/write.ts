/**
 * Moves readings from a site's table to a store, in four fibers. The first takes changes from the ring, a few times a
 * second, and makes batches. The second writes batches to the store, one after the other, and retries after failures.
 * The third watches for lost devices. The fourth runs the store's maintenance.
 *
 * While the store is not writable, batches wait ({@link Waiting}): in memory, then in the spill. Batches without room
 * in either are lost: a gap has the exact number of readings. New sensors have numbers of this process ({@link
 * Catalogue}), so only the second and the fourth fiber wait for the store.
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
import { type Batch, receivedTime } from "../model/Batch.ts"
import type { Gap } from "../model/Gap.ts"
import { keptOf } from "../model/Keep.ts"
import { seconds } from "../model/Reading.ts"
import { Spill } from "../Spill.ts"
import type { Store } from "../Store.ts"
import { Catalogue } from "./Catalogue.ts"
import { Gaps } from "./Gaps.ts"
import type { WriterHealth } from "./Health.ts"
import { Intake } from "./Intake.ts"
import type { ArchiveOptions } from "./options.ts"
import { Retention } from "./Retention.ts"
import { Troubles } from "./Troubles.ts"
import { Waiting } from "./Waiting.ts"

/** The changes that become a batch at once. Measured: 10,000 take 10 ms from the ring to the store. */
const changesAtOnce = 10_000
/** The batches between two writes of gaps, if more batches wait. Not measured: gaps are few. */
const batchesBetweenGaps = 100
/** The interval of maintenance. Not measured: a period ends a few seconds later than it could. */
const tendEvery = "5 seconds"
/**
 * The time after which a connected device counts as present, even if some subscriptions failed. Not measured: a minute
 * is long.
 */
const settlesAfter = 60
/**
 * The silence of a fleet's store after which a starting runner records that the archive was off, in microseconds. Not
 * measured: one runner at a time records every few seconds that it is on, and it may have been the one that died.
 */
const joins = 30_000_000
/** The longest wait for the store at the end of an archive. Not measured: longer than a working store needs. */
const endsWithin = "5 seconds"

/** Waits with growing, randomized intervals. */
const retries: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("200 millis"),
  Schedule.spaced("10 seconds")
]).pipe(Schedule.jittered)

/** Records a site until the scope closes. Returns the health of the writer. */
export const write = (
  site: SiteShape,
  store: Store["Service"],
  options: ArchiveOptions,
  wanted: (device: string, sensor: string) => boolean
): Effect.Effect<() => WriterHealth, StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const spill = yield* Spill
    const now = () => clock.currentTimeMillisUnsafe() * 1000
    const elapsed = () => Number(clock.monotonicTimeNanosUnsafe() / 1000n)
    const every = Duration.fromInputUnsafe(options.every ?? "200 millis")
    const memory =
      options.buffer === undefined ? 67_108_864 : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(options.buffer))
    const begun = now()
    const catalogue = new Catalogue()
    const gaps = new Gaps()
    const { fleet } = options
    const intake = new Intake(catalogue, gaps, wanted, fleet)
    const waiting = new Waiting(memory, spill, catalogue)
    const troubles = new Troubles(store.address, spill?.path, now)
    const latch = yield* Latch.make(false)
    const wake = () => {
      if (!waiting.isEmpty || !gaps.isEmpty || retention === undefined) latch.openUnsafe()
    }
    const status = { written: 0, lost: 0, newest: undefined as number | undefined }
    const lose = (readings: number, from: number, to: number) => {
      status.lost += readings
      gaps.loses(readings, from, to)
    }

    // the state at the last end: the time since when it was off, and the open gaps
    let retention: Retention | undefined
    const start = Effect.gen(function* () {
      const before = yield* store.state
      const last = Math.max(before.alive ?? 0, before.lastReceived ?? 0, spill?.newest ?? 0)
      const left = before.retention ?? { time: last === 0 ? begun : last, held: 0 }
      const ended: Array<Gap> =
        last === 0 || last >= begun - (fleet === undefined ? 0 : joins)
          ? []
          : [{ device: "", sensor: "", from: last, to: begun, reason: "off", lost: 0 }]
      if (ended.length > 0) yield* store.putGaps(ended)
      gaps.resume(yield* store.gaps(begun, begun + 1))
      retention = new Retention(left, keptOf(options.keep ?? {}).raw, elapsed())
    })
    // the runner of a fleet has just used the same database, so it is away for a while only
    yield* spill === undefined && fleet === undefined
      ? start
      : Effect.catchIf(
          troubles.watch("write", start),
          ({ why }) => why === "away",
          () => Effect.void
        )

    // readings of sensors that are not archived are not losses
    const feed = yield* site.table.feedOf((change) => intake.missed(change, now()))
    const take = (changes: ReadonlyArray<Change>): Effect.Effect<void> =>
      Effect.gen(function* () {
        for (const batch of intake.take(changes, now()))
          if (yield* waiting.push(batch)) gaps.keeps()
          else lose(batch.length, ...stretchOf(batch))
        wake()
      })

    // the current rows of the table are new to the archive
    const present: Array<Change> = []
    for (const row of site.table.snapshot().changed) {
      present.push({ _tag: "Added", row, revision: row.revision })
      const { reading } = row
      if (reading !== undefined) present.push({ _tag: "Reading", row, reading, revision: row.revision })
    }
    for (const device of site.devices.values())
      if (!device.health.connected) gaps.begins("away", device.name, "", begun)

    let seenLost = 0
    let lostFrom = begun
    const gather = Effect.gen(function* () {
      const changes = feed.take(changesAtOnce)
      if (feed.lost > seenLost) lose(feed.lost - seenLost, lostFrom, now())
      seenLost = feed.lost
      lostFrom = now()
      yield* take(changes)
    }).pipe(Effect.uninterruptible)
    const gathering = Effect.gen(function* () {
      yield* Effect.uninterruptible(take(present))
      for (;;) {
        yield* feed.changed
        if (feed.pending < changesAtOnce) yield* Effect.sleep(every)
        yield* gather
      }
    })

    let seenDamage = 0
    /** Writes the oldest entry to the store. Returns `false` if nothing waits. */
    const handOne = Effect.gen(function* () {
      if (retention === undefined) {
        yield* start
        watch()
      }
      const next = yield* waiting.next
      const damage = spill?.damage.readings ?? 0
      if (damage > seenDamage) lose(damage - seenDamage, begun, now())
      seenDamage = damage
      if (next === undefined) return false
      const { done, entry } = next
      if (entry._tag === "Gaps") yield* store.putGaps(entry.gaps)
      else {
        const batch = yield* catalogue.resolve(store, entry.batch, entry.definition)
        yield* store.append(batch)
        status.written += batch.length
        status.newest = seconds(stretchOf(batch)[1])
      }
      yield* done
      return true
    })
    const handGaps = Effect.gen(function* () {
      const pending = gaps.pending
      if (pending.length === 0) return
      yield* store.putGaps(pending)
      gaps.told(pending)
    })
    /** Retries until the store succeeds. */
    const persist = <A>(effect: Effect.Effect<A, StoreFailed>): Effect.Effect<A> =>
      troubles.watch("write", effect).pipe(Effect.retry(retries), Effect.orDie)
    const handing = Effect.gen(function* () {
      for (;;) {
        yield* latch.await
        latch.closeUnsafe()
        for (let batches = 1; yield* persist(handOne); batches++)
          if (batches % batchesBetweenGaps === 0) yield* persist(handGaps)
        yield* persist(handGaps)
      }
    })

    const watch = () => {
      for (const { health, name } of site.devices.values()) {
        const { connected, since, synced } = health
        if (connected && (synced || seconds(now()) - since > settlesAfter)) gaps.ends("away", name, "", now())
        else if (!connected) gaps.begins("away", name, "", Math.round(Math.min(since * 1e6, now())))
      }
      wake()
    }
    const watching = Effect.gen(function* () {
      for (let revision = site.deviceRevision; ; revision = site.deviceRevision) {
        watch()
        yield* Effect.timeoutOption(site.devicesChanged(revision), "1 minute")
        // readings of a newly connected device come first
        yield* Effect.sleep(every)
      }
    })
    const tend = Effect.suspend(() => {
      // the store was never reachable
      if (retention === undefined) return Effect.void
      return Effect.flatMap(fleet?.tends ?? Effect.succeed(true), (tends) =>
        tends ? tendNow(retention!) : Effect.void
      )
    })
    const tendNow = (retention: Retention) => {
      const wasAhead = retention.ahead > 0
      const state = retention.step(now(), elapsed())
      const { ahead } = retention
      const said =
        ahead > 0 && !wasAhead
          ? Effect.logWarning(
              `the clock is ${Duration.format(Duration.seconds(Math.round(ahead / 1e6)))} ahead of the time at which the archive in ${store.address} last dropped old data: ` +
                "it has stepped, or the archive was off. Nothing more is dropped for its age until the archive has run for a day. If the clock is wrong, set it right."
            )
          : Effect.void
      return Effect.andThen(said, store.tend(now(), options.keep, state))
    }
    const tending = Effect.gen(function* () {
      for (;;) {
        yield* Effect.ignore(troubles.watch("tend", tend))
        yield* Effect.sleep(tendEvery)
      }
    })

    // at the end, write what waits, if the store is quick; otherwise move it to the spill
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        yield* gather
        const rest = Effect.gen(function* () {
          while (yield* handOne) {}
          yield* handGaps
          yield* tend
        })
        yield* Effect.ignore(Effect.timeoutOption(rest, endsWithin))
        if (waiting.isEmpty && gaps.isEmpty) return
        const left = yield* waiting.moveAll(gaps.pending)
        if (left > 0)
          yield* Effect.logError(
            `${left} readings are lost: the archive in ${store.address} could not be written to when it ended. ${spill === undefined ? "With a spill they would have waited on the disk." : `There was no room in ${spill.path}.`}`
          )
      })
    )
    for (const fiber of [gathering, handing, watching, tending]) yield* Effect.forkScoped(fiber)

    return () => ({
      ok: troubles.error === undefined && waiting.spillError === undefined,
      error: troubles.error ?? waiting.spillError,
      since: troubles.since,
      written: status.written,
      waiting: waiting.readings + feed.pending,
      spilled: waiting.spilled,
      waitingBytes: waiting.bytes,
      lost: status.lost + feed.lost - seenLost,
      newest: status.newest,
      clockAhead: (retention?.ahead ?? 0) / 1e6
    })
  })

/** The earliest and the latest time of arrival. */
const stretchOf = (batch: Batch): [from: number, to: number] => {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (let at = 0; at < batch.length; at++) {
    const came = receivedTime(batch.time[at]!, batch.lag[at]!)
    if (came < from) from = came
    if (came > to) to = came
  }
  return [from, to]
}
