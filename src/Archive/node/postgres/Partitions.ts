import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { codeOf } from "./failure.ts"
import { partitionOf } from "./schema.ts"
import type { Run } from "./Tables.ts"

/** A code: PostgreSQL's for a table that already exists. */
const thereAlready = "42P07"
/** A code: the lock of creating partitions. `create table if not exists` fails if two runners of a fleet run it at once. */
const creating = 1_799_181_128

/**
 * The existing partitions. A new one is created as a separate table and attached, without a lock that blocks readers or
 * writers of the other partitions.
 */
export class Partitions {
  readonly #names = new Set<string>()

  get names(): ReadonlyArray<string> {
    return [...this.#names]
  }

  forget(name: string): void {
    this.#names.delete(name)
  }

  load(run: Run): Effect.Effect<void, SqlError> {
    return Effect.map(
      run<{ name: string }>(
        `select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
         join pg_class parent on parent.oid = inhparent join pg_namespace n on n.oid = parent.relnamespace
         where nspname = 'katcp' and parent.relname in ('reading', 'minute')`
      ),
      (found) => {
        this.#names.clear()
        for (const { name } of found) this.#names.add(name)
      }
    )
  }

  /** Creates the missing partitions of a stretch of time. */
  make(run: Run, table: "reading" | "minute", from: number, to: number): Effect.Effect<void, SqlError> {
    return Effect.gen({ self: this as Partitions }, function* () {
      const last = partitionOf(table, to).number
      for (let at = partitionOf(table, from); at.number <= last; at = partitionOf(table, at.to)) {
        if (this.#names.has(at.name)) continue
        yield* run(
          `do $$ begin
             perform pg_advisory_xact_lock(${creating});
             create table if not exists katcp.${at.name} (like katcp.${table} including defaults including constraints);
             if not exists (select from pg_inherits where inhrelid = 'katcp.${at.name}'::regclass) then
               alter table katcp.${table} attach partition katcp.${at.name} for values from (${at.from}) to (${at.to});
             end if;
           end $$`
        ).pipe(
          Effect.catchIf(
            (error) => codeOf(error) === thereAlready,
            () => Effect.succeed([])
          )
        )
        this.#names.add(at.name)
      }
    })
  }
}
