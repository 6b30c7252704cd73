import type * as Net from "node:net"
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"

/** Returns the key of a connection: equal for a TLS connection and the TCP connection under it. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Net.Socket): string =>
  `${remoteAddress}:${remotePort}>${localAddress}`

/**
 * The address of the client. A connection that Node has ended has none any more; the TCP connection under it remembers it,
 * because {@link nameOf} has read it.
 */
const addressOf = (socket: Tls.TLSSocket): string | undefined =>
  socket.remoteAddress ?? (socket as { readonly _parent?: Net.Socket | null })._parent?.remoteAddress

/** Handles a failed handshake with a client at an address. */
export type OnHandshakeFailed = (address: string | undefined, cause: Error) => Effect.Effect<void>

const logged: OnHandshakeFailed = (address, { message }) =>
  Effect.logDebug(`the TLS handshake with ${address ?? "a client"} failed: ${message}`)

/**
 * Watches the connections of a TLS server during their handshake. A failed one ends, and the server continues; `failed`
 * handles it, by default with a log line at debug. Returns a function that ends all of them, for closing the server, which
 * waits for each.
 */
export const watchHandshakes = (
  server: Net.Server,
  runFork: (effect: Effect.Effect<void>) => unknown,
  failed: OnHandshakeFailed = logged
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
  server.on("tlsClientError", (cause: Error, socket: Tls.TLSSocket) => {
    const { authorizationError } = socket
    const address = addressOf(socket)
    socket.destroy()
    // Node reports a certificate that it does not accept as a lost connection; the field has its code, whatever its type
    const code = authorizationError as unknown as string | null | undefined
    runFork(failed(address, code ? new Error(`its certificate is not accepted: ${code}`) : cause))
  })
  return () => {
    for (const socket of open.values()) socket.destroy()
  }
}
