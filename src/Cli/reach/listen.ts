import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { causeOf } from "../../Message/index.ts"
import { NodeServer } from "../../Node/index.ts"
import { Access } from "../../Server/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { rulesOf, withAccessRules } from "./door.ts"

/** Parses `PORT` or `HOST:PORT`; the host is 127.0.0.1 by default, and an IPv6 address has brackets. */
export const placeOf = (at: string): Effect.Effect<{ readonly host: string; readonly port: number }, Failure> => {
  const [, host = "127.0.0.1", digits] = /^(?:(.+):)?(\d+)$/.exec(at) ?? []
  const port = Number(digits)
  // without brackets, `::1` would be port 1 of the host `:`
  if (host.includes(":") && !/^\[.*\]$/.test(host))
    return Effect.fail(
      cannotRun(
        `${JSON.stringify(at)} is not an address to listen on: an IPv6 address has brackets, and a port behind them, like [::1]:7147`
      )
    )
  return digits === undefined || port > 65535
    ? Effect.fail(cannotRun(`${JSON.stringify(at)} is not an address to listen on: write PORT or HOST:PORT`))
    : Effect.succeed({ host: host.replace(/^\[(.*)\]$/, "$1"), port })
}

/** Listens at `PORT` or `HOST:PORT`, by default on this machine only, with the access rules. */
export const listen = (at: string, access: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const rules = yield* rulesOf(access)
    const roleOf = Access.make(rules)
    const { host, port } = yield* placeOf(at)
    const context = yield* Effect.mapError(Layer.build(NodeServer.tcp({ host, port })), (error) =>
      cannotRun(`cannot listen on ${at}: ${causeOf(error)}`)
    )
    const server = yield* Effect.provideContext(SocketServer.SocketServer, context)
    const actual = NetAddress.isInetAddress(server.address) ? server.address.port : port
    const run = <A, E, R>(handler: (socket: Socket.Socket) => Effect.Effect<A, E, R>) =>
      server.run(withAccessRules(handler, server.address, roleOf))
    return { server, rules, run, text: `${host.includes(":") ? `[${host}]` : host}:${actual}` }
  })
