/**
 * The time that the age of data is measured from, for dropping them. It is that of the clock, unless the clock has
 * stepped ahead, because dropping by a wrong clock cannot be undone. After a step it continues as if the clock had not
 * stepped, until the process has run for a day with the new time; correcting the clock meanwhile has no cost. A time
 * when the archive was off is a step too. A clock that is set back counts at once, because it drops less.
 *
 * The store keeps the state, with the same result for a program that is started every day, and for one whose clock is
 * wrong at its start.
 */

import type { RetentionState } from "../Store.ts"

/** The largest step ahead that counts at once: an hour. Not measured: no synchronized clock steps as far. */
const tolerated = 3_600_000_000
/** The time that a process must run before a step ahead counts: a day. Not measured: people look once a day. */
const confirmedAfter = 86_400_000_000

export class Retention {
  #time: number
  #held: number
  #elapsed: number
  readonly #tolerated: number
  /** The time by which the clock is ahead, in microseconds; 0 if it is trusted. */
  ahead = 0

  /** `raw`: the retention of readings, in microseconds. `elapsed`: the time of the process, in microseconds. */
  constructor(state: RetentionState, raw: number, elapsed: number) {
    this.#time = state.time
    this.#held = state.held
    this.#elapsed = elapsed
    this.#tolerated = Math.min(tolerated, raw / 8)
  }

  /** Takes the clock's time and that of the process. Returns the time to measure age from. */
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
