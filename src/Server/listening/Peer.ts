import * as Context from "effect/Context"
import type * as NetAddress from "effect/net/NetAddress"
import type { Certificate, Role } from "../../Interface/index.ts"

/**
 * The address of the other end of an accepted connection. The layers of `katcp/Node` and `katcp/Testing` set it for
 * each connection; with another `SocketServer` it is undefined, and clients are shown under a made-up address.
 *
 * @category references
 * @since 0.1.0
 */
export const Peer: Context.Reference<NetAddress.SocketAddress | undefined> = Context.Reference<
  NetAddress.SocketAddress | undefined
>("katcp/Server/Peer", { defaultValue: () => undefined })

/**
 * The certificate of the other end of an accepted connection, if it has shown one and the server's authorities vouch for
 * it. The layers of `katcp/Node` set it; undefined with another `SocketServer`.
 *
 * @category references
 * @since 0.1.0
 */
export const PeerCertificate: Context.Reference<Certificate | undefined> = Context.Reference<Certificate | undefined>(
  "katcp/Server/PeerCertificate",
  { defaultValue: () => undefined }
)

/**
 * The role of the other end of an accepted connection, if the listener knows it by itself: an HTTP listener with tokens. It
 * stands before the rules of `access`. Undefined with another `SocketServer`.
 *
 * @category references
 * @since 0.1.0
 */
export const PeerRole: Context.Reference<Role | undefined> = Context.Reference<Role | undefined>(
  "katcp/Server/PeerRole",
  { defaultValue: () => undefined }
)
