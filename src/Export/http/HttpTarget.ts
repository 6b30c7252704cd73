import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import { ExportRefused } from "../errors.ts"

/** The target of a sink's POST requests. */
export interface HttpTarget {
  readonly url: URL
  /** The URL for people: without parts that may be secret. */
  readonly shown: string
  readonly headers: Readonly<Record<string, string>>
}

/** A user or password of a URL without its escapes. A malformed one stays as it is. */
const plain = (text: string): string =>
  Result.getOrElse(
    Result.try(() => decodeURIComponent(text)),
    () => text
  )

/** Parameters that are not secret. */
const open = new Set(["db", "rp", "bucket", "org", "precision"])

/**
 * Parses the URL of a destination. A user and password in it become a header. Fails for text that is not a URL of HTTP,
 * without repeating it, because it may have a secret.
 */
export const targetOf = (
  text: string | URL,
  headers: Readonly<Record<string, string>> = {}
): Result.Result<HttpTarget, ExportRefused> => {
  const url = URL.parse(String(text))
  if (url === null || !/^https?:$/.test(url.protocol))
    return Result.fail(
      new ExportRefused({ message: "the destination is not a URL: write http://HOST:PORT/PATH, or https://" })
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
