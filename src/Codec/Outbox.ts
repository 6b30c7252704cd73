import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { Encoder } from "./Encoder.ts"

/**
 * The destination of an {@link Outbox}: a socket's writer or similar. A write that cannot complete at once suspends,
 * which applies back-pressure to the outbox.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  /**
   * Writes at once, without an effect, if possible. Returns `undefined` if everything was written. Otherwise returns an
   * effect that waits for the rest, or fails. A server that informs thousands of clients at once then needs no fiber
   * for each.
   */
  readonly writeNow?: ((chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void, unknown> | undefined) | undefined
  /**
   * Returns how many bytes of the pending write the other end has not taken, if that is known before the write is done.
   * By default the write counts as a whole.
   */
  readonly untaken?: (() => number | undefined) | undefined
  readonly write: (chunk: Uint8Array) => Effect.Effect<void, unknown>
  readonly writeAll: (chunks: readonly [Uint8Array, ...Array<Uint8Array>]) => Effect.Effect<void, unknown>
}

/**
 * An object that flushes at the end of a turn of the event loop.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flushable {
  readonly flush: () => void
}

/** The turn that the clients with a scheduler share. */
const shared = new WeakMap<Scheduler.Scheduler, Turn>()

/**
 * Flushes outboxes at the end of the current turn of the event loop, so each connection has one write for everything
 * written during the turn. One `Turn` serves all connections of a server, or of all clients.
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

  /** @internal returns the turn that all clients with this scheduler share: each of them writes little */
  static of(scheduler: Scheduler.Scheduler): Turn {
    let turn = shared.get(scheduler)
    if (turn === undefined) {
      turn = new Turn(scheduler.makeDispatcher())
      shared.set(scheduler, turn)
    }
    return turn
  }

  /** Schedules the outbox to be flushed when the turn ends. */
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
 * The surroundings of an {@link Outbox}. It keeps this object: with thousands of connections, copies would cost memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutboxOwner {
  readonly sink: Sink
  readonly turn: Turn
  /** The scope of the writes, read when a write has to wait. Closing it interrupts a pending write. */
  readonly scope: Scope.Scope
  readonly run: (effect: Effect.Effect<void, unknown>) => Fiber.Fiber<void, unknown>
  /** Called once, when a write fails. Nothing is written afterwards. */
  readonly onFailure: (exit: Exit.Failure<void, unknown>) => void
  /** Called whenever a write that had to wait completes. */
  readonly onDrain?: (() => void) | undefined
  /** Called whenever a write has to wait. */
  readonly onWait?: (() => void) | undefined
  /** Called with the number of bytes that are newly held behind a pending write. */
  readonly onHeld?: ((bytes: number) => void) | undefined
}

/**
 * The outgoing half of a connection. Messages are written to its {@link Outbox.encoder} and sent by {@link
 * Outbox.flush}, one write at a time. Messages written during a write gather for the next one. The outbox has no limit
 * of its own: the writer checks {@link Outbox.backlog} or waits for {@link Outbox.drained}.
 *
 * @category output
 * @since 0.1.0
 */
export class Outbox {
  /** The encoder that receives the messages. */
  readonly encoder = new Encoder()
  private readonly owner: OutboxOwner
  private readonly sink: Sink
  private readonly turn: Turn
  private scheduled = false
  private underWay = 0
  private waited = 0
  // bytes behind a pending write that `onHeld` has reported
  private gathered = 0
  private failed = false
  private waiters: Array<() => void> | undefined = undefined

  constructor(owner: OutboxOwner) {
    this.owner = owner
    this.sink = owner.sink
    this.turn = owner.turn
  }

  /** The number of bytes that the other end has not taken yet, as far as is known. */
  get backlog(): number {
    return this.underWay + this.encoder.size
  }

  /** A number that grows whenever the other end takes some of the pending bytes. */
  get taken(): number {
    const untaken = this.underWay === 0 ? undefined : this.sink.untaken?.()
    return this.waited - (untaken === undefined ? this.underWay : Math.min(untaken, this.underWay))
  }

  /** `true` while a write waits for the other end. */
  get blocked(): boolean {
    return this.underWay > 0
  }

  /** Schedules a flush at the end of the turn. */
  schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.turn.add(this)
  }

  /** Writes everything gathered. If a write is pending, the next write follows it. */
  flush(): void {
    this.scheduled = false
    const { size } = this.encoder
    if (size === 0) return
    if (this.underWay > 0) {
      if (size > this.gathered) this.owner.onHeld?.(size - this.gathered)
      this.gathered = size
      return
    }
    const { gathered } = this
    this.gathered = 0
    const parts = this.encoder.take()
    if (this.failed) return
    const writing = this.write(parts)
    if (writing === undefined) return
    const fiber = this.owner.run(writing)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      if (exit._tag === "Failure") this.fail(exit)
      return
    }
    this.underWay = size
    this.waited += size
    this.owner.onWait?.()
    if (size > gathered) this.owner.onHeld?.(size - gathered)
    Fiber.runIn(fiber, this.owner.scope)
    fiber.addObserver((exit) => {
      this.underWay = 0
      if (exit._tag === "Failure") this.fail(exit)
      else this.flush()
      if (this.underWay === 0) {
        this.owner.onDrain?.()
        this.wake()
      }
    })
  }

  /** Waits until everything written so far is taken, or the connection has failed. */
  get drained(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.flush()
      if (this.underWay === 0) return resume(Effect.void)
      const waiter = () => resume(Effect.void)
      ;(this.waiters ??= []).push(waiter)
      return Effect.sync(() => {
        this.waiters = this.waiters?.filter((other) => other !== waiter)
      })
    })
  }

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
    this.owner.onFailure(exit)
    this.wake()
  }

  private wake(): void {
    const { waiters } = this
    this.waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter()
  }
}
