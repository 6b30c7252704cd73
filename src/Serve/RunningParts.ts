/**
 * The running parts of a site file, and their changes.
 *
 * A change has an order that leaves a part running until its successor has everything it needs:
 *
 * 1. New parts open beside the former ones, if they have no place (port, store, file) in common.
 * 2. Former parts that have the place of a new one end, and the new one opens.
 * 3. Devices change, and the new parts start.
 * 4. The other former parts end.
 *
 * A failure in step 1 changes nothing. After a later failure, new parts end, devices change back, and the former parts
 * of step 2 start again. A part that does not is down: `/healthz` reports it as failing, and `mend` tries it again.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { errorText } from "../Message/index.ts"
import type { PartHealth } from "../Site/index.ts"
import type { Loaded } from "./load.ts"
import type { OpenPart, Part, PartServices } from "./Part.ts"
import type { SectionKey } from "./sections.ts"

interface RunningPart {
  readonly part: Part
  /** The file that it was opened with. */
  readonly plan: Loaded
  /** The data of its section. */
  readonly key: string
  readonly places: ReadonlyArray<string>
  readonly scope: Scope.Closeable
  readonly opened: OpenPart
}

/** A former part that could not be started again. */
interface DownPart {
  readonly part: Part
  readonly plan: Loaded
  readonly reason: string
  /** Its row in `/healthz` lasts as long as this scope. */
  readonly scope: Scope.Closeable
}

/** A change that failed, and its traces. */
export class ChangeFailed {
  readonly cause: Cause.Cause<unknown>
  /** The former parts that ended for the change, and run again. */
  readonly restarted: ReadonlyArray<SectionKey>
  /** The former parts that ended for the change, and are down. */
  readonly down: ReadonlyArray<SectionKey>

  constructor(
    cause: Cause.Cause<unknown>,
    restarted: ReadonlyArray<SectionKey> = [],
    down: ReadonlyArray<SectionKey> = []
  ) {
    this.cause = cause
    this.restarted = restarted
    this.down = down
  }
}

/** The change of devices that belongs to a change of parts. */
export interface DeviceChange {
  readonly apply: Effect.Effect<void, unknown>
  readonly undo: Effect.Effect<void>
}

export const noDeviceChange: DeviceChange = { apply: Effect.void, undo: Effect.void }

const keyOf = (data: unknown): string | undefined => (data === undefined ? undefined : JSON.stringify(data))

const close = ({ scope }: { readonly scope: Scope.Closeable }) => Scope.close(scope, Exit.void)

export interface RunningParts {
  /** Changes these parts to those of a file. */
  readonly change: (
    next: Loaded,
    parts: ReadonlyArray<Part>,
    devices: DeviceChange
  ) => Effect.Effect<void, ChangeFailed>
  /** Tries to start the parts that are down. */
  readonly mend: Effect.Effect<void>
  /** `true` if the section of a part differs from the running one. */
  readonly differs: (part: Part, next: Loaded) => boolean
  /** The parts that are down, with the reasons. */
  readonly down: () => ReadonlyArray<readonly [SectionKey, string]>
  /** The URL of the HTTP listener. */
  readonly url: () => string | undefined
}

