/**
 * One page: a WebSocket of `/api/live`.
 *
 * All output to it is bounded. A data frame needs an acknowledgement of the one before. Replies, informs and errors
 * wait until the page has read the earlier output; meanwhile its next frames are not read. Log records have a queue
 * that drops the oldest. A page that reads nothing for too long, or acknowledges nothing, receives `too slow` and is
 * closed.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { version } from "../../Message/index.ts"
import type { Allow, Caller, SiteShape } from "../../Site/index.ts"
import type { GatewayCounts } from "../counts.ts"
import { Budget } from "./Budget.ts"
import { makeCall, noAnswer, valuesOf } from "./calls.ts"
import { compileTargets } from "./compileTargets.ts"
import { defaultMaxHz, type Hello, type LiveLimits, type PageFrame, type Subscribe } from "./frames.ts"
import type { Hub, HubPage } from "./Hub.ts"
import { LogQueue } from "./LogQueue.ts"
import { type Ending, Outlet } from "./Outlet.ts"
import { type FrameFault, faultOf, readFrame } from "./readFrame.ts"
import { View } from "./View.ts"

/**
 * The longest time without an acknowledgement, in milliseconds. Not measured: browsers run a hidden page once a minute.
 */
const acknowledgeWithin = 300_000
/** The time for a page to close the connection after the last frame. Not measured: that of a server. */
const closeTimeout = "1 second"
/** The number of unmatched targets that an answer repeats. Given by the frames' description. */
const mostUnmatched = 100
/** Matches that cost as much as reading a frame. Measured: a glob takes 50 to 100 ns. */
const matchesPerToken = 20_000
/**
 * Characters of a frame that cost as much as reading a short one. Not measured: it allows 1.6 MB of frames per second.
 */
const charactersPerToken = 16_384

/** The parts of a page. */
export interface PageParts {
  readonly hub: Hub
  readonly site: SiteShape
  readonly allow: Allow.Allow
  readonly limits: LiveLimits
  readonly epoch: string
  readonly counts: GatewayCounts
  /** Runs when the level of a page's logs has changed. */
  readonly logsWanted: Effect.Effect<void>
}

/** See the top of the file. */
export class Page implements HubPage {
  readonly view: View
  readonly logs = new LogQueue()
  private readonly parts: PageParts
  private readonly caller: Caller["Service"]
  private readonly outlet: Outlet
  private readonly budget: Budget
  private readonly calls: FiberMap.FiberMap<number>
  private readonly ending = Deferred.makeUnsafe<Ending>()
  private readonly left = Deferred.makeUnsafe<void>()

  private constructor(options: {
    readonly parts: PageParts
    readonly caller: Caller["Service"]
    readonly request: HttpServerRequest.HttpServerRequest
    readonly writer: Socket.Writer
    readonly calls: FiberMap.FiberMap<number>
  }) {
    const { parts, request, writer } = options
    this.parts = parts
    this.caller = options.caller
    this.outlet = new Outlet({ request, writer, counts: parts.counts, tooSlow: () => this.end("too slow") })
    this.calls = options.calls
    this.budget = new Budget(parts.hub.now())
    const { role } = options.caller
    // the route refuses callers without the role read
    this.view = new View(role === "none" ? "read" : role)
  }

  /** Serves the WebSocket of a request until it ends. */
  static serve(
    parts: PageParts,
    request: HttpServerRequest.HttpServerRequest,
    caller: Caller["Service"],
    /** Runs with the page for as long as it lives. */
    register: (page: Page) => Effect.Effect<unknown, never, Scope.Scope>
  ) {
    return Effect.gen(function* () {
      const socket = yield* request.upgrade
      const writer = yield* socket.writer
      // before the first write: that waits for the reader
      const { pull } = yield* socket.reader
      const calls = yield* FiberMap.make<number>()
      const page = new Page({ parts, caller, request, writer, calls })
      yield* page.outlet.write(JSON.stringify(page.hello))
      yield* Effect.acquireRelease(
        Effect.sync(() => parts.hub.join(page)),
        () =>
          Effect.sync(() => {
            parts.hub.leave(page)
            page.countSkipped()
            Deferred.doneUnsafe(page.left, Effect.void)
          })
      )
      yield* register(page)
      const ended = Effect.map(caller.ended, (why): Ending => why)
      const ending = yield* Effect.onInterrupt(
        Effect.raceAllFirst([Effect.as(page.read(pull), undefined), Deferred.await(page.ending), ended]),
        // the listener closes before the gateway does
        () => page.outlet.end("stopping")
      )
      if (ending === undefined) return
      yield* FiberMap.clear(calls)
      yield* page.outlet.end(ending)
      const closed = yield* Effect.timeoutOption(Effect.ignore(Effect.forever(pull)), closeTimeout)
      if (closed._tag === "None") page.outlet.destroy()
    }).pipe(Effect.scoped)
  }

  // ------------------------------------------------------------ to the page

  private get hello(): typeof Hello.Type {
    const { epoch, hub, limits } = this.parts
    const { by, name, role } = this.caller
    return {
      hello: {
        epoch,
        version,
        time: hub.time(),
        role: role === "none" ? "read" : role,
        ...(name === undefined ? {} : { name }),
        login: by === "session",
        limits
      }
    }
  }

  /** The time when there is something to send. */
  get due(): number {
    return Math.min(this.view.due, this.logs.due)
  }

  /** Sends a frame of the view if it is due, and log records if the page reads. */
  round(now: number, time: number): Effect.Effect<void> {
    const { logs, outlet } = this
    const frame = this.view.take(now, time)
    this.countSkipped()
    let records: string | undefined
    if (logs.due <= now) {
      if (outlet.isFull) logs.next = now + 1000
      else records = logs.take(now)
    }
    if (frame === undefined) return records === undefined ? Effect.void : outlet.write(records)
    return records === undefined ? outlet.write(frame) : Effect.andThen(outlet.write(frame), outlet.write(records))
  }

