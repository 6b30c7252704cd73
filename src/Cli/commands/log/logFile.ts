/** A file to which lines are appended. SIGHUP reopens it, after log rotation has renamed it. */
import { closeSync, openSync, writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { causeOf } from "../../../Message/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun, type Failure } from "../../Failure.ts"

/** Appends a line to a file. */
export type AddLine = (line: string) => Effect.Effect<void, Failure>

/** Opens a file until the scope closes. With `truncate` it starts empty. */
export const logFile = (path: string, truncate: boolean): Effect.Effect<AddLine, Failure, Ending | Scope.Scope> =>
  Effect.gen(function* () {
    const attempt = <A>(act: () => A): Effect.Effect<A, Failure> =>
      Effect.try({ try: act, catch: (error) => cannotRun(`cannot write to ${path}: ${causeOf(error)}`) })
    let file = yield* attempt(() => openSync(path, truncate ? "w" : "a"))
    let isStale = false
    yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(file)))
    const ending = yield* Ending
    yield* ending.onHangup(() => {
      isStale = true
    })
    return (line) =>
      attempt(() => {
        if (isStale) {
          const before = file
          file = openSync(path, "a")
          closeSync(before)
          isStale = false
        }
        writeSync(file, `${line}\n`)
      })
  })
