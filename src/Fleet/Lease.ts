import type * as Clock from "effect/Clock"

/** A moment by two clocks, in milliseconds: the time of day, and a clock that never steps but may rest in a suspended machine. */
export interface Moment {
  readonly time: number
  readonly elapsed: number
}

/**
 * The right of a runner to hold devices. Other runners count a runner as gone when its last heartbeat is older than
 * `expiration`.
 */
export class Lease {
  /** In milliseconds. */
  readonly expiration: number
  private readonly clock: Clock.Clock
  /** When the last answered heartbeat was sent. */
  private renewed: Moment

  constructor(clock: Clock.Clock, expiration: number) {
    this.clock = clock
    this.expiration = expiration
    this.renewed = this.now()
  }

  /** The present moment. */
  now(): Moment {
    const { clock } = this
    return { time: clock.currentTimeMillisUnsafe(), elapsed: Number(clock.monotonicTimeNanosUnsafe()) / 1e6 }
  }

  /** Renews the lease by a heartbeat that was answered, from the moment when it was sent. */
  renew(sent: Moment): void {
    if (sent.elapsed > this.renewed.elapsed) this.renewed = sent
  }

  /**
   * The milliseconds since the last answered heartbeat was sent, by the clock that says more: the time of day may be set
   * back, and the other clock rests while the machine is suspended.
   */
  get age(): number {
    const { elapsed, time } = this.now()
    return Math.max(time - this.renewed.time, elapsed - this.renewed.elapsed)
  }

  /**
   * `true` if half of the time has passed without an answer. A device that is given up too early is only down for a
   * moment.
   */
  get isLate(): boolean {
    return this.age > this.expiration / 2
  }
}
