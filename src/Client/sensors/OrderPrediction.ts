/** An item of an {@link OrderPrediction}. */
export interface Predictable<Self> {
  /** The item that followed this one the last time. */
  next: Self | undefined
}

/** Predicts the next item, for items that recur in much the same order, as readings do. */
export class OrderPrediction<A extends Predictable<A>> {
  private latest: A | undefined = undefined

  /** The likely next item: the one that followed the latest item the last time. */
  get likely(): A | undefined {
    return this.latest?.next
  }

  /** Records an item. */
  came(one: A): void {
    if (this.latest !== undefined && this.latest.next !== one) this.latest.next = one
    this.latest = one
  }

  /** Records that an item will not recur, and drops its reference to the next one. */
  gone(one: A): void {
    one.next = undefined
    if (this.latest === one) this.latest = undefined
  }
}
