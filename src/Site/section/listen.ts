import * as Schema from "effect/Schema"

/** `PORT`, `HOST:PORT` or `[ADDRESS]:PORT`. */
const listen = /^(?:(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):)?(\d{1,5})$/i

/**
 * Returns the host and port of an address to listen on; loopback for a port alone; `undefined` if it is malformed.
 *
 * @category sections
 * @since 0.1.0
 */
export const placeToListen = (text: string | number): { readonly host: string; readonly port: number } | undefined => {
  const found = listen.exec(String(text))
  if (found === null) return undefined
  const [, ipv6, name, digits] = found
  const port = Number(digits)
  return port > 65535 ? undefined : { host: ipv6 ?? name ?? "127.0.0.1", port }
}

/**
 * The Schema of an address to listen on in a site file: `PORT` or `HOST:PORT`. {@link placeToListen} reads it. `example`
 * is an address for errors.
 *
 * @category sections
 * @since 0.1.0
 */
export const Listen = (example: string): Schema.Union<readonly [Schema.Number, Schema.String]> =>
  Schema.Union([Schema.Number, Schema.String]).check(
    Schema.makeFilter(
      (text: string | number) =>
        placeToListen(text) !== undefined || `expected an address to listen on: PORT or HOST:PORT, like ${example}`,
      { description: "PORT or HOST:PORT; a port alone is on this machine only. Port 0 takes a free one." }
    )
  )

/**
 * Returns `true` for a host that only programs of this machine can reach.
 *
 * @category sections
 * @since 0.1.0
 */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host)
