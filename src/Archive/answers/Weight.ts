import type * as Effect from "effect/Effect"
import type { QueryRefused } from "../errors.ts"
import type { Text } from "../model/Text.ts"
import { bounded } from "../queries.ts"

/** The text in an answer. Numbers are bounded by their count; a text may have any size. */
export class Weight {
  readonly #limit: number
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(text: Text | number | null): void {
    if (text !== null && typeof text !== "number") this.#bytes += text.length
  }

  /** `true` if the answer has as much text as it may. */
  get isFull(): boolean {
    return this.#bytes >= this.#limit
  }

  /** Fails if the answer has more text than it may. */
  check(instead: string): Effect.Effect<void, QueryRefused> {
    return bounded("bytes of text or more", this.#bytes, this.#limit, instead)
  }
}
