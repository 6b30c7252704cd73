import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { KatcpError } from "../../Message/index.ts"
import { Broadcast } from "./Broadcast.ts"
import { type ClientEvent, type ClientState, initial, next } from "./State.ts"

/** A caller that waits for a state. */
interface Waiting {
  readonly test: (state: ClientState) => boolean
  readonly resume: (exit: Exit.Exit<void, KatcpError>) => void
}

/**
 * Publishes the state of a client and its events. A watcher may cause the next event at once, for example by closing
 * the client. That event is published after all watchers have seen the first, so all see the same order.
 */
export class Progress {
  readonly events = new Broadcast<ClientEvent>()
  /** The current state. Watchers may not have seen it yet. */
  now: ClientState
  /** The state that watchers have seen. */
  private published: ClientState
  /** Made when it is read first, because most programs never watch it. */
  private ref: SubscriptionRef.SubscriptionRef<ClientState> | undefined = undefined
  private waiting: Set<Waiting> | undefined = undefined
  private readonly unpublished: Array<{ readonly event: ClientEvent; readonly state: ClientState }> = []
  private publishing = false

  constructor(host: string | undefined) {
    this.now = this.published = initial(host)
  }

  get state(): SubscriptionRef.SubscriptionRef<ClientState> {
    return (this.ref ??= Effect.runSync(SubscriptionRef.make(this.published)))
  }

  /** Waits for a state that passes the test. Fails with the reason if the client is closed instead. */
  until(test: (state: ClientState) => boolean): Effect.Effect<void, KatcpError> {
    return Effect.callback((resume) => {
      const exit = outcome(this.published, test)
      if (exit !== undefined) return resume(exit)
      const one = { test, resume }
      this.waiting ??= new Set()
      this.waiting.add(one)
      return Effect.sync(() => this.waiting!.delete(one))
    })
  }

  /** Applies an event and publishes it. Ignores an event that cannot happen in the current state. */
  note(event: ClientEvent): void {
    const state = next(this.now, event)
    if (state === undefined) return
    this.now = state
    this.unpublished.push({ event, state })
    if (this.publishing) return
    this.publishing = true
    for (let one = this.unpublished.shift(); one !== undefined; one = this.unpublished.shift()) {
      if (one.state !== this.published) this.set(one.state)
      this.events.publish(one.event)
      if (one.state._tag === "Closed") this.events.end()
    }
    this.publishing = false
  }

  /**
   * Only this class sets the state, so its lock is not needed: a fiber for each change of each client would cost more.
   */
  private set(state: ClientState): void {
    const { ref } = this
    this.published = state
    if (ref !== undefined) {
      ref.value = state
      PubSub.publishUnsafe(ref.pubsub, state)
    }
    if (this.waiting === undefined) return
    for (const one of this.waiting) {
      const exit = outcome(state, one.test)
      if (exit === undefined) continue
      this.waiting.delete(one)
      one.resume(exit)
    }
  }
}

/** Returns the result of a wait in a state, or `undefined` if the wait continues. */
const outcome = (
  state: ClientState,
  test: (state: ClientState) => boolean
): Exit.Exit<void, KatcpError> | undefined => {
  if (test(state)) return Exit.void
  return state._tag === "Closed" ? Exit.fail(state.reason) : undefined
}
