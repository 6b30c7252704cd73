import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { Encoder } from "./Encoder.ts"

/**
 * Where an {@link Outbox} writes to: a socket's writer, or anything like it. A write that cannot be taken at once
 * suspends, which is what holds the outbox back.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  /**
   * Writes at once, where it can be done without an effect: undefined where all was taken, else what waits until it is,
   * or fails. A server of thousands of clients that are all told of something needs no fiber for each then.
   */
  readonly writeNow?: ((chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void, unknown> | undefined) | undefined
  /**
   * How many bytes of the write that waits the other end has not taken, where that can be told before all of it is done.
   * By default it is taken as a whole.
   */
  readonly untaken?: (() => number | undefined) | undefined
  readonly write: (chunk: Uint8Array) => Effect.Effect<void, unknown>
  readonly writeAll: (chunks: readonly [Uint8Array, ...Array<Uint8Array>]) => Effect.Effect<void, unknown>
}

/**
 * What is done when a turn of the event loop ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flushable {
  readonly flush: () => void
}

/**
 * Flushes outboxes at the end of the present turn of the event loop, so that all that was written during the turn goes
 * out in one write each. One serves all connections of a server or client.
 *
 * @category output
 * @since 0.1.0
 */
export class Turn {
  private readonly dispatcher: Scheduler.SchedulerDispatcher
  private waiting: Array<Flushable> = []

  constructor(dispatcher: Scheduler.SchedulerDispatcher) {
    this.dispatcher = dispatcher
  }

  /** Has the outbox flushed when the turn ends. */
  add(outbox: Flushable): void {
    if (this.waiting.push(outbox) === 1) this.dispatcher.scheduleTask(this.run, 0)
  }

  private readonly run = (): void => {
    const { waiting } = this
    this.waiting = []
    for (const outbox of waiting) outbox.flush()
  }
}

/**
 * The outgoing half of a connection: messages are written to its {@link Outbox.encoder}, and go out with
 * {@link Outbox.flush}, one write at a time; what is written meanwhile gathers for the next. It does not bound itself:
 * who fills it looks at {@link Outbox.backlog}, or waits for {@link Outbox.drained}.
 *
 * @category output
 * @since 0.1.0
 */
export class Outbox {
  /** What the messages are written to. */
  readonly encoder = new Encoder()
  private readonly sink: Sink
  private readonly turn: Turn
  private readonly scope: Scope.Scope
  private readonly run: (effect: Effect.Effect<void, unknown>) => Fiber.Fiber<void, unknown>
  private readonly onFailure: (exit: Exit.Failure<void, unknown>) => void
  private readonly onDrain: (() => void) | undefined
  private readonly onWait: (() => void) | undefined
  private readonly onHeld: ((bytes: number) => void) | undefined
  private scheduled = false
  private underWay = 0
  private waited = 0
  // what has gathered behind a write that waits and was told of
  private gathered = 0
  private failed = false
  private waiters: Array<() => void> | undefined = undefined

  constructor(options: {
    readonly sink: Sink
    readonly turn: Turn
    /** Closing it interrupts a write that is under way. */
    readonly scope: Scope.Scope
    readonly run: (effect: Effect.Effect<void, unknown>) => Fiber.Fiber<void, unknown>
    /** Called once, when a write fails; from then on nothing is written. */
    readonly onFailure: (exit: Exit.Failure<void, unknown>) => void
    /** Called whenever a write that had to wait is done. */
    readonly onDrain?: (() => void) | undefined
    /** Called whenever a write has to wait. */
    readonly onWait?: (() => void) | undefined
    /** Called with the number of bytes that are held from now on, since a write waits. */
    readonly onHeld?: ((bytes: number) => void) | undefined
  }) {
    this.sink = options.sink
    this.turn = options.turn
    this.scope = options.scope
    this.run = options.run
    this.onFailure = options.onFailure
    this.onDrain = options.onDrain
    this.onWait = options.onWait
    this.onHeld = options.onHeld
  }

  /** How many bytes are not taken by the other end yet, as far as is known here. */
  get backlog(): number {
    return this.underWay + this.encoder.size
  }

  /** A number that grows whenever the other end takes something of what waits for it. */
  get taken(): number {
    const untaken = this.underWay === 0 ? undefined : this.sink.untaken?.()
    return this.waited - (untaken === undefined ? this.underWay : Math.min(untaken, this.underWay))
  }

  /** Whether a write waits for the other end. */
  get blocked(): boolean {
    return this.underWay > 0
  }

  /** Has everything flushed at the end of the turn. */
  schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.turn.add(this)
  }

  /** Writes all that has gathered, unless a write is under way: then it follows that one. */
  flush(): void {
    this.scheduled = false
    const { size } = this.encoder
    if (size === 0) return
    if (this.underWay > 0) {
      if (size > this.gathered) this.onHeld?.(size - this.gathered)
      this.gathered = size
      return
    }
    const { gathered } = this
    this.gathered = 0
    const parts = this.encoder.take()
    if (this.failed) return
    const writing = this.write(parts)
    if (writing === undefined) return
    const fiber = this.run(writing)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      if (exit._tag === "Failure") this.fail(exit)
      return
    }
    this.underWay = size
    this.waited += size
    this.onWait?.()
    if (size > gathered) this.onHeld?.(size - gathered)
    Fiber.runIn(fiber, this.scope)
    fiber.addObserver((exit) => {
      this.underWay = 0
      if (exit._tag === "Failure") this.fail(exit)
      else this.flush()
      if (this.underWay === 0) {
        this.onDrain?.()
        this.wake()
      }
    })
  }

  /** Waits until all that was written so far is taken, or the connection has failed. */
  readonly drained: Effect.Effect<void> = Effect.suspend(() => {
    this.flush()
    if (this.underWay === 0) return Effect.void
    return Effect.callback<void>((resume) => {
      const waiter = () => resume(Effect.void)
      ;(this.waiters ??= []).push(waiter)
      return Effect.sync(() => {
        this.waiters = this.waiters?.filter((other) => other !== waiter)
      })
    })
  })

  private write(parts: ReadonlyArray<Uint8Array>): Effect.Effect<void, unknown> | undefined {
    const { sink } = this
    if (sink.writeNow !== undefined) return sink.writeNow(parts)
    return parts.length === 1
      ? sink.write(parts[0]!)
      : sink.writeAll(parts as unknown as readonly [Uint8Array, ...Array<Uint8Array>])
  }

  private fail(exit: Exit.Failure<void, unknown>): void {
    if (this.failed) return
    this.failed = true
    this.encoder.take()
    this.onFailure(exit)
    this.wake()
  }

  private wake(): void {
    const { waiters } = this
    this.waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter()
  }
}