/** Returns the parts of a site. None runs yet; they end when the scope closes. */
export const makeRunningParts = (options: {
  readonly scope: Scope.Scope
  readonly provide: (part: Part) => <A, E>(effect: Effect.Effect<A, E, PartServices>) => Effect.Effect<A, E>
  readonly addHealth: (name: string, check: Effect.Effect<PartHealth>) => Effect.Effect<void, never, Scope.Scope>
}): RunningParts => {
  const { addHealth, provide, scope } = options
  const running = new Map<SectionKey, RunningPart>()
  const down = new Map<SectionKey, DownPart>()

  const open = (part: Part, plan: Loaded): Effect.Effect<RunningPart, unknown> =>
    Effect.gen(function* () {
      const own = yield* Scope.fork(scope)
      const opened = yield* part.open(plan).pipe(
        Scope.provide(own),
        Effect.onError(() => Scope.close(own, Exit.void)),
        provide(part)
      )
      return { part, plan, key: keyOf(plan.data[part.key])!, places: part.places(plan), scope: own, opened }
    })
  const start = ({ opened, part, scope }: RunningPart): Effect.Effect<void, unknown> =>
    (opened.start ?? Effect.void).pipe(Scope.provide(scope), provide(part))

  const reopen = (part: Part, plan: Loaded): Effect.Effect<boolean> =>
    Effect.gen(function* () {
      const again = yield* open(part, plan)
      yield* Effect.onError(start(again), () => close(again))
      running.set(part.key, again)
      yield* forget(part)
      return true
    }).pipe(
      Effect.catchCause((cause) =>
        Effect.gen(function* () {
          yield* forget(part)
          const reason = errorText(Cause.squash(cause))
          const own = yield* Scope.fork(scope)
          down.set(part.key, { part, plan, reason, scope: own })
          yield* Scope.provide(addHealth(part.key, Effect.succeed({ status: "failing", reason })), own)
          return false
        })
      )
    )
  /** The part is not down any more. */
  const forget = ({ key }: Part): Effect.Effect<void> =>
    Effect.suspend(() => {
      const former = down.get(key)
      down.delete(key)
      return former === undefined ? Effect.void : close(former)
    })

  const differs = ({ key }: Part, { data }: Loaded) => keyOf(data[key]) !== running.get(key)?.key

  const change: RunningParts["change"] = (next, parts, devices) =>
    Effect.gen(function* () {
      const altered = parts.filter((part) => differs(part, next))
      const wanted = altered.filter(({ key }) => next.data[key] !== undefined)
      const former = altered.flatMap(({ key }) => running.get(key) ?? [])
      const taken = new Set(former.flatMap(({ places }) => places))
      const needed = new Set(wanted.flatMap((part) => part.places(next)))
      const inTheWay = former.filter(({ places }) => places.some((place) => needed.has(place)))
      const waiting = new Set(wanted.filter((part) => part.places(next).some((place) => taken.has(place))))
      const fresh = new Map<Part, RunningPart>()
      const openAll = (these: ReadonlyArray<Part>) =>
        Effect.forEach(these, (part) => Effect.map(open(part, next), (one) => fresh.set(part, one)), { discard: true })
      const drop = Effect.suspend(() => Effect.forEach(fresh.values(), close, { discard: true }))

      yield* Effect.forEach(waiting, (part) => Effect.scoped(part.rehearse?.(next, taken) ?? Effect.void)).pipe(
        Effect.andThen(openAll(wanted.filter((part) => !waiting.has(part)))),
        Effect.catchCause((cause) => Effect.andThen(drop, Effect.fail(new ChangeFailed(cause))))
      )
      yield* Effect.gen(function* () {
        for (const one of inTheWay) {
          running.delete(one.part.key)
          yield* close(one)
        }
        yield* openAll(wanted.filter((part) => waiting.has(part)))
        yield* devices.apply
        for (const part of wanted) yield* start(fresh.get(part)!)
      }).pipe(
        Effect.catchCause((cause) =>
          Effect.gen(function* () {
            yield* drop
            yield* devices.undo
            const ended = inTheWay.filter(({ part }) => !running.has(part.key))
            const [again, dead] = yield* Effect.partition(ended, ({ part, plan }) =>
              Effect.flatMap(reopen(part, plan), (runs) => (runs ? Effect.succeed(part.key) : Effect.fail(part.key)))
            )
            return yield* Effect.fail(new ChangeFailed(cause, again, dead))
          })
        )
      )
      for (const one of former)
        if (running.get(one.part.key) === one) {
          running.delete(one.part.key)
          yield* close(one)
        }
      for (const [part, one] of fresh) running.set(part.key, one)
      for (const part of parts) yield* forget(part)
      for (const { opened } of running.values()) opened.update?.(next.data)
    })

  return {
    change,
    differs,
    mend: Effect.suspend(() =>
      Effect.forEach(
        [...down.values()],
        ({ part, plan }) =>
          Effect.flatMap(reopen(part, plan), (runs) =>
            runs ? Effect.logInfo(`${part.key} runs again, with the former configuration`) : Effect.void
          ),
        { discard: true }
      )
    ),
    down: () => Array.from(down, ([key, { reason }]) => [key, reason] as const),
    url: () => running.get("http")?.opened.url
  }
}
