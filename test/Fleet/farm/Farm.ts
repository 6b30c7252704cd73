import { setTimeout } from "node:timers/promises"
import { type DeviceCounts, FarmDevice } from "./FarmDevice.ts"

/** The size of a farm. */
export interface FarmOptions {
  readonly devices: number
  readonly sensors: number
  /** The port of the first device; each further one has the next. */
  readonly port: number
  /** Readings of each sensor a second. 0: the values stay. */
  readonly hertz?: number
  /** The addresses go on from this number: `m0000`, `m0001`, … */
  readonly first?: number
}

/** The counts of a whole farm since the last reset. Times are in milliseconds. */
export interface FarmCounts {
  /** The time of the report, by the clock of the farm. */
  readonly now: number
  /** The offset of times to milliseconds since 1970. */
  readonly origin: number
  /** Devices that a peer, or more than one, samples now. */
  readonly live: number
  readonly shared: number
  /** How often two peers sampled one device, over all devices; and the longest time that they did. */
  readonly overlaps: number
  readonly overlapped: number
  /** The longest time that a device had no peer, one that still lasts included. */
  readonly longestDown: number
  /** When a device was last taken. */
  readonly lastTaken: number
  /** Devices that were taken by a peer at least once. */
  readonly moved: number
  /** Readings that were sent. */
  readonly sent: number
  /** The longest time by which a tick came late. */
  readonly late: number
}

/** Milliseconds between two looks at which devices are due. */
const lookEvery = 10

/** A farm of fake devices, which counts who holds them. */
export class Farm {
  readonly devices: ReadonlyArray<FarmDevice>
  private readonly options: FarmOptions
  private looking = false
  private hertz: number
  private begun = 0
  private ticks = 0
  private sent = 0
  private late = 0

  constructor(options: FarmOptions) {
    const { devices, first = 0, hertz = 1, sensors } = options
    this.options = options
    this.hertz = hertz
    this.devices = Array.from(
      { length: devices },
      (_, at) => new FarmDevice(`m${String(first + at).padStart(4, "0")}`, sensors, () => performance.now())
    )
  }

  /** The addresses by name. */
  get addresses(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.devices.map(({ name }, at) => [name, `127.0.0.1:${this.options.port + at}`]))
  }

  async listen(): Promise<void> {
    await Promise.all(this.devices.map((device, at) => device.listen(this.options.port + at)))
    this.setRate(this.hertz)
  }

  /** Readings of each sensor a second from now on; 0 stops them. Devices follow each other in the period. */
  setRate(hertz: number): void {
    this.hertz = hertz
    this.begun = performance.now()
    this.ticks = 0
    if (!this.looking) void this.run()
  }

  counts(): FarmCounts {
    const all = this.devices.map(({ counts }) => counts)
    const largest = (of: (counts: DeviceCounts) => number) => all.reduce((found, one) => Math.max(found, of(one)), 0)
    return {
      now: performance.now(),
      origin: performance.timeOrigin,
      live: all.filter(({ peers }) => peers.length > 0).length,
      shared: all.filter(({ peers }) => peers.length > 1).length,
      overlaps: all.reduce((sum, { overlaps }) => sum + overlaps, 0),
      overlapped: largest(({ overlapped }) => overlapped),
      longestDown: largest(({ longestDown }) => longestDown),
      lastTaken: largest(({ takenAt }) => takenAt),
      moved: all.filter(({ taken }) => taken > 0).length,
      sent: this.sent,
      late: this.late
    }
  }

  /** Counts again. */
  reset(): void {
    for (const device of this.devices) device.reset()
    this.sent = 0
    this.late = 0
  }

  private async run(): Promise<void> {
    this.looking = true
    while (this.hertz > 0) {
      this.look()
      await setTimeout(lookEvery)
    }
    this.looking = false
  }

  private look(): void {
    const elapsed = performance.now() - this.begun
    const perSecond = this.devices.length * this.hertz
    const due = Math.floor((elapsed / 1000) * perSecond)
    if (this.ticks < due) this.late = Math.max(this.late, elapsed - (this.ticks / perSecond) * 1000)
    // a farm that cannot keep up leaves ticks out, and says how late it was
    if (due - this.ticks > this.devices.length) this.ticks = due - this.devices.length
    for (; this.ticks < due; this.ticks++) this.sent += this.devices[this.ticks % this.devices.length]!.tick()
  }
}
