import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { Archive, Page } from "../../Archive/index.ts"
import { codeOf } from "../../Site/index.ts"
import { csvLine } from "./csv.ts"
import { askedOf, type PastQuery, pastValue, problemOf } from "./past.ts"
import type { PastReading } from "./schemas.ts"

type Service = Archive["Service"]

/** The number of readings that a stream fetches at a time. Not measured: that of the archive's own pages. */
const readingsAtOnce = 10_000

/** Every reading: a page, or all of them line by line. */
export const getReadings = (
  history: Effect.Effect<Service | undefined>,
  query: PastQuery & { readonly limit?: number | undefined; readonly cursor?: string | undefined }
) =>
  Effect.gen(function* () {
    const { archive, isEmpty, ...asked } = yield* askedOf(history, query)
    const { cursor, format = "json", limit = readingsAtOnce } = query
    const page = (size: number, cursor: string | undefined): ReturnType<Service["raw"]> =>
      isEmpty
        ? Effect.succeed({ parts: [], next: undefined })
        : archive.raw({ ...asked, limit: size, ...(cursor === undefined ? {} : { cursor }) })
    if (format === "json") {
      const { next, parts } = yield* Effect.mapError(page(limit, cursor), problemOf)
      return HttpServerResponse.jsonUnsafe({ readings: readingsOf(parts), ...(next === undefined ? {} : { next }) })
    }
    const csv = format === "csv"
    const line = csv
      ? ({ code, device, name, received, status, timestamp, value }: PastReading) =>
          csvLine([timestamp, received, device, name, value, status, code])
      : (reading: PastReading) => `${JSON.stringify(reading)}\n`
    const lines = ({ parts }: Page) => readingsOf(parts).map(line).join("")
    // the first page shows if the query is valid, while the status can still tell
    const first = yield* Effect.mapError(page(Math.min(limit, readingsAtOnce), cursor), problemOf)
    const head = csv ? csvLine(["timestamp", "received", "device", "name", "value", "status", "code"]) : ""
    const rest = Stream.unfold(first.next, (next) =>
      next === undefined
        ? Effect.undefined
        : Effect.map(page(readingsAtOnce, next), (found) => [lines(found), found.next] as const)
    )
    const all =
      query.limit === undefined
        ? Stream.concat(Stream.make(head + lines(first)), rest)
        : Stream.make(head + lines(first))
    return HttpServerResponse.stream(Stream.encodeText(all), {
      contentType: csv ? "text/csv; charset=utf-8" : "application/x-ndjson"
    })
  })

const readingsOf = (parts: Page["parts"]): ReadonlyArray<PastReading> =>
  parts.flatMap(({ readings, series }) =>
    readings.map(({ received, status, timestamp, value }) => ({
      device: series.device,
      name: series.sensor,
      value: pastValue(value),
      status,
      code: codeOf(status),
      timestamp,
      received
    }))
  )
