import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ProblemDetails from "effect/http/ProblemDetails"

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  405: "Method Not Allowed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable"
}

/**
 * Returns the answer to a request that is refused or fails: problem details (RFC 9457), with the reason and a remedy,
 * for people.
 *
 * @category answers
 * @since 0.1.0
 */
export const problem = (
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(
    ProblemDetails.toResponse({ type: ProblemDetails.blankType, status, title: titles[status] ?? "Error", detail }),
    headers
  )

/** The answer to a caller without valid credentials. */
export const unauthorized = (detail: string, isInvalid: boolean): HttpServerResponse.HttpServerResponse =>
  problem(401, detail, {
    "www-authenticate": isInvalid ? 'Bearer realm="katcp", error="invalid_token"' : 'Bearer realm="katcp"'
  })
