/** An item of an {@link OrderPrediction}. */
export interface Predictable<Self> {
  /** The item that came after this one the last time. */
  next: Self | undefined
}

/** Predicts which item comes next, for items that come again and again in much the same order, as readings do. */
export class OrderPrediction<A extends Predictable<A>> {
  private latest: A | undefined = undefined

  /** The item that is likely to come next: the one that came after the latest item the last time. */
  get likely(): A | undefined {
    return this.latest?.next
  }

  /** Notes that an item has come. */
  came(one: A): void {
    if (this.latest !== undefined && this.latest.next !== one) this.latest.next = one
    this.latest = one
  }

  /** Notes that an item will not come any more, and drops its reference to the next one. */
  gone(one: A): void {
    one.next = undefined
    if (this.latest === one) this.latest = undefined
  }
}
