import type * as NetAddress from "effect/net/NetAddress"
import * as Net from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** A range of addresses, given by its first bits. */
export interface Network {
  /** The bytes of the first address: 4 for IPv4, 16 for IPv6. */
  readonly bytes: ReadonlyArray<number>
  /** The number of fixed bits. */
  readonly prefix: number
}

/** Returns the bytes of an address. An IPv4 address in IPv6 (`::ffff:10.0.0.1`) gives its IPv4 bytes. */
const bytesOf = (address: NetAddress.IpAddress): ReadonlyArray<number> => {
  if (Net.isIpv4Address(address)) return Net.ipv4ToOctets(address)
  const mapped = Net.fromIpv4Mapped(address)
  return Option.isSome(mapped) ? Net.ipv4ToOctets(mapped.value) : Net.ipv6ToOctets(address)
}

const fault = (text: string, why: string): RangeError =>
  new RangeError(`${JSON.stringify(text)} is not a network: ${why}, such as 10.0.0.0/8, 10.1.2.3, fd00::/8 or ::1`)

/**
 * Parses a network in CIDR notation, IPv4 or IPv6. An address alone is a network of one. Throws a `RangeError` if the
 * text has another form, or has bits after its prefix, which are usually a mistake.
 */
export const parse = (text: string): Network => {
  const [host = "", length, ...rest] = text.split("/")
  const address = Result.getOrUndefined(Net.ipFromString(host))
  if (address === undefined || rest.length > 0) throw fault(text, "write an address, or an address and a prefix length")
  const bytes = bytesOf(address)
  // the prefix of an IPv4 address written as IPv6 includes 96 bits before it
  const before = Net.isIpv6Address(address) && bytes.length === 4 ? 96 : 0
  const width = bytes.length * 8
  const prefix = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) - before : -1
  if (prefix < 0 || prefix > width) throw fault(text, `the prefix length is from ${before} to ${before + width}`)
  if (bytes.some((byte, at) => (byte & ~mask(prefix, at) & 255) !== 0))
    throw fault(text, `it has bits behind its prefix of ${prefix}`)
  return { bytes, prefix }
}

/** Returns the mask of the fixed bits of a byte. */
const mask = (prefix: number, at: number): number => {
  const bits = Math.min(8, Math.max(0, prefix - at * 8))
  return (255 << (8 - bits)) & 255
}

/** Returns `true` if the address is in one of the networks. IPv4 in IPv6 counts as IPv4. */
export const contains = (networks: ReadonlyArray<Network>, address: NetAddress.IpAddress): boolean => {
  const bytes = bytesOf(address)
  return networks.some(
    (network) =>
      network.bytes.length === bytes.length &&
      network.bytes.every((byte, at) => ((byte ^ bytes[at]!) & mask(network.prefix, at)) === 0)
  )
}
