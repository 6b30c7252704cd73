/**
 * The one connection that writes. It holds a session lock for as long as it lives, so two archives never write to one
 * database. It releases the lock before it ends, and the server does so when it notices that the connection is gone.
 * After a failure of the connection the next call opens a new one, and requests the lock again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
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
/** The longest wait for the release of the lock at the end. Not measured: the answer of a server that lives takes 1 ms. */
const releaseTimeout = "2 seconds"
/**
 * The further requests of a lock that another connection holds: the server may not have noticed yet that this one has
 * ended. Not measured: it takes some milliseconds, unless the machine is busy.
 */
const requests = { schedule: Schedule.spaced("100 millis"), times: 10 }

interface Open {
  readonly sql: SqlClient
  readonly scope: Scope.Closeable
  isLocked: boolean
}

/** Runs work on the connection that writes. */
export interface Writing {
  /** Runs one piece of work at a time, in the order of the calls. Fails with `held` if another archive has the lock. */
  readonly use: <A>(work: (sql: SqlClient) => Effect.Effect<A, unknown>) => Effect.Effect<A, StoreFailed>
}

/** Releases the lock, which the next archive can then have at once. The end of the connection releases it in any case. */
const release = ({ sql }: Open) =>
  // a fiber of its own: its interruption would wait for a server that does not answer
  Effect.flatMap(Effect.forkDetach(Effect.ignore(runOf(sql)("select pg_advisory_unlock_all()"))), (releasing) =>
    Effect.asVoid(Effect.timeoutOption(Fiber.await(releasing), releaseTimeout))
  )

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
      if (former === undefined) return Effect.void
      const closing = Effect.asVoid(Scope.close(former.scope, Exit.void))
      return former.isLocked ? Effect.andThen(release(former), closing) : closing
    })
    yield* Effect.addFinalizer(() => close)

    const connect = Effect.gen(function* () {
      if (open !== undefined) return open
      const scope = yield* Scope.make()
      const sql = Context.get(yield* Layer.buildWithScope(driver.single(config), scope), SqlClient)
      const opened: Open = { sql, scope, isLocked: false }
      open = opened
      const run = runOf(sql)
      for (const setting of settings) yield* run(setting)
      const request = Effect.map(
        run<{ got: boolean }>(`select pg_try_advisory_lock${isFleet ? "_shared" : ""}(${lock}) as got`),
        ([found]) => found!.got
      )
      opened.isLocked = yield* Effect.repeat(request, { ...requests, until: (got) => got })
      if (opened.isLocked) return opened
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
