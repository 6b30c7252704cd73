import { type DeviceLog, type LogLevel, logLevels, reports, type Severity } from "../Interface/index.ts"
import type { Session } from "./Session.ts"

const wider = (one: LogLevel, other: LogLevel): LogLevel =>
  logLevels.indexOf(one) > logLevels.indexOf(other) ? one : other

/**
 * The log levels of single clients, which Rev 5.1 does not have: a client without one goes by that of the device. There
 * is one of these only where the device offers them.
 */
export class ClientLogLevels {
  private readonly log: DeviceLog["Service"]
  private readonly own = new Map<Session, LogLevel>()
  /** The one of them that lets most through. */
  private widest: LogLevel = "off"
  /** What new clients get; undefined: the device's. */
  initial: LogLevel | undefined = undefined

  constructor(log: DeviceLog["Service"]) {
    this.log = log
  }

  /** What is let through to some client at the most. */
  readonly level = (): LogLevel => wider(this.log.level, this.widest)

  of(client: Session): LogLevel {
    return this.own.get(client) ?? this.log.level
  }

  /** Whether a client is sent records of that severity. */
  lets(client: Session, severity: Severity): boolean {
    return reports(this.of(client), severity)
  }

  /** Gives a client a level of its own; with undefined it goes by the device's again. */
  set(client: Session, level: LogLevel | undefined): void {
    if (level === undefined) this.own.delete(client)
    else if (client.alive) this.own.set(client, level)
    this.widest = [...this.own.values()].reduce(wider, "off")
  }

  join(client: Session): void {
    if (this.initial !== undefined) this.set(client, this.initial)
  }

  leave(client: Session): void {
    if (this.own.has(client)) this.set(client, undefined)
  }
}
