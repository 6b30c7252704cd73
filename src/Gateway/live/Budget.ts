/** Tokens that a page can save. Not measured: a page that opens sends some tens of frames. */
const capacity = 200
/** Tokens a second. Not measured: a page acknowledges at most 50 frames a second, and each takes one token. */
const perSecond = 100

/** A limit on the number of a page's frames and on their work. A page that has spent too much is read later. */
export class Budget {
  private tokens = capacity
  private last: number

  /** Times are in milliseconds. */
  constructor(now: number) {
    this.last = now
  }

  /** Spends tokens, and returns the wait before reading the next frame, in milliseconds. */
  spend(tokens: number, now: number): number {
    this.tokens = Math.min(capacity, this.tokens + ((now - this.last) * perSecond) / 1000) - tokens
    this.last = now
    return this.tokens >= 0 ? 0 : (-this.tokens * 1000) / perSecond
  }
}
