/**
 * The driver, `@effect/sql-pg`, is an optional peer of this package: it is loaded when a fleet is opened, and no type
 * of this room refers to it.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { FleetFailed } from "../../errors.ts"
import { failureOf } from "./failure.ts"

/**
 * The connections of a runner to its database: one has the locks of its shards, the others do everything else. Not
 * measured: a statement takes a millisecond or two, and one runner rarely has three at once.
 */
const connections = 4

/** The used part of the driver's module `PgClient`. */
interface Driver {
  readonly layer: (config: {
    readonly url: Redacted.Redacted
    readonly maxConnections: number
    readonly applicationName: string
    readonly connectTimeout: string
    readonly keepAlive: string
  }) => Layer.Layer<SqlClient.SqlClient, SqlError>
}

/** A client of the database of a fleet. */
export const layerClient = (url: string, runner: string): Layer.Layer<SqlClient.SqlClient, FleetFailed> =>
  Layer.unwrap(
    Effect.map(
      Effect.tryPromise({
        try: async () => {
          // a name that a bundler does not follow; the bundle of the command includes the driver
          const client = "@effect/sql-pg/PgClient"
          return (await import(client)) as Driver
        },
        catch: () =>
          new FleetFailed({
            why: "broken",
            detail: "the driver is not installed. Install it beside katcp: npm install @effect/sql-pg"
          })
      }),
      ({ layer }) =>
        layer({
          url: Redacted.make(url),
          maxConnections: connections,
          applicationName: `katcp fleet ${runner}`,
          connectTimeout: "5 seconds",
          keepAlive: "30 seconds"
        }).pipe(
          Layer.catchCause(
            (cause): Layer.Layer<SqlClient.SqlClient, FleetFailed> =>
              Layer.unwrap(Effect.fail(failureOf(Cause.squash(cause))))
          )
        )
    )
  )

/** The address of a database without its password, which may also be a parameter. */
export const addressOf = (url: string): string => {
  try {
    const parsed = new URL(url)
    if (parsed.password !== "") parsed.password = "***"
    for (const key of parsed.searchParams.keys())
      if (/pass|key|secret|token/i.test(key)) parsed.searchParams.set(key, "***")
    return parsed.href
  } catch {
    return "the database"
  }
}
