import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/**
 * Records by which a reader may fall behind. Above that it loses the next ones, which are counted. Not measured: some 500
 * KB, and 20 seconds of one client's log lines.
 */
const ahead = 1024

interface Reader<A> {
  readonly queue: Queue.Queue<A, Cause.Done>
  missed: number
}

/**
 * Sends records to the readers of a Stream. At most 1024 records wait for each reader. A reader that is too slow loses the
 * next ones; `missed` of the record after them has their number.
 *
 * @category audit
 * @since 0.1.0
 */
export class RecordReaders<A extends { readonly missed: number }> {
  private readonly readers = new Set<Reader<A>>()
  private ended = false

  /** The number of readers. */
  get size(): number {
    return this.readers.size
  }

  /** Sends a record to all readers. */
  add(record: A): void {
    for (const reader of this.readers) {
      const own = reader.missed === 0 ? record : { ...record, missed: reader.missed }
      if (Queue.offerUnsafe(reader.queue, own)) reader.missed = 0
      else reader.missed++
    }
  }

  /** Emits the records from now on, until the end. */
  readonly stream: Stream.Stream<A> = Stream.unwrap(
    Effect.suspend(() => {
      if (this.ended) return Effect.succeed(Stream.empty)
      return Effect.map(
        Effect.acquireRelease(
          Effect.map(Queue.dropping<A, Cause.Done>(ahead), (queue) => {
            const reader: Reader<A> = { queue, missed: 0 }
            this.readers.add(reader)
            return reader
          }),
          (reader) => Effect.sync(() => this.readers.delete(reader))
        ),
        ({ queue }) => Stream.fromQueue(queue)
      )
    })
  )

  /** Ends all streams, once they have emitted the records before. */
  end(): void {
    this.ended = true
    for (const { queue } of this.readers) Queue.endUnsafe(queue)
    this.readers.clear()
  }
}
