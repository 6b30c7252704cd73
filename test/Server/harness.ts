/** A server on a network in memory, and peers that speak lines to it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { Server } from "katcp/Server"
import { MemoryNetwork, RawConnection, type SocketPair } from "katcp/Testing"

/** Provides everything that `Server.layer` needs except the network. */
type Served<E> = Layer.Layer<Server, E, SocketServer.SocketServer>

export interface Running {
  readonly server: Server["Service"]
  /** A new connection, nothing taken of it yet. */
  readonly dial: (options?: {
    readonly paused?: boolean
  }) => Effect.Effect<RawConnection.RawConnection, Socket.SocketError, Scope.Scope>
  /** A new connection behind its connect informs. */
  readonly connect: Effect.Effect<RawConnection.RawConnection, Socket.SocketError, Scope.Scope>
}

/** Serves until the test ends. */
export const start = Effect.fnUntraced(function* <E>(layer: Served<E>, options?: SocketPair.Options) {
  const context = yield* Layer.build(Layer.provideMerge(layer, MemoryNetwork.layerWith(options)))
  return running(Context.get(context, Server), Context.get(context, MemoryNetwork))
})

export const running = (server: Server["Service"], network: MemoryNetwork["Service"]): Running => {
  const dial: Running["dial"] = (options) =>
    Effect.flatMap(network.connect, (socket) => RawConnection.make(socket, options))
  return { server, dial, connect: Effect.tap(dial(), greeted) }
}

/** Takes the connect informs of version 5. */
export const greeted = (connection: RawConnection.RawConnection) => Effect.repeat(connection.next, { times: 2 })

/** Sends lines, each with its end. */
export const say = (connection: RawConnection.RawConnection, ...lines: ReadonlyArray<string>) =>
  connection.send(lines.map((line) => `${line}\n`).join(""))

/** A `#log` without its time. */
export const timeless = (line: string): string => line.replace(/^(#log \w+ )\d+(\.\d+)?/, "$1TIME")

/** Lets all other fibers run for a while. */
export const turns = Effect.repeat(Effect.yieldNow, { times: 50 })

export interface Kept {
  readonly level: string
  readonly text: string
}

/** A logger in place of all others, and what it was given. */
export const keptLog = (): { readonly records: Array<Kept>; readonly layer: Layer.Layer<never> } => {
  const records: Array<Kept> = []
  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    const parts = Array.isArray(message) ? message : [message]
    records.push({ level: logLevel, text: [...parts, ...cause.reasons.map(String)].map(String).join(" ") })
  })
  return { records, layer: Logger.layer([logger]) }
}
