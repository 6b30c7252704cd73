/**
 * Checks of the web pages that send requests. A page of another site can make a browser send requests to this server,
 * with the address of this machine and, except for `SameSite`, with its cookies. Other programs send none of these
 * headers, and are not affected.
 */
type Headers = Readonly<Record<string, string | undefined>>

/** Methods that change nothing. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** Returns `true` for an origin of this server itself, under the name that the browser uses. */
const isOwn = (origin: string, host: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false
  const { host: named, protocol } = new URL(origin)
  // the default port is optional
  const called = `${protocol}//${host}`
  return URL.canParse(called) && new URL(called).host === named && named !== ""
}

/** Returns `true` for the headers of a page of a listed origin that is not the server's own. */
const isListed = (origins: ReadonlyArray<string>, { host, origin }: Headers): boolean =>
  origin !== undefined && !isOwn(origin, host) && (origins.includes("*") || origins.includes(origin))

/**
 * Returns the reason to refuse the page that sends a request, for people; `undefined` if it is allowed, or if no page
 * sends it.
 */
export const refusedPage = (origins: ReadonlyArray<string>, headers: Headers): string | undefined => {
  const { host, origin } = headers
  if (origin !== undefined)
    return isOwn(origin, host) || isListed(origins, headers)
      ? undefined
      : `pages of ${JSON.stringify(origin.slice(0, 100))} may not make requests here (see origins of the section http)`
  const site = headers["sec-fetch-site"]
  // following a link to this server is not a request of the other page
  if (site === undefined || site === "same-origin" || site === "none" || headers["sec-fetch-mode"] === "navigate")
    return undefined
  return "a page of another site may not make requests here (see origins of the section http)"
}

/**
 * Returns the reason to refuse a request that changes something and lacks the header. Only a page of this server, and
 * programs, can send the header. A form of another page cannot.
 */
export const lacksHeader = (method: string, headers: Headers): string | undefined =>
  safe.has(method) || headers["x-katcp"] !== undefined
    ? undefined
    : `a request that changes something needs the header "X-Katcp: 1", because a page of another site cannot send that`

/** The answer's headers for a page of a listed origin; no headers for others. */
export const corsHeaders = (origins: ReadonlyArray<string>, headers: Headers): Readonly<Record<string, string>> =>
  isListed(origins, headers)
    ? {
        "access-control-allow-origin": headers.origin!,
        "access-control-expose-headers": "ETag, Link, Retry-After",
        vary: "origin"
      }
    : {}

/** The answer's headers for a browser's preflight request for a page of a listed origin. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, if-none-match, last-event-id, x-katcp",
  "access-control-max-age": "600"
}
