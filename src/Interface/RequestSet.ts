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
 * What became of a request of a device. `Replaced`: the device has another description or another handler for it, which
 * `#interface-changed` calls `modified` (Rev 5.1 §4.2).
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
 * A request of a device with its handler, which is undefined if the contract's handlers have none.
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
 * The requests of a device: those of its contract, and those that come and go at run time. A server tells its clients
 * of each change by `#interface-changed` (Rev 5.1 §4.2): once as `request-list` for a {@link RequestSet.batch}, or for
 * each request by its name, as its option `interfaceChanged` says. Requests in flight finish with the handler that they
 * began with.
 *
 * A contract's types do not change: clients reach added requests by name, or by a contract of their own.
 *
 * @category models
 * @since 0.1.0
 */
export class RequestSet {
  private readonly byName = new Map<string, ServedRequest>()
  private listeners: ReadonlyArray<(changes: ReadonlyArray<RequestSetChange>) => void> = []
  private checks: ReadonlyArray<(request: Request.Any) => void> = []
  /** What each name had that has changed since listeners were told. */
  private before = new Map<string, ServedRequest | undefined>()
  private batches = 0

  private constructor() {}

  /** An empty set. */
  static readonly make: Effect.Effect<RequestSet> = Effect.sync(() => new RequestSet())

  /** The names of the requests, sorted. The requests that every server answers by itself are not among them. */
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
   * Adds a request, or replaces the one of the same name, also one of the contract or a standard one. The handler has the
   * services that are there when it is added, and those of the device. Throws a `TypeError` if the handler is no function
   * or a server cannot have a request of that name.
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
        if (typeof handler !== "function") throw new TypeError(`?${request.name}: the handler is no function`)
        for (const check of this.checks) check(request)
        this.set(request.name, { request, handler: within(handler as AnyHandler, context), added: true })
      })
    )
  }

  /** The same as {@link RequestSet.add}; when the Scope closes the request is removed, if it is still this one. */
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
   * Removes a request; clients are then told that it is unknown. If it stood in place of a standard request, that one is
   * there again. Returns `false` if there is none of that name; standard requests cannot be removed.
   */
  remove(name: string): Effect.Effect<boolean> {
    return Effect.sync(() => {
      if (!this.byName.has(name)) return false
      this.set(name, undefined)
      return true
    })
  }

  /** Runs an effect, and tells of all changes until its end at once. What comes and goes within it is not told of. */
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

  /** Calls a function with what has changed, at once or at the end of a batch; returns a function that ends that. */
  onChange(listener: (changes: ReadonlyArray<RequestSetChange>) => void): () => void {
    // the same function may come twice
    const own = (changes: ReadonlyArray<RequestSetChange>) => listener(changes)
    this.listeners = [...this.listeners, own]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own)
    }
  }

  /** The changes from when the stream is run on. A reader that is behind gets at most 1024; then the oldest are dropped. */
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

  /** @internal takes the requests of the contract, unless one of the same name was added while handlers were made */
  seed(requests: ReadonlyMap<string, Request.Any>, handlers: Readonly<Record<string, AnyHandler | undefined>>): void {
    for (const [name, request] of requests)
      if (!this.byName.has(name)) this.byName.set(name, { request, handler: handlers[name], added: false })
  }

  /** @internal calls a function before each request is added, which throws if it cannot be; returns what ends that */
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

/** The handler with services that the device may lack; those of the device come first. */
const within = (handler: AnyHandler, context: Context.Context<never>): AnyHandler => {
  // a handler has no Scope: that of the place where it was added would outlive it
  const own = Context.omit(Scope.Scope)(context as Context.Context<Scope.Scope>)
  let of: Context.Context<never> | undefined
  let merged: Context.Context<never> = own
  const update = (fiber: Context.Context<never>): Context.Context<never> => {
    // the same context comes again and again
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
