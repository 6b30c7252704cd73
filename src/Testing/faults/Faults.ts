import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { Endpoint, type Limits, refused } from "../Endpoint.ts"
import { Signal } from "../Signal.ts"
import { Controls } from "./Controls.ts"
import { type Armed, FaultyConnection, type Names, Script } from "./FaultyConnection.ts"
import type { Timer } from "./Lane.ts"
import type { Fault, Step } from "./Step.ts"

/**
 * A future connection, with its planned faults.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expected extends Armed {
  /** Waits until a client dials, and returns the connection. Waits for ever if the connection is refused or ignored. */
  readonly connection: Effect.Effect<FaultyConnection>
}

/** Planned connections. */
interface Planned {
  readonly steps: ReadonlyArray<Step>
  readonly script: Script
  readonly connection: Deferred.Deferred<FaultyConnection>
}

const noNames: Names = { client: undefined, server: "" }

/** The handling of dials. */
type Answer = "accept" | "refuse" | "ignore"

/**
 * The faults of connections in memory, controlled by a test. Controls apply to all live connections, and persistent
 * ones (`hang`, `delay`, `split`) also to future ones. {@link Faults.connections} has single connections, and {@link
 * Faults.next} plans the next one.
 *
 * @category models
 * @since 0.1.0
 */
export class Faults extends Controls {
  private readonly timer: Timer
  /** @internal ends everything that waits for time */
  readonly scope: Scope.Scope
  private readonly live = new Set<FaultyConnection>()
  private readonly planned: Array<Planned> = []
  /** The persistent faults, in order. */
  private readonly persistent = new Map<string, Fault>()
  private answer: Answer = "accept"
  private readonly answered = new Signal()

  /** Created by {@link make} only. */
  constructor(timer: Timer, scope: Scope.Scope) {
    super()
    this.timer = timer
    this.scope = scope
  }

  /** The live connections, in the order of dialling. */
  get connections(): ReadonlyArray<FaultyConnection> {
    return [...this.live].filter((connection) => connection.isOpen)
  }

  override apply(fault: Fault): Effect.Effect<void> {
    return Effect.sync(() => {
      const kind = kindOf(fault)
      if (kind !== undefined) {
        // moved to the end: the last setting applies
        this.persistent.delete(kind)
        this.persistent.set(kind, fault)
      }
      for (const connection of this.live) connection.applyUnsafe(fault)
    })
  }

  /** Plans the next connection without a plan. */
  next(...steps: ReadonlyArray<Step>): Effect.Effect<Expected> {
    return Effect.sync(() => {
      const planned = { steps, script: new Script(steps.length), connection: Deferred.makeUnsafe<FaultyConnection>() }
      this.planned.push(planned)
      return { connection: Deferred.await(planned.connection), fired: Deferred.await(planned.script.fired) }
    })
  }

  /** Refuses dials from now on, as without a listener. Live connections continue. */
  get refuse(): Effect.Effect<void> {
    return this.answering("refuse")
  }

  /** Ignores dials from now on, like a host that is switched off. Live connections continue. */
  get ignore(): Effect.Effect<void> {
    return this.answering("ignore")
  }

  /** Ends {@link refuse} and {@link ignore}: pending dials succeed. */
  get accept(): Effect.Effect<void> {
    return this.answering("accept")
  }

  /** @internal Waits until a connection may be opened, and returns its plan; fails if it is refused. */
  dial(address: string, isListening: () => boolean): Effect.Effect<Planned | undefined, Socket.SocketError> {
    return Effect.suspend(() => {
      if (this.answer === "ignore") return Effect.andThen(this.answered.changed, this.dial(address, isListening))
      // a plan is for a connection that can be opened
      if (this.answer === "refuse" || !isListening()) return Effect.fail(refused(address))
      const planned = this.planned.shift()
      const refusal = planned?.steps.find((step) => step._tag === "Refused" || step._tag === "Ignored")
      if (refusal === undefined) return Effect.succeed(planned)
      planned?.script.step()
      return refusal._tag === "Refused" ? Effect.fail(refused(address)) : Effect.never
    })
  }

  /** @internal Opens a new connection, the client's end first. */
  open(limits: Limits, names: Names = noNames, planned = this.planned.shift()): readonly [Endpoint, Endpoint] {
    const ends = Endpoint.connect(limits)
    const [client, server] = ends
    const connection = new FaultyConnection(names, client, server, this.timer)
    this.live.add(connection)
    client.onDestroyed = server.onDestroyed = () => {
      if (!connection.isOpen) this.live.delete(connection)
    }
    for (const fault of this.persistent.values()) connection.applyUnsafe(fault)
    if (planned === undefined) return ends
    const { script, steps } = planned
    for (const step of steps) {
      if (step._tag === "AtLine") connection.arm(step, script)
      else {
        if (step._tag !== "Refused" && step._tag !== "Ignored") connection.applyUnsafe(step)
        script.step()
      }
    }
    Deferred.doneUnsafe(planned.connection, Exit.succeed(connection))
    return ends
  }

  private answering(answer: Answer): Effect.Effect<void> {
    return Effect.sync(() => {
      this.answer = answer
      this.answered.notify()
    })
  }
}

/**
 * Creates faults, initially none. Time is that of the current Clock; waits end with the scope.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Faults, never, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const clock = yield* Clock.clockWith(Effect.succeed)
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const timer: Timer = {
    now: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
    wake: (after, f) => Fiber.runIn(scope)(run(Effect.andThen(Effect.sleep(after), Effect.sync(f))))
  }
  return new Faults(timer, scope)
})

/** Returns the kind of a persistent fault, which replaces others of its kind; `undefined` for other faults. */
const kindOf = (fault: Fault): string | undefined => {
  if (fault._tag === "Hang" || fault._tag === "Resume") return `hang ${fault.direction}`
  return fault._tag === "Delay" || fault._tag === "Split" ? `${fault._tag} ${fault.direction}` : undefined
}
