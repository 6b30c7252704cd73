/** Given by SQLite: the code of a file that is locked. */
const busy = 5

/** Another process holds a lock. */
export class Held extends Error {
  readonly why = "held"
}

/**
 * Locks `PATH-lock` against other processes until it is closed, and returns the lock. The system lets go of it however the
 * process ends. It is an empty database of SQLite, since Node has no locks of its own. Throws {@link Held} with a message if
 * another process has the lock.
 */
export const lockOf = (path: string, message: string): { readonly close: () => void } => {
  // loaded when it is needed: Node 22 says on the standard error that it is experimental
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const lock = new DatabaseSync(`${path}-lock`)
  try {
    lock.exec("pragma journal_mode = memory; begin exclusive")
    return lock
  } catch (error) {
    lock.close()
    throw (error as { readonly errcode?: number }).errcode === busy ? new Held(message) : error
  }
}
