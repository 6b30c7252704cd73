import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { InFlight } from "./InFlight.ts"
import { OpenRequest } from "./RequestTable.ts"

/** A device of version 4 handles one request at a time: another client's may keep it busy for this many milliseconds. */
const version4Wait = 30_000
/** How many turns of the event loop are given to bytes that arrived while this process was too busy to read them. */
const lastTurns = 4

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
 */
export class KeepAlive {
  private readonly alive: number
  private readonly wait: number | undefined
  private readonly deadlines: Deadlines
  private readonly requests: InFlight
  /** When bytes arrived last. */
  private last: number
  /** Set while an answer is waited for. */
  private sign: Deferred.Deferred<void> | undefined = undefined
  private probe: Probe | undefined = undefined

  constructor(
    options: { readonly alive: number; readonly aliveWait: number | undefined },
    deadlines: Deadlines,
    requests: InFlight
  ) {
    this.alive = options.alive
    this.wait = options.aliveWait
    this.deadlines = deadlines
    this.requests = requests
    this.last = deadlines.now()
  }

  /** Notes that bytes have arrived. */
  heard(): void {
    this.last = this.deadlines.now()
    if (this.sign !== undefined) Deferred.doneUnsafe(this.sign, Exit.void)
  }

  /** Waits until the device is lost. Returns the reason. */
  readonly lost: Effect.Effect<string> = Effect.gen({ self: this }, function* () {
    for (;;) {
      yield* this.silence
      this.ask()
      if (!(yield* this.answered)) break
    }
    const seconds = Math.round((this.deadlines.now() - this.last) / 1000)
    return `the device is silent: nothing came for ${seconds} s, and no answer to ?watchdog`
  })

  /** `true` while the client itself does not read, so that nothing can arrive. */
  private get isHeld(): boolean {
    return this.requests.backpressure.isHeld
  }

  /** Waits until nothing has arrived for `alive`. */
  private readonly silence = Effect.suspend(() => {
    const left = () => {
      if (this.isHeld) this.last = this.deadlines.now()
      return Math.ceil(this.last + this.alive - this.deadlines.now())
    }
    return Effect.whileLoop({ while: () => left() > 0, body: () => Effect.sleep(left()), step: () => undefined })
  })

  private ask(): void {
    const { requests } = this
    if (this.probe !== undefined && !this.probe.settled) {
      if (this.probe.id === undefined) return
      requests.giveUp(this.probe)
    }
    this.probe = new Probe(requests.spoken?.messageIds === true)
    requests.ask(this.probe)
  }

  /** Waits for a sign of life. Returns `false` if none arrives in the time that the device may take. */
  private readonly answered = Effect.gen({ self: this }, function* () {
    const { deadlines, requests } = this
    const asked = deadlines.now()
    const wait = this.wait ?? Math.max(2 * this.alive, (requests.spoken?.major ?? 4) < 5 ? version4Wait : 0)
    const sign = Deferred.makeUnsafe<void>()
    this.sign = sign
    let longest = 0
    while (!Deferred.isDoneUnsafe(sign) && !this.isHeld) {
      const { longest: current } = requests
      // a request without a time-out counts while it is in flight; the device may still be busy with one that timed out
      if (current < Number.POSITIVE_INFINITY) longest = Math.max(longest, current)
      const until = current < Number.POSITIVE_INFINITY ? asked + Math.max(wait, longest) : current
      const left = Math.ceil(until - deadlines.now())
      if (left > 0) yield* Effect.timeoutOption(Deferred.await(sign), Math.min(left, wait))
      else {
        for (let turn = 0; turn < lastTurns; turn++) yield* Effect.yieldNow
        break
      }
    }
    this.sign = undefined
    return Deferred.isDoneUnsafe(sign) || this.isHeld
  })
}
