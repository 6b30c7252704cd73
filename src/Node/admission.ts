import type * as Http from "node:http"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** The web pages and server names that are accepted. */
export interface Admission {
  /** Origins of pages that may connect besides the server's own; `*` for all. */
  readonly origins: ReadonlyArray<string>
  /** Names by which the server may be addressed besides IP addresses and `localhost`; `*` for all. */
  readonly hosts: ReadonlyArray<string>
}

/**
 * Returns why a WebSocket may not be opened, for people, or `undefined` if it may.
 *
 * The name in `Host` must belong to the server: a page can let a name of its own point to the server's address (DNS
 * rebinding), and then has the same host and port. This does not work with an IP address or `localhost`.
 */
export const refusalOf = ({ hosts, origins }: Admission, { headers }: Http.IncomingMessage): string | undefined => {
  const { host, origin } = headers
  const refused = refusedHost(hosts, host)
  if (refused !== undefined) return refused
  // programs send no origin
  if (origin === undefined || origins.includes("*") || origins.includes(origin)) return undefined
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
    ? undefined
    : `a page of ${shown(origin)} may not connect (see the option origins)`
}

/**
 * Returns why a request with this `Host` is refused, for people, or `undefined` if it is accepted. IP addresses and
 * `localhost` are always accepted.
 *
 * @category guards
 * @since 0.1.0
 */
export const refusedHost = (hosts: ReadonlyArray<string>, host: string | undefined): string | undefined =>
  hosts.includes("*") || isOwn(nameIn(host ?? ""), hosts)
    ? undefined
    : `the name ${shown(host)} is not accepted for this server (see the option hosts)`

const shown = (text: string | undefined): string => JSON.stringify((text ?? "").slice(0, 100))

/** Returns the name in a `Host` header, in lower case, without the port and without the trailing dot. */
const nameIn = (host: string): string =>
  (/^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase())?.[1] ?? "").replace(/\.$/, "")

const isOwn = (name: string, hosts: ReadonlyArray<string>): boolean =>
  name === "localhost" ||
  hosts.some((own) => nameIn(own) === name && name !== "") ||
  (name.startsWith("[")
    ? Result.isSuccess(NetAddress.ipv6FromString(name.slice(1, -1)))
    : Result.isSuccess(NetAddress.ipv4FromString(name)))
