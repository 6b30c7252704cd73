import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { StoreFailed } from "../../errors.ts"
import { Store } from "../../Store.ts"
import { load } from "./driver.ts"
import { failureOf } from "./failure.ts"
import { open } from "./Postgres.ts"
import { writingOf } from "./Writing.ts"
import { waiting } from "./waiting.ts"

/**
 * How an archive keeps its data in PostgreSQL.
 *
 * @category models
 * @since 0.1.0
 */
export interface PostgresOptions {
  /** `true`: nothing is written, and tables that are not there are not made. Default `false`. */
  readonly readOnly?: boolean | undefined
  /**
   * `true`: if the database cannot be reached at the start, the layer is built all the same, and calls fail until it can.
   * For archives with a spill. Default `false`.
   */
  readonly waits?: boolean | undefined
  /**
   * `true`: the runners of a fleet write to the database together, and the fleet keeps its devices in it (schema
   * `katcp_fleet`). Readings whose epoch is older than that of their device are refused. Default `false`.
   */
  readonly fleet?: boolean | undefined
  /** Connections for queries, and for what is due, at a time. Default 4. One more writes. */
  readonly connections?: number | undefined
}

/**
 * Keeps an archive in a PostgreSQL database (`postgres://user:password@host:port/database`), in the schema `katcp`, which is
 * made if it is not there. Version 13 and later. Needs the package `@effect/sql-pg`. One archive at a time writes to a
 * database: it holds an advisory lock, which the server lets go of when the archive is gone. Any number may read it.
 *
 * Fails with `StoreFailed` if the database cannot be reached, if another archive writes to it, or if a later version of
 * this library made the tables. Once open, it survives any outage: calls fail meanwhile, after 30 seconds at the latest,
 * and batches that may have been kept, or a part of which was, can be given again.
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
  const opening = Effect.gen(function* () {
    const driver = yield* load(address)
    const config = {
      url: secret,
      maxConnections: options.connections ?? 4,
      applicationName: "katcp",
      connectTimeout: "5 seconds",
      keepAlive: "30 seconds"
    }
    const context = yield* Effect.mapError(Layer.build(driver.layer(config)), failureOf(address))
    const writing =
      options.readOnly === true ? undefined : yield* writingOf(driver, config, address, options.fleet === true)
    return yield* open(Context.get(context, SqlClient.SqlClient), driver, address, writing, options.fleet === true)
  })
  return Layer.effect(Store, options.waits === true ? waiting(opening, address) : opening)
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
