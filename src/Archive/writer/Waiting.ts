/**
 * Batches on their way to the store: those in the spill are older than those in memory. When memory is full, its oldest
 * batch moves to the end of the spill, and the new one to the end of memory. So the order stays, and a killed process
 * loses only the newest ones. A batch without room in either is refused.
 */
import * as Effect from "effect/Effect"
import type { Batch } from "../model/Batch.ts"
import type { Gap } from "../model/Gap.ts"
import type { Spilled, SpillShape } from "../Spill.ts"
import { Backlog } from "./Backlog.ts"
import type { Catalogue } from "./Catalogue.ts"

/** The oldest entry. */
export interface Next {
  readonly entry: Spilled
  /** Removes the entry, once the store has it. */
  readonly done: Effect.Effect<void>
}

export class Waiting {
  readonly #memory: Backlog
  readonly #spill: SpillShape | undefined
  readonly #catalogue: Catalogue
  /** The reason why the spill fails; undefined while it works. */
  spillError: string | undefined

  constructor(memory: number, spill: SpillShape | undefined, catalogue: Catalogue) {
    this.#memory = new Backlog(memory)
    this.#spill = spill
    this.#catalogue = catalogue
  }

  /** The readings that wait. */
  get readings(): number {
    return this.#memory.readings + this.spilled
  }

  /** The readings in the spill. */
  get spilled(): number {
    return this.#spill?.readings ?? 0
  }

  /** The bytes that wait. */
  get bytes(): number {
    return this.#memory.bytes + (this.#spill?.bytes ?? 0)
  }

  get isEmpty(): boolean {
    return this.#memory.first === undefined && this.#spill?.isEmpty !== false
  }

  /** Adds a batch at the end. Returns `false` without room for it. */
  push(batch: Batch): Effect.Effect<boolean> {
    return Effect.gen({ self: this as Waiting }, function* () {
      while (!this.#memory.fits(batch)) if (!(yield* this.#moveOldest)) return false
      this.#memory.push(batch)
      return true
    })
  }

  /** The oldest entry, or `undefined` if nothing waits. */
  get next(): Effect.Effect<Next | undefined> {
    return Effect.gen({ self: this as Waiting }, function* () {
      const spill = this.#spill
      while (spill !== undefined && !spill.isEmpty) {
        const entry = yield* this.#asked(spill.first)
        if (entry !== undefined) return { entry, done: Effect.asVoid(this.#asked(spill.shift)) }
        // unreadable entries were skipped, and counted; if nothing moves, the spill must wait
        if (this.spillError !== undefined) break
      }
      // the entries that could not be written there are in the store, or lost
      if (spill?.isEmpty === true) this.spillError = undefined
      const batch = this.#memory.first
      if (batch === undefined) return undefined
      const { definition } = this.#catalogue
      return { entry: { _tag: "Batch", batch, definition }, done: Effect.sync(() => this.#memory.shift(batch)) }
    })
  }

  /** Moves all batches, and these gaps, to the spill. Returns the number of readings without room there. */
  moveAll(gaps: ReadonlyArray<Gap>): Effect.Effect<number> {
    return Effect.gen({ self: this as Waiting }, function* () {
      while (this.#memory.first !== undefined && (yield* this.#moveOldest)) {}
      if (gaps.length > 0 && this.#spill !== undefined) yield* this.#asked(this.#spill.push({ _tag: "Gaps", gaps }))
      return this.#memory.readings
    })
  }

  get #moveOldest(): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const batch = this.#memory.first
      if (this.#spill === undefined || batch === undefined) return Effect.succeed(false)
      const { definition } = this.#catalogue
      return Effect.map(this.#asked(this.#spill.push({ _tag: "Batch", batch, definition })), (moved) => {
        if (moved === true) this.#memory.shift(batch)
        return moved === true
      })
    })
  }

  /** Calls the spill, and records a failure: `undefined`. */
  #asked<A>(effect: Effect.Effect<A, { readonly message: string }>): Effect.Effect<A | undefined> {
    return Effect.matchEffect(effect, {
      onSuccess: (value) =>
        Effect.sync(() => {
          this.spillError = undefined
          return value
        }),
      onFailure: ({ message }) => {
        const isNews = message !== this.spillError
        this.spillError = message
        return Effect.as(isNews ? Effect.logWarning(message) : Effect.void, undefined)
      }
    })
  }
}
