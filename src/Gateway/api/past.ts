/** The common part of the two queries of history: the archive, the stretch of time, and the values. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import type { Archive, QueryRefused, StoreFailed, Value } from "../../Archive/index.ts"
import { encodeText } from "../../Message/index.ts"
import type { ValueJson } from "../../Site/index.ts"
import { matching } from "./matching.ts"
import { BadRequest, NotFound, NotImplemented, Unavailable } from "./problems.ts"

type Service = Archive["Service"]

/** A query of history. Times are in seconds since 1970, or before now if they are negative. */
export interface PastQuery {
  readonly sensor: ReadonlyArray<string>
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly format?: "json" | "csv" | "ndjson" | undefined
}

/** A parsed query: its archive, its sensors and a stretch of time, in seconds since 1970. */
export interface Asked {
  readonly archive: Service
  readonly sensors: ReadonlyArray<string>
  readonly from: number
  readonly to: number
  /** `true` for a stretch that ends before it begins: it has no readings, and the archive would refuse it. */
  readonly isEmpty: boolean
}

/** The default stretch, in seconds. Not measured: an hour fills a plot. */
const usualStretch = 3600

/**
 * Parses a query. Without an archive it fails with the problem that tells how to turn one on; for malformed sensors,
 * with `BadRequest`.
 */
export const askedOf = (
  history: Effect.Effect<Service | undefined>,
  query: PastQuery
): Effect.Effect<Asked, NotImplemented | BadRequest> =>
  Effect.gen(function* () {
    const archive = yield* history
    if (archive === undefined)
      return yield* new NotImplemented({
        detail:
          "this process keeps no history: add a section archive to the site file (archive: { store: sqlite:site.db }), or start katcp gateway with --store"
      })
    yield* matching(query.sensor, "sensor")
    const now = (yield* Clock.currentTimeMillis) / 1000
    const at = (time: number) => (time < 0 ? now + time : time)
    const to = query.to === undefined ? now : at(query.to)
    const from = query.from === undefined ? to - usualStretch : at(query.from)
    // the archive compares times in microseconds
    const isEmpty = Math.round(from * 1e6) >= Math.round(to * 1e6)
    return { archive, sensors: query.sensor, from, to, isEmpty }
  })

/** Converts an error of the archive into a problem. */
export const problemOf = (error: QueryRefused | StoreFailed): BadRequest | NotFound | Unavailable => {
  if (error._tag === "StoreFailed") return new Unavailable({ detail: `the archive cannot be read now: ${error.why}` })
  const detail = error.message.slice(0, 1000).toWellFormed()
  return error.why === "unknown" || /\bcursor\b/.test(detail) ? new NotFound({ detail }) : new BadRequest({ detail })
}

/** A value of the archive in the JSON form of all readings. */
export const pastValue = (value: Value): ValueJson => {
  if (typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  return value.isWellFormed() ? value : { base64: Base64.encode(encodeText(value)) }
}
