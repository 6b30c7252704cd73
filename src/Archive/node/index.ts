/**
 * Stores of archives on Node: a file of SQLite, or a PostgreSQL database; and the spill on a disk for data that wait
 * for the store.
 *
 * @since 0.1.0
 */
export { layerPostgres, type PostgresOptions } from "./postgres/layer.ts"
export { layerSpill, type SpillOptions } from "./spill/layer.ts"
export { layerSqlite, type SqliteOptions } from "./sqlite/layer.ts"
export { layerStore } from "./store.ts"
