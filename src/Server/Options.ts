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
 * The options of a server. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The protocol that is announced and spoken, of major version 4 or 5. Default 5.1 with the flags that this library
   * implements. Omit a flag to disable its feature: without `M`, a new client replaces the one before (Rev 5.1 §9).
   * Flags that the version does not have are not announced.
   */
  readonly protocol?: Protocol | undefined
  /** The dialect, by default that of the version. Use `Dialect.v4FiveStatuses` for clients that know only Rev 4. */
  readonly dialect?: Dialect.Dialect | undefined
  /** The longest line that is read, in bytes. Default 16 MiB. A longer line is answered with `#log error`. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message that is read. Default 65536. A request with more is answered with
   * `fail` and its id, and other messages with `#log error`.
   */
  readonly maxArguments?: number | undefined
  /**
   * The largest number of unanswered requests of one client, at least 1. Default 256. The next request starts when the
   * first is answered.
   */
  readonly maxInFlight?: number | undefined
  /** Bytes that may wait for a client that does not read. A client with more is disconnected. Default 32 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * The largest number of connected clients. Default 10000. Further clients get `#disconnect` with the reason. Without
   * flag `M` the limit is one, and a new client replaces the one before.
   */
  readonly maxClients?: number | undefined
  /**
   * The largest number of clients from one address. Default `Infinity`, because proxies and address translation hide
   * thousands of clients. An IPv6 address counts as its network of 64 bits. Clients of Unix sockets are not counted.
   */
  readonly maxClientsPerAddress?: number | undefined
  /**
   * Bytes that may be held for all clients together: unanswered input, including unfinished lines, and waiting output.
   * Above that, the client that holds most is disconnected. Default 256 MiB: sixteen lines of the maximal length, or
   * eight full backlogs.
   */
  readonly maxTotalBytes?: number | undefined
  /**
   * The time after which a silent client is disconnected, with the reason. A client with a request in flight, or with a
   * sampled sensor, is not idle. Default `Infinity`: a client may only listen.
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * The time after which a client is disconnected if it takes no byte of its waiting output. Default 60 seconds;
   * `Infinity` disables it. This detects peers whose process is stopped or whose host is gone. Bytes that this
   * machine's kernel has taken are not waiting: TCP keep-alive detects a dead peer that receives little.
   */
  readonly stallTimeout?: Duration.Input | undefined
  /**
   * The handling of a client that reads more slowly than its sensors change. `disconnect` (default): the client is sent
   * every report until `maxBacklog` is exceeded, and then disconnected. `conflate`: while the client does not read,
   * only the newest report of each sensor is kept. These reports are sent when it reads again, in the order in which
   * the sensors were due. Sensors that were removed, replaced or are not sampled any more are left out.
   *
   * Other informs are never left out: a client with more than `maxBacklog` of them is disconnected. The reports when a
   * strategy is set count as neither.
   */
  readonly slowClient?: "disconnect" | "conflate" | undefined
  /**
   * The default concurrency of a client's requests. By default a request with an id does not delay the next
   * ones, and one without an id does until it is answered, because its reply could not be matched otherwise (P-056).
   * With `concurrent` the contract's requests never delay others, with `serial` always. A request's own option takes
   * precedence. Requests that are answered at once delay none.
   */
  readonly concurrency?: Request.Concurrency | undefined
  /** The initial level of the device's log. Default `warn` (Rev 5.1 §6.2). */
  readonly logLevel?: LogLevel | undefined
  /**
   * Additional components for `#version-connect` and `?version-list`, listed by name after the three of the protocol,
   * the library and the device (Rev 5.1 §4.1). `katcp-device` and `katcp-library` replace the server's own versions.
   * `katcp-protocol` cannot be replaced: building the server throws a `TypeError`, and the result of a function has it
   * ignored. A function is called for each client that connects or asks, for versions that are known later or change.
   * Inform connected clients of a change by `broadcast` of the server.
   */
  readonly versions?: Versions | (() => Versions) | undefined
  /**
   * The form of `#interface-changed` when sensors or requests change (Rev 5.1 §4.2). `list` (default) names the whole
   * list once for a batch. `each` names every sensor or request and its change. `few` names each up to 256 changes, or
   * up to a tenth of all sensors or requests, and the whole list for more. Use it for many sensors, and clients that
   * request only the named ones again, as those of this library do.
   */
  readonly interfaceChanged?: "list" | "few" | "each" | undefined
  /** Answers requests that are neither in the contract nor standard. Returns all arguments of the reply. */
  readonly unhandled?:
    | ((
        message: Message,
        context: RequestContext<Request.RawRequest<string>>
      ) => Effect.Effect<ReadonlyArray<ArgumentValue>, RequestFailed | RequestInvalid>)
    | undefined
  /**
   * Runs after a client has connected and received the versions, before its first request is read. The Scope is the
   * client's: its finalizers run when the client is gone. A client for which this dies is disconnected.
   */
  readonly onConnect?: ((client: ConnectedClient) => Effect.Effect<void, never, Scope.Scope>) | undefined
  /**
   * Runs once for each accepted client after it disconnects: it is no longer in the list of clients, and its strategies
   * and requests have ended. Runs before the Scope of `onConnect` closes. If the client is still reachable, the hook
   * may send it informs, which precede `#disconnect`. The connection waits for the hook for at most a second, then
   * interrupts it. A defect is logged. The hook may run for a client for which `onConnect` has not finished.
   */
  readonly onDisconnect?: OnDisconnect | undefined
  /**
   * The access rules: the first rule that matches a client gives its role. Clients without a matching rule are
   * disconnected. Default: loopback and Unix sockets have `admin`, all others `control` ({@link Access.defaults}). A
   * function is called when a client connects, so rules can change; connected clients keep their role. Throws a
   * `RangeError` that names the rule if a rule is malformed. If a function returns a malformed rule, no client is
   * accepted.
   */
  readonly access?: ReadonlyArray<Access.Rule> | (() => ReadonlyArray<Access.Rule>) | undefined
  /**
   * The recording of requests that need more than the role `read`: each in the log, at the level `Info` by default, and
   * in the stream `Server.audit`. `false` disables it.
   */
  readonly audit?: AuditOptions | false | undefined
  /**
   * Decides which requests a client may make, in addition to the rules of `access`, which run first. All requests are
   * allowed by default.
   */
  readonly guard?: Guard | undefined
  /** Wraps the handling of every message of a client, of any kind. It runs before the guard. */
  readonly onMessage?: OnMessage | undefined
  /**
   * Runs when the server stops, after requests in flight have finished or failed, and before clients are disconnected
   * and services end. Its log records reach the clients. The stop waits for it, without a limit. A defect is logged.
   */
  readonly onStop?: Effect.Effect<void> | undefined
  /**
   * The time that requests in flight get to finish when the server stops: by `?halt`, by `?restart`, when the layer is
   * released, and by `Server.stop` without its own setting. New requests fail meanwhile. By default requests in flight
   * are interrupted, and fail, at once.
   */
  readonly drain?: Drain | undefined
  /**
   * Adds the log requests of the KATCP library in C, for its tools (`kcplog`). Each client can then have its own log
   * level: `?log-limit` and `?log-local` set that of the client itself, `?log-default` that of later clients, and
   * `?log-override` that of any client or of all. `?log-record` adds an entry to the log. Rev 5.1 §6 has one level for
   * the device: `?log-level` sets it for all clients without their own. Default `false`.
   */
  readonly clientLogLevels?: boolean | undefined
  /**
   * `true` to add the log annotations `client` (its address) and `request` (the name) to log records of handlers, which
   * local loggers show. It costs some tenth of a microsecond for each request that runs in a fiber. Default `false`.
   */
  readonly annotateLogs?: boolean | undefined
  /**
   * The text of the `fail` reply to a request whose handler died of a defect. `message` (default): the message of the
   * defect. `traceback`: also its stack trace, at most 20 frames, or the number in `{ traceback: frames }`; for a
   * laboratory, because traces show paths and names of the program. `hidden`: only that there was a defect. The local
   * log has the whole cause in each case.
   */
  readonly defects?: "message" | "hidden" | "traceback" | { readonly traceback: number } | undefined
  /**
   * `true` if other servers of this program serve the same device with the same sensors, for example at another version
   * of the protocol. Each of them must set it. Default `false`: the second server of a device dies, because two devices
   * of one contract were most likely intended (see {@link layer}).
   */
  readonly sharedDevice?: boolean | undefined
  /**
   * Serves a scripted client once after the start, so V8 has compiled the server's code when the first client connects.
   * This client has a small device of its own: your sensors, handlers, logs and counters are not involved. It happens
   * once in a process, and takes some 10 ms of CPU time and 0.4 MB. Default: `true` for the listeners of `NodeServer`,
   * `false` in memory.
   */
  readonly rehearsal?: boolean | undefined
  /**
   * Standard requests that are refused: `?halt`, `?restart`, or setting the `?log-level`. All are allowed by default.
   */
  readonly refuse?: ReadonlyArray<"halt" | "restart" | "log-level"> | undefined
}

/**
 * Versions by component name: the version, and build or serial number.
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

/** The flags of version 5.1 that this library implements. */
const offered = Protocol.make(5, 1, "BIMT")

/**
 * Returns the options with their defaults. The default limits bound the cost of attacks, as measured in
 * docs/security.md, and are far above the needs of telescope devices. Throws a `RangeError` for a protocol that no
 * server can speak.
 */
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

/** Returns a function that evaluates the rules, once for unchanged rules. */
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

/** Returns the protocol without the flags that the version does not have (P-124). */
const spoken = (protocol: Protocol): Protocol => {
  const { flags, major, minor } = protocol
  if (major !== 4 && major !== 5) throw new RangeError(`a server speaks KATCP 4 or 5, not ${protocol}`)
  return Protocol.make(
    major,
    minor,
    flags.filter((flag) => protocol.supports(flag))
  )
}
