import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { causeOf } from "../../../Message/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun } from "../../Failure.ts"
import { type Entry, encodeEntry } from "../../recording.ts"
import { Output } from "../../show/Output.ts"

const encoder = new TextEncoder()

/**
 * Opens a recording; returns a function that writes an entry. Only the owner of the file can read it: passwords and
 * positions go through a tap, too. The first fault is reported and ends the recording: traffic must not depend on a disk.
 */
export const openRecorder = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  const { note } = yield* Output
  const { fails } = yield* Ending
  const unwritable = (error: unknown) => cannotRun(`cannot write to ${file}: ${causeOf(error)}`)
  // a file that was there keeps its rights when it is opened
  const before = yield* Effect.option(files.stat(file))
  if (before._tag === "Some" && before.value.type === "File") {
    yield* Effect.ignore(files.chmod(file, 0o600))
    yield* Effect.mapError(files.truncate(file), unwritable)
  }
  // not by position, which pipes do not have
  const handle = yield* Effect.mapError(files.open(file, { flag: "a", mode: 0o600 }), unwritable)
  let failed = false
  return (entry: Entry): Effect.Effect<void> =>
    failed
      ? Effect.void
      : Effect.catch(handle.writeAll(encoder.encode(`${encodeEntry(entry)}\n`)), (error) => {
          failed = true
          const words = `katcp: ${unwritable(error).message}; the recording ends here, clients are served on`
          return Effect.andThen(note(words), fails)
        })
})
