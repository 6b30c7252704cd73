/** Tokens that a page may save up. Not measured: a page that opens sends some tens of frames. */
const most = 200
/** Tokens a second. Not measured: a page acknowledges at most 50 frames a second, each of which takes one. */
const perSecond = 100

/** How many frames a page may send, and how much work they may be. One that has spent too much is read later. */
export class Budget {
  private tokens = most
  private last: number

  /** Times are in milliseconds. */
  constructor(now: number) {
    this.last = now
  }

  /** Spends tokens, and returns how many milliseconds to wait until the next frame is read. */
  spend(tokens: number, now: number): number {
    this.tokens = Math.min(most, this.tokens + ((now - this.last) * perSecond) / 1000) - tokens
    this.last = now
    return this.tokens >= 0 ? 0 : (-this.tokens * 1000) / perSecond
  }
}
