/**
 * A device server on any `SocketServer`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as SocketServer from "effect/socket/SocketServer"
import type { ConnectedClient, DeviceLog } from "../Interface/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import type { AuditRecord } from "./audit/AuditRecord.ts"
import type { Drain, Ending, ServiceFailed } from "./lifetime/Ending.ts"
import type { Stats } from "./Stats.ts"

/**
 * A server that runs.
 *
 * @category services
 * @since 0.1.0
 */
export class Server extends Context.Service<
  Server,
  {
    /** Where it listens; with port 0 asked for, the actual port. The first of its {@link addresses}. */
    readonly address: NetAddress.SocketAddress
    /** Where it listens now: those of {@link listeners}, then those of {@link listen}. */
    readonly addresses: ReadonlyArray<NetAddress.SocketAddress>
    /** Who is connected now. */
    readonly clients: ReadonlySet<ConnectedClient>
    /**
     * Sends an asynchronous inform to all clients. Throws a `TypeError` for a bad name, and for that of a request,
     * which no asynchronous inform may bear (Rev 5.1 §2.3).
     */
    readonly broadcast: (name: string, values?: ReadonlyArray<ArgumentValue>) => void
    /**
     * What it has done so far and has to do now. The same figures are metrics of Effect, by the names of
     * {@link layer}.
     */
    readonly stats: Effect.Effect<Stats>
    /**
     * The requests that need more than the role `read`, from now on, as they are answered or refused; ends with the server.
     * A reader that is more than 1024 records behind misses some, and is told how many. Empty with `audit: false`.
     */
    readonly audit: Stream.Stream<AuditRecord>
    /** The device's log. */
    readonly log: DeviceLog["Service"]
    /**
     * Listens at one more address, which it gives, until the Scope closes: who came in there is disconnected then. A
     * `?restart` ends it with the server; see {@link listeners} for addresses that stay bound.
     */
    readonly listen: <E, R>(
      sockets: Layer.Layer<SocketServer.SocketServer, E, R>
    ) => Effect.Effect<NetAddress.SocketAddress, E, R | Scope.Scope>
    /**
     * Starts a service of the device: it runs as long as the server, and is interrupted when that ends, with the Scope
     * that is its own. When it is done it is forgotten; a defect ends the server, see {@link ended}. What it logs goes
     * to the device's log. Where the server has ended already it is not started. See the option `services` of {@link layer} for services that can fail.
     */
    readonly supervise: <R>(
      service: Effect.Effect<unknown, never, R>
    ) => Effect.Effect<void, never, Exclude<R, Scope.Scope>>
    /**
     * Ends the server as `?halt` does, and waits until it has ended. Where it is stopping already it is hurried, if this
     * stop does not drain.
     */
    readonly stop: (options?: StopOptions) => Effect.Effect<void>
    /** The same as {@link stop} without options (Rev 5.1 §4.1). */
    readonly halt: Effect.Effect<void>
    /**
     * Waits until `?halt`, `?restart`, {@link stop}, or the release of the layer, has ended the server and all
     * connections are closed. Fails with `ServiceFailed` where a service of the device has ended it.
     */
    readonly ended: Effect.Effect<Ending, ServiceFailed>
  }
>()("katcp/Server/Server") {}

/**
 * How a server is stopped.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopOptions {
  /** Whether, and how long, requests in flight may finish. As the server's option `drain` has it by default. */
  readonly drain?: Drain | undefined
  /** What clients are told in `#disconnect`. Default `The device was halted.` */
  readonly reason?: string | undefined
}
