import { statSync } from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

/** Throws for a path that is a folder, which SQLite only reports as unreadable. */
export const refuseFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new Error("this is a folder. Name a file in it.")
}

/** A connection with its prepared statements. */
export class Connection {
  readonly db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string, options: { readonly readOnly?: boolean; readonly maxPages?: number | undefined } = {}) {
    this.db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 10_000 })
    if (options.readOnly !== true) {
      // the log is written at each commit and synced at checkpoints: a killed process loses nothing
      this.db.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 0")
      this.db.exec("pragma journal_size_limit = 67108864")
      if (options.maxPages !== undefined) this.db.exec(`pragma max_page_count = ${options.maxPages}`)
    }
    this.db.exec("pragma cache_size = -16384")
  }

  /** Returns a statement whose rows are arrays. At most 2,000 are kept. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= 2000) this.#statements.clear()
    const statement = this.db.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    return statement
  }

  all<A>(sql: string, ...parameters: ReadonlyArray<SQLInputValue>): Array<A> {
    return this.statement(sql).all(...parameters) as unknown as Array<A>
  }

  get<A>(sql: string, ...parameters: ReadonlyArray<SQLInputValue>): A | undefined {
    return this.statement(sql).get(...parameters) as unknown as A | undefined
  }

  run(sql: string, ...parameters: ReadonlyArray<SQLInputValue>): void {
    this.statement(sql).run(...parameters)
  }

  /** Returns one of the numbers in the file, by its name. */
  fact(name: string): number | undefined {
    return this.get<[number]>("select value from fact where name = ?", name)?.[0]
  }

  setFact(name: string, value: number): void {
    this.run("insert or replace into fact values(?, ?)", name, value)
  }

  /** Runs it in a transaction. */
  transaction<A>(body: () => A): A {
    this.db.exec("begin immediate")
    try {
      const result = body()
      this.db.exec("commit")
      return result
    } catch (error) {
      // a full disk ends the transaction automatically
      if (this.db.isTransaction) this.db.exec("rollback")
      throw error
    }
  }

  /** Runs reads on one state of the file. */
  snapshot<A>(body: () => A): A {
    this.db.exec("begin")
    try {
      return body()
    } finally {
      this.db.exec("commit")
    }
  }

  close(): void {
    this.#statements.clear()
    this.db.close()
  }
}
