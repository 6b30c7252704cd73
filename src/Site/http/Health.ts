/**
 * The health of the parts of a process, for `/healthz`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/**
 * The health of a part. A failing part makes the whole process `failing`. A lost device makes no part fail: its row
 * shows it.
 *
 * @category models
 * @since 0.1.0
 */
export interface PartHealth {
  readonly status: "ok" | "failing"
  /** The reason for a failure, for people. */
  readonly reason?: string | undefined
  /** Further details, as JSON. Only callers of role `read` receive them. */
  readonly details?: unknown
}

/**
 * The health of the process.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly status: "ok" | "failing"
  readonly parts: Readonly<Record<string, PartHealth>>
}

/**
 * The parts of `/healthz`.
 *
 * @category services
 * @since 0.1.0
 */
export class Health extends Context.Service<
  Health,
  {
    /** Adds a part, until the scope closes. A part of the same name is replaced. */
    readonly add: (name: string, check: Effect.Effect<PartHealth>) => Effect.Effect<void, never, Scope.Scope>
    /** Asks all parts. A part with a defect fails. */
    readonly report: Effect.Effect<Report>
  }
>()("katcp/Site/Health") {
  /** No parts yet. */
  static readonly layer: Layer.Layer<Health> = Layer.sync(Health, () => {
    const parts = new Map<string, Effect.Effect<PartHealth>>()
    return {
      add: (name, check) =>
        Effect.asVoid(
          Effect.acquireRelease(
            Effect.sync(() => parts.set(name, check)),
            () => Effect.sync(() => parts.get(name) === check && parts.delete(name))
          )
        ),
      report: Effect.gen(function* () {
        const found: Record<string, PartHealth> = {}
        for (const [name, check] of [...parts])
          found[name] = yield* Effect.catchCause(check, () =>
            Effect.succeed<PartHealth>({ status: "failing", reason: "its check has a defect" })
          )
        const isOk = Object.values(found).every(({ status }) => status === "ok")
        return { status: isOk ? ("ok" as const) : ("failing" as const), parts: found }
      })
    }
  })
}
