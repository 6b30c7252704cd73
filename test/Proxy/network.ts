/** A proxy of a site on a network in memory, and clients of it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import { Client, Interface } from "katcp"
import { Proxy } from "katcp/Proxy"
import { Site, type SiteShape } from "katcp/Site"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { client as reconnecting } from "../Site/network.ts"

class Nothing extends Interface.make("nothing") {}

/** The Socket of a port of the network. */
export const socketOf = (port: number) =>
  Effect.flatMap(MemoryNetwork, (network) =>
    network.connectTo(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port))
  )

/** Serves a site as a proxy at a port, until the scope closes. */
export const serveProxy = (site: SiteShape, port: number, options?: Proxy.ProxyOptions) =>
  Effect.gen(function* () {
    const network = yield* MemoryNetwork
    yield* Layer.build(
      Layer.fresh(Proxy.layer(options)).pipe(
        Layer.provide(Layer.succeed(Site, site)),
        Layer.provide(MemoryNetwork.layerListen(port)),
        Layer.provide(Layer.succeed(MemoryNetwork, network))
      )
    )
  })

/** A client of a port that mirrors everything. */
export const clientOf = (port: number, options?: Client.Options) =>
  Effect.gen(function* () {
    const socket = yield* socketOf(port)
    const client = yield* Effect.provideService(
      Client.make(Nothing, { checkContract: false, inspect: true, ...reconnecting, ...options }),
      Socket.Socket,
      socket
    )
    yield* client.mirror("*")
    return client
  })

/** A raw connection to a port. */
export const rawOf = (port: number) => Effect.flatMap(socketOf(port), RawConnection.make)
