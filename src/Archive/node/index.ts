/**
 * Where archives keep their data, on Node: a file of SQLite, or a PostgreSQL database.
 *
 * @since 0.1.0
 */
export { layerPostgres, type PostgresOptions } from "./postgres/layer.ts"
export { layerSqlite, type SqliteOptions } from "./sqlite/layer.ts"
export { layerStore } from "./store.ts"
