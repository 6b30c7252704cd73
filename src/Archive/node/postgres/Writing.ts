/**
 * The one connection that writes. It holds a session lock for as long as it lives, so two archives never write to one
 * database: the lock and the connection end together, in every case. After a failure of the connection the next call
 * opens a new one, and requests the lock again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { SqlClient } from "effect/sql/SqlClient"
import { StoreFailed } from "../../errors.ts"
import type { Connecting, Driver } from "./driver.ts"
import { failureOf } from "./failure.ts"
import { runOf } from "./Tables.ts"

/** A code: the lock of the archive that writes. */
const lock = 1_799_181_125
/**
 * The settings of the session. A server that loses contact with a client notices within a minute, and releases its
 * lock. A statement that waits for another lock ends, and is retried.
 */
const settings = [
  "set statement_timeout = '25s'",
  "set idle_in_transaction_session_timeout = '60s'",
  "select set_config(name, '20', false) from pg_settings where name = 'tcp_keepalives_idle'",
  "select set_config(name, '10', false) from pg_settings where name = 'tcp_keepalives_interval'",
  "select set_config(name, '3', false) from pg_settings where name = 'tcp_keepalives_count'"
]
/** The longest time of a call. Not measured: the server ends a statement earlier, unless it is gone or stopped. */
const callTimeout = "30 seconds"

interface Open {
  readonly sql: SqlClient
  readonly scope: Scope.Closeable
}

/** Runs work on the connection that writes. */
export interface Writing {
  /** Runs it alone, in the order of the calls. Fails with `held` if another archive has the lock. */
  readonly use: <A>(work: (sql: SqlClient) => Effect.Effect<A, unknown>) => Effect.Effect<A, StoreFailed>
}

/** Returns the writer, until the scope closes. It opens nothing before its first use. */
export const writingOf = (
  driver: Driver,
  config: Connecting,
  address: string,
  /** `true`: the lock is shared with the other runners of a fleet; it still excludes a separate archive. */
  isFleet: boolean
): Effect.Effect<Writing, never, Scope.Scope> =>
  Effect.gen(function* () {
    const failed = failureOf(address)
    const one = yield* Semaphore.make(1)
    let open: Open | undefined
    const close = Effect.suspend(() => {
      const former = open
      open = undefined
      return former === undefined ? Effect.void : Effect.asVoid(Scope.close(former.scope, Exit.void))
    })
    yield* Effect.addFinalizer(() => close)

    const connect = Effect.gen(function* () {
      if (open !== undefined) return open
      const scope = yield* Scope.make()
      const sql = Context.get(yield* Layer.buildWithScope(driver.single(config), scope), SqlClient)
      open = { sql, scope }
      const run = runOf(sql)
      for (const setting of settings) yield* run(setting)
      const [found] = yield* run<{ got: boolean }>(
        `select pg_try_advisory_lock${isFleet ? "_shared" : ""}(${lock}) as got`
      )
      if (found!.got) return open
      const [other] = yield* run<{ who: string }>(
        `select 'process ' || pid || ' of ' || coalesce(nullif(application_name, ''), usename, 'somebody')
           || coalesce(' at ' || host(client_addr), '') || ' since ' || to_char(backend_start at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as who
         from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid = ${lock} and granted limit 1`
      )
      const detail = `another archive writes to this database (${other?.who ?? "it has just ended"}). End that one, or name another database.`
      return yield* new StoreFailed({ why: "held", store: address, detail })
    })
    const late = new StoreFailed({
      why: "away",
      store: address,
      detail: `the database did not answer within ${callTimeout}. Is it stopped, or busy?`
    })
    return {
      use: (work) =>
        Effect.flatMap(connect, ({ sql }) => work(sql)).pipe(
          Effect.timeoutOrElse({ duration: callTimeout, orElse: () => Effect.fail(late) }),
          Effect.mapError(failed),
          // close a connection in an unknown state, and its lock with it
          Effect.onError(() => close),
          one.withPermit
        )
    }
  })
