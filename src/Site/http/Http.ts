/**
 * The single HTTP listener of a process: the routes of all rooms, and access to them.
 *
 * Rooms add routes as layers on Effect's `HttpRouter`, each with the role that it needs. Before a route runs, the
 * listener checks the `Host`, identifies the caller, and compares the roles. Routes can be added and removed while it
 * serves.
 *
 * This module is independent of Node: {@link Http} has the routes, and the Effect that handles a request. `listenHttp`
 * of `katcp/Site/node` serves it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { permits, type Role } from "../../Interface/index.ts"
import { Caller } from "./Caller.ts"
import { problem, unauthorized } from "./problem.ts"

/** The handler of a router: fails with `RouteNotFound` for an unknown route. */
type Handler = ReturnType<HttpRouter.HttpRouter["asHttpEffect"]>

/**
 * The routes of a process.
 *
 * @category services
 * @since 0.1.0
 */
export class Http extends Context.Service<
  Http,
  {
    /**
     * Adds routes, until the scope closes. A caller needs the role for each of them; others get 403. The role `none`
     * admits everyone. If several parts have the same route, the part that was added first serves it.
     */
    readonly mount: <E, R>(
      routes: Layer.Layer<never, E, R>,
      options: { readonly role: Role }
    ) => Effect.Effect<void, HttpRouter.Request.Without<E>, Outside<R>>
    /** Handles one request of a caller. */
    readonly handle: (
      caller: Caller["Service"]
    ) => Effect.Effect<
      HttpServerResponse.HttpServerResponse,
      unknown,
      HttpServerRequest.HttpServerRequest | Scope.Scope
    >
  }
>()("katcp/Site/Http") {
  /** No routes yet. */
  static readonly layer: Layer.Layer<Http> = Layer.sync(Http, () => {
    const mounted = new Set<Handler>()
    return {
      mount: (routes, { role }) =>
        Effect.gen(function* () {
          const router = yield* HttpRouter.make
          const guarded = Layer.succeed(HttpRouter.HttpRouter, guard(router, role))
          yield* Layer.build(Layer.provide(routes as Layer.Layer<never, unknown, HttpRouter.HttpRouter>, guarded))
          const handler = router.asHttpEffect()
          yield* Effect.acquireRelease(
            Effect.sync(() => mounted.add(handler)),
            () => Effect.sync(() => mounted.delete(handler))
          )
          // the markers of requests are not services
        }) as never,
      handle: (caller) =>
        Effect.gen(function* () {
          for (const handler of mounted) {
            const response = yield* Effect.catchIf(handler, isNotFound, () => Effect.undefined)
            if (response !== undefined) return response
          }
          return notFound
        }).pipe(Effect.provideService(Caller, caller))
    }
  })

  /** Routes as a layer: `Http.routes(HttpRouter.add("GET", "/metrics/sensors", …), { role: "read" })`. */
  static routes<E, R>(
    routes: Layer.Layer<never, E, R>,
    options: { readonly role: Role }
  ): Layer.Layer<never, HttpRouter.Request.Without<E>, Exclude<Outside<R>, Scope.Scope> | Http> {
    return Layer.effectDiscard(Effect.flatMap(Http, ({ mount }) => mount(routes, options))) as never
  }
}

/** The services that routes need, other than those of the listener. */
type Outside<R> = Exclude<HttpRouter.Request.Without<R>, HttpRouter.HttpRouter | Caller> | Scope.Scope

const notFound = problem(404, "there is nothing at this path")

const isNotFound = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "reason" in error &&
  (error as { readonly reason?: { readonly _tag?: unknown } }).reason?._tag === "RouteNotFound"

/** A router whose routes check the role before they run. */
const guard = (router: HttpRouter.HttpRouter, role: Role): HttpRouter.HttpRouter => {
  const guarded = (route: HttpRouter.Route<unknown, unknown>): HttpRouter.Route<unknown, unknown> => ({
    ...route,
    handler: Effect.withFiber<HttpServerResponse.HttpServerResponse, unknown>((fiber) => {
      const caller = Context.getUnsafe(fiber.context as Context.Context<Caller>, Caller)
      return permits(caller.role, role)
        ? (route.handler as Effect.Effect<HttpServerResponse.HttpServerResponse, unknown>)
        : Effect.succeed(refusal(caller, role))
    })
  })
  const addAll = ((routes: ReadonlyArray<HttpRouter.Route<unknown, unknown>>) =>
    router.addAll(routes.map(guarded))) as HttpRouter.HttpRouter["addAll"]
  const add: HttpRouter.HttpRouter["add"] = (method, path, handler, options) =>
    addAll([HttpRouter.route(method, path, handler as never, options)]) as never
  return { ...router, addAll, add, prefixed: (prefix) => guard(router.prefixed(prefix), role) }
}

const refusal = ({ by, role }: Caller["Service"], needed: Role): HttpServerResponse.HttpServerResponse =>
  by === "nobody"
    ? unauthorized("credentials are missing: send the header Authorization: Bearer TOKEN, or log in at /login", false)
    : problem(403, `your role here is ${role}; this needs ${needed} (see access and tokens of the site file)`)
