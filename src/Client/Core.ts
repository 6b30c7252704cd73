import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Scheduler from "effect/Scheduler"
import { Turn } from "../Codec/index.ts"
import { isId, KatcpError } from "../Message/index.ts"
import { Timers } from "../Sampling/index.ts"
import { Anomalies } from "./connection/Anomalies.ts"
import { Deadlines } from "./connection/Deadlines.ts"
import { Informs } from "./connection/Informs.ts"
import { MessageHook } from "./connection/MessageHook.ts"
import type { Resolved } from "./connection/Options.ts"
import type { OpenRequest } from "./connection/RequestTable.ts"

/** The parts of a client that outlive its connections. */
export class Core {
  readonly options: Resolved
  readonly clock: Clock.Clock
  readonly deadlines: Deadlines
  readonly anomalies: Anomalies
  readonly informs: Informs
  /** The timers of its consumers of sensors. */
  readonly timers: Timers
  readonly turn: Turn
  /** The hook on all messages, if any. */
  readonly hook: MessageHook | undefined
  /** Starts an effect in the context of the client's creation. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

  /** The core is used in the context of the client's creation. */
  constructor(options: Resolved, context: Context.Context<never>) {
    const annotations = { ...Context.get(context, References.CurrentLogAnnotations), logger: "katcp.client" }
    if (options.host !== undefined) Object.assign(annotations, { host: options.host })
    const own = Context.add(context, References.CurrentLogAnnotations, annotations)
    this.options = options
    this.run = Effect.runForkWith(own)
    this.turn = Turn.of(Context.get(context, Scheduler.Scheduler))
    this.clock = Context.get(context, Clock.Clock)
    this.deadlines = Deadlines.of(this.clock)
    this.timers = Timers.makeUnsafe(context)
    this.anomalies = new Anomalies({ context, run: this.run })
    this.informs = new Informs(this.anomalies)
    this.hook = options.onMessage === undefined ? undefined : new MessageHook(options.onMessage, this.anomalies)
    for (const [name, handler] of Object.entries(options.onInform))
      this.informs.add(name, this.informs.handlerOf(handler))
  }

  /** Called when the client starts. */
  begin(): void {
    this.deadlines.enter()
  }

  /** Called once after {@link begin}, when the client is over. */
  end(): void {
    this.timers.close()
    this.deadlines.leave()
  }

  /** Returns the error of a request that was not sent. */
  notSent(request: string, reason: KatcpError["reason"], elapsed?: number): KatcpError {
    const { host } = this.options
    return new KatcpError({
      reason,
      request,
      ...(host === undefined ? {} : { host }),
      ...(elapsed === undefined ? {} : { elapsed })
    })
  }

  /** Returns an error that names the device and the request. */
  error(reason: KatcpError["reason"], open?: OpenRequest): KatcpError {
    const { host } = this.options
    return new KatcpError({
      reason,
      ...(host === undefined ? {} : { host }),
      ...(open === undefined ? {} : { request: open.name, elapsed: this.deadlines.now() - open.madeAt }),
      ...(open?.id === undefined || !isId(open.id) ? {} : { id: open.id })
    })
  }
}
