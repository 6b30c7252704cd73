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
 * A running server.
 *
 * @category services
 * @since 0.1.0
 */
export class Server extends Context.Service<
  Server,
  {
    /**
     * The address where it listens, with the actual port if port 0 was requested. The first of its `addresses`.
     */
    readonly address: NetAddress.SocketAddress
    /** The current listening addresses: those of `Server.listeners`, then those of `listen`. */
    readonly addresses: ReadonlyArray<NetAddress.SocketAddress>
    /** The connected clients. */
    readonly clients: ReadonlySet<ConnectedClient>
    /**
     * Sends an asynchronous inform to all clients. Throws a `TypeError` for a bad name, and for the name of a request,
     * which an asynchronous inform cannot have (Rev 5.1 §2.3).
     */
    readonly broadcast: (name: string, values?: ReadonlyArray<ArgumentValue>) => void
    /** The server's counters and current load. The same figures are Effect metrics, with the names in `Server.layer`. */
    readonly stats: Effect.Effect<Stats>
    /**
     * Emits the requests that need more than the role `read`, from now on, as they are answered or refused. Ends with
     * the server. A reader that is more than 1024 records behind loses some and receives their number. Empty with
     * `audit: false`.
     */
    readonly audit: Stream.Stream<AuditRecord>
    /** The device's log. */
    readonly log: DeviceLog["Service"]
    /**
     * Listens at an additional address until the Scope closes, and returns the address. Its clients are then
     * disconnected. A `?restart` ends it with the server; use `Server.listeners` for addresses that stay bound.
     */
    readonly listen: <E, R>(
      sockets: Layer.Layer<SocketServer.SocketServer, E, R>
    ) => Effect.Effect<NetAddress.SocketAddress, E, R | Scope.Scope>
    /**
     * Starts a service of the device in its own Scope. It runs until it completes or the server ends and interrupts it.
     * A defect ends the server, see `ended`. Its log records go to the device's log. If the server has ended
     * already, the service is not started. For services that can fail, see the option `services` of `Server.layer`.
     */
    readonly supervise: <R>(
      service: Effect.Effect<unknown, never, R>
    ) => Effect.Effect<void, never, Exclude<R, Scope.Scope>>
    /**
     * Ends the server as `?halt` does, and waits until it has ended. If the server is stopping already, a stop without
     * draining hurries it.
     */
    readonly stop: (options?: StopOptions) => Effect.Effect<void>
    /** Ends the server like `stop` without options (Rev 5.1 §4.1). */
    readonly halt: Effect.Effect<void>
    /**
     * Waits until `?halt`, `?restart`, `stop`, or the release of the layer has ended the server and all
     * connections are closed. Fails with `ServiceFailed` if a service of the device has ended it.
     */
    readonly ended: Effect.Effect<Ending, ServiceFailed>
  }
>()("katcp/Server/Server") {}

/**
 * The options of a stop.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopOptions {
  /** The time that requests in flight get to finish. By default the server's option `drain`. */
  readonly drain?: Drain | undefined
  /** The text of `#disconnect`. Default `The device was halted.` */
  readonly reason?: string | undefined
}