  private countSkipped(): void {
    this.parts.counts.readingsSkipped += this.view.skipped
    this.view.skipped = 0
  }

  /** Ends the page, with the reason. */
  end(why: Ending): void {
    if (Deferred.isDoneUnsafe(this.ending)) return
    if (why === "too slow") this.parts.counts.tooSlow++
    Deferred.doneUnsafe(this.ending, Effect.succeed(why))
  }

  /** Completes when the page has ended. */
  get closed(): Effect.Effect<void> {
    return Deferred.await(this.left)
  }

  /** Ends the page if it has not read or acknowledged for too long. */
  check(now: number): void {
    const { view } = this
    if (view.unacknowledged > 0 && now - view.waitsSince > acknowledgeWithin) this.end("too slow")
    this.outlet.check()
  }

  private refuse(fault: FrameFault): Effect.Effect<void> {
    this.parts.counts.framesRefused++
    return this.outlet.send(JSON.stringify({ error: fault }))
  }

  // ------------------------------------------------------------ from the page

  /** Reads frames until the connection ends. */
  private read(pull: Socket.Reader["pull"]): Effect.Effect<void> {
    const next = Effect.flatMap(pull, (frames) =>
      Effect.forEach(
        frames,
        (frame) =>
          Effect.andThen(this.outlet.room, this.take(frame)).pipe(
            Effect.andThen(
              Effect.suspend(() => {
                const wait = this.budget.spend(1 + frame.length / charactersPerToken, this.parts.hub.now())
                return wait === 0 ? Effect.void : Effect.sleep(wait)
              })
            )
          ),
        { discard: true }
      )
    )
    // every end of a connection is a failure
    return Effect.ignore(Effect.forever(next, { disableYield: true }))
  }

  private take(text: string | Uint8Array): Effect.Effect<void> {
    const read = readFrame(text, this.parts.limits)
    if (Result.isFailure(read)) return this.refuse(read.failure)
    return Effect.catchCause(this.handle(read.success), (cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause as Cause.Cause<never>)
        : Effect.andThen(
            Effect.logError("a frame of a page could not be handled", cause),
            this.refuse(faultOf({}, "defect", "the gateway has a defect here; see its log"))
          )
    )
  }

  private handle(frame: PageFrame): Effect.Effect<void> {
    const { hub } = this.parts
    if ("ack" in frame) {
      const wrong = this.view.acknowledge(frame.ack)
      if (wrong !== undefined) return this.refuse(faultOf(frame, "bad frame", wrong))
      hub.poke()
      return Effect.void
    }
    if ("sub" in frame) return this.subscribe(frame)
    if ("unsub" in frame) {
      const subscription = this.view.subscriptions.get(frame.unsub)
      if (subscription === undefined)
        return this.refuse(faultOf(frame, "bad frame", `unsub: there is no subscription ${frame.unsub}`))
      hub.end(subscription)
      return Effect.void
    }
    if ("call" in frame) return this.call(frame)
    if ("cancel" in frame) {
      if (!FiberMap.hasUnsafe(this.calls, frame.cancel)) return Effect.void
      return Effect.andThen(
        FiberMap.remove(this.calls, frame.cancel),
        this.outlet.send(
          noAnswer(frame.cancel, "cancelled", "the page has cancelled the request; the device may continue it")
        )
      )
    }
    this.logs.level = frame.logs
    return this.parts.logsWanted
  }

  private readonly subscribe = Effect.fnUntraced({ self: this as Page }, function* (frame: typeof Subscribe.Type) {
    const { hub, limits } = this.parts
    const { maxHz = defaultMaxHz, sub } = frame
    const { patternCount: patternsOfAll } = hub
    const subscriptions = this.view.subscriptions.values()
    const compiled = yield* Effect.result(compileTargets(frame, { limits, subscriptions, patternsOfAll }))
    if (Result.isFailure(compiled)) return yield* this.refuse(faultOf({ sub }, "cannot subscribe", compiled.failure))
    const { matches, sensors, unmatched } = yield* hub.subscribe(this.view, sub, compiled.success, maxHz)
    yield* this.outlet.send(
      JSON.stringify({
        subscribed: sub,
        sensors,
        ...(unmatched.length === 0 ? {} : { unmatched: unmatched.slice(0, mostUnmatched) })
      })
    )
    const wait = this.budget.spend(matches / matchesPerToken, hub.now())
    if (wait > 0) yield* Effect.sleep(wait)
  })

  private call(frame: Extract<PageFrame, { readonly call: number }>): Effect.Effect<void> {
    const { allow, limits, site } = this.parts
    const { call } = frame
    const values = valuesOf(frame)
    if (Result.isFailure(values)) return this.refuse(faultOf({ call }, "bad frame", values.failure))
    if (FiberMap.hasUnsafe(this.calls, call))
      return this.refuse(
        faultOf({ call }, "bad frame", `call: request ${call} is in flight; give each one a number of its own`)
      )
    if (this.callsInFlight >= limits.calls)
      return this.outlet.send(
        noAnswer(call, "busy", `a socket has at most ${limits.calls} requests in flight; wait for a reply`)
      )
    const made = makeCall(frame, values.success, { allow, caller: this.caller, send: this.outlet.send, site })
    return Effect.asVoid(FiberMap.run(this.calls, call, made))
  }

  private get callsInFlight(): number {
    let count = 0
    for (const _ of this.calls) count++
    return count
  }
}
