/** What stands in a {@link DueList}: the list is made of its members, which are not to be hashed for that. */
export interface Linked<Self> {
  /** Whether it is in the list. */
  isListed: boolean
  before: Self | undefined
  after: Self | undefined
}

/** What is due, in the order in which it became so: any of it comes and goes at once. */
export class DueList<A extends Linked<A>> {
  private head: A | undefined = undefined
  private last: A | undefined = undefined

  /** The one that is due for the longest time; `after` leads to the others. */
  get first(): A | undefined {
    return this.head
  }

  get isEmpty(): boolean {
    return this.head === undefined
  }

  /** Adds one, unless it is there. */
  add(one: A): void {
    if (one.isListed) return
    one.isListed = true
    one.before = this.last
    if (this.last === undefined) this.head = one
    else this.last.after = one
    this.last = one
  }

  /** Removes one, if it is there. */
  delete(one: A): void {
    if (!one.isListed) return
    one.isListed = false
    const { after, before } = one
    if (before === undefined) this.head = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    one.before = undefined
    one.after = undefined
  }
}
