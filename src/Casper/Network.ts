import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { MemoryNetwork } from "../Testing/index.ts"

/**
 * The network of boards. A design goes to a second port of the board, which is chosen at run time, so a client of
 * boards needs a network instead of one `Socket`. `layer` of `katcp/Casper/node` provides the network of this machine.
 *
 * @category services
 * @since 0.1.0
 */
export class Network extends Context.Service<
  Network,
  {
    /** Returns a Socket to a port of a board. It dials when its reader is acquired. */
    readonly dial: (host: string, port: number) => Effect.Effect<Socket.Socket, never, Scope.Scope>
    /** Listens at a port until the scope closes, for fake boards. Fails if the port is taken. */
    readonly listen: (
      host: string,
      port: number
    ) => Effect.Effect<SocketServer.SocketServer["Service"], SocketServer.SocketServerError, Scope.Scope>
  }
>()("katcp/Casper/Network") {
  /**
   * The network in memory of the test kit. A host that is not an IP address gets its own address, from 127.1.0.1 on.
   *
   * @since 0.1.0
   */
  static readonly layerMemory: Layer.Layer<Network, never, MemoryNetwork> = Layer.effect(
    Network,
    Effect.map(MemoryNetwork, (network) => {
      const names = new Map<string, NetAddress.IpAddress>()
      const addressOf = (host: string, port: number) => {
        const literal = NetAddress.ipFromString(host === "localhost" ? "127.0.0.1" : host)
        if (Result.isSuccess(literal)) return NetAddress.inetAddressUnsafe(literal.success, port)
        let address = names.get(host)
        if (address === undefined) {
          const count = names.size + 1
          names.set(host, (address = NetAddress.ipFromStringUnsafe(`127.1.${(count >> 8) & 255}.${count & 255}`)))
        }
        return NetAddress.inetAddressUnsafe(address, port)
      }
      return {
        dial: (host, port) => network.connectTo(addressOf(host, port)),
        listen: (host, port) => network.listen(addressOf(host, port))
      }
    })
  )
}
