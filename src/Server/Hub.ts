import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Request } from "../Interface/index.ts"
import { errorText } from "../Message/index.ts"
import { AuditTrail } from "./audit/AuditTrail.ts"
import { Admission } from "./clients/Admission.ts"
import { Clients } from "./clients/Clients.ts"
import { Stalls } from "./clients/Stalls.ts"
import { TotalBytes } from "./clients/TotalBytes.ts"
import { ServiceFailed } from "./lifetime/Ending.ts"
import { Services } from "./lifetime/Services.ts"
import { Stop } from "./lifetime/Stop.ts"
import { Listeners } from "./listening/Listeners.ts"
import type { Runtime } from "./Runtime.ts"
import { Dispatch } from "./requests/Dispatch.ts"
import type { Entry, RequestTable } from "./requests/Entry.ts"
import { type Change, entries } from "./requests/entries.ts"
import type { Counts, Stats } from "./Stats.ts"
import { type ServeParts, serve } from "./session/serve.ts"

/** Builds and connects the parts of one server. Each part knows only the interfaces that it needs of the others. */
export class Hub implements ServeParts {
  readonly runtime: Runtime
  readonly clients: Clients
  readonly admission: Admission
  readonly stalls: Stalls
  readonly totalBytes: TotalBytes
  readonly listeners: Listeners
  readonly services: Services
  readonly stop: Stop
  /** Records the requests that need more than `read`; `undefined` if they are not recorded. */
  readonly audit: AuditTrail | undefined
  readonly dispatch: Dispatch
  /** Updates the table of requests after the device added, removed or changed one. */
  readonly update: (name: string) => Change | undefined

  constructor(runtime: Runtime, requests: ReadonlyMap<string, Request.Any>) {
    const { clock, device, options, runOwn } = runtime
    this.runtime = runtime
    this.clients = new Clients(runtime)
    const { all, logLevels } = this.clients
    this.admission = new Admission(runtime, all)
    this.stalls = new Stalls(runtime, all)
    this.totalBytes = new TotalBytes(runtime, all)
    this.services = new Services(runtime, (cause) => this.failed(cause))
    this.listeners = new Listeners({
      runtime,
      clients: all,
      serve: (socket, listener) => serve(this, socket, listener),
      supervise: (fiber: Fiber.Fiber<unknown, unknown>) => this.services.supervise(fiber)
    })
    this.stop = new Stop(runtime, {
      refuse: (reason) => {
        this.clients.refusal = reason
        this.dispatch.refuse()
      },
      idle: Effect.suspend(() => this.clients.idle),
      cancel: () => this.clients.cancelAll(),
      dismiss: (reason) => this.clients.dismissAll(reason),
      close: Effect.andThen(this.listeners.close, this.services.close)
    })
    this.audit = options.audit === false ? undefined : new AuditTrail({ ...options.audit, run: runOwn, clock })
    const table = new Map<string, Entry>()
    const { update, ...rest } = entries(table, requests, device, options, {
      requests: table,
      clients: all,
      logLevels,
      stop: this.stop,
      audit: this.audit
    })
    this.dispatch = new Dispatch(rest)
    this.update = update
  }

  get requests(): RequestTable {
    return this.dispatch.requests
  }

  get counts(): Counts {
    return this.runtime.counts
  }

  get stats(): Stats {
    const { inFlight, queuedBytes, sampled, size } = this.clients
    return {
      clients: size,
      sampled,
      inFlight,
      queuedBytes,
      requests: new Map(Array.from(this.requests.values(), ({ count, name }) => [name, count])),
      ...this.counts
    }
  }

  /** Sends the reason why the device has ended to every client that still connects, until interrupted. */
  get refuse(): Effect.Effect<void> {
    return Effect.suspend(() => this.listeners.refuse(this.clients.refusal ?? "The device has ended."))
  }

  /** Ends the server after a service or a listener failed. */
  private failed(cause: Cause.Cause<unknown>): void {
    this.stop.begin({
      ending: new ServiceFailed({ cause }),
      reason: `The device has failed: ${errorText(Cause.squash(cause), "it has a defect")}`
    })
  }
}
