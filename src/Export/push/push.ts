/**
 * The push loop: from the ring of a site's table to one sink.
 *
 * It takes changes from the ring, a batch at a time, and passes them to the sink. While the sink fails, it retries the
 * same batch at growing intervals, and new changes wait in the ring, which all feeds of the table share. The loop
 * itself holds one batch. Changes that the ring drops are counted; then the current readings of the affected sensors
 * are sent, so a sink never keeps an old state. Each sink has its own loop, so each fails alone.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { causeOf, expectDuration, expectOptions } from "../../Message/index.ts"
import type { Change, Row, SiteShape } from "../../Site/index.ts"
import type { ExportRefused } from "../errors.ts"
import { wantedBy } from "../select.ts"
import { Intake, readingsOf } from "./Intake.ts"
import type { PushHealth } from "./PushHealth.ts"
import { type Sink, SinkFailed, type Written } from "./Sink.ts"

/** The changes in a batch. Measured: Influx lines of 5000 readings take 8 ms to make and 500 KB. */
const batchChanges = 5000
/** The bytes of the values in a batch. Not measured: for long texts, which rarely come together. */
const batchBytes = 4_194_304
/**
 * The attempts to find the refused readings in one batch, after which the refused rest of it counts as refused: if
 * nothing of it was accepted, and if something was. Not measured: one bad reading in 5000 is found in 26, a hundred in
 * some 1100.
 */
const mostSplits = { ofNone: 200, ofSome: 2000 }

/**
 * The longest wait that a destination may request, in seconds. Not measured: less than the ring holds at a low rate.
 */
const longestRest = 300
/**
 * The accepted batches before larger ones are tried again, after a destination accepted less. Not measured: a refused
 * attempt is rare then, and a destination that accepts more again is noticed within half an hour.
 */
const acceptedBefore = 1000

/** Waits with growing, randomized intervals, up to 10 seconds. */
const retries: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("10 seconds")
]).pipe(Schedule.jittered)

/**
 * Options of pushing readings to a sink.
 *
 * @category models
 * @since 0.1.0
 */
export interface PushOptions {
  /** Patterns of the sensors: `m000/rx.*`, `/temp$/`. Default: all of the site. */
  readonly sensors?: ReadonlyArray<string> | undefined
  /** The time that readings are collected, unless a batch is full before. Default 1 second. */
  readonly every?: Duration.Input | undefined
  /** The longest time of the sink for a batch. Default 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * Pushes every reading of a site's sensors to a sink, until the scope closes; then it sends the waiting ones, for up to
 * 5 seconds. Begins with the newest reading of each sensor. Returns the health. Fails with `ExportRefused` for a
 * malformed pattern.
 *
 * Readings that the sink does not accept wait in the ring of the site's table: `limits.ringChanges` and
 * `limits.ringBytes` of the site limit it.
 *
 * @category pushing
 * @since 0.1.0
 */
export const push = (
  site: SiteShape,
  sink: Sink,
  options: PushOptions = {}
): Effect.Effect<() => PushHealth, ExportRefused, Scope.Scope> =>
  Effect.gen(function* () {
    expectOptions("Export.push", options)
    const every = expectDuration("Export.push", options.every ?? "1 second")
    const timeout = expectDuration("Export.push", options.timeout ?? "10 seconds")
    const wanted = yield* Effect.fromResult(wantedBy(options.sensors))
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe() / 1000
    const feed = yield* site.table.feed
    const intake = new Intake(site.table, feed, wanted)
    /** Smaller than the default if the destination accepts less. */
    const limits = { changes: batchChanges, bytes: batchBytes }
    /** The number of accepted batches since the limit changed. */
    let taken = 0
    const status = {
      error: undefined as string | undefined,
      since: now(),
      written: 0,
      refused: 0,
      altered: 0,
      failures: 0,
      snapshots: 0
    }
    /** The changes on their way, the last first, without the delivered parts. */
    let underway: Array<ReadonlyArray<Change>> = []

    const failing = (message: string) =>
      Effect.suspend(() => {
        status.failures++
        const first = status.error === undefined
        status.error = message
        if (!first) return Effect.void
        status.since = now()
        return Effect.logWarning(`export ${sink.name}: ${message}`)
      })
    const working = Effect.suspend(() => {
      if (status.error === undefined) return Effect.void
      status.error = undefined
      status.since = now()
      return Effect.logInfo(`export ${sink.name}: ${sink.to} takes readings again`)
    })
    /** Makes one attempt; a defect in the sink's code counts as a refusal. */
    const attempt = <A>(effect: Effect.Effect<A, SinkFailed>): Effect.Effect<A, SinkFailed> =>
      effect.pipe(
        Effect.catchDefect((defect) =>
          Effect.fail(new SinkFailed({ why: "refused", message: `a defect: ${causeOf(defect)}` }))
        ),
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () =>
            Effect.fail(
              new SinkFailed({ why: "away", message: `${sink.to} took longer than ${Duration.format(timeout)}` })
            )
        })
      )
    /** Retries while the sink is away. */
    const persist = <A>(effect: Effect.Effect<A, SinkFailed>): Effect.Effect<A, SinkFailed> =>
      Effect.tapError(attempt(effect), ({ after, message, why }) =>
        Effect.suspend(() => {
          // the caller tries the parts of a batch, and reports if all of them are refused
          if (why !== "away") {
            status.failures++
            return Effect.void
          }
          const rest = after === undefined ? Effect.void : Effect.sleep(Math.min(after, longestRest) * 1000)
          return Effect.andThen(failing(message), rest)
        })
      ).pipe(Effect.retry({ schedule: retries, while: ({ why }) => why === "away" }))
    const count = ({ altered, refused, written }: Written): void => {
      status.written += written
      status.refused += refused
      status.altered += altered
    }

