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
 * Options of an archive in PostgreSQL.
 *
 * @category models
 * @since 0.1.0
 */
export interface PostgresOptions {
  /** `true`: writes nothing, and creates no tables. Default `false`. */
  readonly readOnly?: boolean | undefined
  /**
   * `true`: the layer is built even if the database is unreachable at the start, and calls fail until it is reachable.
   * For archives with a spill. Default `false`.
   */
  readonly waits?: boolean | undefined
  /**
   * `true`: the runners of a fleet write to the database together, and the fleet keeps its devices in it (schema
   * `katcp_fleet`). Readings with an older epoch than that of their device are refused. Default `false`.
   */
  readonly fleet?: boolean | undefined
  /** The number of connections for queries and maintenance. Default 4. Another one writes. */
  readonly connections?: number | undefined
}

/**
 * Keeps an archive in a PostgreSQL database (`postgres://user:password@host:port/database`), in the schema `katcp`,
 * which is created if necessary. Version 13 and later. Needs the package `@effect/sql-pg`. Only one archive at a time
 * writes to a database: it holds an advisory lock, which it releases at its end, and the server does when it was killed.
 * Any number can read it.
 *
 * Fails with `StoreFailed` if the database is unreachable, if another archive writes to it, or if a later version of
 * this library made the tables. Once open, it survives any outage: calls fail meanwhile, after 30 seconds at the
 * latest. Batches that may have been written, as a whole or in part, can be repeated.
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

/** The address without its password, which may also be a parameter. */
const addressOf = (url: string): string => {
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
