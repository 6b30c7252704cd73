import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Inspectable from "effect/Inspectable"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/**
 * An IP address with or without a port, as the type `address` has it (Rev 5.1 §3). Two are equal (`Equal.equals`) when
 * both parts are.
 *
 * @category models
 * @since 0.1.0
 */
export class Address implements Equal.Equal {
  /** The IPv4 or IPv6 address. */
  readonly host: NetAddress.IpAddress
  /** The port, 0 to 65535, or undefined where there is none. */
  readonly port: number | undefined

  private constructor(host: NetAddress.IpAddress, port: number | undefined) {
    this.host = host
    this.port = port
  }

  /**
   * An address of a host (text like `192.168.1.1` or `::1`, its bytes, or a `NetAddress.IpAddress`) and a port. Throws
   * a `NetAddressError` where the host is no IP address, and a `RangeError` where the port is not from 0 to 65535.
   */
  static make(host: NetAddress.IpAddressInput, port?: number): Address {
    if (port !== undefined && !isPort(port)) throw new RangeError(`${port} is no port: whole numbers up to 65535 are`)
    return new Address(NetAddress.ipFromInputUnsafe(host), port)
  }

  /** Reads `192.168.1.1`, `192.168.1.1:7147`, `[::1]` and `[::1]:7147`; none where the text has another form. */
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
   * The address of a socket's end. An IPv4 address in an IPv6 socket (`::ffff:1.2.3.4`) becomes the IPv4 address that
   * it is, as `?client-list` shows it (Rev 5.1 §8.1, Q-23). The scope of a link-local address is left out, since KATCP has
   * no form for it.
   */
  static fromInet(inet: NetAddress.InetAddress): Address {
    return new Address(inet.address, inet.port).unmapped()
  }

  /** The same address, as IPv4 where it is an IPv4 address mapped into IPv6. */
  unmapped(): Address {
    if (!NetAddress.isIpv6Address(this.host)) return this
    const host = NetAddress.fromIpv4Mapped(this.host)
    return Option.isSome(host) ? new Address(host.value, this.port) : this
  }

  /** The form on the wire: `192.168.1.1:7147`, `[::1]`; the host as `inet_ntop` writes it (Rev 5.1 §3). */
  toString(): string {
    const host = NetAddress.formatUrlHost(this.host)
    return this.port === undefined ? host : `${host}:${this.port}`
  }

  /** The form on the wire. */
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
