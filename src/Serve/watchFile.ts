import { watch } from "node:fs"
import * as path from "node:path"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** A file that is being written is read when it has been quiet for so long. Not measured: editors take milliseconds. */
const quiet = "200 millis"
/** How often a file is looked at besides. Not measured: network file systems tell nothing of changes. */
const poll = "5 seconds"

/**
 * Tells when a file may have changed. Its folder is watched, since editors and `kubectl` put another file in its place. Some
 * file systems tell nothing, so that it is looked at from time to time, too.
 */
export const watchFile = (file: string): Stream.Stream<void> => {
  const told = Stream.callback<void>((queue: Queue.Queue<void, Cause.Done>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        try {
          const watcher = watch(path.dirname(path.resolve(file)), { persistent: false }, () => {
            Queue.offerUnsafe(queue, undefined)
          })
          // a folder that goes is missed; looking from time to time goes on
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
