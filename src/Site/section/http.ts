import * as Schema from "effect/Schema"

/** `PORT`, `HOST:PORT` or `[ADDRESS]:PORT`. */
const listen = /^(?:(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):)?(\d{1,5})$/i

/**
 * Returns the host and port of a place to listen at, loopback if only the port is said; `undefined` if it is none.
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

const Listen = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter(
    (text: string | number) =>
      placeToListen(text) !== undefined || "expected a place to listen at: PORT or HOST:PORT, like 127.0.0.1:8080",
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

/**
 * The Schema of the section `http` of a site file: the one HTTP listener of the process.
 *
 * @category sections
 * @since 0.1.0
 */
export const HttpSection = Schema.Struct({
  listen: Listen,
  hosts: Schema.optional(
    Schema.Array(Schema.String).annotate({
      description: "Names by which clients may call this server, besides localhost and IP addresses; * for any."
    })
  ),
  insecure: Schema.optional(
    Schema.Boolean.annotate({
      description:
        "Needed to listen at another address than loopback: nobody who comes in there has to say who they are."
    })
  )
}).check(
  Schema.makeFilter(
    ({ insecure, listen }: { readonly listen: string | number; readonly insecure?: boolean | undefined }) => {
      const { host } = placeToListen(listen) ?? { host: "127.0.0.1" }
      return (
        insecure === true ||
        isLoopback(host) || {
          path: ["listen"],
          issue: `${host} can be reached from other machines, and nobody who comes in there has to say who they are; write insecure: true beside it if you want that, or listen at 127.0.0.1`
        }
      )
    }
  )
)

/**
 * The section `http` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type HttpSection = typeof HttpSection.Type
