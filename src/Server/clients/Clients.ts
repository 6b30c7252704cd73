import * as Effect from "effect/Effect"
import { encode } from "../../Codec/index.ts"
import type { LogRecord } from "../../Interface/index.ts"
import { make as makeMessage } from "../../Message/index.ts"
import type { SensorSetChange } from "../../Sensor/index.ts"
import type { Runtime } from "../Runtime.ts"
import type { Session } from "../session/Session.ts"
import { ClientLogLevels } from "./ClientLogLevels.ts"
import { ConnectInforms } from "./ConnectInforms.ts"
import { IdleClients } from "./IdleClients.ts"
import { namesEach } from "./namesEach.ts"

const words = { Added: "added", Removed: "removed", Replaced: "modified", Modified: "modified" } as const

/** The clients of a server, and the informs sent to all of them. */
export class Clients {
  readonly all = new Set<Session>()
  /** The levels of single clients, if the device offers them. */
  readonly logLevels: ClientLogLevels | undefined
  /** The reason of the stop, once the server stops: clients that connect are sent away with it. */
  refusal: string | undefined = undefined
  private readonly runtime: Runtime
  private readonly idleClients: IdleClients
  private readonly connectInforms: ConnectInforms
  private unobserve: (() => void) | undefined = undefined

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.logLevels = runtime.options.clientLogLevels ? new ClientLogLevels(runtime.device.log) : undefined
    this.idleClients = new IdleClients(runtime, this.all)
    this.connectInforms = new ConnectInforms(this.all, runtime)
  }

  get size(): number {
    return this.all.size
  }

  /** The number of sampling strategies of all clients. */
  get sampled(): number {
    return this.sum((client) => client.sampled)
  }

  /** The number of requests in flight. */
  get inFlight(): number {
    return this.sum((client) => client.inFlight)
  }

  /** The number of bytes that wait for clients. */
  get queuedBytes(): number {
    return this.sum((client) => client.outgoing.backlog)
  }

  private sum(of: (client: Session) => number): number {
    let sum = 0
    for (const client of this.all) sum += of(client)
    return sum
  }

  /** Adds a client and informs the others. Without flag M it replaces the one before (Rev 5.1 §8, §9). */
  join(session: Session): void {
    const { device, protocol } = this.runtime
    const { multiClient } = protocol
    const replaced = multiClient ? [] : [...this.all]
    if (multiClient) session.number = this.connectInforms.add(session.address)
    // without clients the log has no observer
    if (this.all.size === 0) this.unobserve = device.log.observe(this.publish, this.logLevels?.level)
    this.all.add(session)
    this.idleClients.watch()
    this.logLevels?.join(session)
    for (const other of replaced) other.outgoing.dismiss(`New client connected from ${session.address}.`)
    if (this.refusal !== undefined) session.outgoing.dismiss(this.refusal)
  }

  /** Removes a client. Returns `false` if it was never accepted. */
  leave(session: Session): boolean {
    const joined = this.all.delete(session)
    if (joined && this.all.size === 0) this.unobserve?.()
    this.logLevels?.leave(session)
    return joined
  }

  /** Sends whole lines to all clients. */
  broadcast(lines: Uint8Array): void {
    this.connectInforms.send()
    for (const client of this.all) client.outgoing.send(lines)
  }

  /** Informs all clients of added, removed or replaced sensors (Rev 5.1 §4.2), if the version has that inform. */
  sensorsChanged(changes: ReadonlyArray<SensorSetChange>): void {
    const { device, dialect, options } = this.runtime
    if (!dialect.interfaceChanged || this.all.size === 0) return
    if (!namesEach(options.interfaceChanged, changes.length, device.sensors.size))
      return this.broadcast(encode(makeMessage("inform", "interface-changed", ["sensor-list"])))
    for (const { _tag, name } of changes)
      this.broadcast(encode(makeMessage("inform", "interface-changed", ["sensor", name, words[_tag]])))
  }

  /** Sends a record of the device's log to all clients (Rev 5.1 §6). */
  private readonly publish = ({ message, name, severity, timestamp }: LogRecord): void => {
    const time = this.runtime.dialect.formatTime(timestamp)
    const line = encode(makeMessage("inform", "log", [severity, time, name, message]))
    if (this.logLevels === undefined) return this.broadcast(line)
    this.connectInforms.send()
    for (const client of this.all) if (this.logLevels.reports(client, severity)) client.outgoing.send(line)
  }

  /** Waits until no request is in flight. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.forEach([...this.all], (client) => client.requests.idle, { concurrency: "unbounded", discard: true })
    )
  }

  /** Fails the requests in flight. */
  cancelAll(): void {
    this.connectInforms.send()
    for (const client of this.all) client.requests.cancel("Request cancelled: the device is stopping.")
  }

  /** Sends `#disconnect` to all clients, and closes their connections. */
  dismissAll(reason: string): void {
    for (const client of this.all) client.outgoing.dismiss(reason)
  }
}
