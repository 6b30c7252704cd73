/**
 * Which pages may make requests. A page of another site can make a browser send requests here, with the address of this machine
 * and, but for `SameSite`, with its cookies. Programs that are no browsers send none of these headers, and are not concerned.
 */
type Headers = Readonly<Record<string, string | undefined>>

/** Methods that change nothing. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** Returns `true` for an origin of this server itself, as the browser has named the server. */
const isOwn = (origin: string, host: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false
  const { host: named, protocol } = new URL(origin)
  // a port that goes without saying may be said
  const called = `${protocol}//${host}`
  return URL.canParse(called) && new URL(called).host === named && named !== ""
}

/** Returns `true` if the headers are of a page of a listed origin, which is not the server's own. */
const isListed = (origins: ReadonlyArray<string>, { host, origin }: Headers): boolean =>
  origin !== undefined && !isOwn(origin, host) && (origins.includes("*") || origins.includes(origin))

/** Returns why the page that makes a request may not, for people; `undefined` if it may, or if no page makes it. */
export const refusedPage = (origins: ReadonlyArray<string>, headers: Headers): string | undefined => {
  const { host, origin } = headers
  if (origin !== undefined)
    return isOwn(origin, host) || isListed(origins, headers)
      ? undefined
      : `pages of ${JSON.stringify(origin.slice(0, 100))} may not make requests here (see origins of the section http)`
  const site = headers["sec-fetch-site"]
  // a link that somebody follows to this server is none of its requests
  if (site === undefined || site === "same-origin" || site === "none" || headers["sec-fetch-mode"] === "navigate")
    return undefined
  return "a page of another site may not make requests here (see origins of the section http)"
}

/**
 * Returns why a request that changes something is refused: only a page of this server, and programs, can send the header. A
 * form of another page cannot.
 */
export const lacksHeader = (method: string, headers: Headers): string | undefined =>
  safe.has(method) || headers["x-katcp"] !== undefined
    ? undefined
    : `a request that changes something needs the header "X-Katcp: 1", so that a page of another site cannot make it`

/** The answer's headers for a page of a listed origin; none for others. */
export const corsHeaders = (origins: ReadonlyArray<string>, headers: Headers): Readonly<Record<string, string>> =>
  isListed(origins, headers)
    ? {
        "access-control-allow-origin": headers.origin!,
        "access-control-expose-headers": "ETag, Link, Retry-After",
        vary: "origin"
      }
    : {}

/** The answer's headers to the question of a browser, before a page of a listed origin makes its request. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, if-none-match, last-event-id, x-katcp",
  "access-control-max-age": "600"
}
