/** An item of a {@link DueList}. The list links its items, so they need no hashing. */
export interface Linked<Self> {
  /** `true` while it is in the list. */
  isListed: boolean
  before: Self | undefined
  after: Self | undefined
}

/** A list of due items, in the order in which they became due. Adding and removing any item takes constant time. */
export class DueList<A extends Linked<A>> {
  private head: A | undefined = undefined
  private last: A | undefined = undefined

  /** The item that has been due for the longest time; `after` leads to the others. */
  get first(): A | undefined {
    return this.head
  }

  get isEmpty(): boolean {
    return this.head === undefined
  }

  /** Adds an item, unless it is in the list. */
  add(one: A): void {
    if (one.isListed) return
    one.isListed = true
    one.before = this.last
    if (this.last === undefined) this.head = one
    else this.last.after = one
    this.last = one
  }

  /** Removes an item, if it is in the list. */
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
