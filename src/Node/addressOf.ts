import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** The address of an end of a connection, as far as Node knows it. */
export const addressOf = (host: string | undefined, port: number | undefined): NetAddress.InetAddress | undefined =>
  host === undefined || port === undefined
    ? undefined
    : // an IPv6 zone is of no use to others
      Result.getOrUndefined(NetAddress.inetAddressFromIpString(host.replace(/%.*$/, ""), port))
