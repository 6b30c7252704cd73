interface Entry<K> {
  key: K
  place: number
}

/** A heap of keys: returns the first key in an order. A change costs the logarithm of their number. */
export class Heap<in out Owner extends object, in out K> {
  private readonly entries: Array<Entry<K>> = []
  private readonly byOwner = new Map<Owner, Entry<K>>()
  private readonly isBefore: (one: K, other: K) => boolean

  constructor(isBefore: (one: K, other: K) => boolean) {
    this.isBefore = isBefore
  }

  /** The first key, or `undefined` if the heap is empty. */
  get first(): K | undefined {
    return this.entries[0]?.key
  }

  /** Sets the key of an owner. */
  set(owner: Owner, key: K): void {
    const entry = this.byOwner.get(owner)
    if (entry === undefined) {
      const added = { key, place: this.entries.length }
      this.byOwner.set(owner, added)
      this.entries.push(added)
      this.siftUp(added)
    } else {
      entry.key = key
      this.settle(entry)
    }
  }

  delete(owner: Owner): void {
    const entry = this.byOwner.get(owner)
    if (entry === undefined) return
    this.byOwner.delete(owner)
    const last = this.entries.pop()!
    if (last === entry) return
    this.put(last, entry.place)
    this.settle(last)
  }

  private settle(entry: Entry<K>): void {
    if (!this.siftUp(entry)) this.sink(entry)
  }

  /** Moves an entry towards the first. Returns `true` if it moved. */
  private siftUp(entry: Entry<K>): boolean {
    let { place } = entry
    const from = place
    while (place > 0) {
      const up = (place - 1) >> 1
      const above = this.entries[up]!
      if (!this.isBefore(entry.key, above.key)) break
      this.put(above, place)
      place = up
    }
    this.put(entry, place)
    return place !== from
  }

  private sink(entry: Entry<K>): void {
    const { entries } = this
    let { place } = entry
    for (;;) {
      let down = 2 * place + 1
      if (down >= entries.length) break
      if (down + 1 < entries.length && this.isBefore(entries[down + 1]!.key, entries[down]!.key)) down++
      const below = entries[down]!
      if (!this.isBefore(below.key, entry.key)) break
      this.put(below, place)
      place = down
    }
    this.put(entry, place)
  }

  private put(entry: Entry<K>, place: number): void {
    this.entries[place] = entry
    entry.place = place
  }
}
