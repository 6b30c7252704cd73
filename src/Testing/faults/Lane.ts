import { fromLatin1, joinBytes, toLatin1 } from "../../Codec/index.ts"
import type { Delivery, Endpoint, Inbound } from "../Endpoint.ts"
import type { AtLine, Fault } from "./Step.ts"

/** The time functions of a lane. */
export interface Timer {
  /** Milliseconds. */
  readonly now: () => number
  /** Calls a function after this many milliseconds. */
  readonly wake: (after: number, f: () => void) => void
}

/** A step that waits for its line. */
interface Trigger {
  readonly step: AtLine
  /** Called with the fault when it is due, or with `undefined` when a line was rewritten. */
  readonly fire: (fault: Fault | undefined) => void
  seen: number
}

/** An item in transit: a delivery, or an action after everything before it was passed on. */
interface Item {
  /** The time of sending. */
  readonly sent: number
  readonly what: Delivery | (() => void)
}

const lineFeed = 0x0a

/** One direction of a connection, with faults. Everything in it keeps its order, including the faults at lines. */
export class Lane implements Inbound {
  private readonly end: Endpoint
  private readonly timer: Timer
  private items: Array<Item> = []
  private frozen = false
  private delay = 0
  private sizes: ReadonlyArray<number> = []
  private nextSize = 0
  private triggers: Array<Trigger> = []
  /** The received part of an incomplete line; held only while there are triggers. */
  private line: Array<Uint8Array> = []
  /** `true` if the next byte begins a line. */
  private atBorder = true
  private over = false
  private resetting = false
  /** The earliest time of a pending wake-up. */
  private wakeAt = Number.POSITIVE_INFINITY
  private pumping = false

  constructor(end: Endpoint, timer: Timer) {
    this.end = end
    this.timer = timer
    end.inbound = this
  }

  get held(): number {
    let size = 0
    for (const { what } of this.items)
      if (typeof what !== "function" && what._tag === "Bytes") for (const chunk of what.chunks) size += chunk.length
    return size
  }

  pass(delivery: Delivery): void {
    if (this.over) return
    if (delivery._tag === "Bytes") for (const chunk of delivery.chunks) this.bytes(chunk)
    else this.ending(delivery)
    this.pump()
  }

  /** Applies a fault of this direction. */
  apply(fault: Exclude<Fault, { readonly _tag: "Cut" | "Reset" }>): void {
    if (this.over) return
    switch (fault._tag) {
      case "Hang":
        this.frozen = true
        return
      case "Resume":
        this.frozen = false
        return this.pump()
      case "Delay":
        this.delay = fault.millis
        return this.pump()
      case "Split":
        this.sizes = fault.sizes
        this.nextSize = 0
        return this.pump()
      case "Insert":
        // directly after the bytes that were passed on
        this.items.unshift({ sent: Number.NEGATIVE_INFINITY, what: bytesItem(fault.data) })
        return this.pump()
    }
  }

  /** Waits for the line of a step. */
  arm(step: AtLine, fire: Trigger["fire"]): void {
    this.triggers.push({ step, fire, seen: 0 })
  }

  /** Ends the connection for this end; items in transit are lost. */
  sever(how: "Cut" | "Reset"): void {
    if (this.over) return
    this.over = true
    this.items = []
    this.line = []
    this.triggers = []
    if (how === "Cut") this.end.accept({ _tag: "Gone" })
    else if (this.end.isRead || this.end.isWriting) this.end.accept({ _tag: "Reset" })
    else this.resetting = true
  }

  read(): void {
    if (this.resetting) {
      this.resetting = false
      this.end.accept({ _tag: "Reset" })
    } else this.pump()
  }

  truncate(size: number): void {
    let left = size
    this.items = this.items.map((item) => {
      if (typeof item.what === "function" || item.what._tag !== "Bytes") return item
      const chunks = item.what.chunks.map((chunk) => {
        const kept = chunk.subarray(0, left)
        left -= kept.length
        return kept
      })
      return { sent: item.sent, what: { _tag: "Bytes", chunks } }
    })
  }

