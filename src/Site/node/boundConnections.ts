import type { Server } from "node:http"
import type { Socket } from "node:net"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Access } from "../../Server/index.ts"
import type { HttpCounts } from "../http/figures.ts"
import { ipOf } from "../http/forwarded.ts"

/** The interval of the check of connections, in milliseconds. Not measured: a check of 1024 takes well below 1 ms. */
const lookEvery = 15_000
/**
 * The time after which a client that takes no data counts as stalled, in milliseconds. Not measured: TCP itself tries
 * for a quarter of an hour; a page that comes back after a minute reconnects.
 */
const stalledAfter = 60_000

interface Connection {
  readonly address: string
  /** The bytes that the client had taken at the last check, and the time since when it has taken no more. */
  taken: number
  since: number
  /** `true` if the server had ended its side at the last check, and the client keeps its own open. */
  isLeft: boolean
}

/** Bytes that the other end, or the kernel, has taken; `undefined` if no bytes wait. */
const takenOf = (socket: Socket): number | undefined => {
  const { _handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  const waiting = socket.writableLength + (_handle?.writeQueueSize ?? 0)
  return waiting === 0 ? undefined : socket.bytesWritten - waiting
}

/**
 * Limits the connections of a server: in total, and per address. It closes a connection whose client takes no data for
 * a minute, because the waiting answers use memory. It also closes one whose client keeps its side open after the
 * server has ended its own.
 */
export const boundConnections = (
  server: Pick<Server, "on" | "maxConnections">,
  options: {
    readonly maxConnections?: number | undefined
    readonly maxConnectionsPerAddress?: number | undefined
    readonly trustedProxies?: ReadonlyArray<string> | undefined
  }
): Effect.Effect<
  { readonly counts: Pick<HttpCounts, "connections" | "refusedConnections" | "stalledConnections"> },
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const { maxConnections = 1024, maxConnectionsPerAddress = 256, trustedProxies = [] } = options
    const clock = yield* Clock.Clock
    const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    const open = new Map<Socket, Connection>()
    const perAddress = new Map<string, number>()
    const counts = { refusedConnections: 0, stalledConnections: 0 }
    const isProxy = trustedProxies.length === 0 ? () => false : proxies(trustedProxies)
    server.maxConnections = maxConnections
    server.on("drop", () => counts.refusedConnections++)
    server.on("connection", (socket: Socket) => {
      const address = socket.remoteAddress ?? ""
      const others = perAddress.get(address) ?? 0
      if (others >= maxConnectionsPerAddress && !isProxy(address)) {
        counts.refusedConnections++
        socket.destroy()
        return
      }
      perAddress.set(address, others + 1)
      open.set(socket, { address, taken: 0, since: now(), isLeft: false })
      socket.once("close", () => {
        open.delete(socket)
        const left = (perAddress.get(address) ?? 1) - 1
        if (left === 0) perAddress.delete(address)
        else perAddress.set(address, left)
      })
    })
    const cut = (socket: Socket) => {
      counts.stalledConnections++
      socket.destroy()
    }
    const look = Effect.sync(() => {
      for (const [socket, connection] of open) {
        if (socket.writableFinished) {
          // after the end, a client has until the next check to close its side
          if (connection.isLeft) cut(socket)
          connection.isLeft = true
          continue
        }
        const taken = takenOf(socket)
        if (taken === undefined || taken !== connection.taken) {
          connection.taken = taken ?? -1
          connection.since = now()
        } else if (now() - connection.since >= stalledAfter) {
          cut(socket)
        }
      }
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookEvery)))
    return {
      get counts() {
        return { ...counts, connections: open.size }
      }
    }
  })

const proxies = (networks: ReadonlyArray<string>) => {
  const roleOf = Access.make([{ role: "read", network: networks }])
  return (text: string): boolean => {
    const ip = ipOf(text)
    if (ip === undefined) return false
    const address = NetAddress.inetAddressUnsafe(ip, 0)
    return roleOf({ address, listener: address, certificate: undefined }) === "read"
  }
}
