import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Role } from "../../Interface/index.ts"
import type { CallerEnd } from "./Caller.ts"

/** The holder of a token. */
export interface Holder {
  readonly name: string
  readonly role: Role
  /** The time when the token expires, in seconds since 1970; `undefined` if it does not expire. */
  readonly expires: number | undefined
  /** The end of the token by revocation; `undefined` if it cannot be revoked. */
  readonly ending: Ending | undefined
  /** Waits until the token is revoked or expires. */
  readonly ended: Effect.Effect<CallerEnd>
}

/** The reason why a token is refused. */
export interface TokenRefused {
  /** For the log. */
  readonly reason: string
  /** `true` if the token may be valid, but the issuer does not answer now. */
  readonly isUnavailable: boolean
}

/** A source of valid tokens: a file, or an issuer that signs them. */
export interface Credentials {
  readonly kind: "token" | "jwt"
  /** Finds the holder of a token. */
  readonly find: (token: string) => Effect.Effect<Holder, TokenRefused>
}

/** The end of a token or a session, with many observers. */
export class Ending {
  /** The reason; `undefined` before the end. */
  why: CallerEnd | undefined = undefined
  private readonly listeners = new Set<(why: CallerEnd) => void>()

  /** Waits until it has ended. */
  readonly ended: Effect.Effect<CallerEnd> = Effect.callback((resume) => {
    if (this.why !== undefined) return resume(Effect.succeed(this.why))
    return Effect.sync(this.onEnd((why) => resume(Effect.succeed(why))))
  })

  /** Calls a function at the end. Returns a function that removes it. */
  onEnd(listener: (why: CallerEnd) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  end(why: CallerEnd): void {
    if (this.why !== undefined) return
    this.why = why
    for (const listener of this.listeners) listener(why)
    this.listeners.clear()
  }
}

/** The longest time of one timer, in milliseconds. Given by Node, whose timers take 31 bits: a day is well below. */
const day = 86_400_000

/** Waits until a time, in seconds since 1970. */
export const untilExpired = (expires: number): Effect.Effect<CallerEnd> =>
  Effect.gen(function* () {
    while (true) {
      const left = expires * 1000 - (yield* Clock.currentTimeMillis)
      if (left <= 0) return "expired" as const
      yield* Effect.sleep(Math.min(left, day))
    }
  })
