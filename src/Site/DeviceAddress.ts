/**
 * Addresses of devices, in all forms of the command, the site file and the API.
 *
 * | form | transport | default port |
 * |---|---|---|
 * | `dish-7`, `dish-7:7148`, `10.0.0.7:7147`, `[fd00::7]:7147` | TCP | 7147 |
 * | `katcp://dish-7:7148` | TCP | 7147 |
 * | `katcps://dish-7:7149` | TCP with TLS | 7147 |
 * | `ws://dish-7:8080/katcp` | a WebSocket | 80 |
 * | `wss://dish-7/katcp` | a WebSocket over TLS | 443 |
 * | `unix:/run/dish-7.sock` | a Unix socket of this machine | |
 *
 * The parser is pure: it looks nothing up and opens nothing. Its errors have the expected form, and the valid address
 * that is most similar to the text.
 *
 * @since 0.1.0
 */
import * as Net from "effect/net/NetAddress"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { nearest } from "../Message/index.ts"

/**
 * The port of a KATCP device whose address has no port. Given by convention: the port of this library's servers.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPort = 7147

/**
 * An address of a device. `text` is its canonical form: the text for users, which parses to the same address again.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceAddress =
  | {
      readonly _tag: "Tcp"
      /** The host name or IP address, without brackets. */
      readonly host: string
      readonly port: number
      /** `true` for TLS. */
      readonly secure: boolean
      readonly text: string
    }
  | {
      readonly _tag: "WebSocket"
      readonly host: string
      readonly port: number
      readonly secure: boolean
      readonly url: string
      readonly text: string
    }
  | { readonly _tag: "Unix"; readonly path: string; readonly text: string }

/**
 * A text that is not an address of a device.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadAddress extends Schema.TaggedError<BadAddress>("katcp/Site/BadAddress")("BadAddress", {
  message: Schema.String
}) {}

/** The longest path of a Unix socket, in bytes. Given by Linux; other systems take less, and report it. */
const longestPath = 107
/** The longest address, in characters. Not measured: a URL has no limit of its own, but nobody types a longer one. */
const longest = 2048

const schemes = ["katcp", "katcps", "ws", "wss", "unix"] as const
/** Schemes that people write instead of ours. */
const aliases: Readonly<Record<string, (typeof schemes)[number]>> = {
  tcp: "katcp",
  tls: "katcps",
  ssl: "katcps",
  "katcp+tls": "katcps",
  http: "ws",
  https: "wss",
  "unix+katcp": "unix",
  file: "unix"
}

/** Hides the user before the host, and a password with it. */
const shown = (text: string): string => {
  const open = text.replace(/(?<=^(?:[a-z0-9+.-]*:\/\/)?)[^/]*@/i, "…@")
  return JSON.stringify(open.length > 80 ? `${open.slice(0, 80)}…` : open)
}

const fault = (text: string, why: string): Result.Result<never, BadAddress> =>
  Result.fail(new BadAddress({ message: `${shown(text)} is not an address of a device: ${why}` }))

