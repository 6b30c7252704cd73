import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Dialect, type ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError, Message } from "../../Message/index.ts"
import type { Anomalies } from "./Anomalies.ts"
import { Losses } from "./Losses.ts"
import type { TypedInform } from "./TypedInform.ts"

/**
 * Handles an inform. It runs while the connection is being read, so it must be quick. Copy a message that you keep
 * (`message.own()`). An error that it throws is logged.
 *
 * @category models
 * @since 0.1.0
 */
export type InformHandler = (message: ParsedMessage) => void

/**
 * Options of a subscription to informs.
 *
 * @category models
 * @since 0.1.0
 */
export interface SubscribeOptions {
  /**
   * The number of informs that may wait for a slow reader. Default 65536. Above that the oldest are dropped, counted
   * and logged (`LostInforms`). There is no back-pressure, because the reader itself may wait for a reply.
   */
  readonly capacity?: number | undefined
}

type Subscription = Queue.Queue<Message, KatcpError | Cause.Done>

/**
 * Informs by which a reader may fall behind by default. Not measured: a bound for memory, some seconds of the busiest
 * device.
 */
const defaultCapacity = 65536

/** The handlers of asynchronous informs, and the subscriptions to them. It outlives connections. */
export class Informs {
  // the lists are replaced, never changed: a handler may be added or removed while an inform is delivered
  private readonly byName = new Map<string, ReadonlyArray<InformHandler>>()
  private every: ReadonlyArray<InformHandler> = []
  private subscriptions: Set<Subscription> | undefined = undefined
  private readonly anomalies: Anomalies
  private owned: Message | undefined = undefined
  /** The dialect of the inform that is being delivered. */
  private dialect: Dialect.Dialect = Dialect.v5
  private ending: KatcpError | "closed" | undefined = undefined

  constructor(anomalies: Anomalies) {
    this.anomalies = anomalies
  }

  /** Calls the handlers of an inform. */
  deliver(message: ParsedMessage, dialect: Dialect.Dialect): void {
    this.dialect = dialect
    const named = this.byName.get(message.name)
    if (named !== undefined) for (let at = 0; at < named.length; at++) this.call(named[at]!, message)
    for (let at = 0; at < this.every.length; at++) this.call(this.every[at]!, message)
    this.owned = undefined
  }

  /** Adds a handler of the informs of a name, or of all. Returns a function that removes it. */
  add(name: string | undefined, handler: InformHandler): () => void {
    this.set(name, [...this.get(name), handler])
    return () => {
      const rest = [...this.get(name)]
      const at = rest.indexOf(handler)
      if (at !== -1) rest.splice(at, 1)
      this.set(name, rest)
    }
  }

  /** Returns a function for a handler: a new one each time, so a handler that was added twice is removed twice. */
  handlerOf(handler: InformHandler | TypedInform): InformHandler {
    if (typeof handler === "function") return (message) => handler(message)
    return (message) => {
      const fault = handler.take(message, this.dialect)
      if (fault !== undefined) this.anomalies.add({ _tag: "BadInform", message: message.own(), detail: fault.message })
    }
  }

  on(name: string | undefined, handler: InformHandler | TypedInform): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.add(name, this.handlerOf(handler))),
        (remove) => Effect.sync(remove)
      )
    )
  }

  subscribe(
    name: string | undefined,
    options?: SubscribeOptions
  ): Effect.Effect<Stream.Stream<Message, KatcpError>, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      const queue = yield* Queue.sliding<Message, KatcpError | Cause.Done>(options?.capacity ?? defaultCapacity)
      if (this.ending !== undefined) end(queue, this.ending)
      const losses = new Losses(this.anomalies, name)
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          this.subscriptions ??= new Set()
          this.subscriptions.add(queue)
          return this.add(name, (message) => {
            if (Queue.isFullUnsafe(queue)) losses.one()
            this.owned ??= message.own()
            Queue.offerUnsafe(queue, this.owned)
          })
        }),
        (remove) =>
          Effect.sync(() => {
            remove()
            losses.report()
            this.subscriptions?.delete(queue)
          })
      )
      return Stream.fromQueue(queue)
    })
  }

  stream(name: string | undefined, options?: SubscribeOptions): Stream.Stream<Message, KatcpError> {
    return Stream.unwrap(this.subscribe(name, options))
  }

  /** Ends all subscriptions, normally or with the reason why the client gives up. */
  end(ending: KatcpError | "closed"): void {
    this.ending = ending
    for (const queue of this.subscriptions ?? []) end(queue, ending)
    this.subscriptions = undefined
  }

  private call(handler: InformHandler, message: ParsedMessage): void {
    try {
      handler(message)
    } catch (defect) {
      this.failed(message.name, defect)
    }
  }

  private failed(name: string, defect: unknown): void {
    this.anomalies.again(
      "Error",
      `handler #${name}`,
      () => `a handler of #${name} failed: ${Cause.pretty(Cause.die(defect))}`
    )
  }

  private get(name: string | undefined): ReadonlyArray<InformHandler> {
    return name === undefined ? this.every : (this.byName.get(name) ?? [])
  }

  private set(name: string | undefined, handlers: ReadonlyArray<InformHandler>): void {
    if (name === undefined) this.every = handlers
    else if (handlers.length === 0) this.byName.delete(name)
    else this.byName.set(name, handlers)
  }
}

const end = (queue: Subscription, ending: KatcpError | "closed"): void => {
  if (ending === "closed") Queue.endUnsafe(queue)
  else Queue.failCauseUnsafe(queue, Cause.fail(ending))
}
