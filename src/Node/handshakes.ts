import type * as Net from "node:net"
import * as Effect from "effect/Effect"

/** Names a connection: one of TLS and the one of TCP under it have the same. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Net.Socket): string =>
  `${remoteAddress}:${remotePort}>${localAddress}`

/**
 * Looks after the connections of a TLS server that are not through their handshake: one that fails is logged at debug
 * and ends, the server goes on. Gives what ends all of them, for when the server closes, which waits for each.
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
