import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Socket from "effect/socket/Socket"
import {
  backOff,
  type Client,
  isConnected,
  isDataSynced,
  type MirrorObserver,
  make as makeClient,
  type WireReading
} from "../../Client/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { DeviceClient } from "../../Site/index.ts"
import { LinkedClient, LinkedLogs } from "./LinkedClient.ts"
import { LinkedDefinition } from "./LinkedDefinition.ts"
import { LinkedDevice, type LinkedSensor, type LinkOfDevice } from "./LinkedDevice.ts"
import { LinkRequests } from "./LinkRequests.ts"
import { parseLinkState } from "./linkState.ts"

/**
 * The silence after which a runner is asked for an answer, and the time that it has to answer. Given by the fleet: a
 * frozen runner loses its devices after 10 s, and must count as missing by then.
 */
const alive = { alive: "3 seconds", aliveWait: "5 seconds" } as const
/** How a link connects again. Not measured: a runner that restarts is back within seconds. */
const reconnect = () => backOff({ initial: "250 millis", longest: "2 seconds" })
/** The wait before a client is replaced that has given up. Not measured: as above. */
const again = "1 second"

const stateSensor = /^proxy\.([A-Za-z][A-Za-z0-9-]*)\.state$/
const sensorOfDevice = /^([A-Za-z][A-Za-z0-9-]*)\.(.+)$/s
/** Receives the changes of a link, at once and in order. */
export interface LinkListener {
  /** Called with each known sensor of a device. */
  readonly added: (sensor: LinkedSensor) => void
  /** Called when a sensor, or its device, is no longer served. */
  readonly removed: (device: LinkedDevice, name: string) => void
  readonly reading: (sensor: LinkedSensor, reading: WireReading) => void
  /** Called when the runner has reported the state of a device, or no longer holds it. */
  readonly stateChanged: (device: LinkedDevice) => void
  /** Called when the link is up or down, or all sensors are known. */
  readonly changed: (link: Link) => void
}

/**
 * The connection to the proxy of another runner. It knows all its devices and their sensors, and the state of each. It
 * subscribes to readings one by one, on demand.
 */
export class Link implements LinkOfDevice, MirrorObserver {
  readonly runner: string
  readonly devices = new Map<string, LinkedDevice>()
  readonly logs = new LinkedLogs()
  client: Client<never, never> | undefined = undefined
  isUp = false
  isComplete = false
  /** `true` if the sensors of its devices were known once since it is up. */
  isKnown = false
  error: string | undefined = undefined
  since: number
  path = ""
  private readonly socket: Layer.Layer<Socket.Socket>
  private readonly listener: LinkListener
  private readonly clock: Clock.Clock
  private readonly known = new Map<Sensor.Any, LinkedSensor | LinkedDevice>()
  private readonly clients = new Map<string, LinkedClient>()
  /** The sensors with a demand for readings, and those whose demand has changed. */
  private readonly needed = new Set<string>()
  private readonly changedNeeds = new Set<string>()
  private readonly wake = Latch.makeUnsafe(false)
  private readonly requests = new LinkRequests({
    served: () => this.client?.device,
    isDevice: (name) => this.devices.has(name)
  })

  constructor(runner: string, socket: Layer.Layer<Socket.Socket>, listener: LinkListener, clock: Clock.Clock) {
    this.runner = runner
    this.socket = socket
    this.listener = listener
    this.clock = clock
    this.since = this.now()
  }

  /** Keeps the connection, forever. */
  readonly run: Effect.Effect<never> = Effect.suspend(() =>
    this.session.pipe(
      Effect.scoped,
      // a sensor that was removed with its device is not reported: the view reports devices
      Effect.provideService(References.MinimumLogLevel, "Error"),
      Effect.andThen(Effect.sleep(again)),
      Effect.forever
    )
  )

  private readonly session = Effect.gen({ self: this as Link }, function* () {
    const scope = yield* Effect.scope
    const socket = yield* Layer.buildWithScope(this.socket, scope)
    const client = yield* makeClient({
      connecting: "background",
      inspect: true,
      mirrorObserver: this,
      reconnect: reconnect(),
      connectionLog: false,
      deviceLog: false,
      ...alive
    }).pipe(Effect.provideContext(socket), Effect.orDie)
    this.client = client
    this.clients.clear()
    this.requests.clear()
    yield* client.onInform("log", this.logs.take)
    yield* Effect.forkScoped(
      Stream.runForEach(client.events, () => Effect.sync(() => this.look())),
      { startImmediately: true }
    )
    yield* client.mirror((name) => stateSensor.test(name) || name === "proxy.path", Strategy.event)
    yield* Effect.forkScoped(this.follow(client))
    const reason = yield* client.closed
    this.error = reason.message
    this.look()
  })

