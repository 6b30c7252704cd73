/** The requests of a device at run time. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Handler } from "./Handler.ts"
import type * as Request from "./Request.ts"

/**
 * A change of a device's request. `Replaced`: the device has another description or handler for it, which
 * `#interface-changed` reports as `modified` (Rev 5.1 §4.2).
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestSetChange {
  readonly _tag: "Added" | "Removed" | "Replaced"
  /** The name. */
  readonly name: string
}

// biome-ignore lint/suspicious/noExplicitAny: the description of the request has the types
type AnyHandler = (args: any, context: any) => Effect.Effect<unknown, unknown>

/**
 * A request of a device with its handler, or `undefined` if the contract's handlers lack it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServedRequest {
  readonly request: Request.Any
  readonly handler: AnyHandler | undefined
  /** `true` if it was added at run time. */
  readonly added: boolean
}

/**
 * The requests of a device: those of its contract, and those added and removed at run time. A server reports each
 * change to its clients by `#interface-changed` (Rev 5.1 §4.2). The option `interfaceChanged` selects the form: once as
 * `request-list` for a {@link RequestSet.batch}, or for each request by its name. Requests in flight finish with the
 * handler that they began with.
 *
 * The types of a contract do not change: clients call added requests by name, or through another contract.
 *
 * @category models
 * @since 0.1.0
 */
export class RequestSet {
  private readonly byName = new Map<string, ServedRequest>()
  private listeners: ReadonlyArray<(changes: ReadonlyArray<RequestSetChange>) => void> = []
  private checks: ReadonlyArray<(request: Request.Any) => void> = []
  /** The former request of each name that changed since listeners were last notified. */
  private before = new Map<string, ServedRequest | undefined>()
  private batches = 0

  private constructor() {}

  /** Creates an empty set. */
  static readonly make: Effect.Effect<RequestSet> = Effect.sync(() => new RequestSet())

  /** The names of the requests, sorted. Excludes the standard requests that every server has. */
  get names(): ReadonlyArray<string> {
    return [...this.byName.keys()].sort()
  }

  /** Returns `true` if there is a request of that name. */
  has(name: string): boolean {
    return this.byName.has(name)
  }

  /** Returns the description of the request of that name. */
  get(name: string): Request.Any | undefined {
    return this.byName.get(name)?.request
  }

  /**
   * Adds a request, or replaces the one of the same name, even a contract's or a standard one. The handler has the
   * services present when it is added, and those of the device. Throws a `TypeError` if the handler is not a function,
   * or if a server cannot have a request of that name.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { Arg, Interface, Request } from "katcp"
   *
   * class Dish extends Interface.make("dish").add(Request.make("attach", { doc: "Attach the receiver." })) {}
   *
   * export const DishLive = Dish.toLayer(
   *   Effect.gen(function* () {
   *     const requests = yield* Dish.requestSet
   *     const gain = Request.make("gain", { doc: "Set the gain.", args: { dB: Arg.Float } })
   *     return { attach: () => requests.add(gain, ({ dB }) => Effect.log(`gain is ${dB}`)) }
   *   })
   * )
   * ```
   */
  add<R extends Request.Any, X = never>(request: R, handler: Handler<R, X>): Effect.Effect<void, never, X> {
    return Effect.contextWith((context: Context.Context<X>) =>
      Effect.sync(() => {
        if (typeof handler !== "function") throw new TypeError(`?${request.name}: the handler is not a function`)
        for (const check of this.checks) check(request)
        this.set(request.name, { request, handler: within(handler as AnyHandler, context), added: true })
      })
    )
  }

