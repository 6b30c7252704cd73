/**
 * Access control: rules as data, and the roles they give to clients. Other parts that accept clients (a proxy, a
 * gateway) use the same rules and roles.
 *
 * When a client connects, it gets the role of the first rule that matches, and keeps it. If there are rules and none
 * matches, the role is `none`: the client is disconnected.
 *
 * @since 0.1.0
 */

import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import type { Certificate, Role } from "../../Interface/index.ts"
import { errorText } from "../../Message/index.ts"
import * as Network from "./Network.ts"
import type { Holder, Rule } from "./Rule.ts"

/**
 * The facts of a connection that rules examine.
 *
 * @category access
 * @since 0.1.0
 */
export interface ConnectionInfo {
  /** The client's address; `undefined` if the transport does not provide it. */
  readonly address: NetAddress.SocketAddress | undefined
  /** The server's address that the client connected to. */
  readonly listener: NetAddress.SocketAddress
  /** The client's verified certificate; `undefined` without one. */
  readonly certificate: Certificate | undefined
}

/**
 * The default rules of a server: this machine (loopback and Unix sockets) has `admin`, all others `control`.
 *
 * @category access
 * @since 0.1.0
 */
export const defaults: ReadonlyArray<Rule> = [
  { role: "admin", listener: "unix" },
  { role: "admin", network: ["127.0.0.0/8", "::1"] },
  { role: "control" }
]

type Condition = (info: ConnectionInfo) => boolean

/**
 * Returns the function that gives a client its role: that of the first matching rule, or `none`. Throws a `RangeError`
 * that names the rule if a rule is malformed.
 *
 * @example
 * ```ts
 * import { Server } from "katcp"
 *
 * // operators by their certificate, the control network, this machine; all others may look
 * export const roleOf = Server.Access.make([
 *   { role: "admin", certificate: { subject: { OU: "operators" } } },
 *   { role: "control", network: "10.8.0.0/16" },
 *   ...Server.Access.defaults.slice(0, 2),
 *   { role: "read" }
 * ])
 * ```
 *
 * @category access
 * @since 0.1.0
 */
export const make = (rules: ReadonlyArray<Rule>): ((info: ConnectionInfo) => Role) => {
  const compiled = rules.map((rule, index) => {
    try {
      return { role: roleIn(rule), conditions: conditionsOf(rule) }
    } catch (error) {
      throw new RangeError(`access rule ${index + 1}: ${errorText(error)}`)
    }
  })
  const roleOf = (info: ConnectionInfo): Role =>
    compiled.find(({ conditions }) => conditions.every((condition) => condition(info)))?.role ?? "none"
  // without certificates, clients of one host and listener have one role
  let last: { readonly host: NetAddress.IpAddress; readonly listener: NetAddress.SocketAddress; readonly role: Role }
  return (info) => {
    const { address, certificate, listener } = info
    if (certificate !== undefined || address === undefined || address._tag === "UnixPathAddress") return roleOf(info)
    const host = address.address
    if (last?.host !== host || last.listener !== listener) last = { host, listener, role: roleOf(info) }
    return last.role
  }
}

const keys: ReadonlySet<string> = new Set(["role", "network", "listener", "certificate"])
const holderKeys: ReadonlySet<string> = new Set(["subject", "altName", "fingerprint"])
const roles: ReadonlySet<string> = new Set(["none", "read", "control", "admin"])

/**
 * Returns the role of a rule, which may come from code without types. Throws for a misspelt condition, which must not
 * open the door.
 */
const roleIn = (rule: Rule): Role => {
  const unknown = Object.keys(rule).find((key) => !keys.has(key))
  if (unknown !== undefined)
    throw new RangeError(`there is no condition ${JSON.stringify(unknown)}: write network, listener or certificate`)
  if (!roles.has(rule.role))
    throw new RangeError(`${JSON.stringify(rule.role)} is not a role: write none, read, control or admin`)
  return rule.role
}

const conditionsOf = ({ certificate, listener, network }: Rule): ReadonlyArray<Condition> => [
  ...(network === undefined ? [] : [byNetwork(listOf("network", network))]),
  ...(listener === undefined ? [] : [byListener(listOf("listener", listener))]),
  ...(certificate === undefined ? [] : [byCertificate(certificate)])
]

