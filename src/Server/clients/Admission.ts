import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { Address } from "../../Codec/index.ts"
import type { Runtime } from "../Runtime.ts"

/** Decides if one more client may connect: `maxClients` and `maxClientsPerAddress`. */
export class Admission {
  private readonly runtime: Pick<Runtime, "options" | "protocol">
  private readonly clients: { readonly size: number }
  /** The number of clients of each host, if it is limited. */
  private readonly hosts = new Map<string, number>()

  constructor(runtime: Pick<Runtime, "options" | "protocol">, clients: { readonly size: number }) {
    this.runtime = runtime
    this.clients = clients
  }

  /**
   * Returns why a client of this host may not connect, or `undefined` if it may. Clients of Unix sockets have no host
   * and are not counted.
   */
  refusal(host: string | undefined): string | undefined {
    const { clients } = this
    const { options, protocol } = this.runtime
    const { maxClients, maxClientsPerAddress } = options
    // without flag M a new client replaces the one before
    if (!protocol.multiClient) return undefined
    if (clients.size >= maxClients) return `This device has its maximum of ${clients.size} clients.`
    const count = host === undefined ? 0 : (this.hosts.get(host) ?? 0)
    if (count < maxClientsPerAddress) return undefined
    return `This device has its maximum of ${count} clients from ${host}.`
  }

  /** Counts a client of this host that connected. */
  enter(host: string): void {
    this.hosts.set(host, (this.hosts.get(host) ?? 0) + 1)
  }

  /** Counts a client of this host that disconnected. */
  leave(host: string): void {
    const left = this.hosts.get(host)! - 1
    if (left === 0) this.hosts.delete(host)
    else this.hosts.set(host, left)
  }
}

/** Returns the key of a host: its IPv4 address, or the network of 64 bits of an IPv6 address. */
export const hostOf = (peer: NetAddress.SocketAddress | undefined): string | undefined => {
  if (peer === undefined || peer._tag === "UnixPathAddress") return undefined
  const { host } = Address.fromInet(peer)
  if (NetAddress.isIpv4Address(host)) return NetAddress.formatIp(host)
  const [a, b, c, d] = NetAddress.ipv6ToSegments(host)
  const network = NetAddress.ipv6FromSegments([a, b, c, d, 0, 0, 0, 0])
  return Result.isSuccess(network) ? `${NetAddress.formatIp(network.success)}/64` : undefined
}
