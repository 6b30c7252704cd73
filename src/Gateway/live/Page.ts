/**
 * One page: a WebSocket of `/api/live`.
 *
 * All that it is sent is bounded. A data frame needs an acknowledgement of the one before. Replies, informs and answers to
 * mistakes wait until the page has read what was sent before; meanwhile its next frames are not read. Log records have a
 * queue that drops the oldest. A page that reads nothing for too long, or acknowledges nothing, is told `too slow` and
 * closed.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { version } from "../../Message/index.ts"
import type { Allow, Caller, SiteShape } from "../../Site/index.ts"
import { Budget } from "./Budget.ts"
import { makeCall, noAnswer, valuesOf } from "./calls.ts"
import { type Bye, defaultMaxHz, type Hello, type LiveLimits, type PageFrame, type Subscribe } from "./frames.ts"
import type { Hub, HubPage } from "./Hub.ts"
import { LogQueue } from "./LogQueue.ts"
import { type FrameFault, faultOf, readFrame } from "./readFrame.ts"
import { type LiveTarget, liveTarget } from "./targets.ts"
import { Underlying } from "./Underlying.ts"
import { View } from "./View.ts"

/**
 * Bytes that may wait for a page to read before more is sent than the frame that it has credit for. Not measured: some
 * hundred informs; the system itself holds more for each connection.
 */
const mostWaiting = 262_144
/** Bytes that may ever wait: pongs are sent by the WebSocket itself. Not measured: past the largest frame of data. */
const mostEver = 16_777_216
/** How long a page may read nothing while more than that waits. Not measured: that of the server's `stallTimeout`. */
const stallTimeout = "60 seconds"
/** Milliseconds that a frame may be unacknowledged. Not measured: browsers let a hidden page run once in a minute. */
const acknowledgeWithin = 300_000
/** How long a page has for the end of the connection, after it was told why. Not measured: that of a server. */
const closeTimeout = "1 second"
/** Patterns of all pages together: each new sensor is held against all of them. Not measured: 20 pages of 100 each. */
const mostPatterns = 2000
/** Targets that an answer repeats since they mean nothing. Given by the frames' description. */
const mostUnmatched = 100
/** Matches that cost as much as reading a frame. Measured: a glob takes 50 to 100 ns. */
const matchesPerToken = 20_000

type Ending = (typeof Bye.Type)["bye"]

/** The codes of the end. A code: policy violation, going away, and policy again. */
const closeCodes: Readonly<Record<Ending, number>> = { revoked: 1008, expired: 1008, stopping: 1001, "too slow": 1008 }

/** What pages are made of. */
export interface PageParts {
  readonly hub: Hub
  readonly site: SiteShape
  readonly allow: Allow.Allow
  readonly limits: LiveLimits
  readonly epoch: string
  /** To be done when the level of a page's logs has changed. */
  readonly logsWanted: Effect.Effect<void>
}

/** See the top of the file. */
export class Page implements HubPage {
  readonly view: View
  readonly logs = new LogQueue()
  private readonly parts: PageParts
  private readonly caller: Caller["Service"]
  private readonly writer: Socket.Writer
  private readonly under: Underlying
  private readonly budget: Budget
  private readonly calls: FiberMap.FiberMap<number>
  private readonly ending = Deferred.makeUnsafe<Ending>()
  private readonly left = Deferred.makeUnsafe<void>()

  private constructor(options: {
    readonly parts: PageParts
    readonly caller: Caller["Service"]
    readonly writer: Socket.Writer
    readonly under: Underlying
    readonly calls: FiberMap.FiberMap<number>
  }) {
    this.parts = options.parts
    this.caller = options.caller
    this.writer = options.writer
    this.under = options.under
    this.calls = options.calls
    this.budget = new Budget(options.parts.hub.now())
    const { role } = options.caller
    // the route lets nobody in who may not read
    this.view = new View(role === "none" ? "read" : role)
  }

