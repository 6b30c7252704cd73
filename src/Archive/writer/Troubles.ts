import * as Effect from "effect/Effect"
import type { StoreFailed } from "../errors.ts"
import { seconds } from "../model/Reading.ts"

/** The failing operations of a writer; each is logged once, until it works again. */
export class Troubles {
  readonly #now: () => number
  readonly #address: string
  readonly #meanwhile: string
  readonly #errors = new Map<string, string>()
  /** The time since when, in seconds since 1970. */
  since: number

  constructor(address: string, spill: string | undefined, now: () => number) {
    this.#now = now
    this.#address = address
    this.#meanwhile = `readings wait in memory, then ${spill === undefined ? "are lost and counted" : `in ${spill}`}, until it works again`
    this.since = seconds(now())
  }

  /** The reason why the store is not writable; undefined if it is. */
  get error(): string | undefined {
    return this.#errors.get("write") ?? this.#errors.get("tend")
  }

  /** Records the outcome. */
  watch<A, R>(what: "write" | "tend", effect: Effect.Effect<A, StoreFailed, R>): Effect.Effect<A, StoreFailed, R> {
    return Effect.tapError(effect, (error) => this.#fails(what, error.message)).pipe(Effect.tap(this.#works(what)))
  }

  #fails(what: string, message: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const before = this.error
      this.#errors.set(what, message)
      if (before === undefined) this.since = seconds(this.#now())
      return before === this.error ? Effect.void : Effect.logWarning(`${message}; ${this.#meanwhile}`)
    })
  }

  #works(what: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#errors.delete(what) || this.error !== undefined) return Effect.void
      this.since = seconds(this.#now())
      return Effect.logInfo(`the archive in ${this.#address} is written to again`)
    })
  }
}
