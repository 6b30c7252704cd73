/**
 * The clock of the gateway, as the page knows it. The clock of the browser is not trusted: times come from the frames, and
 * only their distance is measured here, by a clock that nobody sets.
 */

/**
 * Given by people's patience with a wrong age: a clock of the gateway that was set back by more than this, in
 * seconds, is believed at once. Below it, the difference may be a frame that was slow.
 */
const step = 1

/** Estimates the gateway's clock from the times in its frames. */
export class ServerClock {
  readonly #monotonic: () => number
  /** The gateway's time minus the local one, in seconds. */
  #offset: number | undefined

  /** `monotonic`: milliseconds of a clock that is never set. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** A frame came that was sent at this time, in seconds since 1970. */
  heard(time: number): void {
    if (!Number.isFinite(time)) return
    const offset = time - this.#monotonic() / 1000
    // a frame is late by its time on the way: the largest difference is the best
    if (this.#offset === undefined || offset > this.#offset || this.#offset - offset > step) this.#offset = offset
  }

  /** The time of the gateway, in seconds since 1970; undefined until a frame came. */
  get now(): number | undefined {
    return this.#offset === undefined ? undefined : this.#offset + this.#monotonic() / 1000
  }
}
