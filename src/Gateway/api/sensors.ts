import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { nearest } from "../../Message/index.ts"
import type { Status } from "../../Sensor/index.ts"
import type { Row, SiteShape, Table } from "../../Site/index.ts"
import { sensorsOfPage } from "./api.ts"
import { deviceOf, missingOf } from "./devices.ts"
import { matching } from "./matching.ts"
import { NotFound } from "./problems.ts"
import { sensorJson } from "./sensorJson.ts"

interface Query {
  readonly match?: string | undefined
  readonly text?: string | undefined
  readonly device?: string | undefined
  readonly status?: ReadonlyArray<Status> | undefined
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

/** The id of a state of the table, for `Last-Event-ID`. */
export const idOf = (table: Table, revision: number): string => `${table.epoch}.${revision}`

/** Parses such an id. Returns 0 for one of another table, and for a malformed one. */
export const revisionOf = (table: Table, id: string | undefined): number => {
  const [, epoch, revision] = /^(\d{1,16})\.(\d{1,16})$/.exec(id ?? "") ?? []
  return Number(epoch) === table.epoch ? Number(revision) : 0
}

/**
 * The sensors that are matched in one turn of the event loop. Measured: the largest accepted expression takes some 10
 * us for each, so a turn takes 10 ms.
 */
const lookedAtOnce = 1000

const byName = (one: Row, other: Row): number => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0)

/** The sensors of a query, by page; or 304 if the caller has them already. */
export const listSensors = (site: SiteShape, query: Query, known: string | undefined) =>
  Effect.gen(function* () {
    const matches = yield* matching(query.match === undefined ? undefined : [query.match])
    const { table } = site
    const text = query.text?.toLowerCase()
    const wanted = new Set<Status>(query.status ?? [])
    const named: Array<Row> = []
    let looked = 0
    for (const row of rowsOf(site, query.device)) {
      if (++looked % lookedAtOnce === 0) yield* Effect.yieldNow
      if (!matches(row.device, row.name)) continue
      if (
        text !== undefined &&
        !(row.path.toLowerCase().includes(text) || row.definition.doc.toLowerCase().includes(text))
      )
        continue
      named.push(row)
    }
    // the status is known only with a reading
    if (wanted.size > 0 && site.demand !== undefined) yield* site.demand.fetch(named)
    const found = wanted.size === 0 ? named : named.filter(({ status }) => wanted.has(status))
    const total = found.length
    const { cursor, limit = sensorsOfPage } = query
    const page = firstOf(cursor === undefined ? found : found.filter(({ path }) => path > cursor), limit + 1)
    const more = page.length > limit
    const sensors = page.slice(0, limit)
    if (site.demand !== undefined) yield* site.demand.fetch(sensors)
    const revision = found.reduce((newest, row) => Math.max(newest, row.revision), 0)
    // an added or changed sensor has a new revision; a removed one changes the number; a lost device, the losses
    const etag = `W/"${idOf(table, revision)}.${table.losses}.${total}.${sensors.length}"`
    if (known === etag) return HttpServerResponse.empty({ status: 304, headers: { etag, "cache-control": "no-cache" } })
    const next = more ? sensors.at(-1)!.path : undefined
    return HttpServerResponse.jsonUnsafe(
      {
        id: idOf(table, revision),
        total,
        sensors: sensors.map(sensorJson),
        ...(next === undefined ? {} : { next }),
        ...missingOf(site)
      },
      { headers: { etag, "cache-control": "no-cache" } }
    )
  })

/** The first rows by name. All are sorted only if all are requested. */
const firstOf = (rows: ReadonlyArray<Row>, count: number): ReadonlyArray<Row> => {
  if (rows.length <= count * 8) return [...rows].sort(byName).slice(0, count)
  // a heap would be faster still; this keeps the smallest so far, and sorts when it has twice as many
  let kept: Array<Row> = []
  let bound: string | undefined
  for (const row of rows) {
    if (bound !== undefined && row.path > bound) continue
    kept.push(row)
    if (kept.length < count * 2) continue
    kept = kept.sort(byName).slice(0, count)
    bound = kept.at(-1)!.path
  }
  return kept.sort(byName).slice(0, count)
}

function* rowsOf({ devices, table }: SiteShape, device: string | undefined): Iterable<Row> {
  if (device !== undefined) yield* table.of(device)
  else for (const name of devices.keys()) yield* table.of(name)
}

/** One sensor; fails with similar names. */
export const getSensor = (site: SiteShape, device: string, name: string, known: string | undefined) =>
  Effect.gen(function* () {
    yield* deviceOf(site, device)
    const { table } = site
    const row = table.get(device, name)
    if (row === undefined) {
      const near = nearest(
        name,
        Array.from(table.of(device), (other) => other.name)
      )
      const meant = near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`
      return yield* new NotFound({
        detail: `${device} has no sensor ${JSON.stringify(name.slice(0, 100))} that is mirrored here${meant}`,
        near
      })
    }
    if (site.demand !== undefined) yield* site.demand.fetch([row])
    const etag = `W/"${idOf(table, row.revision)}.${table.losses}"`
    const headers = { etag, "cache-control": "no-cache" }
    return known === etag
      ? HttpServerResponse.empty({ status: 304, headers })
      : HttpServerResponse.jsonUnsafe(sensorJson(row), { headers })
  })
