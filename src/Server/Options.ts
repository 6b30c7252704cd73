import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Dialect, defaultMaxArguments, defaultMaxLine } from "../Codec/index.ts"
import type { ConnectedClient, LogLevel, Request, RequestContext, Role } from "../Interface/index.ts"
import {
  type ArgumentValue,
  type Message,
  Protocol,
  type RequestFailed,
  type RequestInvalid
} from "../Message/index.ts"
import * as Access from "./access/Access.ts"
import type { AuditOptions } from "./audit/AuditTrail.ts"
import type { Drain } from "./lifetime/Ending.ts"
import type { Guard } from "./requests/Guard.ts"
import type { OnMessage } from "./requests/OnMessage.ts"
import type { OnDisconnect } from "./session/Departure.ts"

/**
 * How a device is served. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The protocol that is announced and spoken, of major version 4 or 5; default 5.1 with the flags that this library
   * implements. A flag that is left out is a feature that is not offered: without `M` a new client replaces the one
   * before (Rev 5.1 §9). Flags that the version does not have are not announced.
   */
  readonly protocol?: Protocol | undefined
  /** How it is spoken: by default as its version says. `Dialect.v4FiveStatuses` suits clients that know only Rev 4. */
  readonly dialect?: Dialect.Dialect | undefined
  /** The longest line that is read, in bytes. Default 16 MiB. A longer one is answered with `#log error`. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message that is read. Default 65536. A request with more is answered `fail`,
   * with its id; anything else with `#log error`.
   */
  readonly maxArguments?: number | undefined
  /**
   * How many requests of one client may be unanswered, at least 1. Default 256. The next one is started when the first
   * of them is answered.
   */
  readonly maxInFlight?: number | undefined
  /** How many bytes may wait for a client that does not read; past that it is disconnected. Default 32 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * How many clients may be connected. Default 10000. Others get `#disconnect` with the reason, and are closed. With a
   * protocol without flag `M` there is one, and a new client replaces the one before.
   */
  readonly maxClients?: number | undefined
  /**
   * How many clients of one address may be connected. Default `Infinity`: behind proxies and address translation there are
   * thousands. An IPv6 address counts as its network of 64 bits. Clients of Unix sockets are not counted.
   */
  readonly maxClientsPerAddress?: number | undefined
  /**
   * How many bytes may be held for all clients together: input that is not answered yet, unfinished lines included, and
   * output that waits. Past that, the client that holds most is disconnected. Default 256 MiB: sixteen lines of the
   * greatest length, or eight full backlogs.
   */
  readonly maxTotalBytes?: number | undefined
  /**
   * How long a client may be connected without sending anything; then it is disconnected, with the reason. A client that
   * has a request in flight, or samples a sensor, is not idle. Default `Infinity`: a client may just listen.
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * How long a client may take no byte of what waits for it; then it is disconnected. Default 60 seconds, `Infinity` is
   * off. It finds the peer whose process is stopped or whose host is gone. What the kernel of this machine has taken does
   * not wait: a dead peer that is told little is found by the keep-alive of TCP.
   */
  readonly stallTimeout?: Duration.Input | undefined
  /**
   * What becomes of a client that reads slower than its sensors change. `disconnect` (default): it is told of every report
   * until `maxBacklog` is passed, and then disconnected. `conflate`: while it does not read, only the newest report of
   * each sensor is kept for it, and goes out when it reads again, in the order in which the sensors were due; of a sensor
   * that was removed, replaced or is not sampled any more, nothing does. Nothing else is ever left out, so that past
   * `maxBacklog` of other informs it is disconnected all the same. The reports that setting a strategy brings at once
   * count as neither.
   */
  readonly slowClient?: "disconnect" | "conflate" | undefined
  /**
   * Whether a request holds back the next ones of the same client. By default one with an id does not, and one
   * without does until it is answered: its reply could not be told from others (P-056). With `concurrent` the contract's
   * requests never do, with `serial` always, unless a request itself says otherwise. Requests that are answered at once
   * hold back none.
   */
  readonly concurrency?: Request.Concurrency | undefined
  /** The level of the device's log at the start. Default `warn` (Rev 5.1 §6.2). */
  readonly logLevel?: LogLevel | undefined
  /**
   * More roles for `#version-connect` and `?version-list`, listed by name behind the three of the protocol, the library
   * and the device (Rev 5.1 §4.1). `katcp-device` and `katcp-library` replace the server's own versions. `katcp-protocol`
   * cannot be replaced: the server throws a `TypeError` when it is built, and ignores it from a function. A function is
   * called for each client that connects or asks, for versions that are known later or change. Tell clients that are
   * connected already of a change by {@link Server.broadcast}.
   */
  readonly versions?: Versions | (() => Versions) | undefined
  /**
   * What `#interface-changed` says when sensors or requests come and go: `list` (default) names the whole list once for a
   * batch, `each` names every sensor or request and what became of it (Rev 5.1 §4.2).
   */
  readonly interfaceChanged?: "list" | "each" | undefined
  /** Answers requests that neither the contract nor the standard has. Gives all arguments of the reply. */
  readonly unhandled?:
    | ((
        message: Message,
        context: RequestContext<Request.RawRequest<string>>
      ) => Effect.Effect<ReadonlyArray<ArgumentValue>, RequestFailed | RequestInvalid>)
    | undefined
  /**
   * Runs when a client has connected and was told the versions, before its first request is read. The Scope is the
   * client's: what is added to it runs when the client is gone. A client for which this dies is disconnected.
   */
  readonly onConnect?: ((client: ConnectedClient) => Effect.Effect<void, never, Scope.Scope>) | undefined
  /**
   * Runs once for each client that was let in, when it is gone from the list of clients and its strategies and requests
   * have ended, before the Scope of `onConnect` is closed. It may tell a client that is still reachable something, which
   * then comes before `#disconnect`. The connection waits for it for a second; then it is interrupted. A defect of it is
   * logged. It may run for a client for which `onConnect` has not finished.
   */
  readonly onDisconnect?: OnDisconnect | undefined
  /**
   * Who may do what: rules, of which the first that a client meets gives its role. Clients that meet none are disconnected.
   * Default: loopback and Unix sockets have `admin`, all others `control` ({@link Access.defaults}). A function is asked
   * when a client connects, so that rules can change; who is connected keeps its role. Throws a `RangeError` that names the
   * rule if one cannot be read; from a function, nobody is let in then.
   */
  readonly access?: ReadonlyArray<Access.Rule> | (() => ReadonlyArray<Access.Rule>) | undefined
  /**
   * How requests that need more than the role `read` are recorded: each in the log, at the level `Info` by default, and in
   * the stream `Server.audit`. `false`: not at all.
   */
  readonly audit?: AuditOptions | false | undefined
  /**
   * Decides who may request what, beside the rules of `access`, which stand before it. All may request everything by
   * default.
   */
  readonly guard?: Guard | undefined
  /** Stands around everything that is done with a client's message, of whatever kind. It stands before the guard. */
  readonly onMessage?: OnMessage | undefined
  /**
   * Runs when the server stops, after requests in flight have finished or failed, and before clients are told and
   * services end: clients are connected still, and what it logs is told to them. The stop waits for it, without a limit.
   * A defect of it is logged.
   */
  readonly onStop?: Effect.Effect<void> | undefined
  /**
   * Whether a server that stops lets requests in flight finish, and for how long at the most: by `?halt`, by `?restart`,
   * when the layer is released, and by `Server.stop` where that does not say otherwise. Requests that come meanwhile
   * fail. By default those in flight are interrupted, and fail, at once.
   */
  readonly drain?: Drain | undefined
  /**
   * Adds the log requests of the KATCP library in C, for its tools (`kcplog`): each client can have a log level of its own,
   * by `?log-limit` or `?log-local` for itself, `?log-default` for those that connect later, and `?log-override` for each
   * of these and for all that are connected; `?log-record` makes an entry in the log. Rev 5.1 §6 has one level for the
   * device, which `?log-level` sets and which holds for all clients without their own. Default false.
   */
  readonly clientLogLevels?: boolean | undefined
  /**
   * Whether what handlers log bears the log annotations `client`, its address, and `request`, the name, which local
   * loggers show. It costs each request that runs in a fiber some tenth of a microsecond. Default false.
   */
  readonly annotateLogs?: boolean | undefined
  /**
   * What the `fail` reply says of a request whose handler died of a defect. `message` (default): the message of the defect.
   * `traceback`: its stack trace too, of at most 20 frames, or as many as `{ traceback: frames }` says; for a laboratory,
   * since a trace shows paths and names of the program. `hidden`: only that there was a defect. The local log has the whole
   * cause in each case.
   */
  readonly defects?: "message" | "hidden" | "traceback" | { readonly traceback: number } | undefined
  /**
   * `true` if other servers of this program serve the same device, with the same sensors: at another version of the
   * protocol, for instance. Each of them has to say so. Default false: the second server of a device dies, since two
   * devices of one contract were most likely meant (see {@link layer}).
   */
  readonly sharedDevice?: boolean | undefined
  /** What is refused: whether clients may `?halt`, `?restart` and set the `?log-level`. All may by default. */
  readonly refuse?: ReadonlyArray<"halt" | "restart" | "log-level"> | undefined
}

