import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Inspectable from "effect/Inspectable"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/**
 * An IP address with an optional port: the values of the type `address` (Rev 5.1 §3). Two are equal (`Equal.equals`) if
 * both parts are equal.
 *
 * @category models
 * @since 0.1.0
 */
export class Address implements Equal.Equal {
  /** The IPv4 or IPv6 address. */
  readonly host: NetAddress.IpAddress
  /** The port, 0 to 65535, or `undefined`. */
  readonly port: number | undefined

  private constructor(host: NetAddress.IpAddress, port: number | undefined) {
    this.host = host
    this.port = port
  }

  /**
   * Builds an address from a host (text like `192.168.1.1` or `::1`, its bytes, or a `NetAddress.IpAddress`) and a
   * port. Throws a `NetAddressError` if the host is not an IP address, and a `RangeError` if the port is not from 0 to
   * 65535.
   */
  static make(host: NetAddress.IpAddressInput, port?: number): Address {
    if (port !== undefined && !isPort(port))
      throw new RangeError(`${port} is not a port: use a whole number from 0 to 65535`)
    return new Address(NetAddress.ipFromInputUnsafe(host), port)
  }

  /**
   * Parses `192.168.1.1`, `192.168.1.1:7147`, `[::1]` and `[::1]:7147`. Returns `None` if the text has another form.
   */
  static parse(text: string): Option.Option<Address> {
    const bracketed = text.startsWith("[")
    const end = text.indexOf(bracketed ? "]" : ":")
    if (bracketed && end === -1) return Option.none()
    const endOfHost = end === -1 ? text.length : end
    const host: Result.Result<NetAddress.IpAddress, NetAddress.NetAddressError> = bracketed
      ? NetAddress.ipv6FromString(text.slice(1, endOfHost))
      : NetAddress.ipv4FromString(text.slice(0, endOfHost))
    if (Result.isFailure(host)) return Option.none()
    const left = text.slice(bracketed ? endOfHost + 1 : endOfHost)
    if (left === "") return Option.some(new Address(host.success, undefined))
    if (!/^:\d{1,5}$/.test(left)) return Option.none()
    const port = Number(left.slice(1))
    return isPort(port) ? Option.some(new Address(host.success, port)) : Option.none()
  }

  /**
   * Returns the address of a socket's end. An IPv4 address in an IPv6 socket (`::ffff:1.2.3.4`) becomes a plain IPv4
   * address, as `?client-list` shows it (Rev 5.1 §8.1, Q-23). The scope of a link-local address is omitted, because
   * KATCP has no form for it.
   */
  static fromInet(inet: NetAddress.InetAddress): Address {
    return new Address(inet.address, inet.port).unmapped()
  }

  /** Returns the address with an IPv4 host if the host is an IPv4 address mapped into IPv6. */
  unmapped(): Address {
    if (!NetAddress.isIpv6Address(this.host)) return this
    const host = NetAddress.fromIpv4Mapped(this.host)
    return Option.isSome(host) ? new Address(host.value, this.port) : this
  }

  /** Returns the wire form: `192.168.1.1:7147`, `[::1]`. The host has the form of `inet_ntop` (Rev 5.1 §3). */
  toString(): string {
    const host = NetAddress.formatUrlHost(this.host)
    return this.port === undefined ? host : `${host}:${this.port}`
  }

  /** Returns the wire form. */
  toJSON(): string {
    return this.toString()
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof Address && this.port === that.port && Equal.equals(this.host, that.host)
  }

  [Hash.symbol](): number {
    return Hash.combine(Hash.hash(this.host), Hash.number(this.port ?? -1))
  }

  [Inspectable.NodeInspectSymbol](): string {
    return this.toString()
  }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65535
