import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Driver } from "./driver.ts"

/** Stands for a time that never was. */
export const before = Number.NEGATIVE_INFINITY

/** Runs a statement. */
export type Run = <A extends object>(
  statement: string,
  parameters?: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<A>, SqlError>

/** Returns a function that runs statements on a client. */
export const runOf =
  (sql: SqlClient): Run =>
  <A extends object>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
    sql.unsafe<A>(statement, parameters)

/** The numbers in the table `fact`, as last read or set. */
export class Facts {
  readonly #values = new Map<string, number>()
  /** The end of the minutes that are being summarized. */
  summingTo = before

  get(name: string): number | undefined {
    return this.#values.get(name)
  }

  /** The time from which readings are complete. */
  get rawFrom(): number {
    return this.#values.get("raw_from") ?? before
  }

  /** The time up to which minutes are summarized. */
  get minutesTo(): number {
    return this.#values.get("minutes_to") ?? before
  }

  /**
   * The time up to which minutes are summarized, or are being summarized: a reading before it is late, and its minute
   * is summarized again.
   */
  get lateBefore(): number {
    // in a fleet another runner may do the summaries
    return Math.max(this.minutesTo, this.summingTo, this.#values.get("summing_to") ?? before)
  }

  load(run: Run): Effect.Effect<void, SqlError> {
    return Effect.map(run<{ name: string; value: number }>("select name, value from katcp.fact"), (found) => {
      for (const { name, value } of found) this.#values.set(name, value)
    })
  }

  /** Writes a number, and remembers it. */
  set(run: Run, name: string, value: number): Effect.Effect<void, SqlError> {
    return Effect.map(this.write(run, name, value), () => this.note(name, value))
  }

  /** Writes a number that only grows, although others may write it, too. Returns the larger one, which is not remembered. */
  raise(run: Run, name: string, value: number): Effect.Effect<number, SqlError> {
    return Effect.map(
      run<{ value: number }>(
        `insert into katcp.fact as stands values($1, $2)
         on conflict(name) do update set value = greatest(stands.value, excluded.value) returning value`,
        [name, value]
      ),
      ([row]) => row!.value
    )
  }

  /** Writes a number in a transaction; it is remembered after the commit. */
  write(run: Run, name: string, value: number): Effect.Effect<unknown, SqlError> {
    return run("insert into katcp.fact values($1, $2) on conflict(name) do update set value = excluded.value", [
      name,
      value
    ])
  }

  note(name: string, value: number): void {
    this.#values.set(name, value)
  }
}

/** The common part of all statements of a store. */
export interface Tables {
  readonly run: Run
  readonly facts: Facts
  /** `true` if other runners of a fleet write to the store, too. */
  readonly isFleet: boolean
  /** Returns a parameter that is an array of a type. */
  readonly array: (values: ReadonlyArray<unknown>, type: number) => unknown
}

/** Returns the function for array parameters. */
export const arrayOf =
  (driver: Driver): Tables["array"] =>
  (values, type) =>
    Result.getOrThrow(driver.array(values, type))
