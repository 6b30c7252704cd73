import type * as SocketServer from "effect/socket/SocketServer"

const ofNetworks = new WeakSet<SocketServer.SocketServer["Service"]>()

/**
 * Marks a socket server as one whose clients are other programs, and returns it: a server on it rehearses by default.
 * The listeners of `NodeServer` are marked.
 *
 * @category layers
 * @since 0.1.0
 */
export const ofNetwork = <S extends SocketServer.SocketServer["Service"]>(sockets: S): S => {
  ofNetworks.add(sockets)
  return sockets
}

/** Returns `true` if the clients of a socket server are other programs. */
export const isNetwork = (sockets: SocketServer.SocketServer["Service"]): boolean => ofNetworks.has(sockets)
