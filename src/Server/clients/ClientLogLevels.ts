import { type DeviceLog, type LogLevel, logLevels, reports, type Severity } from "../../Interface/index.ts"

const wider = (one: LogLevel, other: LogLevel): LogLevel =>
  logLevels.indexOf(one) > logLevels.indexOf(other) ? one : other

/** A client whose log level can be set. */
interface Client {
  readonly outgoing: { readonly alive: boolean }
}

/**
 * The log levels of single clients, which Rev 5.1 does not have. A client without one has the device's level. A server
 * has these only if the device offers them.
 */
export class ClientLogLevels {
  private readonly log: DeviceLog["Service"]
  private readonly own = new Map<Client, LogLevel>()
  /** The widest of the clients' own levels. */
  private widest: LogLevel = "off"
  /** The level of new clients; `undefined` for the device's. */
  initial: LogLevel | undefined = undefined

  constructor(log: DeviceLog["Service"]) {
    this.log = log
  }

  /** Returns the widest level at which any client gets records. */
  readonly level = (): LogLevel => wider(this.log.level, this.widest)

  of(client: Client): LogLevel {
    return this.own.get(client) ?? this.log.level
  }

  /** Returns `true` if the client gets records of that severity. */
  reports(client: Client, severity: Severity): boolean {
    return reports(this.of(client), severity)
  }

  /** Sets a client's own level. With `undefined` the client has the device's level again. */
  set(client: Client, level: LogLevel | undefined): void {
    if (level === undefined) this.own.delete(client)
    else if (client.outgoing.alive) this.own.set(client, level)
    this.widest = [...this.own.values()].reduce(wider, "off")
  }

  join(client: Client): void {
    if (this.initial !== undefined) this.set(client, this.initial)
  }

  leave(client: Client): void {
    if (this.own.has(client)) this.set(client, undefined)
  }
}