const listOf = (what: string, value: string | ReadonlyArray<string>): ReadonlyArray<string> => {
  const list = typeof value === "string" ? [value] : value
  if (list.length === 0) throw new RangeError(`${what} is an empty list, which no client can match`)
  return list
}

const byNetwork = (texts: ReadonlyArray<string>): Condition => {
  const networks = texts.map(Network.parse)
  return ({ address }) => NetAddress.isInetAddress(address) && Network.contains(networks, address.address)
}

const byListener = (texts: ReadonlyArray<string>): Condition => {
  const listeners = texts.map(listenerOf)
  return ({ listener }) => listeners.some((fits) => fits(listener))
}

/** Parses a listener: `unix`, `/path`, `7147`, `10.0.0.1`, `10.0.0.1:7147`, `[::1]:7147`, `::1`. */
const listenerOf = (text: string): ((listener: NetAddress.SocketAddress) => boolean) => {
  if (text === "unix") return NetAddress.isUnixPathAddress
  if (text.includes("/")) return (listener) => NetAddress.isUnixPathAddress(listener) && listener.path === text
  if (/^\d{1,5}$/.test(text)) return (listener) => NetAddress.isInetAddress(listener) && listener.port === Number(text)
  const host = Result.getOrUndefined(NetAddress.ipFromString(text))
  const whole = Result.getOrUndefined(NetAddress.inetAddressFromString(text))
  const ip = host ?? whole?.address
  if (ip === undefined)
    throw new RangeError(
      `${JSON.stringify(text)} is not a listener: write unix, the path of a Unix socket, a port, or an address`
    )
  const network = [Network.parse(NetAddress.formatIp(ip))]
  return (listener) =>
    NetAddress.isInetAddress(listener) &&
    Network.contains(network, listener.address) &&
    (host !== undefined || listener.port === whole?.port)
}

const byCertificate = (wanted: true | Holder): Condition => {
  if (wanted === true) return ({ certificate }) => certificate !== undefined
  const unknown = Object.keys(wanted).find((key) => !holderKeys.has(key))
  if (unknown !== undefined)
    throw new RangeError(`certificate has no ${JSON.stringify(unknown)}: write subject, altName or fingerprint`)
  const { altName, fingerprint, subject } = wanted
  const conditions: Array<(certificate: Certificate) => boolean> = []
  for (const [attribute, values] of Object.entries(subject ?? {})) {
    const list = listOf(`subject ${attribute}`, values)
    conditions.push(
      ({ subject }) => Object.hasOwn(subject, attribute) && subject[attribute]!.some((value) => list.includes(value))
    )
  }
  if (altName !== undefined) {
    const patterns = listOf("altName", altName).map(patternOf)
    conditions.push(({ altNames }) => altNames.some((name) => patterns.some((pattern) => pattern.test(name))))
  }
  if (fingerprint !== undefined) {
    const prints = listOf("fingerprint", fingerprint).map(printOf)
    conditions.push((certificate) => prints.includes(digits(certificate.fingerprint)))
  }
  if (conditions.length === 0) throw new RangeError("certificate has no condition: write true for any certificate")
  return ({ certificate }) => certificate !== undefined && conditions.every((condition) => condition(certificate))
}

/** Returns the pattern of an alternative name with `*`. Case matters in URIs only. */
const patternOf = (text: string): RegExp => {
  if (!/^[A-Za-z ]+:./.test(text))
    throw new RangeError(`${JSON.stringify(text)} is not an alternative name: write its type first, DNS:dish.example`)
  const escaped = text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&").replaceAll("*", ".*")
  return new RegExp(`^${escaped}$`, /^uri:/i.test(text) ? "s" : "is")
}

const digits = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase()

const printOf = (text: string): string => {
  const print = digits(text)
  if (!/^[0-9a-f]{64}$/.test(print))
    throw new RangeError(`${JSON.stringify(text)} is not a SHA-256 fingerprint: 64 hexadecimal digits are needed`)
  return print
}

export { Rule } from "./Rule.ts"
