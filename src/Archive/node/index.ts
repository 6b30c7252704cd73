/**
 * Where archives keep their data, on Node: a file of SQLite.
 *
 * @since 0.1.0
 */
export { layerSqlite, type SqliteOptions } from "./sqlite/layer.ts"
