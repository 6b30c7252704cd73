import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import {
  backOff,
  type Client,
  type ClientEvent,
  type Loss,
  type MirrorObserver,
  make as makeClient,
  type WireReading
} from "../Client/index.ts"
import type { RequestDescription } from "../Interface/index.ts"
import { Strategy } from "../Sampling/index.ts"
import * as Sensor from "../Sensor/index.ts"
import type { Attempts } from "./Attempts.ts"
import { Decisions } from "./Decisions.ts"
import type { DeviceHealth, SiteDevice } from "./Device.ts"
import type { DeviceOptions } from "./options.ts"
import { Presence } from "./Presence.ts"
import { requestsIn } from "./requestsIn.ts"
import type { Selection } from "./Selection.ts"
import { StateLog } from "./StateLog.ts"
import type { Row } from "./table/Row.ts"
import type { Table } from "./table/Table.ts"

/** The wait before a client is replaced that has given up: another device may answer by then. */
const anew = backOff({ initial: "5 seconds", longest: "1 minute" })

/** The common part of all devices of a site. */
export interface Shared {
  readonly table: Table
  readonly clock: Clock.Clock
  readonly attempts: Attempts
  readonly selection: () => Selection
  /** Reports a change of a device's state. */
  readonly notify: () => void
}

/** One device of a site: its client, and the path of its readings into the table. */
export class Member implements SiteDevice, MirrorObserver {
  readonly name: string
  readonly description: string
  readonly described: ReadonlyMap<string, RequestDescription> | undefined
  client!: Client<never, never>
  private readonly options: DeviceOptions
  private readonly shared: Shared
  private readonly scope: Scope.Scope
  private readonly socket: Context.Context<Socket.Socket>
  private readonly gate: ReturnType<Attempts["gate"]>
  private readonly stateLog: StateLog
  private readonly decisions: Decisions
  private life: Scope.Closeable | undefined = undefined
  private wants: Scope.Closeable | undefined = undefined
  /** The rows of a client that has given up, until its successor finds them. */
  private unconfirmed: Set<Row> | undefined = undefined
  /** `true` if the device was removed from the site. */
  private over = false
  private readonly presence: Presence
  private refused = 0
  /** `true` if sensors were refused that may have room now. */
  private lacking = false
  revision = 0

  private constructor(
    name: string,
    options: DeviceOptions,
    shared: Shared,
    scope: Scope.Scope,
    socket: Context.Context<Socket.Socket>
  ) {
    this.name = name
    this.description = options.description ?? ""
    this.described = options.contract === undefined ? undefined : requestsIn(options.contract)
    this.options = options
    this.shared = shared
    this.scope = scope
    this.socket = socket
    this.gate = shared.attempts.gate()
    this.stateLog = new StateLog(name, options.address)
    this.decisions = new Decisions(name)
    this.presence = new Presence(this.now())
  }

  /** Connects to a device until the scope closes. */
  static make(name: string, options: DeviceOptions, shared: Shared): Effect.Effect<Member, never, Scope.Scope> {
    return Effect.gen(function* () {
      const scope = yield* Effect.scope
      const socket = yield* Layer.buildWithScope(options.socket, scope)
      const member = new Member(name, options, shared, scope, socket)
      yield* member.open
      yield* Effect.forkScoped(member.keep)
      return member
    })
  }

  get health(): DeviceHealth {
    const { client, presence, shared } = this
    const { _tag: state } = SubscriptionRef.getUnsafe(client.state)
    const destination = client.destination
    return {
      device: this.name,
      address: this.options.address ?? (destination && `${destination.host}:${destination.port}`),
      state,
      connected: presence.connected,
      synced: this.isSynced,
      since: presence.since,
      syncedAt: presence.syncedAt,
      error: presence.error,
      protocol: client.protocol.major === 0 ? undefined : client.protocol,
      losses: presence.losses,
      sensors: shared.table.sizeOf(this.name),
      refused: this.refused,
      readings: presence.readings,
      lag: presence.lag,
      anomalies: client.anomalies.counts
    }
  }

  /** `true` if everything that is needed of the device is known and subscribed. */
  get isSynced(): boolean {
    return SubscriptionRef.getUnsafe(this.client.state)._tag === "Synced"
  }

  get rows(): Iterable<Row> {
    return this.shared.table.of(this.name)
  }

  get requests(): ReadonlyMap<string, string> {
    return this.client.device.requests
  }

  // ----------------------------------------------------------------- observer

  readonly added = (definition: Sensor.Any): void => {
    const { name, shared, unconfirmed } = this
    if (this.over || this.decisions.of(shared.selection(), definition.name) === undefined) return
    const former = shared.table.get(name, definition.name)
    if (
      former !== undefined &&
      unconfirmed?.delete(former) === true &&
      Sensor.sameDescription(former.definition, definition)
    )
      former.adopt(definition)
    else if (shared.table.add(name, definition) === undefined) {
      this.refused++
      this.lacking = true
    }
  }

  readonly removed = (definition: Sensor.Any): void => {
    this.shared.table.remove(this.name, definition)
  }

