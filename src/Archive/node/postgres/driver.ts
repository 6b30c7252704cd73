/**
 * The driver, `@effect/sql-pg`, is an optional peer of this package: it is loaded when a store is opened, and no type
 * of this room refers to it.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { StoreFailed } from "../../errors.ts"

/** The connection of the driver. */
export interface Connecting {
  readonly url: Redacted.Redacted
  readonly maxConnections: number
  readonly applicationName: string
  readonly connectTimeout: string
  readonly keepAlive: string
}

/** The parts of the driver that a store needs. */
export interface Driver {
  /** A client with several connections, opened on demand. */
  readonly layer: (config: Connecting) => Layer.Layer<SqlClient.SqlClient, SqlError>
  /** A client with one connection, opened at once. */
  readonly single: (config: Connecting) => Layer.Layer<SqlClient.SqlClient, SqlError>
  /** Returns an array parameter of a type. Arrays without a type fail if their values look different: 1 and 2.5. */
  readonly array: (values: ReadonlyArray<unknown>, type: number) => Result.Result<unknown, Error>
}

/** The used parts of the driver's module `PgClient`. */
interface Client extends Pick<Driver, "layer"> {
  readonly makeClient: (config: Connecting) => unknown
  readonly layerFrom: (client: unknown) => Layer.Layer<SqlClient.SqlClient, SqlError>
}

/** The numbers of PostgreSQL's types. */
export const oid = { bytea: 17, int2: 21, int4: 23, text: 25, float8: 701 }

/** Loads the driver. Fails with the package to install. */
export const load = (store: string): Effect.Effect<Driver, StoreFailed> =>
  Effect.tryPromise({
    try: async () => {
      // names that a bundler does not follow; the bundle of the command includes the driver
      const client = "@effect/sql-pg/PgClient"
      const types = "@effect/sql-pg/PgTypes"
      const { layer, layerFrom, makeClient } = (await import(client)) as Client
      const { array } = (await import(types)) as Pick<Driver, "array">
      return { layer, single: (config) => layerFrom(makeClient(config)), array }
    },
    catch: () =>
      new StoreFailed({
        why: "broken",
        store,
        detail: "the driver is not installed. Install it beside katcp: npm install @effect/sql-pg"
      })
  })
