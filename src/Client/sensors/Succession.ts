/** What stands in a {@link Succession}. */
export interface Successive<Self> {
  /** The one that came after it the last time. */
  next: Self | undefined
}

/** What comes again and again in much the same order, as readings do: which one will be next, as far as can be told. */
export class Succession<A extends Successive<A>> {
  private latest: A | undefined = undefined

  /** The one that came after the latest one before; it may not come at all any more. */
  get likely(): A | undefined {
    return this.latest?.next
  }

  /** It has come. */
  came(one: A): void {
    if (this.latest !== undefined && this.latest.next !== one) this.latest.next = one
    this.latest = one
  }

  /** It will not come any more, and what came after it is not to be kept for its sake. */
  gone(one: A): void {
    one.next = undefined
    if (this.latest === one) this.latest = undefined
  }
}
