import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError, Protocol } from "../../Message/index.ts"
import type { Deadlines } from "./Deadlines.ts"
import { OpenRequest } from "./OpenRequest.ts"

/** A device of version 4 does one thing at a time: it may be busy with another client's request for so long. */
const patient = 30_000
/** So many turns of the event loop are waited for what has come while this process was too busy to read it. */
const turns = 4

/** A `?watchdog` of the client's own. Whatever the device answers, or sends instead, is a sign of life. */
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

/** What the vigil needs of its connection. */
interface Watched {
  /** What the device speaks, as far as that is known. */
  readonly spoken: Protocol | undefined
  /** Whether this end does not read, so that nothing can be heard. */
  readonly held: boolean
  /** The longest time-out of the requests that were sent and not answered, in milliseconds; 0 without any. */
  readonly longest: number
  readonly ask: (probe: Probe) => void
  readonly giveUp: (probe: Probe) => void
}

/**
 * Notices that a device is dead though its connection is there. After `alive` without a byte it asks `?watchdog`; when
 * nothing comes for `aliveWait` either, the device is lost. Any byte is life. The wait is as long as the time-out of each
 * request in flight, since a device may do one request at a time.
 *
 * One question is open at a time. Where the device has ids, a question that was not answered though other bytes came is
 * given up for a new one; where it has none, that question holds its place in the order of replies.
 */
export class Vigil {
  private readonly alive: number
  private readonly wait: number | undefined
  private readonly deadlines: Deadlines
  private readonly watched: Watched
  /** When something came last. */
  private last: number
  /** Set while an answer is waited for. */
  private sign: Deferred.Deferred<void> | undefined = undefined
  private probe: Probe | undefined = undefined

  constructor(
    options: { readonly alive: number; readonly aliveWait: number | undefined },
    deadlines: Deadlines,
    watched: Watched
  ) {
    this.alive = options.alive
    this.wait = options.aliveWait
    this.deadlines = deadlines
    this.watched = watched
    this.last = deadlines.now()
  }

  /** Something has come. */
  heard(): void {
    this.last = this.deadlines.now()
    if (this.sign !== undefined) Deferred.doneUnsafe(this.sign, Exit.void)
  }

  /** Waits until the device is lost, and gives the reason. */
  readonly lost: Effect.Effect<string> = Effect.gen({ self: this }, function* () {
    for (;;) {
      yield* this.silence
      this.ask()
      if (!(yield* this.answered)) break
    }
    const seconds = Math.round((this.deadlines.now() - this.last) / 1000)
    return `the device is silent: nothing came for ${seconds} s, and no answer to ?watchdog`
  })

  /** Waits until nothing has come for a while. */
  private readonly silence = Effect.suspend(() => {
    const left = () => {
      if (this.watched.held) this.last = this.deadlines.now()
      return Math.ceil(this.last + this.alive - this.deadlines.now())
    }
    return Effect.whileLoop({ while: () => left() > 0, body: () => Effect.sleep(left()), step: () => undefined })
  })

  private ask(): void {
    const { watched } = this
    if (this.probe !== undefined && !this.probe.settled) {
      if (this.probe.id === undefined) return
      watched.giveUp(this.probe)
    }
    this.probe = new Probe(watched.spoken?.messageIds === true)
    watched.ask(this.probe)
  }

  /** Waits for a sign of life; false where none has come for as long as the device may take. */
  private readonly answered = Effect.gen({ self: this }, function* () {
    const { deadlines, watched } = this
    const asked = deadlines.now()
    const wait = this.wait ?? Math.max(2 * this.alive, (watched.spoken?.major ?? 4) < 5 ? patient : 0)
    const sign = Deferred.makeUnsafe<void>()
    this.sign = sign
    let longest = 0
    while (!Deferred.isDoneUnsafe(sign) && !watched.held) {
      const { longest: current } = watched
      // one without a time-out counts as long as it is in flight; of others the device may be busy when they are given up
      if (current < Number.POSITIVE_INFINITY) longest = Math.max(longest, current)
      const until = current < Number.POSITIVE_INFINITY ? asked + Math.max(wait, longest) : current
      const left = Math.ceil(until - deadlines.now())
      if (left > 0) yield* Effect.timeoutOption(Deferred.await(sign), Math.min(left, wait))
      else {
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        break
      }
    }
    this.sign = undefined
    return Deferred.isDoneUnsafe(sign) || watched.held
  })
}
