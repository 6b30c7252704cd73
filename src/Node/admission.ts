import type * as Http from "node:http"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** Which web pages and which names of the server are let in. */
export interface Admission {
  /** Origins of pages that may connect besides those of the server itself; `*` for all. */
  readonly origins: ReadonlyArray<string>
  /** Names by which the server may be called besides IP addresses and `localhost`; `*` for all. */
  readonly hosts: ReadonlyArray<string>
}

/**
 * Returns why a WebSocket may not be opened, for people; undefined if it may.
 *
 * The name in `Host` must be one that the server has: a page can let a name of its own point to the server's address (DNS
 * rebinding), and is then of the same host and port. It cannot do that to an IP address or to `localhost`.
 */
export const refusalOf = ({ hosts, origins }: Admission, { headers }: Http.IncomingMessage): string | undefined => {
  const { host, origin } = headers
  const refused = refusedHost(hosts, host)
  if (refused !== undefined) return refused
  // programs have none
  if (origin === undefined || origins.includes("*") || origins.includes(origin)) return undefined
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
    ? undefined
    : `a page of ${shown(origin)} may not connect (see the option origins)`
}

/**
 * Returns why a request that calls the server by this `Host` is refused, for people; undefined if it is not. IP addresses
 * and `localhost` are always good.
 *
 * @category guards
 * @since 0.1.0
 */
export const refusedHost = (hosts: ReadonlyArray<string>, host: string | undefined): string | undefined =>
  hosts.includes("*") || isOwn(nameIn(host ?? ""), hosts)
    ? undefined
    : `the server is not to be called ${shown(host)} (see the option hosts)`

const shown = (text: string | undefined): string => JSON.stringify((text ?? "").slice(0, 100))

/** The name in a `Host` header, in lower case, without the port and without the dot of the root. */
const nameIn = (host: string): string =>
  (/^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase())?.[1] ?? "").replace(/\.$/, "")

const isOwn = (name: string, hosts: ReadonlyArray<string>): boolean =>
  name === "localhost" ||
  hosts.some((own) => nameIn(own) === name && name !== "") ||
  (name.startsWith("[")
    ? Result.isSuccess(NetAddress.ipv6FromString(name.slice(1, -1)))
    : Result.isSuccess(NetAddress.ipv4FromString(name)))