    /** Passes the changes to the sink; halves refused ones. */
    const deliver = Effect.gen(function* () {
      let splits = 0
      let accepted = false
      let refusal: string | undefined
      for (let piece = underway.at(-1); piece !== undefined; piece = underway.at(-1)) {
        const changes = piece
        const refusedBefore = status.refused
        const outcome = yield* persist(sink.write(changes)).pipe(
          Effect.map((written) => {
            underway.pop()
            count(written)
            return written
          }),
          Effect.catch((error) => Effect.succeed(error))
        )
        if (!(outcome instanceof SinkFailed)) {
          accepted = true
          if (outcome.refused > 0 && refusedBefore === 0)
            yield* Effect.logWarning(
              `export ${sink.name}: ${sink.to} refused ${outcome.refused} of ${changes.length} changes`
            )
          if (limits.changes < batchChanges && ++taken >= acceptedBefore) {
            taken = 0
            limits.changes = Math.min(batchChanges, limits.changes * 2)
          }
          yield* working
          continue
        }
        underway.pop()
        const isLarge = outcome.why === "large"
        if (changes.length === 1 || (!isLarge && splits >= (accepted ? mostSplits.ofSome : mostSplits.ofNone))) {
          const refused = changes.filter(({ _tag }) => _tag === "Reading").length
          if (refusedBefore === 0)
            yield* Effect.logWarning(
              `export ${sink.name}: ${refused} ${refused === 1 ? "reading was" : "readings were"} refused, the first of ${changes[0]!.row.path}: ${outcome.message}`
            )
          status.refused += refused
          refusal = outcome.message
          continue
        }
        const half = changes.length >> 1
        if (isLarge) {
          taken = 0
          limits.changes = Math.min(limits.changes, Math.max(1, half))
        } else splits++
        underway.push(changes.slice(half), changes.slice(0, half))
      }
      // a destination that accepts nothing at all is configured wrongly: report it
      if (refusal !== undefined && !accepted) yield* failing(refusal)
    })
    const send = (changes: ReadonlyArray<Change>): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (changes.length === 0) return Effect.void
        underway = [changes]
        return deliver
      })
    /** Sends the newest readings of rows, a batch at a time. */
    const sendNewest = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>, revision: number) {
      for (let at = 0; at < rows.length; ) {
        const some = rows.slice(at, at + limits.changes)
        at += some.length
        yield* send(readingsOf(some, revision))
      }
    })
    const round = Effect.gen(function* () {
      const { changes, lost, revision, stale } = intake.take(limits)
      if (lost > 0) {
        status.snapshots++
        yield* Effect.logWarning(
          `export ${sink.name}: ${lost} changes were lost because ${sink.to} did not accept them`
        )
        if (sink.gap !== undefined) yield* Effect.ignore(persist(sink.gap(lost)))
        yield* sendNewest(stale, revision)
      }
      yield* send(changes)
    })

    // send the waiting changes before the end, if the sink is fast
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        for (let piece = underway.pop(); piece !== undefined; piece = underway.pop())
          count(yield* attempt(sink.write(piece)))
        while (feed.pending > 0) {
          const { changes } = intake.take(limits)
          if (changes.length > 0) count(yield* attempt(sink.write(changes)))
        }
      }).pipe(Effect.ignore, Effect.timeoutOption("5 seconds"), Effect.asVoid)
    )
    const present = site.table.snapshot().changed.filter((row) => intake.wants(row))
    yield* Effect.forkScoped(
      Effect.gen(function* () {
        yield* sendNewest(present, feed.from)
        for (;;) {
          yield* feed.changed
          if (feed.pending < limits.changes) yield* Effect.sleep(every)
          yield* round
        }
      }).pipe(Effect.tapCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError(cause))))
    )
    return () => ({
      sink: sink.name,
      to: sink.to,
      ok: status.error === undefined,
      error: status.error,
      since: status.since,
      written: status.written,
      refused: status.refused,
      altered: status.altered,
      lost: feed.lost,
      pending: feed.pending + underway.reduce((sum, { length }) => sum + length, 0),
      failures: status.failures,
      snapshots: status.snapshots
    })
  })
