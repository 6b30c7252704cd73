/** The address of a client behind proxies. */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

type Headers = Readonly<Record<string, string | undefined>>

/**
 * Returns `true` for a request that a proxy has passed on: its client can be anywhere, whatever the address of the
 * connection.
 */
export const isForwarded = (headers: Headers): boolean => {
  for (const name in headers)
    if (name === "forwarded" || name === "via" || name === "x-real-ip" || name.startsWith("x-forwarded-")) return true
  return false
}

/** Reads the address of a connection, without the zone of a link-local one. */
export const ipOf = (text: string): NetAddress.IpAddress | undefined =>
  Result.getOrUndefined(NetAddress.ipFromString(text.replace(/%.*$/, "")))

/**
 * Returns the address of the client: that of the connection or, if that is a trusted proxy's, the last one in the chain
 * that is not a trusted proxy. Addresses before it are claims of the client, and are ignored.
 */
export const clientOf = (
  connection: NetAddress.IpAddress,
  headers: Headers,
  isTrusted: (address: NetAddress.IpAddress) => boolean
): NetAddress.IpAddress => {
  if (!isTrusted(connection)) return connection
  let client = connection
  for (const text of chainOf(headers).reverse()) {
    const address = addressIn(text)
    if (address === undefined) return client
    client = address
    if (!isTrusted(address)) return address
  }
  return client
}

/** Returns `true` if a trusted proxy reports that the client uses TLS. */
export const isSecureClient = (headers: Headers): boolean =>
  /^\s*https\s*$/i.test(headers["x-forwarded-proto"]?.split(",").at(-1) ?? "")

/** The addresses that the proxies report, the client's first. */
const chainOf = (headers: Headers): Array<string> => {
  const usual = headers["x-forwarded-for"]
  if (usual !== undefined) return usual.split(",")
  return (headers.forwarded ?? "")
    .split(",")
    .map((element) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)/i.exec(element)?.[1]?.replace(/^"|"$/g, "") ?? "")
}

/** `10.0.0.1`, `10.0.0.1:4711`, `::1`, `[::1]`, `[::1]:4711`. */
const addressIn = (text: string): NetAddress.IpAddress | undefined => {
  const trimmed = text.trim()
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(trimmed) ?? []
  return ipOf(bracketed ?? plain ?? trimmed)
}
