/** Several devices on a network in memory, and a site of them. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Interface, Request, type Sensor, Server } from "katcp"
import { Site, type SiteOptions } from "katcp/Site"
import { MemoryNetwork } from "katcp/Testing"
import { immediately } from "../Client/connect.ts"
import { type FakeDevice, serve, withBulk } from "../Client/sensors/fake.ts"

/** A device without sensors of its own: tests add what they need. */
class Plain extends Interface.make("plain").add(
  Request.make("track", { doc: "Track." }),
  Request.make("halt-all", { doc: "Halt all.", role: "admin" })
) {}

/** A device at a port, which can be switched on and off; its sensors live on meanwhile. */
export interface TestDevice {
  readonly set: Sensor.SensorSet
  readonly socket: Layer.Layer<Socket.Socket>
  /** Resets the connection. */
  readonly cut: Effect.Effect<void>
  readonly on: Effect.Effect<void>
  readonly off: Effect.Effect<void>
}

/** Makes a device, switched on. */
export const device = (port: number, options?: Server.Options) =>
  Effect.gen(function* () {
    const live = yield* Layer.build(Plain.toLayer({ track: () => Effect.void, "halt-all": () => Effect.void }))
    const network = yield* MemoryNetwork
    const outer = yield* Effect.scope
    const layer = Server.layer(Plain, options).pipe(
      Layer.provide(Layer.merge(Layer.succeedContext(live), MemoryNetwork.layerListen(port))),
      Layer.provide(Layer.succeed(MemoryNetwork, network))
    )
    const address = NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)
    const socket = yield* network.connectTo(address)
    let life: Scope.Closeable | undefined
    const off = Effect.suspend(() => {
      const former = life
      life = undefined
      return former === undefined ? Effect.void : Scope.close(former, Exit.void)
    })
    const on = Effect.gen(function* () {
      if (life !== undefined) return
      life = yield* Scope.fork(outer)
      yield* Effect.orDie(Layer.buildWithScope(layer, life))
    })
    yield* on
    const made: TestDevice = {
      set: yield* Effect.provideContext(Plain.sensorSet, live),
      socket: Layer.succeed(Socket.Socket, socket),
      cut: socket.reset,
      on,
      off
    }
    return made
  })

/** How clients of test devices connect again: twice a second. */
export const client = { reconnect: Schedule.spaced(500), alive: Number.POSITIVE_INFINITY } as const

/** A site of test devices by name. */
export const siteOf = (devices: Readonly<Record<string, TestDevice>>, options?: Omit<SiteOptions, "devices">) =>
  Site.make({
    ...options,
    devices: Object.fromEntries(Object.entries(devices).map(([name, { socket }]) => [name, { socket, client }]))
  })

/** The network, for a test. */
export const onNetwork = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, MemoryNetwork.layerEmpty())

/** A device at a port whose every answer a test can change; `hello` is read again for each connection. */
export const fakeAt = (port: number, device: FakeDevice, hello: () => string = () => withBulk) =>
  Effect.gen(function* () {
    const network = yield* MemoryNetwork
    const address = NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)
    const server = yield* network.listen(address)
    yield* Effect.forkScoped(
      server.run((socket) => serve(device, hello(), socket)),
      immediately
    )
    return { socket: Layer.succeed(Socket.Socket, yield* network.connectTo(address)), client }
  })