/**
 * Versions of roles by name: the version, and build or serial number.
 *
 * @category models
 * @since 0.1.0
 */
export type Versions = Readonly<Record<string, readonly [version: string, build?: string]>>

/** The options with their defaults. */
export interface Resolved extends Options {
  readonly roleOf: (info: Access.ConnectionInfo) => Role
  readonly protocol: Protocol
  readonly maxLine: number
  readonly maxArguments: number
  readonly maxInFlight: number
  readonly maxBacklog: number
  readonly maxClients: number
  readonly maxClientsPerAddress: number
  readonly maxTotalBytes: number
  /** In milliseconds. */
  readonly idleTimeout: number
  /** In milliseconds. */
  readonly stallTimeout: number
}

/** What this library offers at version 5.1. */
const offered = Protocol.make(5, 1, "BIMT")

/**
 * Returns the options with their defaults. The defaults of the limits bound what attacks cost, which docs/security.md has
 * measured; they are far above what devices of telescopes need. Throws a `RangeError` for a protocol that no server can speak. */
export const resolve = (options: Options = {}): Resolved => ({
  ...options,
  roleOf: roleOf(options.access ?? Access.defaults),
  protocol: spoken(options.protocol ?? offered),
  maxLine: options.maxLine ?? defaultMaxLine,
  maxArguments: options.maxArguments ?? defaultMaxArguments,
  maxInFlight: Math.max(1, options.maxInFlight ?? 256),
  maxBacklog: options.maxBacklog ?? 33554432,
  maxClients: options.maxClients ?? 10_000,
  maxClientsPerAddress: options.maxClientsPerAddress ?? Number.POSITIVE_INFINITY,
  maxTotalBytes: options.maxTotalBytes ?? 268435456,
  idleTimeout: Duration.toMillis(Duration.fromInputUnsafe(options.idleTimeout ?? Number.POSITIVE_INFINITY)),
  stallTimeout: Duration.toMillis(Duration.fromInputUnsafe(options.stallTimeout ?? "60 seconds"))
})

/** Reads the rules now, or whenever a client comes; those that are the same as before only once. */
const roleOf = (access: NonNullable<Options["access"]>): Resolved["roleOf"] => {
  if (typeof access !== "function") return Access.make(access)
  let known: ReadonlyArray<Access.Rule> | undefined
  let current: Resolved["roleOf"] | undefined
  return (info) => {
    const rules = access()
    if (current === undefined || rules !== known) {
      current = Access.make(rules)
      known = rules
    }
    return current(info)
  }
}

/** The protocol without the flags that the version does not have (P-124). */
const spoken = (protocol: Protocol): Protocol => {
  const { flags, major, minor } = protocol
  if (major !== 4 && major !== 5) throw new RangeError(`a server speaks KATCP 4 or 5, not ${protocol}`)
  return Protocol.make(
    major,
    minor,
    flags.filter((flag) => protocol.supports(flag))
  )
}
