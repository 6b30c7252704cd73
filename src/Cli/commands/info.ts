/** The properties of a device. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as Client from "../../Client/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import { cannotRun, explain } from "../Failure.ts"
import * as flags from "../flags.ts"
import { callOptions, connect } from "../reach/connect.ts"
import { hostOf } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { padTo } from "../show/width.ts"

const config = {
  words: flags.words("HOST", "The device"),
  ...flags.reaching,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const flagNames: Readonly<Record<string, string>> = {
  M: "several clients",
  I: "message ids",
  T: "timeout hints",
  B: "bulk sampling"
}

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input, input.words)
  if (rest.length > 0) return yield* cannotRun(`too many arguments: ${rest.join(" ")}; expected one device`)
  const output = yield* Output
  const client = yield* connect(host, input)
  // missing or refused properties are omitted; a missing answer is reported at the end
  let silence: KatcpError | undefined
  const ask = (name: string): Effect.Effect<Client.Answer | undefined> =>
    Effect.catch(client.call(name, [], callOptions(input)), (error) =>
      Effect.sync(() => {
        if (error._tag === "KatcpError") silence ??= error
        return undefined
      })
    )
  const [clients, requests, sensors] = yield* Effect.all([ask("client-list"), ask("help"), ask("sensor-list")], {
    concurrency: 3
  })
  const { protocol, versions } = client
  const addresses = clients?.informs.map((inform) => inform.text(0) ?? "")
  if (input.json)
    yield* output.json({
      host: host.text,
      protocol: protocol.toString(),
      versions: Object.fromEntries(versions),
      ...(addresses === undefined ? {} : { clients: addresses }),
      ...(requests === undefined ? {} : { requests: requests.informs.length }),
      ...(sensors === undefined ? {} : { sensors: sensors.informs.length })
    })
  else {
    const features = protocol.flags.map((flag) => `${flag} ${flagNames[flag] ?? "unknown"}`)
    yield* line("host", host.text)
    yield* line("protocol", `${protocol}${features.length === 0 ? "" : ` (${features.join(", ")})`}`)
    for (const [name, { build, version }] of versions)
      if (name !== "katcp-protocol") yield* line(name, build === undefined ? version : `${version} (${build})`)
    if (addresses !== undefined) yield* line("clients", `${addresses.length}: ${addresses.join(", ")}`)
    if (requests !== undefined) yield* line("requests", `${requests.informs.length}`)
    if (sensors !== undefined) yield* line("sensors", `${sensors.informs.length}`)
  }
  if (silence !== undefined) return yield* explain(host.text, silence)

  function line(name: string, text: string) {
    return output.line(`${output.paint("bold", padTo(visible(name), 16))} ${visible(text)}`)
  }
}, Effect.scoped)

/** `katcp info`. */
export const info = Command.make("info", config, handler).pipe(
  Command.withDescription("Show the device's versions, protocol and clients, and its numbers of requests and sensors"),
  Command.withExamples([{ command: "katcp info dish-7", description: "Look at a device" }])
)
