/** Effects as promises, and Streams as async iterables. Failures reject with the error itself, so it keeps its tag. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"

/**
 * The options of a single wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Abortable {
  /** Cancels the wait: the promise rejects with the reason of the signal, or the iteration ends. */
  readonly signal?: AbortSignal | undefined
}

/** Runs an effect. */
export const toPromise = async <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignal): Promise<A> => {
  signal?.throwIfAborted()
  const exit = await Effect.runPromiseExit(effect, signal === undefined ? {} : { signal })
  if (Exit.isSuccess(exit)) return exit.value
  if (signal?.aborted === true && Cause.hasInterruptsOnly(exit.cause)) throw signal.reason
  throw Cause.squash(exit.cause)
}

/** Iterates over a Stream. Leaving the loop, or the signal, ends it. */
export const toIterable = <A, E>(stream: Stream.Stream<A, E>, signal?: AbortSignal): AsyncIterable<A> =>
  Stream.toAsyncIterable(signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal)))

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (signal.aborted) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    signal.addEventListener("abort", listener, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", listener))
  })