  private bytes(chunk: Uint8Array): void {
    let from = 0
    while (from < chunk.length && this.triggers.length > 0) {
      const end = chunk.indexOf(lineFeed, from) + 1
      if (this.atBorder && end === 0) {
        this.line.push(chunk.subarray(from))
        return
      }
      if (end === 0) break
      const part = chunk.subarray(from, end)
      // the rest of a line that began before any trigger does not count
      if (this.atBorder) this.whole(joinBytes([...this.line, part]))
      else this.add(bytesItem(part))
      this.line = []
      this.atBorder = true
      from = end
    }
    if (from === chunk.length) return
    this.add(bytesItem(chunk.subarray(from)))
    this.atBorder = chunk.at(-1) === lineFeed
  }

  /** Handles a whole line: its triggers fire when it is delivered up to their places. */
  private whole(line: Uint8Array): void {
    const text = toLatin1(line.subarray(0, -1))
    let bytes = line
    const faults: Array<{ readonly at: number; readonly fire: () => void }> = []
    for (const { fire, step } of this.triggered(text)) {
      const { happens } = step
      if (happens._tag === "Fault") faults.push({ at: happens.at, fire: () => fire(happens.fault) })
      else {
        bytes = fromLatin1(`${happens.rewrite(text)}\n`)
        fire(undefined)
      }
    }
    let from = 0
    for (const { at, fire } of faults.sort((one, other) => one.at - other.at)) {
      const to = at === Number.POSITIVE_INFINITY ? bytes.length : Math.min(at, bytes.length - 1)
      this.add(bytesItem(bytes.subarray(from, to)))
      this.add(fire)
      from = to
    }
    this.add(bytesItem(bytes.subarray(from)))
  }

  /** Handles the end of the direction. */
  private ending(delivery: Delivery): void {
    if (this.line.length > 0) this.add({ _tag: "Bytes", chunks: this.line })
    this.line = []
    const faults = this.triggered(undefined).map(({ fire, step: { happens } }) => ({ happens, fire }))
    const at = (first: boolean) => {
      for (const { happens, fire } of faults)
        if (happens._tag === "Fault" && (happens.at === 0) === first) this.add(() => fire(happens.fault))
    }
    at(true)
    this.add(delivery)
    at(false)
  }

  /** Removes and returns the triggers of that line, or of the end. */
  private triggered(text: string | undefined): ReadonlyArray<Trigger> {
    const all = this.triggers.filter((trap) => matches(trap.step, text) && ++trap.seen === count(trap.step))
    if (all.length > 0) this.triggers = this.triggers.filter((trap) => !all.includes(trap))
    return all
  }

  private add(what: Item["what"]): void {
    this.items.push({ sent: this.timer.now(), what })
  }

  /** Passes on everything that is due. */
  private pump(): void {
    if (this.pumping) return
    this.pumping = true
    while (this.items.length > 0 && !this.frozen) {
      const { sent, what } = this.items[0]!
      const due = sent + this.delay
      if (due > this.timer.now()) {
        this.sleepUntil(due)
        break
      }
      if (typeof what !== "function" && what._tag === "Bytes" && this.sizes.length > 0) {
        if (!this.end.isRead) break
        this.piece(joinBytes(what.chunks), sent)
        continue
      }
      this.items.shift()
      if (typeof what === "function") what()
      else this.end.accept(what)
    }
    this.pumping = false
  }

  /** Passes on the next piece of the first item. */
  private piece(bytes: Uint8Array, sent: number): void {
    this.items.shift()
    if (bytes.length === 0) return
    const size = this.sizes[this.nextSize++ % this.sizes.length]!
    if (size < bytes.length) this.items.unshift({ sent, what: bytesItem(bytes.subarray(size)) })
    this.end.accept(bytesItem(bytes.subarray(0, size)))
  }

  private sleepUntil(due: number): void {
    if (this.wakeAt <= due) return
    this.wakeAt = due
    this.timer.wake(due - this.timer.now(), () => {
      this.wakeAt = Number.POSITIVE_INFINITY
      this.pump()
    })
  }
}

const bytesItem = (data: string | Uint8Array): Delivery => ({
  _tag: "Bytes",
  chunks: [typeof data === "string" ? fromLatin1(data) : data]
})

const count = ({ mark, nth }: AtLine): number => (typeof mark === "number" ? mark : nth)

const matches = ({ mark }: AtLine, text: string | undefined): boolean => {
  if (mark === "end" || text === undefined) return mark === "end" && text === undefined
  if (typeof mark === "number") return true
  return typeof mark === "function" ? mark(text) : text.search(mark) !== -1
}