/**
 * Reads an address of a device.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { DeviceAddress } from "katcp/Site"
 *
 * export const address = Result.getOrThrow(DeviceAddress.parse("katcps://dish-7:7149"))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<DeviceAddress, BadAddress> => {
  const given = text.trim()
  if (given === "") return fault(text, "it is empty; write HOST or HOST:PORT")
  if (given.length > longest) return fault(given, `it is longer than ${longest} characters`)
  if (/[\p{Cc}\s]/u.test(given) && !given.startsWith("unix:"))
    return fault(given, "it has a space or a control character")
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(given) ?? []
  if (scheme !== undefined) return withScheme(given, scheme.toLowerCase(), rest)
  if (/^unix:/i.test(given)) return unix(given, given.slice(5))
  // the scheme without its two slashes
  const [, word, behind = ""] = /^(katcps?|wss?):(?!\d*$)\/*(.*)$/i.exec(given) ?? []
  if (word !== undefined)
    return fault(given, `an address with a scheme has ://; write ${word.toLowerCase()}://${behind}`)
  return tcp(given, given, false, "")
}

const withScheme = (text: string, scheme: string, rest: string): Result.Result<DeviceAddress, BadAddress> => {
  switch (scheme) {
    case "katcp":
      return tcp(text, rest, false, "katcp://")
    case "katcps":
      return tcp(text, rest, true, "katcps://")
    case "ws":
    case "wss":
      return webSocket(text, scheme, rest)
    case "unix":
      return unix(text, rest)
    default: {
      const alias = Object.hasOwn(aliases, scheme) ? aliases[scheme]! : nearest(scheme, schemes)[0]
      const form = alias === "unix" ? "unix:/" : `${alias}://`
      const known = "katcp://, katcps://, ws://, wss:// and unix:/path are"
      return fault(
        text,
        alias === undefined ? `${known} known` : `${known} known; did you mean ${form}${rest.replace(/^\/+/, "")}?`
      )
    }
  }
}

/** `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, `ADDRESS`. */
const tcp = (text: string, rest: string, secure: boolean, scheme: string): Result.Result<DeviceAddress, BadAddress> => {
  const [, place = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(rest) ?? []
  if (place.includes("@"))
    return fault(text, `an address has no user or password; write ${scheme}${place.split("@").at(-1)}`)
  if (path !== "" && path !== "/")
    return fault(
      text,
      scheme === "" && path.length > 1
        ? `sensors follow as separate words; write ${place} ${path.slice(1)}`
        : `an address of this scheme has no path; write ${scheme}${place}`
    )
  if (path === "/" && scheme === "") return fault(text, `write ${place}`)
  const split = splitPort(place)
  if (split === undefined) return fault(text, `write HOST or HOST:PORT, like ${scheme}dish-7:7147`)
  const { digits, host } = split
  if (host === "")
    return fault(text, `the host is missing; write ${scheme}localhost${digits === "" ? "" : `:${digits}`}`)
  if (!isHost(host, place.startsWith("["))) {
    const plain = host.replaceAll(/[^\p{L}\p{M}\p{N}._-]/gu, "").replaceAll(/^[.-]+|-+$/g, "")
    return fault(
      text,
      plain === ""
        ? `write HOST or HOST:PORT, like ${scheme}dish-7:7147`
        : `${JSON.stringify(host)} is not a host name or IP address; write HOST or HOST:PORT, like ${scheme}${plain}${digits === "" ? "" : `:${digits}`}`
    )
  }
  const shown = host.includes(":") ? `[${host}]` : host
  const port = digits === "" ? defaultPort : Number(digits)
  if (!/^\d*$/.test(digits) || port < 1 || port > 65535)
    return fault(text, `a port is 1 to 65535; write ${scheme}${shown}:${defaultPort}`)
  return Result.succeed({
    _tag: "Tcp",
    host,
    port,
    secure,
    text: `${secure ? "katcps://" : ""}${shown}:${port}`
  })
}

/**
 * Returns the host and the port of `HOST:PORT`; an IPv6 address without brackets has no port. `undefined` for any other
 * text.
 */
const splitPort = (place: string): { readonly host: string; readonly digits: string } | undefined => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(place)
  if (bracketed !== null) return { host: bracketed[1]!.replace("%25", "%"), digits: bracketed[2] ?? "" }
  if (place.split(":").length > 2) return isIp(place) ? { host: place, digits: "" } : undefined
  const [host = "", digits = ""] = place.split(":")
  return { host, digits }
}

const isIp = (text: string): boolean => Result.isSuccess(Net.ipFromString(text.replace(/%.+$/, "")))

/** `true` for an IP address, or a text that may be a host name. */
const isHost = (text: string, inBrackets: boolean): boolean =>
  inBrackets
    ? text.includes(":") && isIp(text)
    : isIp(text) || /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}_.])?$/u.test(text)

const webSocket = (text: string, scheme: string, rest: string): Result.Result<DeviceAddress, BadAddress> => {
  if (rest === "" || /^[/?#:]/.test(rest))
    return fault(text, `the host is missing; write ${scheme}://localhost${rest.startsWith(":") ? rest : ""}`)
  if (!URL.canParse(`${scheme}://${rest}`))
    return fault(text, `write ${scheme}://HOST:PORT/PATH, like ${scheme}://dish-7:8080/katcp`)
  const url = new URL(`${scheme}://${rest}`)
  if (url.username !== "" || url.password !== "")
    return fault(text, `an address has no user or password; write ${scheme}://${url.host}${url.pathname}`)
  // RFC 6455 §3
  if (rest.includes("#")) return fault(text, `an address has no fragment (#…); write ${scheme}://${rest.split("#")[0]}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  const secure = scheme === "wss"
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port)
  if (port === 0) return fault(text, `a port is 1 to 65535; write ${scheme}://${url.hostname}${url.pathname}`)
  return Result.succeed({ _tag: "WebSocket", host, port, secure, url: url.href, text: url.href })
}

const unix = (text: string, rest: string): Result.Result<DeviceAddress, BadAddress> => {
  // unix:///path is the form of URLs
  const path = rest.replace(/^\/{2,}/, "/")
  if (!path.startsWith("/"))
    return fault(text, `the path of a Unix socket begins with /; write unix:/${path === "" ? "run/dish-7.sock" : path}`)
  if (path.includes("\0")) return fault(text, "the path has a NUL")
  if (path === "/") return fault(text, "the path is missing; write unix:/run/dish-7.sock")
  if (new TextEncoder().encode(path).length > longestPath)
    return fault(text, `the path of a Unix socket has at most ${longestPath} bytes`)
  return Result.succeed({ _tag: "Unix", path, text: `unix:${path}` })
}

/**
 * Returns `true` if two addresses have the same connection.
 *
 * @category guards
 * @since 0.1.0
 */
export const equals = (one: DeviceAddress, other: DeviceAddress): boolean => one.text === other.text

/**
 * Returns the same address with another scheme, as a suggestion for users.
 *
 * @category combinators
 * @since 0.1.0
 */
export const over = (
  address: Exclude<DeviceAddress, { readonly _tag: "Unix" }>,
  scheme: "katcp" | "katcps" | "ws" | "wss"
): string => {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host
  const path = address._tag === "WebSocket" ? new URL(address.url).pathname : ""
  return `${scheme}://${host}:${address.port}${scheme.startsWith("ws") && path !== "/" ? path : ""}`
}
