/**
 * The clock of the gateway, as known to the page. The clock of the browser may be wrong: times come from the frames,
 * and the page only measures their distance, by a monotonic clock.
 */

/**
 * Given by people's tolerance of a wrong age: if the gateway's clock was set back by more than this, in seconds, the
 * page follows at once. A smaller difference may come from a slow frame.
 */
const step = 1

/** Estimates the gateway's clock from the times in its frames. */
export class ServerClock {
  readonly #monotonic: () => number
  /** The gateway's time minus the local one, in seconds. */
  #offset: number | undefined

  /** `monotonic`: the milliseconds of a monotonic clock. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** Takes a frame that was sent at this time, in seconds since 1970. */
  heard(time: number): void {
    if (!Number.isFinite(time)) return
    const offset = time - this.#monotonic() / 1000
    // a frame is late by its time on the way: the largest difference is the best
    if (this.#offset === undefined || offset > this.#offset || this.#offset - offset > step) this.#offset = offset
  }

  /** The time of the gateway, in seconds since 1970; undefined before the first frame. */
  get now(): number | undefined {
    return this.#offset === undefined ? undefined : this.#offset + this.#monotonic() / 1000
  }
}