  readonly lost = (loss: Loss): void => {
    this.shared.table.lose(this.name, loss)
  }

  readonly reading = (definition: Sensor.Any, reading: WireReading): void => {
    const row = this.shared.table.receive(this.name, definition, reading)
    if (row === undefined || reading.lost) return
    this.presence.received(reading, row.updates === 1)
  }

  // ------------------------------------------------------------------- client

  /** Ends the device when it leaves the site. */
  end(): void {
    this.over = true
    this.shared.table.removeDevice(this.name)
  }

  /** Updates table and subscriptions for a new selection. Unchanged subscriptions are not sent again. */
  readonly select: Effect.Effect<void> = Effect.gen({ self: this as Member }, function* () {
    const { name, shared } = this
    const selection = shared.selection()
    yield* this.decisions.prepare(
      selection,
      this.client.device.sensors.values.map(({ name }) => name)
    )
    // meanwhile the device may have left the site, or another selection may apply, which does the rest
    if (this.over || shared.selection() !== selection) return
    const { client } = this
    for (const { definition } of [...this.rows])
      if (this.decisions.of(selection, definition.name) === undefined) shared.table.remove(name, definition)
    this.lacking = false
    for (const { definition } of client.device.sensors.values)
      if (
        this.decisions.of(selection, definition.name) !== undefined &&
        shared.table.get(name, definition.name)?.definition !== definition
      )
        this.added(definition)
    yield* this.want
    this.decisions.forget()
  })

  private readonly open: Effect.Effect<void> = Effect.gen({ self: this as Member }, function* () {
    const life = yield* Scope.fork(this.scope)
    this.life = life
    this.wants = undefined
    const { gate } = this
    this.client = yield* makeClient({
      host: this.options.address,
      gate,
      // the site logs the states of its devices, by their names
      connectionLog: false,
      ...this.options.client,
      connecting: "background",
      inspect: true,
      mirrorObserver: this
    }).pipe(Effect.provideContext(this.socket), Scope.provide(life), this.stateLog.annotated, Effect.orDie)
    const track = Stream.runForEach(this.client.events, (event) =>
      Effect.suspend(() => {
        this.note(event)
        // there may be room now for refused sensors
        const again = event._tag === "Synced" && this.lacking && this.shared.table.hasRoom(this.name)
        return Effect.andThen(
          this.stateLog.log(this.presence.connected, this.presence.error),
          again ? this.select : Effect.void
        )
      })
    )
    yield* Effect.forkIn(track, life, { startImmediately: true })
    yield* this.want
  })

  /** Subscribes to the sensors of the selection, and ends the subscriptions of an earlier one. */
  private readonly want: Effect.Effect<void> = Effect.gen({ self: this as Member }, function* () {
    const { name, shared } = this
    const selection = shared.selection()
    const former = this.wants
    const wants = yield* Scope.fork(this.life!)
    this.wants = wants
    for (const strategy of selection.strategiesFor(name)) {
      const isWanted = (sensor: string): boolean => {
        const own = this.decisions.of(selection, sensor)
        if (own === undefined || !Strategy.same(own, strategy)) return false
        return shared.table.get(name, sensor) !== undefined || shared.table.hasRoom(name)
      }
      yield* Scope.provide(this.client.mirror(isWanted, strategy), wants)
    }
    // after the new subscriptions, which keeps unchanged ones on the wire
    if (former !== undefined) yield* Scope.close(former, Exit.void)
  }).pipe(Effect.uninterruptible)

  /** Replaces the client whenever it gives the device up: for the next device at that address. */
  private readonly keep = Effect.gen({ self: this as Member }, function* () {
    let step = yield* Schedule.toStep(anew)
    const { presence } = this
    let synced = presence.syncedAt
    while (true) {
      const reason = yield* this.client.closed
      // it was a working device, for a while
      if (presence.syncedAt !== synced) step = yield* Schedule.toStep(anew)
      synced = presence.syncedAt
      presence.error = reason.message
      this.unconfirmed = new Set(this.rows)
      this.notify()
      yield* this.stateLog.log(presence.connected, presence.error)
      const now = Number(this.shared.clock.monotonicTimeNanosUnsafe()) / 1e6
      const [, delay] = yield* Effect.orDie(step(now, reason))
      yield* Effect.sleep(delay)
      yield* Scope.close(this.life!, Exit.void)
      yield* this.open
    }
  })

  private note(event: ClientEvent): void {
    this.presence.note(event, this.now())
    if (event._tag === "Synced") this.confirm()
    this.notify()
  }

  /** Removes the rows that a former client knew, and the current one has not found. */
  private confirm(): void {
    const { unconfirmed } = this
    this.unconfirmed = undefined
    if (unconfirmed !== undefined)
      for (const { definition } of unconfirmed) this.shared.table.remove(this.name, definition)
  }

  private notify(): void {
    this.revision++
    this.shared.notify()
  }

  private now(): number {
    return this.shared.clock.currentTimeMillisUnsafe() / 1000
  }
}