  /** Serves the WebSocket of a request until it ends. */
  static serve(
    parts: PageParts,
    request: HttpServerRequest.HttpServerRequest,
    caller: Caller["Service"],
    /** Runs with the page as long as it is there. */
    register: (page: Page) => Effect.Effect<unknown, never, Scope.Scope>
  ) {
    return Effect.gen(function* () {
      const socket = yield* request.upgrade
      const writer = yield* socket.writer
      // before the first write: that waits for the reader
      const { pull } = yield* socket.reader
      const calls = yield* FiberMap.make<number>()
      const page = new Page({ parts, caller, writer, under: new Underlying(request), calls })
      yield* page.write(JSON.stringify(page.hello))
      yield* Effect.acquireRelease(
        Effect.sync(() => parts.hub.join(page)),
        () =>
          Effect.sync(() => {
            parts.hub.leave(page)
            Deferred.doneUnsafe(page.left, Effect.void)
          })
      )
      yield* register(page)
      const ended = Effect.map(caller.ended, (why): Ending => why)
      const ending = yield* Effect.onInterrupt(
        Effect.raceAllFirst([Effect.as(page.read(pull), undefined), Deferred.await(page.ending), ended]),
        // the listener closes before the gateway does
        () => page.leave("stopping")
      )
      if (ending === undefined) return
      yield* FiberMap.clear(calls)
      yield* page.leave(ending)
      const closed = yield* Effect.timeoutOption(Effect.ignore(Effect.forever(pull)), closeTimeout)
      if (closed._tag === "None") page.under.destroy()
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

  /** When there is something to send. */
  get due(): number {
    return Math.min(this.view.due, this.logs.due)
  }

  /** Sends a frame of the view if one may go, and log records if the page reads. */
  round(now: number, time: number): Effect.Effect<void> {
    const frame = this.view.take(now, time)
    let logs: string | undefined
    if (this.logs.due <= now) {
      if (this.under.waiting < mostWaiting) logs = this.logs.take(now)
      else this.logs.next = now + 1000
    }
    if (frame === undefined) return logs === undefined ? Effect.void : this.write(logs)
    return logs === undefined ? this.write(frame) : Effect.andThen(this.write(frame), this.write(logs))
  }

  /** Ends the page, with a word why. */
  end(why: Ending): void {
    Deferred.doneUnsafe(this.ending, Effect.succeed(why))
  }

  /** Done when the page has gone. */
  get closed(): Effect.Effect<void> {
    return Deferred.await(this.left)
  }

  /** Ends the page if it has not done for too long what it has to do. */
  check(now: number): void {
    const { view } = this
    if (view.unacknowledged > 0 && now - view.waitsSince > acknowledgeWithin) this.end("too slow")
    if (this.under.waiting > mostEver) this.under.destroy()
  }

  /** Tells the page why it ends, and closes the WebSocket. */
  private leave(why: Ending): Effect.Effect<void> {
    return Effect.andThen(
      this.write(JSON.stringify({ bye: why } satisfies typeof Bye.Type)),
      Effect.ignore(this.writer.write(new Socket.CloseEvent(closeCodes[why], why)))
    )
  }

  /** Writes at once. That the connection has ended is for the reader to find. */
  private write(frame: string): Effect.Effect<void> {
    return Effect.ignore(this.writer.write(frame))
  }

  /** Waits until the page has read enough. */
  private readonly room: Effect.Effect<void> = Effect.suspend(() => {
    if (this.under.waiting < mostWaiting) return Effect.void
    return Effect.timeoutOrElse(this.under.drained, {
      duration: stallTimeout,
      orElse: () => Effect.sync(() => this.end("too slow"))
    })
  })

  /** Writes when the page has read enough. */
  private readonly send = (frame: string): Effect.Effect<void> =>
    Effect.suspend(() =>
      this.under.waiting < mostWaiting ? this.write(frame) : Effect.andThen(this.room, this.write(frame))
    )

  private refuse(fault: FrameFault): Effect.Effect<void> {
    return this.send(JSON.stringify({ error: fault }))
  }

  // ------------------------------------------------------------ from the page

  /** Reads frames until the connection ends. */
  private read(pull: Socket.Reader["pull"]): Effect.Effect<void> {
    const next = Effect.flatMap(pull, (frames) =>
      Effect.forEach(
        frames,
        (frame) =>
          Effect.andThen(this.room, this.take(frame)).pipe(
            Effect.andThen(
              Effect.suspend(() => {
                const wait = this.budget.spend(1, this.parts.hub.now())
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
            this.refuse(faultOf({}, "defect", "the gateway has a mistake here; its log tells more"))
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
        this.send(
          noAnswer(frame.cancel, "cancelled", "the page has cancelled the request; the device may go on with it")
        )
      )
    }
    this.logs.level = frame.logs
    return this.parts.logsWanted
  }

  private readonly subscribe = Effect.fnUntraced({ self: this as Page }, function* (frame: typeof Subscribe.Type) {
    const { hub, limits } = this.parts
    const { maxHz = defaultMaxHz, sub, targets } = frame
    const refuse = (detail: string) => this.refuse(faultOf({ sub }, "cannot subscribe", detail))
    const others = [...this.view.subscriptions.values()].filter(({ id }) => id !== sub)
    if (others.length >= limits.subscriptions)
      return yield* refuse(
        `a socket has at most ${limits.subscriptions} subscriptions; put targets together, or end others`
      )
    const compiled: Array<LiveTarget> = []
    for (const [at, text] of targets.entries()) {
      const target = yield* Effect.result(liveTarget(text))
      if (Result.isFailure(target))
        return yield* refuse(`targets[${at}], ${JSON.stringify(text.slice(0, 100))}: ${target.failure}`)
      compiled.push(target.success)
    }
    const patternsOf = (of: ReadonlyArray<LiveTarget>) => of.filter(({ exact }) => exact === undefined).length
    const patterns = others.reduce((sum, { targets }) => sum + patternsOf(targets), patternsOf(compiled))
    const all = others.reduce((sum, { targets }) => sum + targets.length, compiled.length)
    if (all > limits.targets)
      return yield* refuse(
        `a socket has at most ${limits.targets} targets, and would have ${all}; write patterns, or open another socket`
      )
    if (patterns > limits.patterns)
      return yield* refuse(
        `a socket has at most ${limits.patterns} globs and regular expressions, and would have ${patterns}; name the sensors, or put patterns together`
      )
    if (hub.patternCount + patternsOf(compiled) > mostPatterns)
      return yield* refuse(`all pages together have ${hub.patternCount} patterns, which is the most; name the sensors`)
    const { matches, sensors, unmatched } = yield* hub.subscribe(this.view, sub, compiled, maxHz)
    yield* this.send(
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
      return this.send(
        noAnswer(call, "busy", `a socket has at most ${limits.calls} requests in flight; wait for a reply`)
      )
    const made = makeCall(frame, values.success, { allow, caller: this.caller, send: this.send, site })
    return Effect.asVoid(FiberMap.run(this.calls, call, made))
  }

  private get callsInFlight(): number {
    let count = 0
    for (const _ of this.calls) count++
    return count
  }
}
