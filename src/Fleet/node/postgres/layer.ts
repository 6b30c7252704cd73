import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { FleetFailed } from "../../errors.ts"
import type { FleetStore } from "../../FleetStore.ts"
import { addressOf, layerClient } from "./driver.ts"
import { layerStore } from "./store.ts"

/**
 * Options of a fleet's database.
 *
 * @category models
 * @since 0.1.0
 */
export interface PostgresOptions {
  /** The name of the connecting program, for people who list the sessions of the database. */
  readonly program: string
  /** The age of a heartbeat, in milliseconds, after which a runner counts as gone. Default 10,000. */
  readonly expiration?: number | undefined
  /** `false`: missing tables are not created. Default `true`. */
  readonly makes?: boolean | undefined
}

/**
 * Keeps a fleet in a PostgreSQL database (`postgres://user:password@host:port/database`), in the schema `katcp_fleet`,
 * which is created if necessary. Version 13 and later; 14 and later end the session of a frozen runner. Needs the
 * package `@effect/sql-pg`. Fails with `FleetFailed` if the database is unreachable, or a later version of this library
 * made the tables.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPostgres = (
  url: string,
  options: PostgresOptions
): Layer.Layer<FleetStore | SqlClient.SqlClient, FleetFailed> =>
  layerStore({
    address: addressOf(url),
    expiration: options.expiration ?? 10_000,
    makes: options.makes ?? true
  }).pipe(Layer.provideMerge(layerClient(url, options.program)))
