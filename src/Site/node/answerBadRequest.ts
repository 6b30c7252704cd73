import type { Duplex } from "node:stream"

/**
 * The longest headers, including the address, in bytes. Not measured: four times Node's limit, for queries of many
 * sensors.
 */
export const longestHeaders = 65_536

/** Answers malformed requests, which no route has seen, before the connection is closed. */
export const answerBadRequest = (
  { code }: NodeJS.ErrnoException,
  socket: Duplex,
  { headersTimeout, requestTimeout }: { readonly headersTimeout: number; readonly requestTimeout: number }
): void => {
  const [status, title, detail] =
    code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large", `the address and the headers have more than ${longestHeaders} bytes`]
      : code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [
            408,
            "Request Timeout",
            `headers have ${headersTimeout / 1000} seconds to come in, and a whole request ${requestTimeout / 1000}`
          ]
        : [400, "Bad Request", "this is not an HTTP request"]
  const body = JSON.stringify({ type: "about:blank", status, title, detail })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  )
}
