/** `katcp serve --check` for an archive in PostgreSQL: shows if its database can be read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Store, StoreFailed } from "../../../Archive/index.ts"
import { layerStore } from "../../../Archive/node/index.ts"
import { isPostgres, type SiteFile } from "../../../Serve/index.ts"
import { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"

/**
 * Returns the archive of a file to be opened by {@link showArchive}, read-only; `undefined` without a database. A file of
 * SQLite is not opened: a reader, perhaps of another user, could leave files beside it that keep the archive from starting.
 */
export const databaseOf = ({ archive }: SiteFile): Layer.Layer<Store, StoreFailed> | undefined =>
  archive !== undefined && isPostgres(archive.store)
    ? layerStore(archive.store, { readOnly: true, quiet: true })
    : undefined

/**
 * Opens the archive, and shows if that succeeds within some seconds. A database that does not answer is not a mistake in
 * the file, and neither is one that has no archive yet: the start makes it.
 */
export const showArchive = (
  database: Layer.Layer<Store, StoreFailed>,
  seconds: number,
  json: boolean
): Effect.Effect<void, never, Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const opened = yield* Layer.build(database).pipe(
      Effect.scoped,
      Effect.timeoutOrElse({
        duration: seconds * 1000,
        orElse: () => Effect.fail(new StoreFailed({ why: "away", store: "the database", detail: late(seconds) }))
      }),
      Effect.result
    )
    const failure = opened._tag === "Failure" && opened.failure.why !== "foreign" ? opened.failure : undefined
    if (json)
      return yield* output.json({
        event: "archive",
        answers: failure === undefined,
        ...(failure === undefined ? {} : { error: failure.message })
      })
    if (failure !== undefined)
      return yield* output.line(output.paint("yellow", `not opened: ${visible(failure.message)}`))
    yield* output.line(
      opened._tag === "Success"
        ? "the database of the archive answers"
        : "the database of the archive answers, and has no archive yet: the start makes it, if the user may"
    )
  })

const late = (seconds: number): string => `it did not answer within ${seconds} s`
