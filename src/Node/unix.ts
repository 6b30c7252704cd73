import * as Fs from "node:fs"
import * as Net from "node:net"
import { isMainThread } from "node:worker_threads"
import * as Effect from "effect/Effect"

const statOf = (path: string): Fs.Stats | undefined => {
  try {
    return Fs.lstatSync(path)
  } catch {
    // there is nothing, or nothing that may be looked at: listening says what is wrong
    return undefined
  }
}

/**
 * Removes the socket file that a process has left behind which ended without removing it: one at which nobody listens.
 * Anything else is left alone, and then it cannot be listened there.
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
      // another process that starts may have taken its place meanwhile
      if (error.code === "ECONNREFUSED" && statOf(path)?.ino === before.ino) Fs.rmSync(path, { force: true })
      resume(Effect.void)
    })
  }).pipe(Effect.uninterruptible)

/**
 * Makes the file of a Unix socket with these permissions, around the call that has a server listen there: nobody else can
 * come in before they are set. In a thread of a worker, which cannot change the mask of the process, they are set right
 * behind the call.
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
    // there is no file if it cannot be listened there
    if (statOf(path)?.isSocket()) Fs.chmodSync(path, mode)
  }
