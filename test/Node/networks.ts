/** The same server and client over everything that carries bytes. */
import { mkdtempSync, rmSync } from "node:fs"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { NodeClient, NodeServer } from "katcp/Node"
import { MemoryNetwork } from "katcp/Testing"
import * as certificates from "./certificates/index.ts"

export interface Network {
  readonly name: string
  /** `true` if a connection can be closed by halves. */
  readonly halves: boolean
  /** The address of a client, as the server shows it. */
  readonly peer: RegExp
  readonly open: Effect.Effect<
    {
      readonly server: Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError>
      readonly client: (address: NetAddress.SocketAddress) => Layer.Layer<Socket.Socket>
    },
    never,
    Scope.Scope
  >
}

/** A path for a socket in a folder of its own. */
export const socketPath = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "katcp-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => join(folder, "device.sock")
)

export const portOf = (address: NetAddress.SocketAddress): number =>
  address._tag === "UnixPathAddress" ? 0 : address.port

const local = { host: "127.0.0.1", port: 0 }
const ca = certificates.authority
const v4 = /^127\.0\.0\.1:\d+$/

const hasV6 = Object.values(networkInterfaces()).some((ends) => ends?.some(({ address }) => address === "::1"))

const all: ReadonlyArray<Network> = [
  {
    name: "memory",
    halves: true,
    peer: /./,
    open: Effect.map(Layer.build(MemoryNetwork.layer), (context) => {
      const network = Layer.succeedContext(context)
      return { server: network, client: () => Layer.provide(MemoryNetwork.layerClient, network) }
    })
  },
  {
    name: "TCP on IPv4",
    halves: true,
    peer: v4,
    open: Effect.succeed({
      server: NodeServer.tcp(local),
      client: (address) => NodeClient.tcp({ port: portOf(address) })
    })
  },
  {
    name: "TCP on IPv6",
    halves: true,
    peer: /^\[::1\]:\d+$/,
    open: Effect.succeed({
      server: NodeServer.tcp({ host: "::1", port: 0 }),
      client: (address) => NodeClient.tcp({ host: "::1", port: portOf(address) })
    })
  },
  {
    name: "TLS",
    halves: true,
    peer: v4,
    open: Effect.succeed({
      server: NodeServer.tls({ ...local, ...certificates.server }),
      client: (address) => NodeClient.tls({ port: portOf(address), ca })
    })
  },
  {
    name: "mutual TLS",
    halves: true,
    peer: v4,
    open: Effect.succeed({
      server: NodeServer.tls({ ...local, ...certificates.server, ca }),
      client: (address) => NodeClient.tls({ port: portOf(address), ca, ...certificates.client })
    })
  },
  {
    name: "a Unix socket",
    halves: true,
    peer: /^0\.0\.0\.0:\d+$/,
    open: Effect.map(socketPath, (path) => ({
      server: NodeServer.unix({ path }),
      client: () => NodeClient.unix({ path })
    }))
  },
  {
    name: "WebSocket",
    halves: false,
    peer: v4,
    open: Effect.succeed({
      server: NodeServer.webSocket({ ...local, path: "/katcp" }),
      client: (address) => NodeClient.webSocket(`ws://127.0.0.1:${portOf(address)}/katcp`)
    })
  },
  {
    name: "WebSocket over TLS",
    halves: false,
    peer: v4,
    open: Effect.succeed({
      server: NodeServer.webSocket({ ...local, tls: certificates.server }),
      client: (address) => NodeClient.webSocket(`wss://127.0.0.1:${portOf(address)}/`, { ca })
    })
  }
]

/** All that this machine has. */
export const networks: ReadonlyArray<Network> = all.filter(({ name }) => hasV6 || name !== "TCP on IPv6")
