/**
 * The example device: `node examples/device.ts [--host H] [--port P] [--protocol 5|4] [--single-client] [--sensors N]
 * [--tls-cert F --tls-key F] [--no-dashboard]`. It serves on 127.0.0.1:7147 and prints `listening on HOST:PORT`, then
 * the address of its dashboard. SIGINT, SIGTERM, SIGHUP and `?halt` end it in order. With a certificate and its key,
 * files in PEM, it serves TLS. With `--single-client`, a new client replaces the one before. The dashboard is a client
 * of the device: it is omitted with TLS, `--single-client` or `--no-dashboard`.
 */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { Codec, Message, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { Example } from "./example/contract.ts"
import { ExampleLive } from "./example/handlers.ts"

const options = {
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "7147" },
  protocol: { type: "string", default: "5" },
  "single-client": { type: "boolean", default: false },
  sensors: { type: "string", default: "0" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "no-dashboard": { type: "boolean", default: false }
} as const

/** Returns the content of an option's file. */
const contents = (option: "tls-cert" | "tls-key", file: string): Uint8Array => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`--${option} ${file}: cannot read the file: ${error instanceof Error ? error.message : error}`)
  }
}

/** Serves the dashboard and prints its address. The device also works without a dashboard. */
const tellDashboard = (host: string, address: NetAddress.SocketAddress) =>
  Effect.gen(function* () {
    if (!NetAddress.isInetAddress(address)) return
    // loaded only for a dashboard: without one the device starts faster
    const { serveDashboard } = yield* Effect.promise(() => import("./example/dashboard.ts"))
    const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
    yield* Console.log(`dashboard at ${yield* serveDashboard(here, address.port)}`)
  }).pipe(
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) => Console.error(`there is no dashboard: ${Cause.squash(cause)}`)
    )
  )

const program = Effect.gen(function* () {
  const { host, ...values } = parseArgs({ options }).values
  const number = (name: "port" | "protocol" | "sensors", most: number) => {
    const value = Number(values[name])
    if (!/^\d+$/.test(values[name]) || value > most)
      throw new Error(`--${name} ${values[name]}: expected a whole number up to ${most}`)
    return value
  }
  const port = number("port", 65535)
  const clients = values["single-client"] ? "" : "M"
  const protocol =
    number("protocol", 5) === 4 ? Message.Protocol.make(4, 0, clients) : Message.Protocol.make(5, 1, `BI${clients}T`)
  const { "tls-cert": cert, "tls-key": key } = values
  if ((cert === undefined) !== (key === undefined)) throw new Error("--tls-cert and --tls-key go together")
  const listening =
    cert === undefined || key === undefined
      ? NodeServer.tcp({ host, port })
      : NodeServer.tls({ host, port, cert: contents("tls-cert", cert), key: contents("tls-key", key) })
  const hasDashboard = !values["no-dashboard"] && !values["single-client"] && cert === undefined
  const dialect = Codec.Dialect.of(protocol)
  yield* Server.layer(Example, { protocol }).pipe(
    Layer.provide(ExampleLive({ sensors: number("sensors", 10_000_000), dialect })),
    Layer.tap((context) => Console.log(`listening on ${Context.get(context, Server.Server).address}`)),
    Layer.tap((context) =>
      hasDashboard ? tellDashboard(host, Context.get(context, Server.Server).address) : Effect.void
    ),
    Server.launch,
    Effect.provide(listening),
    Effect.catchTag("SocketServerError", (error) =>
      Effect.die(new Error(`cannot listen on ${host}:${port}: ${error.cause}`))
    )
  )
})

// runMain ends the program in order on SIGINT and SIGTERM; a terminal that closes sends SIGHUP
process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))

program.pipe(
  Effect.catchCause((cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.void
      : Effect.andThen(Console.error(`${Cause.squash(cause)}`), Effect.failCause(cause))
  ),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // a signal is a normal end here
    teardown: (exit, onExit) => onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)
  })
)
