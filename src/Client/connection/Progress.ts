import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Broadcast } from "./Broadcast.ts"
import { type ClientEvent, type ClientState, initial, next } from "./State.ts"

type Run = (effect: Effect.Effect<void>) => Fiber.Fiber<void>

/**
 * The state of a client and what happens to it, for all to see. Who is told may at once do the next thing (close the
 * client, for one): that is told when all have been told of the first, so that everybody sees the same order.
 */
export class Progress {
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  readonly events = new Broadcast<ClientEvent>()
  /** The state as it is, even where not everybody was told of it yet. */
  now: ClientState
  private readonly run: Run
  private readonly untold: Array<{ readonly event: ClientEvent; readonly state: ClientState }> = []
  private telling = false

  private constructor(run: Run, state: SubscriptionRef.SubscriptionRef<ClientState>) {
    this.run = run
    this.state = state
    this.now = SubscriptionRef.getUnsafe(state)
  }

  static make(host: string | undefined, run: Run): Effect.Effect<Progress> {
    return Effect.map(SubscriptionRef.make(initial(host)), (state) => new Progress(run, state))
  }

  /** Takes note of an event, and tells it; says nothing of what cannot happen in the present state. */
  note(event: ClientEvent): void {
    const state = next(this.now, event)
    if (state === undefined) return
    this.now = state
    this.untold.push({ event, state })
    if (this.telling) return
    this.telling = true
    for (let one = this.untold.shift(); one !== undefined; one = this.untold.shift()) {
      if (one.state !== SubscriptionRef.getUnsafe(this.state)) this.run(SubscriptionRef.set(this.state, one.state))
      this.events.publish(one.event)
      if (one.state._tag === "Closed") this.events.end()
    }
    this.telling = false
  }
}