  /** Adds a request like {@link RequestSet.add}. When the Scope closes, removes it if it is still the same one. */
  addScoped<R extends Request.Any, X = never>(
    request: R,
    handler: Handler<R, X>
  ): Effect.Effect<void, never, X | Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.map(this.add(request, handler), () => this.byName.get(request.name)),
        (served) => (this.byName.get(request.name) === served ? this.remove(request.name) : Effect.void)
      )
    )
  }

  /**
   * Removes a request, which is then unknown to clients. If it replaced a standard request, that one is served again.
   * Returns `false` if there is no request of that name. Standard requests cannot be removed.
   */
  remove(name: string): Effect.Effect<boolean> {
    return Effect.sync(() => {
      if (!this.byName.has(name)) return false
      this.set(name, undefined)
      return true
    })
  }

  /**
   * Runs an effect, and reports all changes until its end together. Requests that are added and removed within it are
   * not reported.
   */
  batch<B, E, R>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        this.batches++
      }),
      () => effect,
      () =>
        Effect.sync(() => {
          this.batches--
          this.notify()
        })
    )
  }

  /** Calls a function with the changes, at once or at the end of a batch. Returns a function that stops this. */
  onChange(listener: (changes: ReadonlyArray<RequestSetChange>) => void): () => void {
    // the same function may be given twice
    const own = (changes: ReadonlyArray<RequestSetChange>) => listener(changes)
    this.listeners = [...this.listeners, own]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own)
    }
  }

  /**
   * Emits the changes from when the stream is run on. A slow reader may fall 1024 changes behind; then the oldest are
   * dropped.
   */
  get changes(): Stream.Stream<ReadonlyArray<RequestSetChange>> {
    return Stream.callback<ReadonlyArray<RequestSetChange>>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => this.onChange((changes) => void Queue.offerUnsafe(queue, changes))),
          (off) => Effect.sync(off)
        ),
      { bufferSize: 1024, strategy: "sliding" }
    )
  }

  /** @internal the requests with their handlers */
  get served(): Iterable<readonly [string, ServedRequest]> {
    return this.byName
  }

  /** @internal one of them */
  servedAs(name: string): ServedRequest | undefined {
    return this.byName.get(name)
  }

  /** @internal sets the contract's requests, except for names that were added while the handlers were built */
  seed(requests: ReadonlyMap<string, Request.Any>, handlers: Readonly<Record<string, AnyHandler | undefined>>): void {
    for (const [name, request] of requests)
      if (!this.byName.has(name)) this.byName.set(name, { request, handler: handlers[name], added: false })
  }

  /**
   * @internal calls a function before each request is added, which throws to refuse it; returns a function that stops
   * this
   */
  check(check: (request: Request.Any) => void): () => void {
    this.checks = [...this.checks, check]
    return () => {
      this.checks = this.checks.filter((other) => other !== check)
    }
  }

  private set(name: string, served: ServedRequest | undefined): void {
    if (!this.before.has(name)) this.before.set(name, this.byName.get(name))
    if (served === undefined) this.byName.delete(name)
    else this.byName.set(name, served)
    this.notify()
  }

  private notify(): void {
    if (this.batches > 0) return
    const { before } = this
    this.before = new Map()
    const changes = [...before].flatMap(([name, former]): ReadonlyArray<RequestSetChange> => {
      const now = this.byName.get(name)
      if (former === now) return []
      return [{ _tag: former === undefined ? "Added" : now === undefined ? "Removed" : "Replaced", name }]
    })
    if (changes.length > 0) for (const listener of this.listeners) listener(changes)
  }
}

/** Returns the handler with services that the device may lack. Services of the device take precedence. */
const within = (handler: AnyHandler, context: Context.Context<never>): AnyHandler => {
  // a handler has no Scope: the Scope of the place where it was added would outlive it
  const own = Context.omit(Scope.Scope)(context as Context.Context<Scope.Scope>)
  let of: Context.Context<never> | undefined
  let merged: Context.Context<never> = own
  const update = (fiber: Context.Context<never>): Context.Context<never> => {
    // consecutive requests often have the same context
    if (of !== fiber) {
      of = fiber
      merged = Context.merge(own, fiber)
    }
    return merged
  }
  return (args, job) => {
    const effect = handler(args, job)
    return !Effect.isEffect(effect) || Exit.isExit(effect) ? effect : Effect.updateContext(effect, update)
  }
}
