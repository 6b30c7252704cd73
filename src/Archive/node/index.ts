/**
 * Where archives keep their data, on Node: a file of SQLite, or a PostgreSQL database; and where data wait on a disk while
 * the store cannot be written to.
 *
 * @since 0.1.0
 */
export { layerPostgres, type PostgresOptions } from "./postgres/layer.ts"
export { layerSpill, type SpillOptions } from "./spill/layer.ts"
export { layerSqlite, type SqliteOptions } from "./sqlite/layer.ts"
export { layerStore } from "./store.ts"
