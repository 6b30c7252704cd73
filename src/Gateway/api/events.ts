/**
 * `/api/events`: server-sent events. A stream is a reader of the table, with a revision and no queue. So a stalled
 * client costs the data in the kernel and one event. When it reads again, it gets the newest reading of each sensor.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { Caller, Changes, Row, SiteShape } from "../../Site/index.ts"
import type { GatewayCounts } from "../counts.ts"
import type { Places } from "../Places.ts"
import { deviceJson, missingOf } from "./devices.ts"
import { type Matches, matching } from "./matching.ts"
import { sensorText } from "./sensorJson.ts"
import { idOf, revisionOf } from "./sensors.ts"

/** The number of sensors in one event. Not measured: some 60 KB, which a stalled client has in memory once. */
const sensorsOfEvent = 200
/**
 * The milliseconds without an event before a comment is sent. Given by proxies, which close silent connections after 60
 * s at least.
 */
const beat = 15_000
/** The default number of events per second. Not measured: scripts that want more request it. */
const usualHz = 10

/** Milliseconds of a clock that never steps: the time of day can go back, and the comment would not come. */
const elapsed = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

interface Query {
  readonly match?: ReadonlyArray<string> | undefined
  readonly maxHz?: number | undefined
}

/** The stream of a caller, from the event of an id on. A caller without a place gets the refusal of `NoPlace`. */
export const streamEvents = (
  site: SiteShape,
  caller: Caller["Service"],
  { match, maxHz = usualHz }: Query,
  lastId: string | undefined,
  { counts, places }: { readonly counts: GatewayCounts; readonly places: Places }
) =>
  Effect.gen(function* () {
    const matches = yield* matching(match)
    // until the end of the stream: the scope is that of the request
    yield* places.take(caller)
    const isCostly = match?.some((text) => text.startsWith("/")) === true
    const fits = isCostly ? remembered(matches) : byRow(matches)
    const events = new Events(site, fits, revisionOf(site.table, lastId), counts)
    const pause = Effect.sleep(1000 / maxHz)
    const bye = Effect.map(caller.ended, (why) => ({
      text: events.counted(`event: bye\ndata: ${JSON.stringify({ why })}\n\n`),
      isLast: true
    }))
    const next = Effect.gen(function* () {
      if (events.isPaced) yield* pause
      const until = (yield* elapsed) + beat
      while (true) {
        const text = events.take()
        if (text !== "") return { text, isLast: false }
        const left = until - (yield* elapsed)
        if (left <= 0) return { text: ": beat\n\n", isLast: false }
        yield* Effect.timeoutOption(events.changed, left)
      }
    })
    const all = Stream.fromEffectRepeat(Effect.raceFirst(bye, next)).pipe(
      Stream.takeUntil(({ isLast }) => isLast),
      Stream.map(({ text }) => text),
      Stream.ensuring(Effect.sync(() => events.close()))
    )
    return HttpServerResponse.stream(Stream.encodeText(Stream.concat(Stream.make("retry: 2000\n\n"), all)), {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
    })
  }).pipe(Effect.catchTag("NoPlace", ({ response }) => Effect.succeed(response)))

type MatchesRow = (row: { readonly device: string; readonly name: string }) => boolean

const byRow =
  (matches: Matches): MatchesRow =>
  ({ device, name }) =>
    matches(device, name)

/** Regular expressions take 1 to 10 us each: the answer for a row is kept for the lifetime of the row. */
const remembered = (matches: Matches): MatchesRow => {
  const known = new WeakMap<object, boolean>()
  return (row) => {
    let found = known.get(row)
    if (found === undefined) {
      found = matches(row.device, row.name)
      known.set(row, found)
    }
    return found
  }
}

/** The state of a stream: the sent changes, and the next ones. */
class Events {
  /** `true` if the last events were complete: the next one waits for its time. */
  isPaced = false
  private readonly site: SiteShape
  private readonly counts: GatewayCounts
  private readonly matches: MatchesRow
  private revision: number
  private devices = -1
  private first = true
  private readonly needed = new Map<Row, () => void>()

  constructor(site: SiteShape, matches: MatchesRow, revision: number, counts: GatewayCounts) {
    this.site = site
    this.counts = counts
    this.matches = matches
    this.revision = revision
  }

  /** Counts an event. */
  counted(text: string): string {
    this.counts.eventsSent++
    return text
  }

  /** Waits until there may be changes. */
  get changed(): Effect.Effect<void> {
    const { site } = this
    return Effect.raceFirst(site.table.changed(this.revision), site.devicesChanged(this.devices))
  }

  /** Requests the readings of the sent sensors, if readings come only on demand. */
  private need({ changed, removed }: Changes): void {
    const { demand, table } = this.site
    if (demand === undefined) return
    for (const row of changed) if (!this.needed.has(row) && this.matches(row)) this.needed.set(row, demand.need(row))
    if (removed.length === 0) return
    for (const [row, release] of this.needed) {
      if (table.get(row.device, row.name) === row) continue
      this.needed.delete(row)
      release()
    }
  }

  /** Ends the demand. */
  close(): void {
    for (const release of this.needed.values()) release()
    this.needed.clear()
  }

  /** The next events as text; empty without any. */
  take(): string {
    const { site } = this
    const { table } = site
    let text = ""
    if (site.deviceRevision !== this.devices) {
      this.devices = site.deviceRevision
      const devices = Array.from(site.devices.values(), (device) => deviceJson(site, device))
      text = this.counted(`event: devices\ndata: ${JSON.stringify({ devices, ...missingOf(site) })}\n\n`)
    }
    if (!this.first && table.revision === this.revision) {
      this.isPaced = true
      return text
    }
    const changes = table.since(this.revision)
    this.need(changes)
    const rows: Array<Row> = []
    let upTo = changes.revision
    for (const [at, row] of changes.changed.entries()) {
      if (!this.matches(row)) continue
      rows.push(row)
      if (rows.length < sensorsOfEvent || at === changes.changed.length - 1) continue
      // the rest is in the next events: rows are in the order of their revisions
      upTo = row.revision
      break
    }
    const removed = changes.removed
      .filter((removal) => removal.revision <= upTo && this.matches(removal))
      .map(({ device, name }) => `${device}/${name}`)
    const more = upTo < changes.revision
    this.isPaced = !more
    const isFirst = this.first
    this.first = false
    this.revision = upTo
    if (!changes.snapshot && rows.length === 0 && removed.length === 0 && !isFirst) return text
    const parts = [
      ...(removed.length === 0 ? [] : [`"removed":${JSON.stringify(removed)}`]),
      `"sensors":[${rows.map(sensorText).join(",")}]`,
      `"more":${more}`
    ]
    const kind = changes.snapshot ? "snapshot" : "delta"
    return `${text}${this.counted(`id: ${idOf(table, upTo)}\nevent: ${kind}\ndata: {${parts.join(",")}}\n\n`)}`
  }
}
