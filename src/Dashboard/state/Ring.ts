/**
 * The live readings of one plotted sensor: time, value and status in arrays of a fixed size. When they are full, the
 * oldest reading is replaced.
 */
export class Ring {
  readonly capacity: number
  readonly #times: Float64Array
  readonly #values: Float64Array
  readonly #codes: Int8Array
  #first = 0
  #length = 0
  /** The number of replaced readings. */
  dropped = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`a ring of ${capacity} readings`)
    this.capacity = capacity
    this.#times = new Float64Array(capacity)
    this.#values = new Float64Array(capacity)
    this.#codes = new Int8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** The time of the oldest reading, in seconds; undefined without readings. */
  get since(): number | undefined {
    return this.#length === 0 ? undefined : this.#times[this.#first]
  }

  /** The time of the newest reading. */
  get until(): number | undefined {
    return this.#length === 0 ? undefined : this.#times[this.#at(this.#length - 1)]
  }

  #at(place: number): number {
    const at = this.#first + place
    return at < this.capacity ? at : at - this.capacity
  }

  /** Adds a reading. One with the time of the newest replaces it; an older one is ignored, because lines go forward. */
  push(time: number, value: number, code: number): void {
    const until = this.until
    if (until !== undefined && time < until) return
    if (until !== undefined && time === until) {
      const at = this.#at(this.#length - 1)
      this.#values[at] = value
      this.#codes[at] = code
      return
    }
    let at: number
    if (this.#length < this.capacity) at = this.#at(this.#length++)
    else {
      at = this.#first
      this.#first = this.#at(1)
      this.dropped++
    }
    this.#times[at] = time
    this.#values[at] = value
    this.#codes[at] = code
  }

  /** Calls a function for each reading from a time on, the oldest first. */
  each(from: number, use: (time: number, value: number, code: number) => void): void {
    for (let place = this.#search(from); place < this.#length; place++) {
      const at = this.#at(place)
      use(this.#times[at]!, this.#values[at]!, this.#codes[at]!)
    }
  }

  /** The position of the first reading at or after a time. */
  #search(time: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#times[this.#at(middle)]! < time) low = middle + 1
      else high = middle
    }
    return low
  }
}
