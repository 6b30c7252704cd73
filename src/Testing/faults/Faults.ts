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
 * A connection that is to come, with what becomes of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expected extends Armed {
  /** Waits until somebody dials, and gives the connection. For ever, where it is refused or ignored. */
  readonly connection: Effect.Effect<FaultyConnection>
}

/** Connections that are to come. */
interface Planned {
  readonly steps: ReadonlyArray<Step>
  readonly script: Script
  readonly connection: Deferred.Deferred<FaultyConnection>
}

const noNames: Names = { client: undefined, server: "" }

/** What becomes of those who dial. */
type Answer = "accept" | "refuse" | "ignore"

/**
 * The faults of connections in memory, in the hand of a test. What is done here concerns all connections that live, and
 * what lasts (`hang`, `delay`, `split`) also those to come; {@link Faults.connections} are the single ones, and
 * {@link Faults.next} says what becomes of the next one.
 *
 * @category models
 * @since 0.1.0
 */
export class Faults extends Controls {
  private readonly timer: Timer
  /** @internal ends what waits for time */
  readonly scope: Scope.Scope
  private readonly live = new Set<FaultyConnection>()
  private readonly planned: Array<Planned> = []
  /** The faults that last, in their order. */
  private readonly persistent = new Map<string, Fault>()
  private answer: Answer = "accept"
  private readonly answered = new Signal()

  /** Made by {@link make} only. */
  constructor(timer: Timer, scope: Scope.Scope) {
    super()
    this.timer = timer
    this.scope = scope
  }

  /** The connections that live, in the order in which they were dialled. */
  get connections(): ReadonlyArray<FaultyConnection> {
    return [...this.live].filter((connection) => connection.isOpen)
  }

  override apply(fault: Fault): Effect.Effect<void> {
    return Effect.sync(() => {
      const kind = kindOf(fault)
      if (kind !== undefined) {
        // to the end: what was said last holds
        this.persistent.delete(kind)
        this.persistent.set(kind, fault)
      }
      for (const connection of this.live) connection.applyUnsafe(fault)
    })
  }

  /** What becomes of the next connection that nothing was said of yet. */
  next(...steps: ReadonlyArray<Step>): Effect.Effect<Expected> {
    return Effect.sync(() => {
      const planned = { steps, script: new Script(steps.length), connection: Deferred.makeUnsafe<FaultyConnection>() }
      this.planned.push(planned)
      return { connection: Deferred.await(planned.connection), fired: Deferred.await(planned.script.fired) }
    })
  }

  /** From now on who dials is refused, as where nobody listens. Connections that live go on. */
  get refuse(): Effect.Effect<void> {
    return this.answering("refuse")
  }

  /** From now on nobody answers who dials, as for a host that is switched off. Connections that live go on. */
  get ignore(): Effect.Effect<void> {
    return this.answering("ignore")
  }

  /** The end of {@link refuse} and {@link ignore}: who is still dialling gets through. */
  get accept(): Effect.Effect<void> {
    return this.answering("accept")
  }

  /** @internal Waits until a connection may be opened, and gives what becomes of it; fails where it may not. */
  dial(address: string, isListening: () => boolean): Effect.Effect<Planned | undefined, Socket.SocketError> {
    return Effect.suspend(() => {
      if (this.answer === "ignore") return Effect.andThen(this.answered.changed, this.dial(address, isListening))
      // what is planned is for one that could come to be
      if (this.answer === "refuse" || !isListening()) return Effect.fail(refused(address))
      const planned = this.planned.shift()
      const refusal = planned?.steps.find((step) => step._tag === "Refused" || step._tag === "Ignored")
      if (refusal === undefined) return Effect.succeed(planned)
      planned?.script.step()
      return refusal._tag === "Refused" ? Effect.fail(refused(address)) : Effect.never
    })
  }

  /** @internal A new connection, the client's end first. */
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
 * No faults yet. Time comes from the Clock that is there now; what waits for it ends with the scope.
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

/** Which faults that last take the place of each other; undefined where one does not last. */
const kindOf = (fault: Fault): string | undefined => {
  if (fault._tag === "Hang" || fault._tag === "Resume") return `hang ${fault.direction}`
  return fault._tag === "Delay" || fault._tag === "Split" ? `${fault._tag} ${fault.direction}` : undefined
}
