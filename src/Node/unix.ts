import * as Fs from "node:fs"
import * as Net from "node:net"
import { isMainThread } from "node:worker_threads"
import * as Effect from "effect/Effect"

const statOf = (path: string): Fs.Stats | undefined => {
  try {
    return Fs.lstatSync(path)
  } catch {
    // missing or unreadable: listening reports the reason
    return undefined
  }
}

/**
 * Removes a socket file without a listener, which a dead process has left behind. Leaves any other file alone, so
 * listening fails there.
 */
export const removeStale = (path: string): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const before = statOf(path)
    if (before === undefined || !before.isSocket()) return resume(Effect.void)
    const socket = Net.connect({ path })
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // another starting process may have replaced it
      if (error.code === "ECONNREFUSED" && statOf(path)?.ino === before.ino) Fs.rmSync(path, { force: true })
      resume(Effect.void)
    })
  }).pipe(Effect.uninterruptible)

/**
 * Creates the file of a Unix socket with these permissions, around the call that starts listening: no other user can
 * connect before they are set. In a worker thread, which cannot change the mask of the process, they are set directly
 * after the call.
 */
export const withMode =
  (path: string, mode: number) =>
  (call: () => void): void => {
    const before = isMainThread ? process.umask(0o777 & ~mode) : undefined
    try {
      call()
    } finally {
      if (before !== undefined) process.umask(before)
    }
    // there is no file if listening failed
    if (statOf(path)?.isSocket()) Fs.chmodSync(path, mode)
  }
