import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as NetAddress from "effect/net/NetAddress"
import type { Endpoint } from "../Endpoint.ts"
import { Controls } from "./Controls.ts"
import { Lane, type Timer } from "./Lane.ts"
import type { AtLine, Direction, Fault } from "./Step.ts"

/** The planned steps of a connection. */
export class Script {
  readonly fired = Deferred.makeUnsafe<void>()
  private left: number

  constructor(count: number) {
    this.left = count
    if (count === 0) this.done()
  }

  /** Called when one of them has happened. */
  readonly step = (): void => {
    if (--this.left === 0) this.done()
  }

  private done(): void {
    Deferred.doneUnsafe(this.fired, Exit.void)
  }
}

/** The addresses of both ends. */
export interface Names {
  readonly client: NetAddress.InetAddress | undefined
  readonly server: string
}

/**
 * Planned steps.
 *
 * @category models
 * @since 0.1.0
 */
export interface Armed {
  /** Waits until every step has happened. */
  readonly fired: Effect.Effect<void>
}

/**
 * A connection whose faults a test controls.
 *
 * @category models
 * @since 0.1.0
 */
export class FaultyConnection extends Controls {
  /** The address of the server that was dialled, like `127.0.0.1:7147`; empty for a pair of sockets. */
  readonly server: string
  private readonly dialler: NetAddress.InetAddress | undefined
  private readonly ends: ReadonlyArray<Endpoint>
  private readonly toServer: Lane
  private readonly toClient: Lane
  private severed = false

  /** Created by `Faults` only. */
  constructor(names: Names, client: Endpoint, server: Endpoint, timer: Timer) {
    super()
    this.dialler = names.client
    this.server = names.server
    this.ends = [client, server]
    this.toServer = new Lane(server, timer)
    this.toClient = new Lane(client, timer)
  }

  /** The address of the client, like `127.0.0.1:50001`; empty for a pair of sockets. */
  get client(): string {
    return this.dialler === undefined ? "" : NetAddress.formatInet(this.dialler)
  }

  /** `true` if it was neither cut nor reset here, nor closed by both ends. */
  get isOpen(): boolean {
    return !this.severed && this.ends.some((end) => !end.isDestroyed)
  }

  override apply(fault: Fault): Effect.Effect<void> {
    return Effect.sync(() => this.applyUnsafe(fault))
  }

  /** Plans faults at lines from now on; a line that has already begun does not count. */
  at(...steps: ReadonlyArray<AtLine>): Effect.Effect<Armed> {
    return Effect.sync(() => {
      const script = new Script(steps.length)
      for (const step of steps) this.arm(step, script)
      return { fired: Deferred.await(script.fired) }
    })
  }

  /** @internal */
  arm(step: AtLine, script: Script): void {
    this[step.direction].arm(step, (fault) => {
      if (fault !== undefined) this.applyUnsafe(fault, step.direction)
      script.step()
    })
  }

  /** @internal */
  applyUnsafe(fault: Fault, at?: Direction): void {
    const { toClient, toServer } = this
    if (fault._tag === "Cut" || fault._tag === "Reset") {
      this.severed = true
      toServer.sever(fault._tag)
      toClient.sever(fault._tag)
      return
    }
    const direction = fault.direction ?? (fault._tag === "Insert" ? at : undefined)
    if (direction !== "toClient") toServer.apply(fault)
    if (direction !== "toServer") toClient.apply(fault)
  }
}
