import * as Fs from "node:fs"
import type * as Net from "node:net"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Recurrences } from "../Interface/index.ts"

/**
 * File descriptors that are kept for the process itself: to read its modules and files, to dial, to resolve names.
 * Not measured: these take a handful at once.
 */
const reserve = 16
/**
 * Milliseconds with enough descriptors after which a shortage is reported again. Not measured: a log then has at most a
 * line a minute.
 */
const reportAgainAfter = 60_000

/** The largest file descriptor that leaves enough to the process; `Infinity` if unknown. */
const lastDescriptor = (): number => {
  try {
    const soft = Number(/^Max open files\s+(\d+)/m.exec(Fs.readFileSync("/proc/self/limits", "latin1"))?.[1])
    return Number.isNaN(soft) ? Number.POSITIVE_INFINITY : soft - Math.min(reserve, soft >> 2)
  } catch {
    // not Linux, or there is no descriptor left to read it
    return Number.POSITIVE_INFINITY
  }
}

/** The file descriptor of an accepted connection, or -1 if the platform has none. */
const descriptorOf = (socket: Net.Socket): number =>
  (socket as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd ?? -1

const isExhausted = (cause: NodeJS.ErrnoException): boolean => cause.code === "EMFILE" || cause.code === "ENFILE"

/**
 * Keeps a server accepting despite failures of single connections. At the limit of file descriptors it closes new
 * connections, so the process has some for itself. Otherwise Node would close them silently, and any code that opens a
 * file would fail. The shortage is reported once, and again after a minute with enough of them. Other failures to
 * accept are logged, the first few and then their number.
 */
export const watchAcceptance = Effect.fnUntraced(function* (server: Net.Server) {
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const others = new Recurrences({ maxKinds: 20 })
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const last = lastDescriptor()
  let exhaustedAt = Number.NEGATIVE_INFINITY
  const exhausted = (): void => {
    const before = exhaustedAt
    exhaustedAt = now()
    if (exhaustedAt - before < reportAgainAfter) return
    const what = "new connections are closed: this process has no more file descriptors for them"
    runFork(Effect.logError(`${what}. Raise its limit (ulimit -n), or lower maxClients.`))
  }
  server.prependListener("connection", (socket: Net.Socket) => {
    if (descriptorOf(socket) < last) return
    exhausted()
    socket.destroy()
  })
  server.on("error", (cause: NodeJS.ErrnoException) => {
    if (isExhausted(cause)) return exhausted()
    const suffix = others.note(cause.code ?? cause.message, now())
    if (suffix !== undefined) runFork(Effect.logWarning(`a connection was not accepted: ${cause.message}${suffix}`))
  })
})
