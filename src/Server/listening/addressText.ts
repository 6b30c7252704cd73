import type * as NetAddress from "effect/net/NetAddress"
import { Address } from "../../Codec/index.ts"

// clients of one host share the form of its address
let lastHost: NetAddress.IpAddress | undefined
let lastText = ""

/** Returns the readable form of an address: `127.0.0.1:7147`, or the path of a Unix socket. */
export const addressText = (address: NetAddress.SocketAddress): string =>
  address._tag === "UnixPathAddress" ? address.path : inetText(address)

/** Returns the form of Rev 5.1 §3, with IPv4 in IPv6 as IPv4. */
export const inetText = ({ address, port }: NetAddress.InetAddress): string => {
  if (address !== lastHost) {
    lastText = Address.make(address).unmapped().toString()
    lastHost = address
  }
  return `${lastText}:${port}`
}
