import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { KatcpError } from "../../Message/index.ts"
import { Broadcast } from "./Broadcast.ts"
import { type ClientEvent, type ClientState, initial, next } from "./State.ts"

/** One who waits for a state. */
interface Waiting {
  readonly test: (state: ClientState) => boolean
  readonly resume: (exit: Exit.Exit<void, KatcpError>) => void
}

/**
 * The state of a client and what happens to it, for all to see. Who is told may at once do the next thing (close the
 * client, for one): that is told when all have been told of the first, so that everybody sees the same order.
 */
export class Progress {
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  readonly events = new Broadcast<ClientEvent>()
  /** The state as it is, even where not everybody was told of it yet. */
  now: ClientState
  private waiting: Set<Waiting> | undefined = undefined
  private readonly untold: Array<{ readonly event: ClientEvent; readonly state: ClientState }> = []
  private telling = false

  private constructor(state: SubscriptionRef.SubscriptionRef<ClientState>) {
    this.state = state
    this.now = SubscriptionRef.getUnsafe(state)
  }

  static make(host: string | undefined): Effect.Effect<Progress> {
    return Effect.map(SubscriptionRef.make(initial(host)), (state) => new Progress(state))
  }

  /** Waits for a state that passes the test. Fails with the reason if the client is closed instead. */
  until(test: (state: ClientState) => boolean): Effect.Effect<void, KatcpError> {
    return Effect.callback((resume) => {
      const exit = outcome(SubscriptionRef.getUnsafe(this.state), test)
      if (exit !== undefined) return resume(exit)
      const one = { test, resume }
      this.waiting ??= new Set()
      this.waiting.add(one)
      return Effect.sync(() => this.waiting!.delete(one))
    })
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
      if (one.state !== SubscriptionRef.getUnsafe(this.state)) this.set(one.state)
      this.events.publish(one.event)
      if (one.state._tag === "Closed") this.events.end()
    }
    this.telling = false
  }

  /** Nobody else sets the state, so that its lock is not needed: a fiber for each change of each client would cost more. */
  private set(state: ClientState): void {
    this.state.value = state
    PubSub.publishUnsafe(this.state.pubsub, state)
    if (this.waiting === undefined) return
    for (const one of this.waiting) {
      const exit = outcome(state, one.test)
      if (exit === undefined) continue
      this.waiting.delete(one)
      one.resume(exit)
    }
  }
}

/** What a state is to one who waits; undefined if the wait goes on. */
const outcome = (
  state: ClientState,
  test: (state: ClientState) => boolean
): Exit.Exit<void, KatcpError> | undefined => {
  if (test(state)) return Exit.void
  return state._tag === "Closed" ? Exit.fail(state.reason) : undefined
}
