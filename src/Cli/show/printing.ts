/** The printing of rows for programs: as JSON, as CSV, or by a template. */

import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { cannotRun, type Failure } from "../Failure.ts"
import { Output } from "./Output.ts"
import { type Fields, parseTemplate } from "./Template.ts"

/** The flags that select a form. */
export interface Chosen {
  readonly json: boolean
  readonly csv: boolean
  readonly format: Option.Option<string>
}

/** The rows of a command, in each form. */
export interface Rows<A> {
  readonly json: (row: A) => unknown
  /** The fields of a template. */
  readonly fields: Fields<A>
  /** The fields that are the columns of CSV, in order. */
  readonly columns: ReadonlyArray<string>
}

/** Prints rows live, until they end. */
export type Printer<A> = <E, R>(rows: Stream.Stream<A, E, R>) => Effect.Effect<void, E, R>

/** Returns the printer of the selected form, or `undefined` for the form for people. */
export const printerOf = <A>(
  chosen: Chosen,
  { columns, fields, json }: Rows<A>
): Effect.Effect<Printer<A> | undefined, Failure, Output> =>
  Effect.gen(function* () {
    const { csv, format } = chosen
    const flags = [chosen.json ? "--json" : "", csv ? "--csv" : "", Option.isSome(format) ? "--format" : ""]
    const named = flags.filter((flag) => flag !== "")
    if (named.length > 1) return yield* cannotRun(`${named.join(" and ")}: choose one of them`)
    const output = yield* Output
    if (chosen.json) return (rows) => Stream.runForEach(rows, (row) => output.json(json(row)))
    if (csv)
      return (rows) =>
        Stream.map(rows, (row) => Object.fromEntries(columns.map((name) => [name, fields[name]!(row).text]))).pipe(
          Stream.pipeThroughChannel(Csv.encodeString({ columns, headers: true })),
          Stream.runForEach(output.exact)
        )
    if (Option.isNone(format)) return undefined
    const template = yield* Effect.fromResult(parseTemplate(format.value, fields))
    return (rows) => Stream.runForEach(rows, (row) => output.line(template(row)))
  })
