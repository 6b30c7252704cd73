/**
 * Bounds the attempts of a site to connect to its devices: the number at a time, and the number in a second.
 *
 * Devices that are down must not delay those that are up. So there are two kinds of attempts:
 *
 * - **First ones**: of a device that was added, or whose last attempt succeeded. They wait for other first ones only.
 * - **Repeated ones**: of a device whose last attempt failed. They have at most half of the places, and a limited rate.
 *
 * A host that is switched off does not answer. An attempt to connect to it takes seconds, without any work. So an attempt
 * has its place for a moment, and then waits without one. The number of those is limited, too.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Options as ClientOptions } from "../Client/index.ts"
import type { Flushable, Turn } from "../Codec/index.ts"

/**
 * The repeated attempts that start in a second. Measured: a refused attempt takes 0.6 ms of CPU, so these take an eighth of
 * a core. They are enough for 9,000 devices that are down, each with an attempt every 45 s.
 */
const repeatsPerSecond = 200
/** The milliseconds for which an attempt has its place. Not measured: devices that are up answer within some ms. */
const grace = 250
/** The attempts that wait for an answer without a place. Not measured: each has a file descriptor, and no work. */
const slowLimit = 512

/** The number of a kind of attempts, with and without a place. */
interface Kind {
  readonly limit: number
  readonly slowLimit: number
  placed: number
  slow: number
  readonly waiting: Set<Attempt>
}

const kindOf = (limit: number, slowLimit: number): Kind => ({
  limit,
  slowLimit,
  placed: 0,
  slow: 0,
  waiting: new Set()
})

/** One attempt. */
class Attempt {
  readonly kind: Kind
  readonly placed = Deferred.makeUnsafe<void>()
  state: "waiting" | "placed" | "slow" | "over" = "waiting"

  constructor(kind: Kind) {
    this.kind = kind
  }
}

/** See the top of the file. */
export class Attempts implements Flushable {
  private readonly clock: Clock.Clock
  private readonly turn: Turn
  private readonly limit: number
  private readonly first: Kind
  private readonly repeated: Kind
  private isScheduled = false
  /** When the next repeated attempt may start, in milliseconds of the monotonic clock. */
  private nextAt = 0

  /** `limit` is the number of places. */
  constructor(limit: number, clock: Clock.Clock, turn: Turn) {
    this.limit = limit
    this.clock = clock
    this.turn = turn
    this.first = kindOf(limit, slowLimit)
    this.repeated = kindOf(Math.ceil(limit / 2), slowLimit / 2)
  }

  /** Returns the option `gate` of the client of a device. It is for one device, and for all of its clients in turn. */
  gate(): NonNullable<ClientOptions["gate"]> {
    let hasFailed = false
    return {
      withPermit: (effect) =>
        Effect.suspend(() => this.run(effect, hasFailed)).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              hasFailed = Exit.isFailure(exit)
            })
          )
        )
    }
  }

  private run<A, E, R>(effect: Effect.Effect<A, E, R>, isRepeated: boolean): Effect.Effect<A, E, R> {
    const attempt = new Attempt(isRepeated ? this.repeated : this.first)
    const begin = Effect.suspend(() => {
      attempt.kind.waiting.add(attempt)
      this.schedule()
      return Deferred.await(attempt.placed)
    })
    return Effect.gen({ self: this as Attempts }, function* () {
      if (isRepeated) yield* this.slot
      yield* begin
      const timer = yield* Effect.forkChild(
        Effect.andThen(
          Effect.sleep(grace),
          Effect.sync(() => this.giveWay(attempt))
        )
      )
      return yield* Effect.ensuring(
        effect,
        Effect.sync(() => timer.interruptUnsafe())
      )
    }).pipe(Effect.ensuring(Effect.sync(() => this.end(attempt))))
  }

  /** Waits until one more repeated attempt may start. */
  private readonly slot: Effect.Effect<void> = Effect.suspend(() => {
    const now = Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
    const at = Math.max(now, this.nextAt)
    this.nextAt = at + 1000 / repeatsPerSecond
    return at > now ? Effect.sleep(at - now) : Effect.void
  })

  /** Gives the place of an attempt to another one. */
  private giveWay(attempt: Attempt): void {
    const { kind } = attempt
    if (attempt.state !== "placed" || kind.slow >= kind.slowLimit) return
    if (this.first.slow + this.repeated.slow >= slowLimit) return
    attempt.state = "slow"
    kind.placed--
    kind.slow++
    this.schedule()
  }

  private end(attempt: Attempt): void {
    const { kind, state } = attempt
    attempt.state = "over"
    if (state === "waiting") kind.waiting.delete(attempt)
    else {
      if (state === "placed") kind.placed--
      else kind.slow--
      this.schedule()
    }
  }

  private schedule(): void {
    if (this.isScheduled || this.first.waiting.size + this.repeated.waiting.size === 0) return
    this.isScheduled = true
    this.turn.add(this)
  }

  /** Gives free places to waiting attempts: called at the end of the turn. */
  flush(): void {
    this.isScheduled = false
    for (const kind of [this.first, this.repeated])
      for (const attempt of kind.waiting) {
        if (kind.placed >= kind.limit || this.first.placed + this.repeated.placed >= this.limit) break
        kind.waiting.delete(attempt)
        attempt.state = "placed"
        kind.placed++
        Deferred.doneUnsafe(attempt.placed, Exit.void)
      }
  }
}
