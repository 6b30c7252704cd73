/**
 * The time by which the age of data counts for dropping them. It is that of the clock, unless the clock has stepped ahead:
 * dropping by a clock that is wrong cannot be undone. Then it goes on as if the clock had not stepped, until the process
 * has run for a day with the new time; a clock that is set right meanwhile costs nothing. Time that the archive was off is
 * a step too. A clock that is set back counts at once, since less is dropped by it.
 *
 * The state is kept in the store: a program that is started every day, and one whose clock is wrong at its start, come out
 * the same.
 */

import type { RetentionState } from "../Store.ts"

/** How far the clock may be ahead: an hour. Not measured: no clock that is kept steps as far. */
const tolerated = 3_600_000_000
/** The time for which a process runs before a step ahead counts: a day. Not measured: somebody looks once a day. */
const confirmedAfter = 86_400_000_000

export class Retention {
  #time: number
  #held: number
  #elapsed: number
  readonly #tolerated: number
  /** How far the clock is ahead of the time that counts, in microseconds; 0 if it is trusted. */
  ahead = 0

  /** `raw`: how long readings are kept, in microseconds. `elapsed`: the time of the process, in microseconds. */
  constructor(state: RetentionState, raw: number, elapsed: number) {
    this.#time = state.time
    this.#held = state.held
    this.#elapsed = elapsed
    this.#tolerated = Math.min(tolerated, raw / 8)
  }

  /** Takes the clock's time and that of the process. Returns the time that counts. */
  step(now: number, elapsed: number): RetentionState {
    const passed = Math.max(0, elapsed - this.#elapsed)
    this.#elapsed = elapsed
    const expected = this.#time + passed
    if (now - expected <= this.#tolerated || this.#held + passed >= confirmedAfter) {
      this.#time = now
      this.#held = 0
      this.ahead = 0
    } else {
      this.#time = expected
      this.#held += passed
      this.ahead = now - expected
    }
    return { time: this.#time, held: this.#held }
  }
}