  /** Checks the state of the client. */
  private look(): void {
    const { client } = this
    if (client === undefined) return
    const state = client.state.value
    if ("reason" in state) this.error = state.reason.message
    const isUp = isConnected(state)
    if (isUp !== this.isUp) {
      this.isUp = isUp
      this.since = this.now()
    }
    this.isComplete = isDataSynced(state)
    // requesting the list again does not make the devices unknown
    this.isKnown = isUp && (this.isKnown || this.isComplete)
    if (this.isComplete) this.error = undefined
    this.requests.changed()
    for (const device of this.devices.values()) device.revision++
    this.listener.changed(this)
  }

  // ------------------------------------------------------------------ readings on demand

  readonly need = (served: string): void => {
    this.needed.add(served)
    this.note(served)
  }

  readonly release = (served: string): void => {
    this.needed.delete(served)
    this.note(served)
  }

  private note(served: string): void {
    this.changedNeeds.add(served)
    this.wake.openUnsafe()
  }

  /** Subscribes to the demanded readings, and ends the other subscriptions. */
  private readonly follow = Effect.fnUntraced({ self: this as Link }, function* (client: Client<never, never>) {
    const scope = yield* Effect.scope
    const open = new Map<string, Scope.Closeable>()
    for (const served of this.needed) this.changedNeeds.add(served)
    while (true) {
      this.wake.closeUnsafe()
      const changed = [...this.changedNeeds]
      this.changedNeeds.clear()
      for (const served of changed) {
        const own = open.get(served)
        if (this.needed.has(served) === (own !== undefined)) continue
        if (own !== undefined) {
          open.delete(served)
          yield* Scope.close(own, Exit.void)
        } else {
          const opened = yield* Scope.fork(scope)
          open.set(served, opened)
          yield* Scope.provide(client.mirror(served, Strategy.auto), opened)
        }
      }
      if (this.changedNeeds.size === 0) yield* this.wake.await
    }
  })

  // ------------------------------------------------------------------ observer

  readonly added = (definition: Sensor.Any): void => {
    const { name } = definition
    const [, told] = stateSensor.exec(name) ?? []
    if (told !== undefined) {
      this.known.set(definition, this.deviceOf(told))
      return
    }
    const [, device, sensor] = sensorOfDevice.exec(name) ?? []
    if (device === undefined || sensor === undefined || device === "proxy") return
    const owner = this.deviceOf(device)
    const former = owner.sensors.get(sensor)
    const linked: LinkedSensor = {
      device: owner,
      definition: new LinkedDefinition(sensor, definition),
      needed: former?.needed ?? false
    }
    owner.sensors.set(sensor, linked)
    this.known.set(definition, linked)
    this.listener.added(linked)
  }

  readonly removed = (definition: Sensor.Any): void => {
    const found = this.known.get(definition)
    if (found === undefined) return
    this.known.delete(definition)
    if (found instanceof LinkedDevice) {
      found.state = undefined
      found.revision++
      this.listener.stateChanged(found)
      return this.tidy(found)
    }
    const { definition: own, device } = found
    if (device.sensors.get(own.name) !== found) return
    if (found.needed) device.release(own.name)
    device.sensors.delete(own.name)
    this.listener.removed(device, own.name)
    this.tidy(device)
  }

  readonly reading = (definition: Sensor.Any, reading: WireReading): void => {
    const found = this.known.get(definition)
    if (found === undefined) {
      if (definition.name === "proxy.path" && !reading.lost) this.path = String(reading.value)
      return
    }
    if (!(found instanceof LinkedDevice)) {
      // a reading may arrive after the end of its demand
      if (!found.needed && !reading.lost) return
      found.device.readings++
      this.listener.reading(found, reading)
      return
    }
    const state = reading.lost ? undefined : parseLinkState(String(reading.value))
    if (state === undefined) return
    found.state = state
    found.revision++
    this.listener.stateChanged(found)
  }

  private deviceOf(name: string): LinkedDevice {
    let device = this.devices.get(name)
    if (device === undefined) {
      device = new LinkedDevice(name, this)
      this.devices.set(name, device)
    }
    return device
  }

  /** Forgets a device without any served item. */
  private tidy(device: LinkedDevice): void {
    if (device.state !== undefined || device.sensors.size > 0) return
    this.devices.delete(device.name)
    this.clients.delete(device.name)
  }

  // ------------------------------------------------------------------ requests

  readonly clientOf = (device: string): DeviceClient => {
    let own = this.clients.get(device)
    if (own === undefined) {
      own = new LinkedClient(device, this, this.client!)
      this.clients.set(device, own)
    }
    return own
  }

  readonly requestsOf = (device: string): ReadonlyMap<string, string> => this.requests.of(device)

  readonly hintsOf = (device: string): ReadonlyMap<string, number> => this.requests.hintsOf(device)

  private now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }
}
