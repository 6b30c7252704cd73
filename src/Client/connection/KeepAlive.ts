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
 * Turns of the event loop for bytes that arrived while this process was too busy to read them. Not measured: Node
 * reads all sockets once a turn, so two are needed, and a turn costs 5 µs.
 */
const lastTurns = 4

/**
 * The client looks again after one of this many parts of `alive`: a deadline is cheap among others with the same time-out.
 * So the question comes later than `alive` by 2 % at most. Not measured: a look costs a comparison.
 */
const steps = 64

/** A `?watchdog` of the client's own. Any answer to it, and anything else that the device sends, is a sign of life. */
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
 * Notices that a device is dead although its connection is open. After `alive` without a byte it sends `?watchdog`. If
 * nothing arrives for `aliveWait` either, the device is lost. Any byte is a sign of life. The wait is at least as long as
 * the time-out of each request in flight, since a device may handle one request at a time.
 *
 * One probe is open at a time. If the device has ids, a probe that was not answered although other bytes arrived is given
 * up for a new one. Without ids, that probe keeps its place in the order of replies.
 *
 * It has neither a fiber nor a timer: it is one of its client's deadlines. A byte that arrives only sets a number. When the
 * deadline comes, the number says how long the silence has lasted.
 */
export class KeepAlive extends Timed {
  /** The time until the next look, in milliseconds. */
  timeout: number
  private readonly alive: number
  private readonly wait: number | undefined
  private readonly deadlines: Deadlines
  private readonly requests: InFlight
  private readonly run: (effect: Effect.Effect<void>) => unknown
  private readonly onLost: (reason: string) => void
  /** When bytes arrived last. */
  private last: number
  /** When the probe was sent whose answer is waited for; undefined if there is none. */
  private asked: number | undefined = undefined
  /** The longest time-out of the requests that were in flight since then. */
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

  /** Begins to watch. */
  start(): void {
    this.lookIn(this.alive)
  }

  /** Ends when the connection is over. */
  stop(): void {
    this.stopped = true
    this.deadlines.remove(this)
  }

  /** Notes that bytes have arrived. */
  heard(): void {
    this.last = this.deadlines.now()
    if (this.asked === undefined) return
    this.deadlines.remove(this)
    this.listen()
  }

  /** Looks how long the silence has lasted. */
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

  /** `true` while the client itself does not read, so that nothing can arrive. */
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

  /** Waits on for a sign of life, or ends the wait if the device has had the time that it may take. */
  private judge(asked: number): void {
    if (this.isHeld) return this.listen()
    const { requests } = this
    const wait = this.wait ?? Math.max(2 * this.alive, (requests.spoken?.major ?? 4) < 5 ? version4Wait : 0)
    const { longest } = requests
    // a request without a time-out counts while it is in flight; the device may still be busy with one that timed out
    if (longest < Number.POSITIVE_INFINITY) this.longest = Math.max(this.longest, longest)
    const until = longest < Number.POSITIVE_INFINITY ? asked + Math.max(wait, this.longest) : longest
    const left = Math.ceil(until - this.deadlines.now())
    if (left > 0) this.lookIn(Math.min(left, wait))
    else this.run(this.lastLook(asked))
  }

  /** Waits for bytes that arrived while this process was too busy to read them. Without any, the device is lost. */
  private lastLook(asked: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      for (let turn = 0; turn < lastTurns; turn++) yield* Effect.yieldNow
      if (this.stopped || this.asked !== asked) return
      if (this.isHeld) return this.listen()
      this.stopped = true
      const seconds = Math.round((this.deadlines.now() - this.last) / 1000)
      this.onLost(`the device is silent: nothing came for ${seconds} s, and no answer to ?watchdog`)
    })
  }
}
