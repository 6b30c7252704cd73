import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** Returns the address of an end of a connection, as far as Node provides it. */
export const addressOf = (host: string | undefined, port: number | undefined): NetAddress.InetAddress | undefined =>
  host === undefined || port === undefined
    ? undefined
    : // an IPv6 zone is meaningless on other hosts
      Result.getOrUndefined(NetAddress.inetAddressFromIpString(host.replace(/%.*$/, ""), port))
