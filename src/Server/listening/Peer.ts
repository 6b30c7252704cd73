import * as Context from "effect/Context"
import type * as NetAddress from "effect/net/NetAddress"
import type { Certificate, Role } from "../../Interface/index.ts"

/**
 * The address of the other end of an accepted connection. The layers of `katcp/Node` and `katcp/Testing` set it for
 * each connection. With other `SocketServer`s it is `undefined`, and clients have an invented address.
 *
 * @category references
 * @since 0.1.0
 */
export const Peer: Context.Reference<NetAddress.SocketAddress | undefined> = Context.Reference<
  NetAddress.SocketAddress | undefined
>("katcp/Server/Peer", { defaultValue: () => undefined })

/**
 * The verified certificate of the other end of an accepted connection. The layers of `katcp/Node` set it. `undefined`
 * without a certificate, and with other `SocketServer`s.
 *
 * @category references
 * @since 0.1.0
 */
export const PeerCertificate: Context.Reference<Certificate | undefined> = Context.Reference<Certificate | undefined>(
  "katcp/Server/PeerCertificate",
  { defaultValue: () => undefined }
)

/**
 * The role of the other end of an accepted connection, if the listener itself determines it: an HTTP listener with
 * tokens. It takes precedence over the rules of `access`. `undefined` with other `SocketServer`s.
 *
 * @category references
 * @since 0.1.0
 */
export const PeerRole: Context.Reference<Role | undefined> = Context.Reference<Role | undefined>(
  "katcp/Server/PeerRole",
  { defaultValue: () => undefined }
)
