import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** How many a reader may be behind; then the oldest are dropped. */
const kept = 1024

/** Things that happen seldom, for anybody who reads them as a Stream: from the start of the stream to the end. */
export class Broadcast<A> {
  private readonly readers = new Set<Queue.Queue<A, Cause.Done>>()
  private ended = false

  /** Whether anybody reads. */
  get watched(): boolean {
    return this.readers.size > 0
  }

  publish(value: A): void {
    for (const reader of this.readers) Queue.offerUnsafe(reader, value)
  }

  readonly stream: Stream.Stream<A> = Stream.unwrap(
    Effect.suspend(() => {
      if (this.ended) return Effect.succeed(Stream.empty)
      return Effect.map(
        Effect.acquireRelease(
          Effect.tap(Queue.sliding<A, Cause.Done>(kept), (queue) => Effect.sync(() => this.readers.add(queue))),
          (queue) => Effect.sync(() => this.readers.delete(queue))
        ),
        (queue) => Stream.fromQueue(queue)
      )
    })
  )

  end(): void {
    this.ended = true
    for (const reader of this.readers) Queue.endUnsafe(reader)
    this.readers.clear()
  }
}
