import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { causeOf } from "../../../Message/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun } from "../../Failure.ts"
import { type Entry, encodeEntry } from "../../recording.ts"
import { Output } from "../../show/Output.ts"

const encoder = new TextEncoder()

/**
 * Opens a recording. Returns a function that writes an entry. Only the owner of the file can read it, because passwords
 * and positions pass through a tap. The first fault is reported and ends the recording: traffic must not depend on a
 * disk.
 */
export const openRecorder = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  const { note } = yield* Output
  const { fails } = yield* Ending
  const unwritable = (error: unknown) => cannotRun(`cannot write to ${file}: ${causeOf(error)}`)
  // opening an existing file keeps its permissions
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
          const words = `katcp: ${unwritable(error).message}; the recording ends here, and clients are still served`
          return Effect.andThen(note(words), fails)
        })
})
