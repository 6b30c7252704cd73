/** What stands in a {@link DueList}: the list is made of its members, which are not to be hashed for that. */
export interface Linked<Self> {
  /** Whether it is in the list. */
  isListed: boolean
  before: Self | undefined
  after: Self | undefined
}

/** What is due, in the order in which it became so: any of it comes and goes at once. */
export class DueList<A extends Linked<A>> {
  private first: A | undefined = undefined
  private last: A | undefined = undefined

  get isEmpty(): boolean {
    return this.first === undefined
  }

  /** Adds one, unless it is there. */
  add(one: A): void {
    if (one.isListed) return
    one.isListed = true
    one.before = this.last
    if (this.last === undefined) this.first = one
    else this.last.after = one
    this.last = one
  }

  /** Removes one, if it is there. */
  delete(one: A): void {
    if (!one.isListed) return
    one.isListed = false
    const { after, before } = one
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    one.before = undefined
    one.after = undefined
  }

  *[Symbol.iterator](): Iterator<A> {
    for (let one = this.first; one !== undefined; one = one.after) yield one
  }
}
