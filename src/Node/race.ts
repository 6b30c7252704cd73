import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Address } from "./Names.ts"

/** Milliseconds that an address has before the next one is tried as well. Given by RFC 8305 §5. */
const stagger = 250

/**
 * Tries the addresses of a host: the next one when the one before has failed or taken a quarter of a second. Earlier
 * attempts continue: the first that succeeds wins, and the others are interrupted. Fails with the error of each, as an
 * `AggregateError` if there are several.
 */
export const race = <A>(
  addresses: ReadonlyArray<Address>,
  attempt: (address: Address) => Effect.Effect<A, unknown>
): Effect.Effect<A, unknown> => {
  const [first] = addresses
  if (first !== undefined && addresses.length === 1) return attempt(first)
  const errors: Array<unknown> = []
  const turns = interleaved(addresses).map((address) => ({
    address,
    begun: Deferred.makeUnsafe<void>(),
    over: Deferred.makeUnsafe<void>()
  }))
  const attempts = turns.map(({ address, begun, over }, at) =>
    Effect.gen(function* () {
      const before = turns[at - 1]
      if (before !== undefined) {
        yield* Deferred.await(before.begun)
        yield* Effect.timeoutOption(Deferred.await(before.over), stagger)
      }
      Deferred.doneUnsafe(begun, Exit.void)
      return yield* Effect.tapError(attempt(address), (error) =>
        Effect.sync(() => {
          errors.push(error)
          Deferred.doneUnsafe(over, Exit.void)
        })
      )
    })
  )
  return Effect.mapError(Effect.raceAll(attempts), () => new AggregateError(errors, "no address of the host answers"))
}

/** Alternates IPv6 and IPv4, if there are both, beginning with the family of the first address. */
const interleaved = (addresses: ReadonlyArray<Address>): ReadonlyArray<Address> => {
  const kind = addresses[0]?.family
  const same = addresses.filter(({ family }) => family === kind)
  const other = addresses.filter(({ family }) => family !== kind)
  return Array.from({ length: Math.max(same.length, other.length) }, (_, at) => [same[at], other[at]])
    .flat()
    .filter((address) => address !== undefined)
}
