import type * as NetAddress from "effect/net/NetAddress"
import { Address } from "../../Codec/index.ts"

/** Returns the readable form of an address: `127.0.0.1:7147`, or the path of a Unix socket. */
export const addressText = (address: NetAddress.SocketAddress): string =>
  address._tag === "UnixPathAddress" ? address.path : Address.fromInet(address).toString()
