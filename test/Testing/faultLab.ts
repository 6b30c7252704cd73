/** A connection whose faults the test has in hand, with a raw peer at each end. */
import * as Effect from "effect/Effect"
import { Faults, RawConnection, SocketPair } from "katcp/Testing"

export const immediately = { startImmediately: true } as const

/** A connection, with what was said of it before. */
export const lab = Effect.fnUntraced(function* (
  steps: ReadonlyArray<Faults.Step> = [],
  options?: Omit<SocketPair.Options, "faults">
) {
  const faults = yield* Faults.make
  const planned = yield* faults.next(...steps)
  const [left, right] = SocketPair.make({ ...options, faults })
  const client = yield* RawConnection.make(left)
  const server = yield* RawConnection.make(right)
  const connection = yield* planned.connection
  return { faults, connection, fired: planned.fired, client, server }
})

/** All that an end has received so far, as text. */
export const textOf = (end: RawConnection.RawConnection) =>
  Effect.andThen(
    end.settle,
    Effect.map(end.received, (bytes) => Buffer.from(bytes).toString("latin1"))
  )

/** Why the input of an end is over; undefined where it is not. */
export const endOf = (end: RawConnection.RawConnection) =>
  Effect.gen(function* () {
    const closed = yield* Effect.forkChild(end.closed, immediately)
    yield* end.settle
    const exit = closed.pollUnsafe()
    if (exit === undefined || exit._tag === "Failure") return undefined
    return exit.value._tag === "SocketCloseError" ? `closed ${exit.value.code}` : exit.value._tag
  })
