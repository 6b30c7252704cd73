import * as Effect from "effect/Effect"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import { type Deadlines, Timed } from "./Deadlines.ts"
import type { InFlight } from "./InFlight.ts"
import { OpenRequest } from "./RequestTable.ts"

/**
 * Milliseconds that another client may keep a device of version 4 busy, which handles one request at a time. Not
 * measured: longer than all but a few requests take.
 */
const version4Wait = 30_000
/**
 * Turns of the event loop for bytes that arrived while this process was too busy to read them. Not measured: Node reads
 * all sockets once a turn, so two are needed, and a turn costs 5 µs.
 */
const lastTurns = 4

/**
 * The number of checks within `alive`. A deadline is cheap among others with the same timeout. The query is at most 2 %
 * later than `alive`. Not measured: a check costs a comparison.
 */
const steps = 64

/** The client's own `?watchdog`. Any answer, and any other bytes from the device, are a sign of life. */
export class Probe extends OpenRequest {
  constructor(useId: boolean) {
    super({
      name: "watchdog",
      values: [],
      timeout: Number.POSITIVE_INFINITY,
      waited: 0,
      which: "default",
      id: undefined,
      useId
    })
  }

  override get isProbe(): boolean {
    return true
  }
  inform(_: ParsedMessage): void {}
  reply(_: ParsedMessage): void {}
  fail(_: KatcpError): void {}
}

/**
 * Detects that a device is dead although its connection is open. After `alive` without a byte it sends `?watchdog`. If
 * nothing arrives for `aliveWait` either, the device is lost. Any byte is a sign of life. The wait is at least as long
 * as the timeout of each request in flight, because a device may handle one request at a time.
 *
 * One probe is open at a time. If the device has ids, an unanswered probe is replaced by a new one after other bytes
 * arrived. Without ids, the probe keeps its place in the order of replies.
 *
 * It has neither a fiber nor a timer: it is one of its client's deadlines. A byte that arrives only sets a number. When the
 * deadline comes, the number says how long the silence has lasted.
 */
export class KeepAlive extends Timed {
  /** The time until the next check, in milliseconds. */
  timeout: number
  private readonly alive: number
  private readonly wait: number | undefined
  private readonly deadlines: Deadlines
  private readonly requests: InFlight
  private readonly run: (effect: Effect.Effect<void>) => unknown
  private readonly onLost: (reason: string) => void
  /** The time when bytes last arrived. */
  private last: number
  /** The time when the pending probe was sent; `undefined` without one. */
  private asked: number | undefined = undefined
  /** The longest timeout of the requests in flight since then. */
  private longest = 0
  private probe: Probe | undefined = undefined
  private stopped = false

  constructor(
    { deadlines, options, run }: Core,
    requests: InFlight,
    /** Called once, with the reason, when the device is lost. */
    onLost: (reason: string) => void
  ) {
    super()
    this.alive = this.timeout = options.alive
    this.wait = options.aliveWait
    this.deadlines = deadlines
    this.run = run
    this.requests = requests
    this.onLost = onLost
    this.last = deadlines.now()
  }

  /** Starts watching. */
  start(): void {
    this.lookIn(this.alive)
  }

  /** Stops when the connection is over. */
  stop(): void {
    this.stopped = true
    this.deadlines.remove(this)
  }

  /** Called when bytes have arrived. */
  heard(): void {
    this.last = this.deadlines.now()
    if (this.asked === undefined) return
    this.deadlines.remove(this)
    this.listen()
  }

  /** Checks how long the silence has lasted. */
  expire(): void {
    if (this.asked !== undefined) return this.judge(this.asked)
    const now = this.deadlines.now()
    if (this.isHeld) this.last = now
    const left = this.last + this.alive - now
    if (left > 0) return this.lookIn(Math.ceil(Math.ceil((left / this.alive) * steps) * (this.alive / steps)))
    this.asked = now
    this.longest = 0
    this.ask()
    this.judge(now)
  }

  /** `true` while the client itself does not read, so nothing can arrive. */
  private get isHeld(): boolean {
    return this.requests.backpressure.isHeld
  }

  private lookIn(milliseconds: number): void {
    if (this.stopped) return
    this.timeout = milliseconds
    this.deadlines.add(this, this.deadlines.now())
  }

  private listen(): void {
    this.asked = undefined
    this.lookIn(this.alive)
  }

  private ask(): void {
    const { requests } = this
    if (this.probe !== undefined && !this.probe.settled) {
      if (this.probe.id === undefined) return
      requests.giveUp(this.probe)
    }
    this.probe = new Probe(requests.spoken?.messageIds === true)
    requests.ask(this.probe)
  }

  /** Continues waiting for a sign of life, or stops if the device's time is over. */
  private judge(asked: number): void {
    if (this.isHeld) return this.listen()
    const { requests } = this
    const wait = this.wait ?? Math.max(2 * this.alive, (requests.spoken?.major ?? 4) < 5 ? version4Wait : 0)
    const { longest } = requests
    // a request without a timeout counts while it is in flight; the device may still be busy with one that timed out
    if (longest < Number.POSITIVE_INFINITY) this.longest = Math.max(this.longest, longest)
    const until = longest < Number.POSITIVE_INFINITY ? asked + Math.max(wait, this.longest) : longest
    const left = Math.ceil(until - this.deadlines.now())
    if (left > 0) this.lookIn(Math.min(left, wait))
    else this.run(this.lastLook(asked))
  }

  /**
   * Waits for bytes that arrived while this process was too busy to read them. If there are no bytes, the device is
   * lost.
   */
  private lastLook(asked: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      for (let turn = 0; turn < lastTurns; turn++) yield* Effect.yieldNow
      if (this.stopped || this.asked !== asked) return
      if (this.isHeld) return this.listen()
      this.stopped = true
      const seconds = Math.round((this.deadlines.now() - this.last) / 1000)
      this.onLost(`the device is silent: nothing received for ${seconds} s, and no answer to ?watchdog`)
    })
  }
}
