import * as Effect from "effect/Effect"
import type { Client, InformHandler, TypedInform } from "../../Client/index.ts"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { ArgumentValue } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { DeviceClient } from "../../Site/index.ts"
import { LinkedDefinition } from "./LinkedDefinition.ts"

/** The parts of a link that the clients of its devices need. */
export interface LinkOfClient {
  readonly requestsOf: (device: string) => ReadonlyMap<string, string>
  readonly hintsOf: (device: string) => ReadonlyMap<string, number>
  readonly logs: LinkedLogs
}

/** The log records of a link, for the listeners of each of its devices. */
export class LinkedLogs {
  private readonly byDevice = new Map<string, Set<InformHandler>>()

  /** Calls a handler with the log of a device, in the form of the device itself; returns a function that ends it. */
  on(device: string, handler: InformHandler): () => void {
    const handlers = this.byDevice.get(device) ?? new Set()
    this.byDevice.set(device, handlers.add(handler))
    return () => {
      handlers.delete(handler)
      if (handlers.size === 0 && this.byDevice.get(device) === handlers) this.byDevice.delete(device)
    }
  }

  /** Takes a record: the proxy puts the name of the device before that of the logger. */
  readonly take = (message: ParsedMessage): void => {
    const [, device, logger = ""] = /^([A-Za-z][A-Za-z0-9-]*)(?:\.(.*))?$/s.exec(message.text(2) ?? "") ?? []
    const handlers = device === undefined ? undefined : this.byDevice.get(device)
    if (handlers === undefined) return
    const text = (index: number): string | undefined => (index === 2 ? logger : message.text(index))
    const own = Object.create(message, { text: { value: text } }) as ParsedMessage
    for (const handler of handlers) handler(own)
  }
}

/**
 * The client of a device at another runner: the client of that runner's proxy, with the names of the device. A request
 * `track` is sent as `?m000-track`.
 */
export class LinkedClient implements DeviceClient {
  private readonly device_: string
  private readonly link: LinkOfClient
  private readonly client: Client<never, never>
  readonly device: DeviceClient["device"]

  constructor(device: string, link: LinkOfClient, client: Client<never, never>) {
    this.device_ = device
    this.link = link
    this.client = client
    this.device = {
      get requests() {
        return link.requestsOf(device)
      },
      get timeoutHints() {
        return link.hintsOf(device)
      }
    }
  }

  get state(): DeviceClient["state"] {
    return this.client.state
  }
  get protocol(): DeviceClient["protocol"] {
    return this.client.protocol
  }
  get dialect(): DeviceClient["dialect"] {
    return this.client.dialect
  }
  get isConnected(): boolean {
    return this.client.isConnected
  }

  readonly call: DeviceClient["call"] = (name, values, options) => this.client.call(this.nameOf(name), values, options)
  readonly callRaw: DeviceClient["callRaw"] = (name, values, options) =>
    this.client.callRaw(this.nameOf(name), values, options)
  readonly callStream: DeviceClient["callStream"] = (name, values, options) =>
    this.client.callStream(this.nameOf(name), values, options)
  readonly callRawStream: DeviceClient["callRawStream"] = (name, values, options) =>
    this.client.callRawStream(this.nameOf(name), values, options)
  /** @internal see `Client.relay` */
  readonly relay: DeviceClient["relay"] = <E>(
    name: string,
    values: ReadonlyArray<ArgumentValue>,
    onInform: (message: ParsedMessage) => E | undefined
  ) => this.client.relay(this.nameOf(name), values, onInform)

  /** Only the log of a device comes over a link; it has no other informs. */
  readonly onInform: DeviceClient["onInform"] = (name, handler) =>
    name !== "log"
      ? Effect.void
      : Effect.asVoid(
          Effect.acquireRelease(
            Effect.sync(() => this.link.logs.on(this.device_, this.handlerOf(handler))),
            (off) => Effect.sync(off)
          )
        )
  readonly sensorNamed: DeviceClient["sensorNamed"] = (name) => this.client.sensorNamed(`${this.device_}.${name}`)
  readonly inspectSensors: DeviceClient["inspectSensors"] = (name) =>
    Effect.map(
      this.client.inspectSensors(name === undefined ? undefined : `${this.device_}.${name}`),
      (found): ReadonlyMap<string, Sensor.Any> => {
        const own = new Map<string, Sensor.Any>()
        const prefix = `${this.device_}.`
        for (const [served, definition] of found)
          if (served.startsWith(prefix)) {
            const sensor = served.slice(prefix.length)
            own.set(sensor, new LinkedDefinition(sensor, definition))
          }
        return own
      }
    )

  private nameOf(request: string): string {
    return `${this.device_}-${request}`
  }

  private handlerOf(handler: InformHandler | TypedInform): InformHandler {
    return typeof handler === "function" ? handler : (message) => void handler.take(message, this.client.dialect)
  }
}
