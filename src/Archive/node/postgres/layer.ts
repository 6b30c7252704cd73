import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { StoreFailed } from "../../errors.ts"
import { Store } from "../../Store.ts"
import { load } from "./driver.ts"
import { failureOf, open } from "./Postgres.ts"

/**
 * How an archive keeps its data in PostgreSQL.
 *
 * @category models
 * @since 0.1.0
 */
export interface PostgresOptions {
  /** `true`: nothing is written, and tables that are not there are not made. Default `false`. */
  readonly readOnly?: boolean | undefined
  /** Connections at a time. Default 4: one writes, the others answer queries. */
  readonly connections?: number | undefined
}

/**
 * Keeps an archive in a PostgreSQL database (`postgres://user:password@host:port/database`), in the schema `katcp`, which is
 * made if it is not there. Version 13 and later. Needs the package `@effect/sql-pg`. One archive at a time writes to a
 * database; any number may read it.
 *
 * Fails with `StoreFailed` if the database cannot be reached, or if a later version of this library made the tables. Once
 * open, it survives any outage: calls fail meanwhile, and batches that may have been kept can be given again.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPostgres = (
  url: string | Redacted.Redacted,
  options: PostgresOptions = {}
): Layer.Layer<Store, StoreFailed> => {
  const secret = typeof url === "string" ? Redacted.make(url) : url
  const address = addressOf(Redacted.value(secret))
  return Layer.effect(
    Store,
    Effect.gen(function* () {
      const driver = yield* load(address)
      const connected = driver.layer({
        url: secret,
        maxConnections: options.connections ?? 4,
        applicationName: "katcp",
        connectTimeout: "5 seconds",
        keepAlive: "30 seconds"
      })
      const context = yield* Effect.mapError(Layer.build(connected), failureOf(address))
      return yield* open(Context.get(context, SqlClient.SqlClient), driver, address, options.readOnly ?? false)
    })
  )
}

/** The address without its password. */
const addressOf = (url: string): string => {
  try {
    const parsed = new URL(url)
    if (parsed.password !== "") parsed.password = "***"
    return parsed.href
  } catch {
    return "the database"
  }
}
