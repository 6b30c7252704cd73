import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { Address } from "../Codec/index.ts"
import type { Hub } from "./Hub.ts"

/** Decides who may come in besides those who are connected: `maxClients` and `maxClientsPerAddress`. */
export class Admission {
  private readonly hub: Hub
  /** How many clients each host has, if there is a limit to that. */
  private readonly hosts = new Map<string, number>()

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** Why a client of this host may not come in; `undefined` if it may. Clients of Unix sockets have no host and are not counted. */
  refusal(host: string | undefined): string | undefined {
    const { clients, options, protocol } = this.hub
    const { maxClients, maxClientsPerAddress } = options
    // without flag M a new client takes the place of the one before
    if (!protocol.multiClient) return undefined
    if (clients.size >= maxClients) return `This device has ${clients.size} clients already, and takes no more.`
    const count = host === undefined ? 0 : (this.hosts.get(host) ?? 0)
    if (count < maxClientsPerAddress) return undefined
    return `This device has ${count} clients from ${host} already, and takes no more from there.`
  }

  /** A client of this host has come in. */
  enter(host: string): void {
    this.hosts.set(host, (this.hosts.get(host) ?? 0) + 1)
  }

  /** A client of this host has gone. */
  leave(host: string): void {
    const left = this.hosts.get(host)! - 1
    if (left === 0) this.hosts.delete(host)
    else this.hosts.set(host, left)
  }
}

/** What clients of one host share: its IPv4 address, or the network of 64 bits of an IPv6 address. */
export const hostOf = (peer: NetAddress.SocketAddress | undefined): string | undefined => {
  if (peer === undefined || peer._tag === "UnixPathAddress") return undefined
  const { host } = Address.fromInet(peer)
  if (NetAddress.isIpv4Address(host)) return NetAddress.formatIp(host)
  const [a, b, c, d] = NetAddress.ipv6ToSegments(host)
  const network = NetAddress.ipv6FromSegments([a, b, c, d, 0, 0, 0, 0])
  return Result.isSuccess(network) ? `${NetAddress.formatIp(network.success)}/64` : undefined
}
