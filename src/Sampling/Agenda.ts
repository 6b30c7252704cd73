/** An action at a time. */
export abstract class Timer {
  /** @internal its place in the agenda; `undefined` if it does not wait */
  deadline: Deadline | undefined = undefined
  /** @internal its neighbours there */
  previous: Timer | undefined = undefined
  /** @internal */
  next: Timer | undefined = undefined

  /** The time, to the millisecond, or `Infinity` if it does not wait. */
  get at(): number {
    return this.deadline === undefined ? Number.POSITIVE_INFINITY : this.deadline.at
  }

  /** Called at the time. The timer no longer waits then, unless it is set again. */
  abstract wake(now: number): void
}

/** All timers of one millisecond, in the order in which they were added. */
class Deadline {
  readonly at: number
  /** Its place in the heap. */
  place = 0
  first: Timer | undefined = undefined
  last: Timer | undefined = undefined

  constructor(at: number) {
    this.at = at
  }
}

/**
 * Milliseconds by which a time may be off, since times are sums of floats. Given by double precision: sums of
 * milliseconds since 1970 are exact to 2.4e-4, those since the start of a process to 1e-7.
 */
export const tolerance = 1e-6

/**
 * Timers by the millisecond in which they are due. Adding and removing a timer needs a search only if its millisecond
 * is new or becomes empty, for any number of timers: the many samplers of one period share few milliseconds.
 */
export class Agenda {
  /** The number of waiting timers. */
  size = 0
  private readonly deadlines = new Map<number, Deadline>()
  /** The deadlines as a binary heap, the earliest first. */
  private readonly heap: Array<Deadline> = []

  /** The earliest deadline: a whole number of milliseconds, or `Infinity`. */
  get at(): number {
    const [first] = this.heap
    return first === undefined ? Number.POSITIVE_INFINITY : first.at
  }

  /** Adds a timer that does not wait, at the first whole millisecond not before the time. */
  add(timer: Timer, time: number): void {
    const at = Math.ceil(time - tolerance)
    let deadline = this.deadlines.get(at)
    if (deadline === undefined) {
      deadline = new Deadline(at)
      this.deadlines.set(at, deadline)
      this.siftUp(deadline, this.heap.length)
    }
    timer.deadline = deadline
    if (deadline.last === undefined) deadline.first = timer
    else {
      timer.previous = deadline.last
      deadline.last.next = timer
    }
    deadline.last = timer
    this.size++
  }

  /** Removes a timer. Does nothing if it does not wait. */
  remove(timer: Timer): void {
    const { deadline, next, previous } = timer
    if (deadline === undefined) return
    timer.deadline = timer.next = timer.previous = undefined
    if (previous === undefined) deadline.first = next
    else previous.next = next
    if (next === undefined) deadline.last = previous
    else next.previous = previous
    this.size--
    if (deadline.first === undefined) this.drop(deadline)
  }

  /** Removes and returns the first timer that is due at this time. */
  take(now: number): Timer | undefined {
    if (this.at > now) return undefined
    const timer = this.heap[0]!.first!
    this.remove(timer)
    return timer
  }

  private drop(deadline: Deadline): void {
    this.deadlines.delete(deadline.at)
    const last = this.heap.pop()!
    if (last === deadline) return
    const { place } = deadline
    if (place > 0 && this.heap[(place - 1) >> 1]!.at > last.at) this.siftUp(last, place)
    else this.sink(last, place)
  }

  /** Moves a deadline to a free place or further up. */
  private siftUp(deadline: Deadline, from: number): void {
    const { heap } = this
    let place = from
    while (place > 0) {
      const parent = heap[(place - 1) >> 1]!
      if (parent.at <= deadline.at) break
      heap[place] = parent
      parent.place = place
      place = (place - 1) >> 1
    }
    heap[place] = deadline
    deadline.place = place
  }

  /** Moves a deadline to a free place or further down. */
  private sink(deadline: Deadline, from: number): void {
    const { heap } = this
    let place = from
    for (;;) {
      let at = 2 * place + 1
      if (at >= heap.length) break
      if (at + 1 < heap.length && heap[at + 1]!.at < heap[at]!.at) at++
      const child = heap[at]!
      if (child.at >= deadline.at) break
      heap[place] = child
      child.place = place
      place = at
    }
    heap[place] = deadline
    deadline.place = place
  }
}
