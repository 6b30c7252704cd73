import { isIP } from "node:net"
import * as Result from "effect/Result"
import { type Failure, unasked } from "../Failure.ts"

/** The port of KATCP devices where none is said. */
const defaultPort = 7147

/** Where a device is. */
export interface Host {
  readonly host: string
  readonly port: number
  /** As it is shown: `dish-7:7147`. */
  readonly text: string
}

const withoutZone = (address: string): string => address.replace(/%.+$/, "")

/** Whether a text is an IP address or may be the name of a host. */
const isHost = (text: string): boolean =>
  isIP(withoutZone(text)) !== 0 || /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}_.])?$/u.test(text)

/** A host from `host`, `host:port`, `[::1]:port` or `::1`. */
export const parseHost = (text: string): Result.Result<Host, Failure> => {
  const match = /^\[([^\]]+)\](?::(\d*))?$/.exec(text) ?? /^([^:]+)(?::(\d*))?$/.exec(text)
  const [host, digits] = match === null && text.split(":").length > 2 ? [text, ""] : [match?.[1], match?.[2] ?? ""]
  const port = digits === "" ? defaultPort : Number(digits)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return Result.fail(
      unasked(`${JSON.stringify(text)} is no host: write HOST or HOST:PORT, without what is before ://`)
    )
  const isName = host !== undefined && (text.startsWith("[") ? isIP(withoutZone(host)) === 6 : isHost(host))
  if (host === undefined || !isName || port < 1 || port > 65535)
    return Result.fail(unasked(`${JSON.stringify(text)} is no host: write HOST or HOST:PORT, like dish-7:7147`))
  return Result.succeed({ host, port, text: `${host.includes(":") ? `[${host}]` : host}:${port}` })
}

/**
 * The device, and the words that are left: the first word is the host. Where the environment names one (`KATCP_SERVER`),
 * the first word is a host only if it has a colon, which no name of KATCP has.
 */
export const takeHost = (
  words: ReadonlyArray<string>,
  environment: string | undefined
): Result.Result<{ readonly host: Host; readonly rest: ReadonlyArray<string> }, Failure> => {
  const [first, ...rest] = words
  const given = environment === undefined || environment === "" ? undefined : environment
  if (given !== undefined && !first?.includes(":"))
    return Result.map(parseHost(given), (host) => ({ host, rest: words }))
  if (first === undefined)
    return Result.fail(unasked("say which device: HOST or HOST:PORT, or set KATCP_SERVER in the environment"))
  return Result.map(parseHost(first), (host) => ({ host, rest }))
}
