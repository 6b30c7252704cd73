import { watch } from "node:fs"
import * as path from "node:path"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** The time without a change after which a file counts as fully written. Not measured: editors take milliseconds. */
const quiet = "200 millis"
/** The interval of checking the file in addition. Not measured: network file systems do not report changes. */
const poll = "5 seconds"

/**
 * Emits when a file may have changed. It watches the folder, because editors and `kubectl` replace the file with
 * another one. Some file systems report no changes, so it also checks from time to time.
 */
export const watchFile = (file: string): Stream.Stream<void> => {
  const told = Stream.callback<void>((queue: Queue.Queue<void, Cause.Done>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        try {
          const watcher = watch(path.dirname(path.resolve(file)), { persistent: false }, () => {
            Queue.offerUnsafe(queue, undefined)
          })
          // removing the folder ends the watcher; the regular check continues
          watcher.on("error", () => watcher.close())
          return watcher
        } catch {
          return undefined
        }
      }),
      (watcher) => Effect.sync(() => watcher?.close())
    )
  ).pipe(Stream.debounce(quiet))
  return Stream.merge(told, Stream.tick(poll))
}
