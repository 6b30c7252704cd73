/** Serves devices over HTTP and WebSocket. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { Archive, layerQueries } from "../../Archive/index.ts"
import { Gateway } from "../../Gateway/index.ts"
import { Figures, Health, Http, layerHealthz, layerMetrics, Site } from "../../Site/index.ts"
import { type HttpOptions, listenHttp } from "../../Site/node/index.ts"
import { Ending } from "../Ending.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { devicesArgument, devicesIn } from "../reach/devices.ts"
import { allowOf, httpFlags } from "../reach/httpFlags.ts"
import { placeOf } from "../reach/listen.ts"
import { reachable } from "../reach/reachable.ts"
import { storeOf } from "../reach/store.ts"
import { logAsNotes } from "../show/logAsNotes.ts"
import { Output } from "../show/Output.ts"
import { token } from "./gateway/token.ts"

const config = {
  devices: devicesArgument("in the gateway"),
  listen: flags.listen("8080"),
  ...httpFlags,
  store: flags.optional("store", "sqlite:FILE", "The archive of katcp archive with the history; default: no history"),
  katcp: flags.on("katcp", "Serve KATCP lines over WebSocket at /katcp/DEVICE, for tools"),
  loopback: Flag.Literals("loopback", ["admin", "token"]).pipe(
    Flag.withDescription(
      "Programs of this machine without a token: admin, or token if they need one. Use token behind a reverse proxy"
    ),
    Flag.withDefault("admin")
  ),
  hosts: flags.several(
    "host",
    "NAME",
    "A name that clients may use for the gateway, besides localhost and IP addresses"
  ),
  origins: flags.several("origin", "URL", "The origin of web pages that may send requests"),
  trustedProxies: flags.several(
    "trusted-proxy",
    "NETWORK",
    "Proxies that may report the address of a client, like 10.0.0.0/8"
  ),
  tlsCert: flags.optional("tls-cert", "FILE", "Serve HTTPS with this certificate, in PEM"),
  tlsKey: flags.optional("tls-key", "FILE", "The private key of --tls-cert"),
  ...flags.dialling,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(
  function* (input: Input) {
    const ending = yield* Ending
    yield* ending.isService
    const output = yield* Output
    const devices = yield* devicesIn(input, input.devices)
    const names = Object.keys(devices)
    const requests = yield* allowOf(input.allow)
    const options = yield* optionsOf(input)
    const services = yield* Layer.build(
      Layer.mergeAll(Site.layer({ devices }), Http.layer, Health.layer, Figures.layer, logAsNotes)
    )
    return yield* Effect.gen(function* () {
      const history = Option.isNone(input.store) ? undefined : yield* historyOf(input)
      yield* Layer.build(
        Layer.mergeAll(
          Gateway.layer({ requests, katcp: input.katcp, history: Effect.succeed(history) }),
          layerHealthz,
          layerMetrics
        )
      )
      const url = reachable(yield* listenHttp(options))
      if (input.insecure) yield* output.note(`katcp: ${url} is insecure: callers need no credentials (--insecure)`)
      yield* input.json
        ? output.json({ event: "listening", url, devices: names })
        : output.line(`gateway of ${names.join(", ")} at ${url}`)
      yield* output.flush
      yield* ending.serves
      return yield* Effect.never
    }).pipe(Effect.provideContext(services), Effect.provideService(References.MinimumLogLevel, "Info"))
  },
  Effect.scoped,
  Effect.catchTags({
    StoreFailed: ({ message }) =>
      cannotRun(`${message} (--store names an archive that katcp archive writes; katcp serve keeps one by itself)`),
    DeviceRefused: ({ message }) => cannotRun(message),
    ListenFailed: ({ message }) => cannotRun(message)
  })
)

/** `katcp gateway`. */
export const gateway = Command.make("gateway", config, handler).pipe(
  Command.withDescription("Serve devices over HTTP and WebSocket, for scripts, pages and browsers"),
  Command.withSubcommands([token]),
  Command.withExamples([
    {
      command: "katcp gateway m000=10.0.0.1 m001=10.0.0.2 --allow '*/track'",
      description: "Two devices and one request, for programs of this machine"
    },
    {
      command: "katcp gateway site.yaml --listen 0.0.0.0:8443 --tokens tokens --tls-cert gw.pem --tls-key gw.key",
      description: "All devices of a site file, for holders of a token"
    },
    { command: "katcp gateway token add anna --role control --tokens tokens", description: "A token for anna" }
  ])
)

/** The history of an archive, which another process may write. */
const historyOf = (input: Input) =>
  Effect.gen(function* () {
    const store = yield* storeOf(input.store, { readOnly: true })
    const context = yield* Layer.build(layerQueries().pipe(Layer.provide(store)))
    return yield* Effect.provideContext(Archive, context)
  })

const optionsOf = (input: Input): Effect.Effect<HttpOptions, Failure> =>
  Effect.gen(function* () {
    const { host, port } = yield* placeOf(input.listen)
    const cert = Option.getOrUndefined(input.tlsCert)
    const key = Option.getOrUndefined(input.tlsKey)
    if ((cert === undefined) !== (key === undefined))
      return yield* cannotRun("--tls-cert and --tls-key go together: the certificate, and its private key")
    return {
      host,
      port,
      hosts: input.hosts,
      origins: input.origins,
      trustedProxies: input.trustedProxies,
      loopback: input.loopback,
      insecure: input.insecure,
      tokens: Option.getOrUndefined(input.tokens),
      tls: cert === undefined || key === undefined ? undefined : { cert: { file: cert }, key: { file: key } }
    }
  })
