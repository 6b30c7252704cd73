import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/**
 * Items by which a reader may fall behind; then the oldest are dropped. Not measured: some seconds of a busy device,
 * and a few hundred kilobytes.
 */
const kept = 1024

/** Publishes rare events as a Stream, which emits the events from its start on. */
export class Broadcast<A> {
  /** `undefined` until the first reader. */
  private readers: Set<Queue.Queue<A, Cause.Done>> | undefined = undefined
  private ended = false

  /** `true` if the stream has readers. */
  get watched(): boolean {
    return this.readers !== undefined && this.readers.size > 0
  }

  publish(value: A): void {
    if (this.readers !== undefined) for (const reader of this.readers) Queue.offerUnsafe(reader, value)
  }

  get stream(): Stream.Stream<A> {
    return Stream.unwrap(
      Effect.suspend(() => {
        if (this.ended) return Effect.succeed(Stream.empty)
        return Effect.map(
          Effect.acquireRelease(
            Effect.tap(Queue.sliding<A, Cause.Done>(kept), (queue) => Effect.sync(() => this.add(queue))),
            (queue) => Effect.sync(() => this.readers?.delete(queue))
          ),
          (queue) => Stream.fromQueue(queue)
        )
      })
    )
  }

  private add(queue: Queue.Queue<A, Cause.Done>): void {
    this.readers ??= new Set()
    this.readers.add(queue)
  }

  end(): void {
    this.ended = true
    for (const reader of this.readers ?? []) Queue.endUnsafe(reader)
    this.readers = undefined
  }
}
