import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Role } from "../../Interface/index.ts"
import type { CallerEnd } from "./Caller.ts"

/** The one for whom a token was made. */
export interface Holder {
  readonly name: string
  readonly role: Role
  /** When the token ends, in seconds since 1970; `undefined` if it does not end by itself. */
  readonly expires: number | undefined
  /** How the token is revoked; `undefined` if that is not possible. */
  readonly ending: Ending | undefined
  /** Waits until the token is revoked, or its time is over. */
  readonly ended: Effect.Effect<CallerEnd>
}

/** Why a token lets nobody in. */
export interface TokenRefused {
  /** For the log. */
  readonly reason: string
  /** `true` if the token may be a good one: the issuer cannot be asked now. */
  readonly isUnavailable: boolean
}

/** Tokens that let callers in: those of a file, or those that an issuer signs. */
export interface Credentials {
  readonly kind: "token" | "jwt"
  /** Finds the holder of a token. */
  readonly find: (token: string) => Effect.Effect<Holder, TokenRefused>
}

/** The end of a token or a session, which many wait for. */
export class Ending {
  /** Why it has ended; `undefined` before. */
  why: CallerEnd | undefined = undefined
  private readonly listeners = new Set<(why: CallerEnd) => void>()

  /** Waits until it has ended. */
  readonly ended: Effect.Effect<CallerEnd> = Effect.callback((resume) => {
    if (this.why !== undefined) return resume(Effect.succeed(this.why))
    return Effect.sync(this.onEnd((why) => resume(Effect.succeed(why))))
  })

  /** Calls a function at the end. Returns a function that forgets it. */
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

/** The longest time that a timer runs, in milliseconds. Given by Node, whose timers take 31 bits: a day is well below. */
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
