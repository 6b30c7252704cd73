/** Serves sensors for Prometheus, or writes them once. */
import { rename, writeFile } from "node:fs/promises"
import * as Context from "effect/Context"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { layerPrometheus, makePrometheus, type NamedMetric } from "../../../Export/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { Health, Http, isLoopback, layerHealthz, Site } from "../../../Site/index.ts"
import { listenHttp } from "../../../Site/node/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { placeOf } from "../../reach/listen.ts"
import { reachable } from "../../reach/reachable.ts"
import { Output } from "../../show/Output.ts"
import { common, siteOf, told } from "./site.ts"

const config = {
  ...common,
  listen: flags.listen("9147"),
  path: Flag.String("path").pipe(
    Flag.withDescription("The path of the metrics; default: /metrics"),
    Flag.withDefault("/metrics")
  ),
  insecure: Flag.Boolean("insecure").pipe(
    Flag.withDescription("Required to listen on another address than loopback, because callers need no credentials"),
    Flag.withDefault(false)
  ),
  to: Flag.String("to").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write the metrics once, to a file or the standard output (-), and do not listen"),
    Flag.optional
  ),
  named: Flag.String("named").pipe(
    Flag.withMetavar("SENSORS=METRIC"),
    Flag.withDescription(
      "Also export sensors under their own metric names: '*/rx.temp=rx_temp_kelvin'; a name that ends in _total is a counter. May be repeated"
    ),
    Flag.atLeast(0)
  ),
  text: Flag.Boolean("text").pipe(
    Flag.withDescription("Export text values as labels; each new value is a new series"),
    Flag.withDefault(false)
  ),
  timestamps: Flag.Boolean("timestamps").pipe(
    Flag.withDescription("Include the time of each reading"),
    Flag.withDefault(false)
  ),
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  if (Option.isNone(input.to)) yield* (yield* Ending).isService
  const named = yield* Effect.forEach(input.named, namedOf)
  const options = { named, text: input.text, timestamps: input.timestamps }
  const refused = Effect.mapError(({ message }: { readonly message: string }) => cannotRun(message))
  const { names, site } = yield* siteOf(input)
  if (Option.isSome(input.to)) {
    const prometheus = yield* refused(makePrometheus(site, options))
    yield* output.busy(`waiting for ${names.join(", ")}`, site.synced)
    return yield* writeOnce(input.to.value, (yield* prometheus.render("plain"))!)
  }
  const { host, port } = yield* placeOf(input.listen)
  if (!input.insecure && !isLoopback(host))
    return yield* cannotRun(
      `--listen ${input.listen}: other machines can reach it, and callers need no credentials; add --insecure if you want that, or run a site file with tokens (katcp serve)`
    )
  const services = yield* Layer.build(Layer.merge(Http.layer, Health.layer))
  const context = Context.add(services, Site, site)
  yield* refused(
    Layer.build(Layer.merge(layerPrometheus({ ...options, path: input.path }), layerHealthz)).pipe(
      Effect.provideContext(context)
    )
  )
  const url = reachable(
    yield* refused(listenHttp({ host, port, insecure: input.insecure }).pipe(Effect.provideContext(services)))
  )
  yield* input.json
    ? output.json({ event: "listening", url: `${url}${input.path}`, devices: names })
    : output.line(`listening on ${url}${input.path}`)
  yield* output.flush
  yield* (yield* Ending).serves
  return yield* Effect.never
}, Effect.scoped)

/** Replaces a whole file at once: a reader at the same time gets the former one. */
const writeOnce = (to: string, bytes: Uint8Array): Effect.Effect<void, Failure, Output> =>
  Effect.gen(function* () {
    if (to === "-") return yield* (yield* Output).bytes(bytes)
    yield* Effect.tryPromise({
      try: async () => {
        await writeFile(`${to}.part`, bytes)
        await rename(`${to}.part`, to)
      },
      catch: (error) => cannotRun(`cannot write to ${to}: ${causeOf(error)}`)
    })
  })

const namedOf = (text: string): Effect.Effect<NamedMetric, Failure> => {
  const [, match, metric] = /^(.+)=([^=]+)$/s.exec(text) ?? []
  return match === undefined || metric === undefined
    ? Effect.fail(cannotRun(`--named ${text}: write SENSORS=METRIC, like '*/rx.temp=rx_temp_kelvin'`))
    : Effect.succeed({ match, metric, kind: metric.endsWith("_total") ? "counter" : "gauge" })
}

/** `katcp export prometheus`. */
export const prometheus = Command.make("prometheus", config, (input: Input) =>
  Effect.provide(handler(input), told)
).pipe(
  Command.withDescription("Serve sensors for Prometheus, as OpenMetrics or its text format"),
  Command.withExamples([
    { command: "katcp export prometheus m000=10.0.0.1 m001=10.0.0.2", description: "http://127.0.0.1:9147/metrics" },
    {
      command: "katcp export prometheus site.yaml --to /var/lib/node_exporter/katcp.prom",
      description: "Write once, for the textfile collector of node_exporter"
    }
  ])
)
