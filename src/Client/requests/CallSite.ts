/**
 * Where a request was called for. A request fails long after its call, on a stack that has none of the caller's functions, so
 * that the error alone does not say which call failed. The place is noted at the call and shown in the error's stack.
 *
 * It is noted with three frames, and made text of when somebody reads the stack of an error. Noting takes 1.7 µs in a fiber
 * (measured: 12.2 instead of 10.5 µs for a request alone, 3.9 instead of 2.1 µs for one of 100 in flight). At most a
 * thousand calls a second of a client are noted, which costs under 0.2 % of a processor: whoever makes more calls than that makes the
 * same ones again and again. Programs that want none set `Error.stackTraceLimit = 0`, as for other errors.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"

/**
 * Frames of a stack that are captured. Given by the wrappers around a call, which have frames of their own and are
 * passed over.
 */
const frames = 3

/** The place of a call: V8 keeps the frames, and makes text of them when `stack` is read. */
export class CallSite {
  declare readonly stack: string
}

type Capture = (target: object, above: unknown) => void
const capture = (Error as { readonly captureStackTrace?: Capture }).captureStackTrace

/**
 * Calls in a second whose place is noted, for each client. Not measured: a stack takes a few microseconds, so 1000
 * of them take less than 1 % of a processor.
 */
const mostPerSecond = 1000

/** Notes where the requests of one client were called for. */
export class CallSites {
  private left = mostPerSecond
  private passedOver = 0
  private filledAt = 0

  /** Notes where the function `above` was called; undefined if stacks are off, too many were noted, or none can be. */
  note(above: unknown): CallSite | undefined {
    const limit = Error.stackTraceLimit
    if (capture === undefined || !(limit > 0) || !this.isDue()) return undefined
    const site = new CallSite()
    if (limit <= frames) capture(site, above)
    else {
      Error.stackTraceLimit = frames
      capture(site, above)
      Error.stackTraceLimit = limit
    }
    return site
  }

  /** Whether one more call may be noted. While none may, the clock is looked at once for 64 calls. */
  private isDue(): boolean {
    if (this.left === 0) {
      if ((++this.passedOver & 63) !== 0) return false
      const now = performance.now()
      if (now - this.filledAt < 1000) return false
      this.filledAt = now
      this.left = mostPerSecond
    }
    this.left--
    return true
  }
}

/** Where the files of this library are: frames in them, and in Effect, are not the caller's. */
const own = (() => {
  try {
    // the sources, or the folder of the files that were made of them
    const root = import.meta.url.endsWith(".ts") ? "../.." : "."
    return decodeURIComponent(new URL(root, import.meta.url).pathname)
  } catch {
    return undefined
  }
})()

const isCallers = (line: string): boolean =>
  /^\s+at /.test(line) && (own === undefined || !line.includes(own)) && !/[/\\]effect[/\\](?:src|dist)[/\\]/.test(line)

/** The line of the caller's file; undefined if none of the frames is in one. */
const lineOf = (site: CallSite): string | undefined => site.stack.split("\n").find(isCallers)

/** Shows in the stack of an error, before its own frames, where the call was. Gives the error. */
export const mark = <E>(error: E, site: CallSite): E => {
  if (!(error instanceof Error) || marked.has(error)) return error
  marked.add(error)
  const stack = Object.getOwnPropertyDescriptor(error, "stack")
  // only when somebody reads it: text of frames is made slowly
  const read = (): string => {
    const before =
      (stack?.get === undefined ? stack?.value : stack.get.call(error)) ?? `${error.name}: ${error.message}`
    const line = lineOf(site)
    if (line === undefined) return before
    const at = before.search(/^\s+at /m)
    return at === -1 ? `${before}\n${line}` : `${before.slice(0, at)}${line}\n${before.slice(at)}`
  }
  let text: string | undefined
  Object.defineProperty(error, "stack", {
    configurable: true,
    enumerable: false,
    get: () => (text ??= read()),
    set: (value: string) => {
      text = value
    }
  })
  return error
}

const marked = new WeakSet<object>()

/** The same for whatever an effect fails with. */
export const atSite = <A, E, R>(effect: Effect.Effect<A, E, R>, site: CallSite | undefined): Effect.Effect<A, E, R> =>
  site === undefined ? effect : Effect.mapError(effect, (error) => mark(error, site))

/** The same for what a suspended caller is resumed with. */
export const resumeAt =
  <A, E>(resume: (effect: Effect.Effect<A, E>) => void, site: CallSite) =>
  (effect: Effect.Effect<A, E>): void => {
    const exit = effect as Partial<Exit.Exit<A, E>>
    if (exit._tag === "Failure" && exit.cause !== undefined)
      for (const reason of exit.cause.reasons) if (reason._tag === "Fail") mark(reason.error, site)
    resume(effect)
  }
