import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SiteShape } from "../../Site/index.ts"
import type { AuditRecord } from "./schemas.ts"

/** The newest audit records of a site. */
export interface AuditRecords {
  /** The records after an id, the oldest first; without an id, the newest ones. */
  readonly after: (id: number | undefined, limit: number) => ReadonlyArray<AuditRecord>
  /** The number of records that came too fast to be kept. */
  readonly missed: () => number
}

/** Keeps the newest audit records of a site, until the scope closes. */
export const keepAudit = (site: SiteShape, most: number): Effect.Effect<AuditRecords, never, Scope.Scope> =>
  Effect.gen(function* () {
    const records: Array<AuditRecord> = []
    let count = 0
    let missed = 0
    const keep = Stream.runForEach(site.audit, ({ missed: before, ...record }) =>
      Effect.sync(() => {
        missed += before
        records.push({ id: ++count, ...record })
        // trim from time to time, not for each record
        if (records.length >= most * 2) records.splice(0, records.length - most)
      })
    )
    yield* Effect.forkScoped(keep, { startImmediately: true })
    return {
      after: (id, limit) => {
        const kept = records.slice(-most)
        return id === undefined ? kept.slice(-limit) : kept.filter((record) => record.id > id).slice(0, limit)
      },
      missed: () => missed
    }
  })
