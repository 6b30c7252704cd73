import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** The last parsed host: most clients of a server come from few hosts, and parsing takes 5 µs (measured). */
let lastHost: string | undefined
let lastAddress: NetAddress.IpAddress | undefined

/** Returns the address of an end of a connection, as far as Node provides it. */
export const addressOf = (host: string | undefined, port: number | undefined): NetAddress.InetAddress | undefined => {
  if (host === undefined || port === undefined) return undefined
  if (host !== lastHost) {
    // an IPv6 zone is meaningless on other hosts
    lastAddress = Result.getOrUndefined(NetAddress.ipFromString(host.replace(/%.*$/, "")))
    lastHost = host
  }
  return lastAddress === undefined ? undefined : Result.getOrUndefined(NetAddress.inetAddress(lastAddress, port))
}
