import type * as Effect from "effect/Effect"
import type { QueryRefused } from "../errors.ts"
import type { Text } from "../model/Text.ts"
import { bounded } from "../queries.ts"

/** The amount of text in an answer. Numbers are limited by their count; a text can have any size. */
export class Weight {
  readonly #limit: number
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(text: Text | number | null): void {
    if (text !== null && typeof text !== "number") this.#bytes += text.length
  }

  /** `true` if the answer has reached its limit of text. */
  get isFull(): boolean {
    return this.#bytes >= this.#limit
  }

  /** Fails if the answer has more text than allowed. */
  check(instead: string): Effect.Effect<void, QueryRefused> {
    return bounded("bytes of text or more", this.#bytes, this.#limit, instead)
  }
}
