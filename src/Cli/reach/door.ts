/** Access control of the command's own listeners. */
import * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import { Address, encode } from "../../Codec/index.ts"
import { errorText, inform } from "../../Message/index.ts"
import * as Server from "../../Server/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"

type Rules = ReadonlyArray<Server.Access.Rule>

/**
 * Returns the rules of `--access NETWORK=ROLE`. This machine keeps `admin` unless a rule matches it. Without rules, returns the
 * defaults of every server.
 */
export const rulesOf = (texts: ReadonlyArray<string>): Effect.Effect<Rules, Failure> =>
  Effect.try({
    try: () => {
      if (texts.length === 0) return Server.Access.defaults
      const given = texts.map((text): Server.Access.Rule => {
        const at = text.indexOf("=")
        const network = text.slice(0, at)
        const role = text.slice(at + 1) as Server.Access.Rule["role"]
        return network === "all" ? { role } : { role, network }
      })
      const rules = [...given, ...Server.Access.defaults.filter(({ role }) => role === "admin")]
      Server.Access.make(rules)
      return rules
    },
    catch: (error) =>
      cannotRun(`--access ${texts.join(" ")}: ${errorText(error)}; write 10.0.0.0/8=read or all=control`)
  })

const encoder = new TextEncoder()
const closed = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })

/**
 * Applies the rules to a client: its messages pass a gate, which answers the requests that it may not make. A client
 * with the role `none` is informed, and a peer that does not speak KATCP is reported; both are disconnected. `requests`
 * are those of the device's contract, as for `Server.Gate`.
 */
export const withAccessRules =
  <A, E, R>(
    handler: (socket: Socket.Socket) => Effect.Effect<A, E, R>,
    listener: NetAddress.SocketAddress,
    roleOf: ReturnType<typeof Server.Access.make>,
    requests?: ConstructorParameters<typeof Server.Gate>[0]["requests"]
  ) =>
  (socket: Socket.Socket): Effect.Effect<A | void, E | Socket.SocketError, R | Output> =>
    Effect.gen(function* () {
      const output = yield* Output
      const address = yield* Server.Peer
      const role = roleOf({ address, listener, certificate: undefined })
      const from =
        address === undefined || address._tag === "UnixPathAddress" ? "a client" : Address.fromInet(address).toString()
      if (role === "none") {
        yield* output.note(`katcp: refused ${from} (see --access)`)
        return yield* Effect.scoped(
          Effect.gen(function* () {
            yield* socket.reader
            const { write } = yield* socket.writer
            yield* write(encode(inform("disconnect", [`${from} has no access here.`])))
          })
        )
      }
      const gate = new Server.Gate({ role, from, requests })
      const gated = Socket.make({
        writer: socket.writer,
        reader: Effect.gen(function* () {
          const reader = yield* socket.reader
          const { write } = yield* socket.writer
          const pull: Socket.Reader["pull"] = Effect.flatMap(reader.pull, (chunks) =>
            Effect.gen(function* () {
              const passed: Array<Uint8Array> = []
              for (const chunk of chunks) {
                const { pass, refusals, disconnect } = gate.take(
                  typeof chunk === "string" ? encoder.encode(chunk) : chunk
                )
                if (disconnect !== undefined) {
                  yield* output.note(visible(`katcp: disconnecting ${from}: ${disconnect}`))
                  return yield* closed
                }
                if (refusals.length > 0) yield* write(refusals)
                if (pass.length > 0) passed.push(pass)
              }
              const [first, ...others] = passed
              return first === undefined ? yield* pull : ([first, ...others] as const)
            })
          )
          return { ...reader, pull }
        })
      })
      return yield* handler(gated)
    })
