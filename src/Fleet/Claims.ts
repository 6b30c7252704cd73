import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Answer, Claim, FleetStore, Release, Signature } from "./FleetStore.ts"

/**
 * The wait before repeating a request to a database that did not answer. Not measured: short compared with the second
 * of a takeover.
 */
const spaced = Schedule.spaced("250 millis")
/** The largest number of claims in one statement. Not measured: a statement of this size is some 20 kB. */
const maxClaims = 1000

/** Claims one device. Waits while the database is away. */
type AskFor = (claim: Claim) => Effect.Effect<Answer>

/**
 * Makes the function that claims devices. Simultaneous claims go to the database in one statement: after a takeover a
 * runner claims hundreds.
 */
export const makeClaims = (store: FleetStore["Service"], by: Signature): Effect.Effect<AskFor, never, Scope.Scope> =>
  Effect.gen(function* () {
    const asked = yield* Queue.unbounded<readonly [Claim, Deferred.Deferred<Answer>]>()
    yield* Effect.gen(function* () {
      const all = yield* Queue.takeBetween(asked, 1, maxClaims)
      // a claim that was cancelled while it waited must not get an unused epoch: it is still made, and harmless
      const claims = all.map(([claim]) => claim)
      const answers = yield* store.claim(by, claims).pipe(
        Effect.tapError((error) => Effect.logDebug(`fleet: ${error.message}`)),
        Effect.retry({ schedule: spaced })
      )
      for (const [index, [, deferred]] of all.entries()) yield* Deferred.succeed(deferred, answers[index]!)
    }).pipe(Effect.forever, Effect.forkScoped)
    return (claim) =>
      Effect.gen(function* () {
        const deferred = yield* Deferred.make<Answer>()
        yield* Queue.offer(asked, [claim, deferred])
        return yield* Deferred.await(deferred)
      })
  })

/** Notes that a device was given up. Returns at once; one statement tells the store about several devices. */
type LetGo = (release: Release) => void

/** Collects the devices that were given up, and sends them to the store. */
export const makeReleases = (store: FleetStore["Service"], by: Signature): Effect.Effect<LetGo, never, Scope.Scope> =>
  Effect.gen(function* () {
    const released = yield* Queue.unbounded<Release>()
    // the runner's last heartbeat covers what is left at the end: a runner that is gone holds nothing
    yield* Effect.gen(function* () {
      const all = yield* Queue.takeBetween(released, 1, maxClaims)
      // what fails is found again: the runner is named as the holder of a device that it does not hold
      yield* store.release(by, all).pipe(Effect.catch((error) => Effect.logDebug(`fleet: ${error.message}`)))
    }).pipe(Effect.forever, Effect.forkScoped)
    return (release) => {
      Queue.offerUnsafe(released, release)
    }
  })
