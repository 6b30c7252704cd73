/** Serves several devices as one. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SocketServer from "effect/socket/SocketServer"
import { causeOf, type Protocol } from "../../Message/index.ts"
import { Proxy } from "../../Proxy/index.ts"
import * as Server from "../../Server/index.ts"
import { Site, Target } from "../../Site/index.ts"
import { Ending } from "../Ending.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { deviceOptions } from "../reach/deviceOptions.ts"
import type { Host } from "../reach/host.ts"
import { allowOf, httpFlags } from "../reach/httpFlags.ts"
import { listen } from "../reach/listen.ts"
import { hostsServed } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { toStandardError } from "../show/toStandardError.ts"

const config = {
  devices: Argument.String("[NAME=]ADDRESS").pipe(
    Argument.withDescription(
      "The devices: addresses, a site file, names or globs of the site file. NAME= sets the name of a device on the proxy; default: its name in the site file, or its host"
    ),
    Argument.variadic({ min: 1 })
  ),
  listen: flags.listen("7147"),
  allow: httpFlags.allow,
  transparent: Flag.Boolean("transparent").pipe(
    Flag.withDescription("For one device: keep all names"),
    Flag.withDefault(false)
  ),
  protocol: Flag.String("protocol").pipe(
    Flag.withMetavar("4.0"),
    Flag.withDescription("The version for clients, 4 or 5; default: 5.1. Each device can speak its own"),
    Flag.optional
  ),
  access: flags.access,
  ...flags.dialling,
  ...flags.reconnecting,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  const output = yield* Output
  const hosts = yield* namedHosts(input)
  const allow = yield* allowOf(input.allow)
  const protocol = yield* protocolOf(input)
  if (input.transparent && hosts.size !== 1)
    return yield* cannotRun(`--transparent is for one device; these are ${[...hosts.keys()].join(", ")}`)
  const site = yield* Site.make({
    devices: Object.fromEntries([...hosts].map(([name, host]) => [name, deviceOptions(host, input)]))
  }).pipe(Effect.mapError(({ message }) => cannotRun(message)))
  const server = yield* listen(input.listen, input.access)
  const proxy = Proxy.layer({
    requests: allow,
    ...(input.transparent ? { transparent: [...hosts.keys()][0] } : {}),
    server: { access: server.rules, ...(protocol === undefined ? {} : { protocol }) }
  }).pipe(Layer.provide(Layer.succeed(Site, site)))
  const launched = Server.launch(proxy).pipe(
    Effect.provideService(SocketServer.SocketServer, server.server),
    Effect.mapError((error) => cannotRun(error instanceof Proxy.ProxyRefused ? error.message : causeOf(error)))
  )
  yield* input.json
    ? output.json({ event: "listening", at: server.text, devices: [...hosts.keys()] })
    : output.line(`listening on ${server.text}`)
  yield* output.flush
  yield* (yield* Ending).serves
  yield* launched as Effect.Effect<void, Failure>
}, Effect.scoped)

/** `katcp proxy`. */
export const proxy = Command.make("proxy", config, (input: Input) =>
  Effect.provide(handler(input), toStandardError)
).pipe(
  Command.withDescription("Serve several devices as one: their sensors, and the requests that you allow"),
  Command.withExamples([
    {
      command: "katcp proxy m000=10.0.0.1 m001=10.0.0.2 --listen 7148 --allow '*/track'",
      description: "m000.rx.temp, ?m000-track"
    },
    {
      command: "katcp proxy site.yaml --listen 7148",
      description: "All devices of a site file; katcp serve also runs its sections"
    }
  ])
)

/** The devices by their names on the proxy. */
const namedHosts = (input: Input) =>
  Effect.gen(function* () {
    const hosts = new Map<string, Host>()
    for (const word of input.devices) {
      const [, name, address = word] = /^([A-Za-z][A-Za-z0-9-]*)=(.*)$/s.exec(word) ?? []
      const found = yield* hostsServed(input, address)
      if (name !== undefined && found.length !== 1)
        return yield* cannotRun(`${word}: a name is for one device, and ${address} matches ${found.length}`)
      for (const host of found) {
        const chosen = name ?? host.device ?? nameOf(host, hosts.size + 1)
        const other = hosts.get(chosen)
        if (other !== undefined)
          return yield* cannotRun(
            `${other.text} and ${host.text} would both be ${chosen}: write NAME=${host.text} with a unique name`
          )
        hosts.set(chosen, host)
      }
    }
    if (hosts.size === 0) return yield* cannotRun(`no device matches ${input.devices.join(" ")}`)
    return hosts
  })

/** The first part of the host's name, if that is a valid name of a device; else `d` and a number. */
const nameOf = ({ address }: Host, number: number): string => {
  const first = address._tag === "Unix" ? "" : address.host.split(".")[0]!
  return Target.isDeviceName(first) && first !== "localhost" && first !== "proxy" ? first : `d${number}`
}

const protocolOf = ({ protocol }: Input): Effect.Effect<Protocol | undefined, Failure> => {
  if (Option.isNone(protocol)) return Effect.undefined
  const parsed = Proxy.protocolOf(protocol.value)
  return parsed === undefined
    ? Effect.fail(cannotRun(`--protocol ${protocol.value}: a proxy speaks 4.0, 5.0 or 5.1`))
    : Effect.succeed(parsed)
}
