import { realpathSync } from "node:fs"
import * as path from "node:path"

/** Given by SQLite: the code of a locked file. */
const busy = 5

/** Another process holds a lock. */
export class Held extends Error {
  readonly why = "held"
}

/**
 * Locks `PATH-lock` against other processes until it is closed, and returns the lock. It resolves links: the same file
 * has the same lock under any name. The system releases it at any end of the process. It is an empty database of
 * SQLite, because Node has no locks of its own. Throws {@link Held} with a message if another process has the lock.
 */
export const lockOf = (file: string, message: string): { readonly close: () => void } => {
  // loaded on demand: Node 22 warns on standard error that it is experimental
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const lock = new DatabaseSync(`${realPath(file)}-lock`)
  try {
    lock.exec("pragma journal_mode = memory; begin exclusive")
    return lock
  } catch (error) {
    lock.close()
    throw (error as { readonly errcode?: number }).errcode === busy ? new Held(message) : error
  }
}

/** The path without links. A path that does not exist yet is in its folder, without links. */
const realPath = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    const folder = path.dirname(path.resolve(file))
    return folder === file ? file : path.join(realPath(folder), path.basename(file))
  }
}
