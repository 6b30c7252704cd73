import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import { ExportRefused } from "../errors.ts"

/** Where a sink posts to. */
export interface HttpTarget {
  readonly url: URL
  /** The URL as it may be shown: without what may be a secret. */
  readonly shown: string
  readonly headers: Readonly<Record<string, string>>
}

/** A user or password of a URL without its escapes. One that makes no sense stays as it is. */
const plain = (text: string): string =>
  Result.getOrElse(
    Result.try(() => decodeURIComponent(text)),
    () => text
  )

/** Parameters that are no secrets. */
const open = new Set(["db", "rp", "bucket", "org", "precision"])

/**
 * Parses the URL of a destination. A user and password in it go into a header. Fails for text that is no URL of HTTP, without
 * repeating it, since it may hold a secret.
 */
export const targetOf = (
  text: string | URL,
  headers: Readonly<Record<string, string>> = {}
): Result.Result<HttpTarget, ExportRefused> => {
  const url = URL.parse(String(text))
  if (url === null || !/^https?:$/.test(url.protocol))
    return Result.fail(
      new ExportRefused({ message: "the destination is no URL: write http://HOST:PORT/PATH, or https://" })
    )
  const authorization =
    url.username === ""
      ? {}
      : { authorization: `Basic ${Base64.encode(`${plain(url.username)}:${plain(url.password)}`)}` }
  url.username = ""
  url.password = ""
  url.hash = ""
  const query = [...url.searchParams].filter(([name]) => open.has(name)).map(([name, value]) => `${name}=${value}`)
  return Result.succeed({
    url,
    shown: `${url.origin}${url.pathname}${query.length === 0 ? "" : `?${query.join("&")}`}`,
    headers: { ...authorization, ...headers }
  })
}
