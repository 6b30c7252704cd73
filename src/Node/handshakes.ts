import type * as Net from "node:net"
import * as Effect from "effect/Effect"

/** Returns the key of a connection: equal for a TLS connection and the TCP connection under it. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Net.Socket): string =>
  `${remoteAddress}:${remotePort}>${localAddress}`

/**
 * Watches the connections of a TLS server during their handshake. A failed one is logged at debug and ends, and the
 * server continues. Returns a function that ends all of them, for closing the server, which waits for each.
 */
export const watchHandshakes = (
  server: Net.Server,
  runFork: (effect: Effect.Effect<void>) => unknown
): (() => void) => {
  const open = new Map<string, Net.Socket>()
  server.on("connection", (socket: Net.Socket) => {
    const name = nameOf(socket)
    open.set(name, socket)
    socket.once("close", () => {
      if (open.get(name) === socket) open.delete(name)
    })
  })
  server.on("secureConnection", (socket: Net.Socket) => open.delete(nameOf(socket)))
  server.on("tlsClientError", (cause: Error, socket: Net.Socket) => {
    const { remoteAddress } = socket
    socket.destroy()
    runFork(Effect.logDebug(`the TLS handshake with ${remoteAddress ?? "a client"} failed: ${cause.message}`))
  })
  return () => {
    for (const socket of open.values()) socket.destroy()
  }
}
